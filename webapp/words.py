"""Values of the engine put into a reader's words."""

from __future__ import annotations

from engine.core.runtime.step import Json
from engine.tables.types import decode_exactly, readable


def value_in_words(value: object) -> str:
    """A process variable for a table cell: texts and numbers as they are, structures as indented JSON."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return readable(value)


def value_from_words(words: str) -> Json:
    """What a person typed for a variable: JSON if it reads as JSON, else the text itself."""
    try:
        value: Json = decode_exactly(words)
    except ValueError:
        return words
    return value
