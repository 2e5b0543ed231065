"""The operators + - * / ** over numbers, strings, temporal values and durations. Source: DMN 1.4 Tables 56 to 60 and 62."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from .errors import Null
from .temporal import add_microseconds, add_months, clocks, from_time_of_day, instants, midnight, time_of_day
from .values import DECIMAL128, DaysTimeDuration, YearsMonthsDuration, kind_of

Operation = Callable[[object, object], object]

# A duration of this many microseconds reaches beyond all dates; longer ones could grow without end.
_LONGEST = 10**24
_LARGEST_EXPONENT = 999_999_999  # DMN 1.4 Table 60


def _days(micro: int) -> DaysTimeDuration:
    if abs(micro) > _LONGEST:
        raise Null("number_out_of_range")
    return DaysTimeDuration(micro)


def _months(months: int) -> YearsMonthsDuration:
    if abs(months) > _LONGEST:
        raise Null("number_out_of_range")
    return YearsMonthsDuration(months)


def _scaled(amount: int, factor: Decimal, divide: bool = False) -> int:
    """`amount` times or by `factor`, towards zero."""
    number = Decimal(amount)
    result = _quotient(number, factor) if divide else DECIMAL128.multiply(number, factor)
    if abs(result) > _LONGEST:
        raise Null("number_out_of_range")
    return int(result)


def _move_time(value: time, micro: int) -> time:
    return from_time_of_day(time_of_day(value) + micro, value.tzinfo)


def _between(later: date | datetime, earlier: date | datetime) -> DaysTimeDuration:
    """Exact time from one to the other; a date is its midnight in UTC. Raises Null when only one has a zone. Source: DMN 1.4 Table 57."""
    end, start = (value if isinstance(value, datetime) else midnight(value) for value in (later, earlier))
    if (end.tzinfo is None) != (start.tzinfo is None):
        raise Null("one_without_zone")
    left, right = instants(end, start)
    return DaysTimeDuration(left - right)


def _between_times(later: time, earlier: time) -> DaysTimeDuration:
    left, right = clocks(later, earlier)
    return DaysTimeDuration(left - right)


def _product(left: Decimal, right: Decimal) -> Decimal:
    return _still_something(DECIMAL128.multiply(left, right), bool(left and right))


def _still_something(result: Decimal, wanted: bool) -> Decimal:
    """A result too small for any scale is null, not 0. Source: DMN 1.4 Tables 59 and 60."""
    if wanted and not result:
        raise Null("number_out_of_range")
    return result


def _quotient(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise Null("division_by_zero")
    return _still_something(DECIMAL128.divide(left, right), bool(left))


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if abs(exponent) > _LARGEST_EXPONENT:
        raise Null("number_out_of_range")
    if base == 0 and exponent < 0:
        raise Null("division_by_zero")
    return _still_something(DECIMAL128.power(base, exponent), bool(base)) if base or exponent else Decimal(1)


_D, _Y, _N = DaysTimeDuration, YearsMonthsDuration, Decimal
_ADD: dict[tuple[type, type], Callable[..., object]] = {
    (_N, _N): DECIMAL128.add,
    (_D, _D): lambda a, b: _days(a.microseconds + b.microseconds),
    (_Y, _Y): lambda a, b: _months(a.months + b.months),
    (date, _D): lambda a, b: add_microseconds(a, b.microseconds),
    (date, _Y): lambda a, b: add_months(a, b.months),
    (datetime, _D): lambda a, b: add_microseconds(a, b.microseconds),
    (datetime, _Y): lambda a, b: add_months(a, b.months),
    (time, _D): lambda a, b: _move_time(a, b.microseconds),
    (_D, date): lambda a, b: add_microseconds(b, a.microseconds),
    (_Y, date): lambda a, b: add_months(b, a.months),
    (_D, datetime): lambda a, b: add_microseconds(b, a.microseconds),
    (_Y, datetime): lambda a, b: add_months(b, a.months),
    (_D, time): lambda a, b: _move_time(b, a.microseconds),
    (str, str): lambda a, b: a + b,
}
_SUBTRACT: dict[tuple[type, type], Callable[..., object]] = {
    (_N, _N): DECIMAL128.subtract,
    (_D, _D): lambda a, b: _days(a.microseconds - b.microseconds),
    (_Y, _Y): lambda a, b: _months(a.months - b.months),
    (date, _D): lambda a, b: add_microseconds(a, -b.microseconds),
    (date, _Y): lambda a, b: add_months(a, -b.months),
    (datetime, _D): lambda a, b: add_microseconds(a, -b.microseconds),
    (datetime, _Y): lambda a, b: add_months(a, -b.months),
    (time, _D): lambda a, b: _move_time(a, -b.microseconds),
    (time, time): _between_times,
    (date, date): _between, (datetime, datetime): _between, (date, datetime): _between, (datetime, date): _between,
}
_MULTIPLY: dict[tuple[type, type], Callable[..., object]] = {
    (_N, _N): _product,
    (_D, _N): lambda a, b: _days(_scaled(a.microseconds, b)),
    (_N, _D): lambda a, b: _days(_scaled(b.microseconds, a)),
    (_Y, _N): lambda a, b: _months(_scaled(a.months, b)),
    (_N, _Y): lambda a, b: _months(_scaled(b.months, a)),
}
_DIVIDE: dict[tuple[type, type], Callable[..., object]] = {
    (_N, _N): _quotient,
    (_D, _N): lambda a, b: _days(_scaled(a.microseconds, b, divide=True)),
    (_Y, _N): lambda a, b: _months(_scaled(a.months, b, divide=True)),
    (_D, _D): lambda a, b: _quotient(Decimal(a.microseconds), Decimal(b.microseconds)),
    (_Y, _Y): lambda a, b: _quotient(Decimal(a.months), Decimal(b.months)),
}
_POWER: dict[tuple[type, type], Callable[..., object]] = {(_N, _N): _power}


def _operation(sign: str, table: dict[tuple[type, type], Callable[..., object]]) -> Operation:
    def apply(left: object, right: object) -> object:
        found = table.get((type(left), type(right)))
        if found is None:
            raise Null("no_operation", operator=sign, left=kind_of(left), right=kind_of(right))
        try:
            return found(left, right)
        except ZeroDivisionError as cause:
            raise Null("division_by_zero") from cause
        except ArithmeticError as cause:
            raise Null("number_out_of_range") from cause

    return apply


OPERATIONS: dict[str, Operation] = {
    sign: _operation(sign, table)
    for sign, table in (("+", _ADD), ("-", _SUBTRACT), ("*", _MULTIPLY), ("/", _DIVIDE), ("**", _POWER))
}


def negate(value: object) -> object:
    """The arithmetic opposite of a number or duration."""
    if type(value) is Decimal:
        return DECIMAL128.minus(value)
    if type(value) is DaysTimeDuration:
        return DaysTimeDuration(-value.microseconds)
    if type(value) is YearsMonthsDuration:
        return YearsMonthsDuration(-value.months)
    raise Null("no_operation", operator="-", left="null", right=kind_of(value))
