"""The choices of radio, select, checklist and taglist."""

from __future__ import annotations

from decimal import Decimal

from engine.core.forms.model import Json, Option
from engine.core.forms.names import option_text


def as_option(item: Json) -> Option | None:
    """A choice from what a form or an expression offers, a bare value or {label, value}; None if it has no value."""
    if not isinstance(item, dict):
        return Option(option_text(item), item) if isinstance(item, str | int | float | Decimal) and item != "" else None
    value, label = item.get("value"), item.get("label")
    if value is None or value in ("", [], {}):
        return None
    return Option(label if isinstance(label, str) and label else option_text(value), value)
