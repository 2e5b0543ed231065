"""Values of the engine put into a reader's words."""

from __future__ import annotations

from engine.core.runtime.step import Json
from engine.tables.types import decode_exactly, readable
from engine.verbs.errors import VariableInvalid


def value_in_words(value: object) -> str:
    """A process variable for a table cell: texts and numbers as they are, structures as indented JSON."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return readable(value)


def value_from_words(name: str, words: str) -> Json:
    """What a person typed for the variable `name`: JSON if it reads as JSON, else the text itself.

    Raises VariableInvalid for JSON that nobody can keep: nested too deeply, or with a number beyond all bounds.
    """
    try:
        value: Json = decode_exactly(words)
    except ValueError:
        return words
    except (RecursionError, ArithmeticError):
        raise VariableInvalid(name=name, reason="variable_value") from None
    return value
