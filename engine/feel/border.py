"""Where host values become FEEL values and back. Host values are never changed: lists and contexts are copied."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation, Overflow
from typing import TypeAlias
from zoneinfo import ZoneInfo

from .budget import DEFAULT_BUDGET, NESTING_LIMIT, Run
from .errors import BudgetExceeded, NotStorable, Null
from .temporal import MICROSECOND, temporal_text
from .text import text_of
from .values import DECIMAL128, DaysTimeDuration, Function, Range, YearsMonthsDuration, kind_of

# A Decimal is a number that no double stands for, such as 1/3 with 34 digits or 1E+400.
Json: TypeAlias = "str | int | float | Decimal | bool | None | list[Json] | dict[str, Json]"


def read(value: object, depth: int = 0) -> object:
    """The FEEL value of a host value. Raises Null for something FEEL has no type for, or nested without end."""
    reader = _READERS.get(type(value))
    if reader is None:
        return value if type(value) in _NATIVE else _read_other(value, depth)
    if depth > NESTING_LIMIT:
        raise Null("unsupported_value", type="nested list")
    return reader(value, depth)


def _read_number(value: object, depth: int) -> Decimal:
    if type(value) is int and -10**33 < value < 10**33:
        return Decimal(value)
    try:
        number = Decimal(value) if type(value) is int else value if type(value) is Decimal else Decimal(repr(value))
        if not number.is_finite():
            raise Null("number_out_of_range")
        return DECIMAL128.plus(number)
    except (Overflow, InvalidOperation) as cause:
        raise Null("number_out_of_range") from cause


def _read_list(value: object, depth: int) -> list[object]:
    return [read(item, depth + 1) for item in value]  # type: ignore[attr-defined]


def _read_context(value: object, depth: int) -> dict[str, object]:
    return {str(key): read(item, depth + 1) for key, item in value.items()}  # type: ignore[attr-defined]


def _read_zoned(value: object, depth: int) -> object:
    zone = value.tzinfo  # type: ignore[attr-defined]
    if zone is None or type(zone) in (timezone, ZoneInfo):
        return value
    offset = value.utcoffset()  # type: ignore[attr-defined]
    return value.replace(tzinfo=timezone(offset) if offset is not None else None)  # type: ignore[attr-defined]


def _read_span(value: object, depth: int) -> DaysTimeDuration:
    return DaysTimeDuration(value // MICROSECOND)  # type: ignore[operator]


def _read_other(value: object, depth: int) -> object:
    for type_, reader in ((bool, lambda v, _: bool(v)), (str, lambda v, _: str(v)), (int, lambda v, d: _read_number(int(v), d)),
                          (float, lambda v, d: _read_number(float(v), d)), (Mapping, _read_context), (tuple, _read_list),
                          (list, _read_list), (Function, lambda v, _: v)):
        if isinstance(value, type_):
            return reader(value, depth)
    raise Null("unsupported_value", type=type(value).__name__)


_READERS: dict[type, Callable[[object, int], object]] = {
    int: _read_number, float: _read_number, Decimal: _read_number, list: _read_list, tuple: _read_list, dict: _read_context,
    datetime: _read_zoned, time: _read_zoned, timedelta: _read_span,
}
_NATIVE = frozenset((str, bool, type(None), date, DaysTimeDuration, YearsMonthsDuration, Range, Function))


def to_json(value: object) -> Json:
    """A FEEL value as a process variable: what JSON has a form for, exactly; temporal values as ISO 8601 text, a zone as its offset.

    `read` gives every number back digit for digit, a temporal value as its text. Raises NotStorable for a range or function, which DMN maps
    to no other domain (DMN 1.4 §10.3.2.12, Table 47), BudgetExceeded when the tree has more elements than the default budget allows.
    """
    return _to_json(value, [DEFAULT_BUDGET.size * 5], _refused)


def shown(value: object) -> Json:
    """A FEEL value for people to look at: as `to_json`, with ranges and functions as the text FEEL would write."""
    return _to_json(value, [DEFAULT_BUDGET.size * 5], text_of)


def _refused(value: object) -> str:
    raise NotStorable(kind_of(value))


def _to_json(value: object, left: list[int], foreign: Callable[[object], str]) -> Json:
    left[0] -= 1
    if left[0] < 0:
        raise BudgetExceeded("size", DEFAULT_BUDGET.size * 5)
    if value is None or type(value) in (str, bool, int, float):
        return value  # type: ignore[return-value]
    if type(value) is Decimal:
        return number(value)
    if type(value) is list:
        return [_to_json(item, left, foreign) for item in value]
    if type(value) is dict:
        return {key: _to_json(item, left, foreign) for key, item in value.items()}
    if type(value) in (Range, Function):
        return foreign(value)
    return temporal_text(value, iso=True)


def number(value: Decimal) -> int | float | Decimal:
    """The same number as whole number, else as the double whose shortest text it is, else as it is."""
    if value == value.to_integral_value() and value.adjusted() < DECIMAL128.prec:
        return int(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else DECIMAL128.normalize(value)


def host_function(parameters: Sequence[str], call: Callable[..., object]) -> Function:
    """A function for the scope: `call` gets one FEEL value per parameter, by position; its result is read like a scope value.

    What `call` raises goes through to the caller of `evaluate`.
    """
    def invoke(run: Run, arguments: list[object]) -> object:
        return read(call(*arguments))

    return Function(parameters, invoke, f"function({', '.join(parameters)}) external")
