"""A form shown: `view` makes the tree of parts that the templates draw, with everything decided."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.core.forms import controls, values
from engine.core.forms.checks import IMAGES, names_of
from engine.core.forms.filling import Instance
from engine.core.forms.kinds import KINDS
from engine.core.forms.markdown import escape, to_html
from engine.core.forms.model import Attachment, Component, FieldError, Form, Json
from engine.core.forms.names import dom_id, html_name, static_name
from engine.core.forms.parts import Fault, Line, ListRow, Part, Table, View
from engine.core.forms.rules import least_rows
from engine.core.forms.settling import fill, files_of
from engine.core.forms.sources import ABSENT, FIND, JUDGED, KEPT, RawSource
from engine.core.forms.submission import judge
from engine.core.forms.templates import evaluate, render, worded

OPEN_ROWS = 5  # rows of a list that are not folded, as form-js has it
NO_PART = ("button", "expression")  # the page has its own buttons; a computed field has no face in form-js


def view(
    form: Form,
    variables: Mapping[str, Json],
    raw: Mapping[str, list[str]] | None = None,
    *,
    now: datetime,
    read_only: bool = False,
    errors: Mapping[str, FieldError] | None = None,
    attachments: Mapping[str, Attachment] | None = None,
) -> View:
    """`form` filled with what was typed so far (`raw`, as the browser sends it), else with `variables` and defaults.

    `errors` are those of a submission; while they are being mended, later views find them anew. `attachments`: the stored uploads that
    `raw` may name.
    """
    source = None if raw is None or read_only else RawSource(raw)
    filling = fill(form, variables, source, now=now, attachments=attachments)
    announce = bool(errors)
    mending = source is not None and not errors and raw is not None and JUDGED in raw
    if source and mending:
        errors = judge(filling, source)
    sought = {name.removeprefix(FIND): texts[-1].strip() for name, texts in (raw or {}).items() if name.startswith(FIND) and texts}
    drawing = _Drawing(now, read_only, errors or {}, attachments or {}, dependencies(form), sought)
    lines = drawing.lines(filling.instances)
    order = {instance.name: index for index, instance in enumerate(filling.walk()) if instance.path}
    ranked = sorted(drawing.errors.items(), key=lambda item: order.get(item[0], math.inf))
    return View(
        form_id=form.id,
        lines=lines,
        faults=tuple(Fault(dom_id(name) if name in drawing.linked else "", error) for name, error in ranked),
        kept=() if read_only else tuple(_kept(filling.instances, False)),
        read_only=read_only,
        refreshes=bool(drawing.dependencies) and not read_only,
        uploads=any(component.kind == "filepicker" for component in form.walk()) and not read_only,
        judged=announce or mending,
        announce=announce,
    )


def dependencies(form: Form) -> frozenset[str]:
    """Names of the fields whose change alters something else; a field in a list is named `items[].amount`."""
    used: frozenset[str] = frozenset().union(*(names_of(component) for component in form.walk()))
    everything = used & {"this", "_this_", "parent", "_parent_"}
    return frozenset(name for name, top in _field_names(form.components, ()) if top in used or (everything and "[]" in name))


def _field_names(components: Sequence[Component], path: tuple[str | int, ...]) -> list[tuple[str, str]]:
    """The name of every field, and of every list, with the variable it is part of."""
    found = []
    for component in components:
        at = (*path, *component.path)
        if component.path and KINDS[component.kind].keyed or component.kind == "dynamiclist":
            found.append((static_name(at), str(at[0])))
        inside = (*at, 0) if component.kind == "dynamiclist" and component.settings.get("isRepeating", True) else at
        found.extend(_field_names(component.children, inside))
    return found


def _kept(instances: Sequence[Instance], hidden: bool) -> list[tuple[str, str]]:
    """What has to travel along for hidden fields, so that it is there again when they are shown."""
    kept: list[tuple[str, str]] = []
    for instance in instances:
        gone = hidden or instance.hidden
        if gone and isinstance(instance.given, list):
            kept.extend((KEPT + instance.name, text) for text in instance.given)
        if gone and instance.repeats and instance.source and instance.source.given(instance.path) is not ABSENT:
            kept.append((KEPT + instance.name, ""))
            for index, row in enumerate(instance.rows):
                kept.append((KEPT + html_name((*instance.path, index)), "" if row.origin is None else str(row.origin)))
        kept.extend(_kept(instance.children, gone))
        for row in instance.rows:
            kept.extend(_kept(row.instances, gone))
    return kept


class _Drawing:
    """Draws instances as parts."""

    def __init__(
        self,
        now: datetime,
        read_only: bool,
        errors: Mapping[str, FieldError],
        attachments: Mapping[str, Attachment],
        dependencies: frozenset[str],
        sought: Mapping[str, str],
    ) -> None:
        self.now = now
        self.read_only = read_only
        self.errors = errors
        self.attachments = attachments
        self.dependencies = dependencies
        self.sought = sought  # by field name
        self.linked: set[str] = set()  # names of parts whose id stands on the page

    def lines(self, instances: Sequence[Instance]) -> tuple[Line, ...]:
        """Neighbours with the same layout row stand side by side."""
        lines: list[list[Instance]] = []
        for instance in instances:
            if instance.hidden or instance.component.kind in NO_PART:
                continue
            row = instance.component.row
            if lines and row is not None and lines[-1][-1].component.row == row:
                lines[-1].append(instance)
            else:
                lines.append([instance])
        return tuple(Line(tuple(self.part(one, span) for one, span in zip(line, spans(line), strict=True))) for line in lines)

    def part(self, instance: Instance, span: int) -> Part:
        component = instance.component
        plain = Part(component.kind, span=span, properties=component.properties, label=instance.label(self.now))
        if component.kind == "text":
            markdown = render(component.template("text"), instance.scope, self.now, escape)
            return replace(plain, html=to_html(markdown))
        if component.kind == "table":
            return replace(plain, table=self.table(instance))
        if component.kind == "image":
            source, alt = instance.text("source", self.now), instance.text("alt", self.now)
            return replace(plain, texts=(source if source.startswith(IMAGES) else "",), display=(alt,))
        if component.kind == "spacer":
            return replace(plain, attributes={"height": str(component.settings.get("height", 60))})
        if component.children or instance.repeats:
            return self.container(instance, plain)
        return self.field(instance, plain) if instance.keyed else plain

    def container(self, instance: Instance, plain: Part) -> Part:
        settings = instance.component.settings
        plain = replace(plain, outlined=settings.get("showOutline") is True, align=str(settings.get("verticalAlignment", "start")))
        name, linked = instance.name, len(self.linked)
        if not instance.repeats:
            return replace(plain, lines=self.lines(instance.children))
        rows = tuple(
            ListRow(
                html_name((*instance.path, index)),
                dom_id(html_name((*instance.path, index))),
                index + 1,
                "" if row.origin is None else str(row.origin),
                self.lines(row.instances),
            )
            for index, row in enumerate(instance.rows)
        )
        # What is to be filled in must be in sight: only rows that are read are folded.
        folds = not settings.get("disableCollapse") and (self.read_only or len(self.linked) == linked)
        open_rows = int(str(settings.get("nonCollapsedItems", OPEN_ROWS))) if folds else len(rows)
        self.linked.add(name)
        return replace(
            plain,
            name=name,
            id=dom_id(name),
            rows=rows,
            open_rows=open_rows,
            error=self.errors.get(name),
            changeable=instance.changeable and not self.read_only,
            required=least_rows(instance.component) > 0 and not self.read_only,
            refresh=static_name(instance.path) in self.dependencies,
        )

    def field(self, instance: Instance, plain: Part) -> Part:
        component = instance.component
        name = instance.name
        locked = self.read_only or instance.readonly
        if not locked:
            self.linked.add(name)
        typed = instance.given if isinstance(instance.given, list) and not instance.locked else None
        texts = tuple(typed) if typed is not None else self.stored(instance)
        if typed is not None and component.kind not in ("textarea", "textfield"):
            texts = tuple(text for text in typed if text)
        files = self.files(instance, texts)
        return replace(
            plain,
            name=name,
            id=dom_id(name),
            description=instance.text("description", self.now),
            texts=texts,
            display=controls.display(instance, texts),
            choices=controls.choices(instance, texts, self.sought.get(name, "")),
            sought=self.sought.get(name, "") if controls.has_many(instance) and not locked else None,
            files=files,
            required=component.rules.get("required") is True and not locked,
            readonly=locked,
            disabled=instance.disabled and not locked,
            error=self.errors.get(name),
            hints=() if locked or instance.disabled else controls.hints(instance, self.now),
            attributes=controls.attributes(instance, self.now),
            prefix=instance.text("prefixAdorner", self.now),
            suffix=instance.text("suffixAdorner", self.now),
            refresh=static_name(instance.path) in self.dependencies and not locked,
        )

    def stored(self, instance: Instance) -> tuple[str, ...]:
        return values.to_texts(instance.component, instance.value)

    def files(self, instance: Instance, ids: Sequence[str]) -> tuple[Attachment, ...]:
        if instance.component.kind != "filepicker":
            return ()
        known = {**self.attachments, **files_of(instance.before)}
        kept = [identifier for identifier in dict.fromkeys(ids) if identifier in known]
        return tuple(known[identifier] for identifier in (kept if instance.multiple else kept[-1:]))

    def table(self, instance: Instance) -> Table:
        component, scope = instance.component, instance.scope
        source = component.expression("dataSource")
        found = evaluate(source, scope, self.now) if source else None
        rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
        fixed = component.settings.get("columns")
        columns: list[tuple[str, str]] = list(fixed) if isinstance(fixed, tuple) else []
        if expression := component.expression("columnsExpression"):
            offered = evaluate(expression, scope, self.now)
            for item in offered if isinstance(offered, list) else []:
                if isinstance(item, dict) and isinstance(item.get("key"), str):
                    columns.append((str(item["key"]), str(item.get("label") or item["key"])))
        cells = tuple(tuple(worded(row.get(key)) for key, _ in columns) for row in rows[: controls.TABLE_ROWS])
        size = component.settings.get("rowCount")
        return Table(tuple(label for _, label in columns), cells, size if isinstance(size, int) else None)


def spans(line: Sequence[Instance]) -> list[int]:
    """Width of each part in sixteenths: the fixed ones as they are, the others share what is left."""
    fixed = sum(instance.component.columns or 0 for instance in line)
    free = [instance for instance in line if instance.component.columns is None]
    share = max(2, (16 - fixed) // len(free)) if free else 0
    return [instance.component.columns or share for instance in line]
