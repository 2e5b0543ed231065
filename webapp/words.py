"""Values of the engine put into a reader's words."""

from __future__ import annotations

import orjson


def value_in_words(value: object) -> str:
    """A process variable for a table cell: texts and numbers as they are, structures as indented JSON."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if isinstance(value, dict | list) else None).decode()
