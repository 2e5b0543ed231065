"""FEEL values that Python has no type for, and the names of all types.

number is Decimal, string str, boolean bool, list list, context dict, date date, time time, date and time datetime (with or without
offset or zone). Source: DMN 1.4 §10.3.2.3.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .budget import Run

# decimal128 of IEEE 754-2008, as DMN 1.4 §10.3.2.3.1 asks.
DECIMAL128 = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, capitals=1, clamp=0, flags=[],
                     traps=[DivisionByZero, Overflow, InvalidOperation])

MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, order=True)
class DaysTimeDuration:
    """A span of exact length, in microseconds."""

    microseconds: int


@dataclass(frozen=True, slots=True, order=True)
class YearsMonthsDuration:
    """A span of calendar months."""

    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """All values between two ends. An end that is None is open: `(< 10)` has no start."""

    start: object
    end: object
    start_included: bool = True
    end_included: bool = True


class Function:
    """Something FEEL can call: a function definition, or a function of the host.

    `call(run, arguments)` receives one FEEL value per parameter, or any number if it is `open_ended`. `types` are the declared parameter
    types or None, `result` is the type of the result as far as it is known, `scope` is what a function definition was evaluated in.
    """

    __slots__ = ("parameters", "types", "call", "text", "open_ended", "result", "scope")

    def __init__(self, parameters: Sequence[str], call: Callable[[Run, list[object]], object], text: str,
                 types: Sequence[object] = (), open_ended: bool = False, result: object = None, scope: object = None) -> None:
        self.parameters = tuple(parameters)
        self.types = tuple(types) or (None,) * len(self.parameters)
        self.call = call
        self.text = text
        self.open_ended = open_ended
        self.result = result
        self.scope = scope


KINDS: dict[type, str] = {
    type(None): "null", Decimal: "number", str: "string", bool: "boolean", list: "list", dict: "context", date: "date", time: "time",
    datetime: "date and time", DaysTimeDuration: "days and time duration", YearsMonthsDuration: "years and months duration",
    Range: "range", Function: "function",
}


def kind_of(value: object) -> str:
    """The FEEL type of a value, without its parameters."""
    return KINDS.get(type(value), "function")
