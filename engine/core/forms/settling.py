"""Conditions, computed fields, choices and values of a form, repeated until nothing changes any more.

As form-js does in the browser on every key: a hidden field counts as null, an expression follows what it is computed from.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.core.forms import values
from engine.core.forms.filling import Filling, Instance, dig, lay_out, put
from engine.core.forms.model import Attachment, FieldError, Form, Formula, Invalid, Json, Option
from engine.core.forms.names import option_text
from engine.core.forms.options import as_option
from engine.core.forms.sources import ABSENT, Source
from engine.core.forms.templates import evaluate
from engine.core.forms.values import Setting

ROUNDS = 50  # a longer chain of fields that decide about each other, each above the one it hangs on, no real form has


def fill(
    form: Form,
    variables: Mapping[str, Json],
    source: Source | None,
    *,
    now: datetime,
    attachments: Mapping[str, Attachment] | None = None,
) -> Filling:
    """`form` with what `source` gives, else with the variables, else with its defaults. Nothing passed in is changed."""
    filling = lay_out(form, variables, source, now)
    instances = list(filling.walk())
    for instance in instances:  # before any condition, since fields below may decide about fields above
        _write(instance, now, attachments or {})
    for _ in range(ROUNDS):
        before = [(instance.hidden, instance.value) for instance in instances]
        for instance in instances:
            _decide(instance, now)
            _write(instance, now, attachments or {})
        if before == [(instance.hidden, instance.value) for instance in instances]:
            break
    return filling


def _decide(instance: Instance, now: datetime) -> None:
    hide = instance.component.hide
    inherited = instance.parent is not None and instance.parent.hidden
    instance.hidden = inherited or (hide is not None and evaluate(hide, instance.scope, now) is True)
    instance.readonly = _flag(instance, "readonly", now)
    instance.disabled = _flag(instance, "disabled", now)


def _flag(instance: Instance, name: str, now: datetime) -> bool:
    formula = instance.component.settings.get(name)
    if not isinstance(formula, Formula):
        return False
    return (evaluate(formula.expression, instance.scope, now) if formula.expression else formula.value) is True


def _write(instance: Instance, now: datetime, attachments: Mapping[str, Attachment]) -> None:
    """Work out the value and put it where expressions will see it."""
    if instance.repeats:
        instance.value = None if instance.hidden else [row.cells for row in instance.rows]
    elif not instance.keyed:
        return
    elif expression := instance.component.expression("expression"):
        instance.value = None if instance.hidden else evaluate(expression, instance.scope, now)
    else:
        instance.options = choices(instance, now)
        instance.multiple = _flag(instance, "multiple", now)
        instance.value, instance.error = _value(instance, now, attachments)
    if instance.parent is None or not instance.parent.hidden:
        put(instance.place.holder, instance.local, None if instance.hidden else instance.value)


def initial(instance: Instance) -> object:
    """The value before anyone typed: the variable's, else the default, else ABSENT."""
    if instance.before is not ABSENT:
        return instance.before
    return instance.component.settings.get("defaultValue", ABSENT)


def _value(instance: Instance, now: datetime, attachments: Mapping[str, Attachment]) -> tuple[Json, FieldError | None]:
    component = instance.component
    held = files_of(instance.before) if component.kind == "filepicker" else {}
    setting = Setting(instance.options, {**attachments, **held}, instance.multiple, now)
    if instance.source and instance.given is not ABSENT and not instance.locked:
        try:
            return instance.source.convert(component, instance.given, setting), None
        except Invalid as invalid:
            return values.empty(component), invalid.error
    first = initial(instance)
    if first is ABSENT:
        return values.empty(component), None
    try:
        return values.from_json(component, first, setting), None  # type: ignore[arg-type]
    except Invalid as invalid:
        # What a variable holds is shown and kept even if the form would not take it from a person.
        return first, invalid.error  # type: ignore[return-value]


def files_of(value: object) -> dict[str, Attachment]:
    """The files that a variable already names, as a filepicker has written them."""
    files = {}
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            size = item.get("size")
            name, media_type = str(item.get("name", item["id"])), str(item.get("mediaType", ""))
            files[item["id"]] = Attachment(item["id"], name, size if isinstance(size, int) else 0, media_type)
    return files


def choices(instance: Instance, now: datetime) -> tuple[Option, ...]:
    """The options of a choice at this moment; those without a value, or given twice, fall away as in form-js."""
    component = instance.component
    if component.options:
        return component.options
    key = component.settings.get("valuesKey")
    found: object = dig(instance.scope, key.split(".")) if isinstance(key, str) else None
    if expression := component.expression("valuesExpression"):
        found = evaluate(expression, instance.scope, now)
    options: dict[str, Option] = {}
    for item in found if isinstance(found, list) else []:
        if option := as_option(item):
            options.setdefault(option_text(option.value), option)
    return tuple(options.values())
