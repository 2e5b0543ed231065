"""What a form must hold beyond the shape of its parts: unique ids, bindings that do not collide, no circles, honest defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.core.forms.kinds import KINDS, MANY, TEXTS
from engine.core.forms.model import Component, Form, Formula, Template, read_by
from engine.core.forms.names import option_text
from engine.core.forms.properties import as_number
from engine.core.forms.rules import least_rows
from engine.core.forms.sources import ROWS
from engine.feel import Expression

RESERVED = frozenset(
    "if then else for in return some every satisfies and or not true false null function external instance of between item "
    "partial this parent i".split()
)  # words of FEEL, and the names form-js gives to the row of a list
IMAGES = ("data:image/", "/static/")  # the pages' security policy loads no others
Report = Callable[..., None]  # report(component, code, **facts)


def is_identifier(text: str) -> bool:
    """Ids of forms and components: what HTML, FEEL and the modeler can all hold."""
    return 0 < len(text) <= 120 and text.replace("-", "_").isidentifier()


def path_fault(path: str) -> str | None:
    """Why a key or path cannot name a variable; None if it can."""
    for segment in path.split("."):
        if not segment.isidentifier() or len(segment) > 120:
            return "key_invalid"
        if segment.startswith("_") or segment in RESERVED:
            return "key_reserved"
    return None


def check(form: Form, report: Report) -> None:
    """Report every finding that needs more than one property."""
    seen: dict[str, Component] = {}
    for component in form.walk():
        if component.id in seen and component.id:
            report(component, "duplicate_id", id=component.id, first=seen[component.id].line)
        seen.setdefault(component.id, component)
        _check_default(component, report)
        _check_needs(component, report)
    _check_bindings(form.components, report)
    for component in form.walk():
        if component.kind == "dynamiclist":
            _check_bindings(component.children, report)  # each row is a namespace of its own
    _check_circles(form, report)


def _check_needs(component: Component, report: Report) -> None:
    settings = component.settings
    _check_rows(component, report)
    if component.kind == "expression" and "expression" not in settings:
        report(component, "expression_missing")
    if component.kind == "table":
        if ("columns" in settings) == ("columnsExpression" in settings):
            report(component, "table_columns")
        if "dataSource" not in settings:
            report(component, "table_source")
    if component.kind == "image":
        source = component.template("source")
        fixed = source.whole is None and len(source.nodes) <= 1
        if not source.text or (fixed and not source.text.startswith(IMAGES)):
            report(component, "image_source")
        if not component.template("alt").text:
            report(component, "image_alt")
    labelled = KINDS[component.kind].keyed and component.kind != "expression"
    if labelled and not any(component.template(name).text.strip() for name in ("label", "dateLabel", "timeLabel")):
        report(component, "label_missing")


def _check_rows(component: Component, report: Report) -> None:
    """form-js has no rule for how many rows a list needs, so ours rides in the extension properties: `minRows`."""
    wanted = component.properties.get("minRows")
    if wanted is None:
        return
    settings = component.settings
    fixed = settings.get("isRepeating", True) is not True or settings.get("allowAddRemove", True) is not True
    if component.kind != "dynamiclist" or fixed or least_rows(component) == 0:
        report(component, "min_rows", value=str(wanted)[:40], limit=ROWS)


def _check_default(component: Component, report: Report) -> None:
    default = component.settings.get("defaultValue")
    if default in (None, ""):
        return
    kind = component.kind
    if kind in TEXTS or kind == "datetime":
        fits = isinstance(default, str)
    elif kind == "number":
        fits = as_number(default) is not None  # type: ignore[arg-type]
    elif kind == "checkbox":
        fits = isinstance(default, bool)
    elif kind in MANY:
        fits = isinstance(default, list) and all(_offered(component, item) for item in default)
    else:
        fits = _offered(component, default)
    if not fits:
        report(component, "default_invalid", value=str(default)[:40], type=kind)


def _offered(component: Component, value: object) -> bool:
    choices = {option_text(option.value) for option in component.options}
    return not choices or option_text(value) in choices  # type: ignore[arg-type]


def _check_bindings(components: tuple[Component, ...], report: Report) -> None:
    """No two fields may share a variable, nor may one be a value where another is an object (form-js refuses this too)."""
    leaves: dict[tuple[str, ...], Component] = {}
    inner: dict[tuple[str, ...], Component] = {}
    for path, component, closed in _bindings(components, ()):
        prefixes = [path[:length] for length in range(1, len(path))]
        taken = leaves.get(path) or next((leaves[prefix] for prefix in prefixes if prefix in leaves), None)
        if taken is None and closed:
            taken = inner.get(path)
        if taken is not None:
            report(component, "binding_taken", key=".".join(path), other=taken.id, other_line=taken.line)
            continue
        if closed:
            leaves[path] = component
        for prefix in prefixes if closed else [*prefixes, path]:
            inner.setdefault(prefix, component)


def _bindings(components: tuple[Component, ...], base: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Component, bool]]:
    for component in components:
        path = base + component.path
        if KINDS[component.kind].keyed and component.path:
            yield path, component, True
        elif component.kind == "dynamiclist" and component.path:
            yield path, component, True
        elif component.kind == "group":
            if component.path:
                yield path, component, False
            yield from _bindings(component.children, path)


def _check_circles(form: Form, report: Report) -> None:
    """A field must not decide about itself: expressions and conditions would never settle.

    Only fields with a plain key outside lists are followed; a dotted key shares its first name with its neighbours.
    """
    fields = {c.path[0]: c for c in form.components if len(c.path) == 1 and KINDS[c.kind].keyed}
    needs = {name: decided_by(component) & fields.keys() for name, component in fields.items()}
    for name in fields:
        if circle := _circle(name, needs):
            report(fields[name], "circle", path=" → ".join(circle))


def _circle(start: str, needs: Mapping[str, frozenset[str]]) -> list[str] | None:
    trail: list[tuple[str, list[str]]] = [(start, [start])]
    seen: set[str] = set()
    while trail:
        name, path = trail.pop()
        for needed in sorted(needs[name]):
            if needed == start:
                return [*path, start]
            if needed not in seen:
                seen.add(needed)
                trail.append((needed, [*path, needed]))
    return None


def decided_by(component: Component) -> frozenset[str]:
    """Names that decide whether the component is there, and what it computes."""
    names = component.hide.names if component.hide else frozenset()
    if expression := component.expression("expression"):
        names = names | expression.names
    return frozenset(names)


def names_of(component: Component) -> frozenset[str]:
    """Names that anything in the component reads, or may read: in a filter, or where `get or else` allows them to be missing."""
    names: frozenset[str] = read_by(component.hide) if component.hide else frozenset()
    for value in (*component.settings.values(), *component.rules.values()):
        if isinstance(value, Template):
            names = names | value.names
        elif isinstance(value, Expression):
            names = names | read_by(value)
        elif isinstance(value, Formula) and value.expression:
            names = names | read_by(value.expression)
    key = component.settings.get("valuesKey")
    return names | {key.split(".")[0]} if isinstance(key, str) else names
