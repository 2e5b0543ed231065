"""Form fields written into diagrams (`camunda:formField`, `flowable:formProperty`) as components of a form-js form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from engine.core.bpmn.vocabulary import Element
from engine.core.forms.checks import path_fault
from engine.core.importing.draft import Draft
from engine.core.importing.templates import has_expression

_NUMBERS = frozenset({"long", "integer", "int", "double", "float", "number"})
_WHOLE = frozenset({"long", "integer", "int"})
_FLAGS = frozenset({"", "true"})  # of constraints such as `required`, which may stand without a value
_LIMITS = {"min": "min", "max": "max", "minlength": "minLength", "maxlength": "maxLength"}
_TEXTS = frozenset({"string", "", "text"})
_IN_JAVA = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"))


@dataclass(frozen=True)
class Field:
    """One field: a component type of form-js and its properties."""

    key: str
    label: str
    kind: str
    properties: dict[str, object] = field(default_factory=dict)
    validate: dict[str, object] = field(default_factory=dict)


def component(made: Field, form: str, index: int) -> dict[str, object]:
    """The field as JSON of a form."""
    found: dict[str, object] = {"type": made.kind, "id": f"{form}_{index}", "key": made.key}
    found["dateLabel" if made.kind == "datetime" else "label"] = made.label
    found |= made.properties
    if made.validate:
        found["validate"] = made.validate
    return found | {"layout": {"row": f"row_{index}", "columns": None}}


def read_fields(draft: Draft, element: Element) -> list[Field]:
    """The fields of a user task or start event, in order. What a form cannot say is listed for a person."""
    sources = [one for data in draft.vendor_children(element, "formData") for one in draft.vendor_children(data, "formField")]
    sources += draft.vendor_children(element, "formProperty")
    for data in draft.vendor_children(element, "formData"):
        if data.get("businessKey"):
            draft.decide(element, "form_business_key", field=data.get("businessKey"))
    found: list[Field] = []
    for source in sources:
        if source.get("readable") == "false":
            draft.say("dropped", "hidden_field", element, field=source.get("id") or "—")
        else:
            found.append(_read(draft, element, source))
    return found


def _read(draft: Draft, element: Element, source: Element) -> Field:
    original = (source.get("variable") or source.get("id") or "").strip()
    key = original
    if path_fault(key) is not None or "." in key:
        key = re.sub(r"\W", "_", key).strip("_") or "field"
        key = key if path_fault(key) is None else f"field_{key}"
        draft.decide(element, "field_name", field=original or "—", key=key)
    label = (source.get("label") or source.get("name") or original or key).strip()
    if has_expression(label):
        draft.decide(element, "field_label", field=key, old=label)
        label = key
    if source.get("expression"):
        draft.decide(element, "field_expression", field=key, old=source.get("expression"))
    kind, properties = _kind(draft, element, source, key)
    validate = _constraints(draft, element, source, kind, properties, key)
    _default(draft, element, source, kind, properties, key)
    notes = {
        entry.get("id"): entry.get("value") or ""
        for holder in draft.vendor_children(source, "properties")
        for entry in draft.vendor_children(holder, "property")
        if entry.get("id")
    }
    return Field(key, label, kind, properties | ({"properties": notes} if notes else {}), validate)


def _kind(draft: Draft, element: Element, source: Element, key: str) -> tuple[str, dict[str, object]]:
    type_ = (source.get("type") or "").strip()
    if type_ in _TEXTS:
        return "textfield", {}
    if type_ in _NUMBERS:
        return "number", {"decimalDigits": 0} if type_ in _WHOLE else {}
    if type_ == "boolean":
        return "checkbox", {}
    if type_ == "date":
        return "datetime", {"subtype": "datetime" if re.search("[Hhms]", _pattern(source)) else "date"}
    if type_ == "enum":
        options = [
            {"value": option.get("id") or "", "label": option.get("name") or option.get("id") or ""}
            for option in draft.vendor_children(source, "value")
        ]
        return "select", {"values": options}
    draft.decide(element, "field_type", field=key, type=type_)
    return "textfield", {}


def _pattern(source: Element) -> str:
    return source.get("datePattern") or ""


def _constraints(
    draft: Draft, element: Element, source: Element, kind: str, properties: dict[str, object], key: str
) -> dict[str, object]:
    """Required and limits; `readonly` goes to the properties."""
    given = {"required": "true" if source.get("required") == "true" else None, "readonly": "true" if source.get("writable") == "false" else None}
    rules = {name: value for name, value in given.items() if value}
    for holder in draft.vendor_children(source, "validation"):
        for constraint in draft.vendor_children(holder, "constraint"):
            rules[constraint.get("name") or "—"] = (constraint.get("config") or "").strip()
    found: dict[str, object] = {}
    for name, value in rules.items():
        limit = _LIMITS.get(name)
        if name == "readonly" and value in _FLAGS:
            properties["readonly"] = True
        elif name == "required" and kind == "checkbox":
            # A required checkbox must be ticked here; there, any answer counted, and a checkbox always gives one.
            draft.say("dropped", "required_checkbox", element, field=key)
        elif name == "required" and value in _FLAGS:
            found["required"] = True
        elif limit and _number(value) is not None and (kind == "number") == (name in ("min", "max")):
            found[limit] = _number(value)
        elif not (name in ("required", "readonly") and value == "false"):
            draft.decide(element, "field_constraint", field=key, name=name, value=value or "—")
    return found


def _default(draft: Draft, element: Element, source: Element, kind: str, properties: dict[str, object], key: str) -> None:
    text = (source.get("defaultValue") or source.get("default") or "").strip()
    if not text:
        return
    value: object = None
    if has_expression(text):
        value = None
    elif kind == "number":
        value = _number(text)
    elif kind == "checkbox":
        value = {"true": True, "false": False}.get(text)
    elif kind == "datetime":
        value = _date(text, _pattern(source), properties["subtype"] == "datetime")
    elif kind != "select" or text in {option["value"] for option in properties["values"]}:  # type: ignore[attr-defined]
        value = text
    if value is None:
        draft.decide(element, "field_default", field=key, value=text)
    else:
        properties["defaultValue"] = value


def _number(text: str) -> int | float | None:
    if re.fullmatch(r"-?\d{1,15}", text, re.ASCII):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d{1,12}\.\d{1,6}", text, re.ASCII) else None


def _date(text: str, pattern: str, with_time: bool) -> str | None:
    """A default date in the field's Java pattern, as ISO 8601."""
    form = pattern or "dd/MM/yyyy"
    for java, python in _IN_JAVA:
        form = form.replace(java, python)
    try:
        found = datetime.strptime(text, form)
    except ValueError:
        return None
    return found.isoformat(timespec="minutes") if with_time else found.date().isoformat()
