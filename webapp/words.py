"""Values of the engine put into a reader's words."""

from __future__ import annotations

import orjson

from engine.core.runtime.step import Json


def value_in_words(value: object) -> str:
    """A process variable for a table cell: texts and numbers as they are, structures as indented JSON."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if isinstance(value, dict | list) else None).decode()


def value_from_words(words: str) -> Json:
    """What a person typed for a variable: JSON if it reads as JSON, else the text itself."""
    try:
        value: Json = orjson.loads(words)
    except orjson.JSONDecodeError:
        return words
    return value
