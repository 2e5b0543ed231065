"""Input and output parameters of activities (`camunda:inputOutput`) as `zeebe:ioMapping`."""

from __future__ import annotations

from engine.core.bpmn.names import RESERVED_NAMES, is_variable
from engine.core.bpmn.vocabulary import Element, local
from engine.core.importing import juel
from engine.core.importing.draft import Draft, content, elements
from engine.core.importing.pieces import NotConvertible, quoted
from engine.core.importing.scripts import script_expression
from engine.core.importing.templates import formula, value

_DEPTH = 20
# What brings results of its own, which here leave the activity only through the outputs, once there are any.
_BRINGS = frozenset({"userTask", "serviceTask", "sendTask", "receiveTask", "intermediateCatchEvent", "boundaryEvent", "startEvent"})
_NO_INPUTS = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
_NO_OUTPUTS = frozenset({"endEvent", "intermediateThrowEvent"})


def convert_parameters(
    draft: Draft, node: Element, results: tuple[str, ...] = (), directions: tuple[str, ...] = ("input", "output")
) -> None:
    """The parameters of a node. `results` are variables that the activity itself brings and that must still come out."""
    wrote_output = False
    for holder in draft.vendor_children(node, "inputOutput"):
        for parameter in draft.vendor_children(holder):
            direction = "input" if local(parameter) == "inputParameter" else "output"
            if direction not in directions:
                continue
            refused = _NO_INPUTS if direction == "input" else _NO_OUTPUTS
            source = None if local(node) in refused else _source(draft, node, parameter)
            if local(node) in refused:
                draft.decide(node, "parameter_not_here", name=parameter.get("name") or "—")
            if source is None:
                continue
            if direction == "output" and not wrote_output:
                wrote_output = True
                for result in results:
                    draft.add(node, "ioMapping", "output", source=f"={result}", target=result)
            target = (parameter.get("name") or "").strip()
            draft.add(node, "ioMapping", direction, source=source, target=target)
            draft.became(parameter, f"{local(parameter)} {target}", f"{direction} {source}")
            draft.remove(parameter)
        if draft.vendor_children(holder):
            draft.keep(holder)
        else:
            draft.remove(holder)
    if wrote_output and local(node) in _BRINGS and not results:
        draft.decide(node, "outputs_only")


def _source(draft: Draft, node: Element, parameter: Element) -> str | None:
    """The FEEL or fixed text of a parameter, or None after telling a person."""
    name = (parameter.get("name") or "").strip()
    if not is_variable(name) or name in RESERVED_NAMES:
        draft.decide(node, "parameter_name", name=name or "—")
        return None
    try:
        if elements(parameter):
            return "=" + _nested(parameter, 0)
        return formula(content(parameter)) or "=null"
    except NotConvertible as reason:
        draft.undecided(parameter, f"{local(parameter)} {name}: {content(parameter)}", reason)
        return None


def _nested(holder: Element, depth: int) -> str:
    """The FEEL of what stands inside a parameter, list value or map entry."""
    if depth > _DEPTH:
        raise NotConvertible("nested", limit=_DEPTH)
    inside = elements(holder)
    if not inside:
        return value(content(holder)) if content(holder) else "null"
    found, tag = inside[0], local(inside[0])
    if tag == "list":
        return "[" + ", ".join(_item(one, depth) for one in elements(found)) + "]"
    if tag == "map":
        entries = (f"{quoted(one.get('key') or '')}: {_nested(one, depth + 1)}" for one in elements(found))
        return "{" + ", ".join(entries) + "}"
    if tag == "script":
        return script_expression(found.get("scriptFormat") or "", content(found), found.get("resource"))
    if tag == "string":
        return quoted(content(found))
    if tag == "expression":
        return value(content(found))
    raise NotConvertible("nested_element", name=tag)


def _item(one: Element, depth: int) -> str:
    """A list holds values directly; a `value` is a leaf, anything else is nested."""
    if local(one) == "value":
        return _nested(one, depth + 1)
    if local(one) == "script":
        return script_expression(one.get("scriptFormat") or "", content(one), one.get("resource"))
    raise NotConvertible("nested_element", name=local(one))


def convert_variable(name: str) -> str:
    """A variable named by `source`, as FEEL. Raises NotConvertible."""
    return "=" + juel.expression(name)
