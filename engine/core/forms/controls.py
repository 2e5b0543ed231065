"""What the control of a field carries: its HTML attributes, the hints under it, and its value in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.core.forms import rules, values
from engine.core.forms.file_kinds import LARGEST, FileKinds
from engine.core.forms.filling import Instance
from engine.core.forms.kinds import MANY, OPTIONS, TEXTS
from engine.core.forms.names import option_text
from engine.core.forms.parts import Choice, Hint

TABLE_ROWS = 500
_INPUT = {"date": "date", "time": "time", "datetime": "datetime-local"}


def attributes(instance: Instance, now: datetime) -> dict[str, str]:
    """Attributes by name. No maxlength: it would cut off a pasted text without a word; `data-limit` feeds a counter."""
    component = instance.component
    found: dict[str, str] = {}
    if component.kind == "textfield":
        kind = component.rules.get("validationType")
        found["type"] = {"email": "email", "phone": "tel"}.get(str(kind), "text")
    elif component.kind == "number":
        found["inputmode"] = "numeric" if component.settings.get("decimalDigits") == 0 else "decimal"
    elif component.kind == "datetime":
        found |= _moment_attributes(instance, now)
    elif component.kind == "filepicker" and (accept := instance.text("accept", now)):
        found["accept"] = accept
    if component.kind == "filepicker" and instance.multiple:
        found["multiple"] = "multiple"
    if component.kind in TEXTS and (longest := rules.limit(component, "maxLength", instance.scope, now)) is not None:
        found["data-limit"] = str(int(longest))
    autocomplete = component.properties.get("autocomplete")
    if isinstance(autocomplete, str):
        found["autocomplete"] = autocomplete
    elif found.get("type") in ("email", "tel"):
        found["autocomplete"] = found["type"]
    return found


def _moment_attributes(instance: Instance, now: datetime) -> dict[str, str]:
    settings = instance.component.settings
    subtype = str(settings.get("subtype", "date"))
    found = {"type": _INPUT[subtype]}
    if settings.get("disallowPassedDates") and subtype != "time":
        today = now.astimezone(values.ZONE).date().isoformat()
        found["min"] = today if subtype == "date" else f"{today}T00:00"
    interval = settings.get("timeInterval")
    if isinstance(interval, int) and subtype != "date":
        found["step"] = str(interval * 60)
    return found


def hints(instance: Instance, now: datetime) -> tuple[Hint, ...]:
    """Our sentences about what may be typed, so that nobody learns a limit from an error."""
    component, scope = instance.component, instance.scope
    found = []
    if component.kind == "number":
        low, high = (rules.limit(component, name, scope, now) for name in ("min", "max"))
        facts = {"min": rules.plain(low), "max": rules.plain(high)}
        if low is not None or high is not None:
            code = "range" if low is not None and high is not None else "at_least" if low is not None else "at_most"
            found.append(Hint(f"form.hint.{code}", facts))
    if component.kind in TEXTS:
        shortest, longest = (rules.limit(component, name, scope, now) for name in ("minLength", "maxLength"))
        if shortest is not None and shortest > 0:
            found.append(Hint("form.hint.min_length", {"limit": int(shortest)}))
        if longest is not None:
            found.append(Hint("form.hint.max_length", {"limit": int(longest)}))
    if component.kind == "filepicker" and (accept := instance.text("accept", now)):
        found.append(Hint("form.hint.accept", {"accept": FileKinds(accept), "size": LARGEST // 1024 // 1024}))
    if component.kind == "datetime" and component.settings.get("disallowPassedDates"):
        found.append(Hint("form.hint.not_passed"))
    if has_many(instance):
        found.append(Hint("form.hint.some_choices", {"count": len(instance.options), "limit": OPTIONS}))
    return tuple(found)


def has_many(instance: Instance) -> bool:
    """Whether a page shows only some of the choices, so that the others have to be looked for."""
    return len(instance.options) > OPTIONS


def choices(instance: Instance, texts: Sequence[str], sought: str) -> tuple[Choice, ...]:
    """What can be chosen; of more than OPTIONS the ones chosen and then the first whose label contains the words."""
    found = (Choice(option_text(option.value), option.label, option_text(option.value) in texts) for option in instance.options)
    if not has_many(instance):
        return tuple(found)
    chosen, others = [], []
    for choice in found:
        if choice.selected:
            chosen.append(choice)
        elif len(others) < OPTIONS and sought.casefold() in choice.label.casefold():
            others.append(choice)
    return (*chosen, *others)


def display(instance: Instance, texts: Sequence[str]) -> tuple[str, ...]:
    """The value in words, for a field that is only read. A checkbox keeps its texts: the template has the words."""
    component = instance.component
    if component.kind in MANY or component.kind in ("radio", "select"):
        labels = {option_text(option.value): option.label for option in instance.options}
        return tuple(labels.get(text, text) for text in texts)
    if component.kind == "datetime" and component.settings.get("subtype") == "datetime":
        return tuple(text.replace("T", " ") for text in texts)
    return tuple(texts)
