"""Variables as they come in from outside: names that FEEL can read, values that are JSON and not without bounds."""

from __future__ import annotations

from engine.core.runtime.step import Json, Variables
from engine.tables.types import encode
from engine.verbs.errors import VariableInvalid

LONGEST_NAME = 120
LARGEST = 1_000_000  # characters of one variable's JSON


def checked(variables: Variables) -> Variables:
    """The same variables. Raises VariableInvalid for the first that cannot be stored and used."""
    for name, value in variables.items():
        if not name.isidentifier() or len(name) > LONGEST_NAME:
            raise VariableInvalid(name=name[:LONGEST_NAME], reason="variable_name")
        if _size(name, value) > LARGEST:
            raise VariableInvalid(name=name, reason="variable_size")
    return variables


def _size(name: str, value: Json) -> int:
    try:
        return len(encode(value))
    except (TypeError, ValueError, RecursionError):
        raise VariableInvalid(name=name, reason="variable_value") from None
