"""Numeric functions. Source: DMN 1.4 §10.3.4.5."""
from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal

from ..budget import Run
from ..errors import Null
from ..values import DECIMAL128, DaysTimeDuration, YearsMonthsDuration
from .registry import builtin

DIGITS = DECIMAL128.prec
_WIDE = Context(prec=100, Emin=-6300, Emax=6300)


def rounded(number: Decimal, scale: Decimal, mode: str) -> Decimal:
    """`number` with at most `scale` digits behind the point; a negative scale rounds before it. Raises Null for a useless scale."""
    if scale != scale.to_integral_value() or not -6111 <= scale <= 6176:
        raise Null("bad_scale", scale=str(scale))
    places = int(scale)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if not number or -exponent <= places:
        return number
    if number.adjusted() < -places - 1:
        # Far below the last digit kept: only the direction counts, and the exact digits would need a huge precision.
        number = Decimal((number.as_tuple().sign, (1,), -places - 2))
    result = number.quantize(Decimal(1).scaleb(-places), rounding=mode, context=_WIDE)
    return DECIMAL128.plus(result)


@builtin("decimal", "n: number", "scale: number")
def decimal(run: Run, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_HALF_EVEN)


@builtin("floor", "n: number")
def floor(run: Run, n: Decimal) -> Decimal:
    return rounded(n, Decimal(0), ROUND_FLOOR)


@builtin("floor", "n: number", "scale: number")
def floor_at(run: Run, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_FLOOR)


@builtin("ceiling", "n: number")
def ceiling(run: Run, n: Decimal) -> Decimal:
    return rounded(n, Decimal(0), ROUND_CEILING)


@builtin("ceiling", "n: number", "scale: number")
def ceiling_at(run: Run, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_CEILING)


@builtin("round up", "n: number", "scale: number")
def round_up(run: Run, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_UP)


@builtin("round down", "n: number", "scale: number")
def round_down(run: Run, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_DOWN)


@builtin("round half up", "n: number", "scale: number")
def round_half_up(run: Run, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_HALF_UP)


@builtin("round half down", "n: number", "scale: number")
def round_half_down(run: Run, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_HALF_DOWN)


@builtin("abs", "n: number|days and time duration|years and months duration")
def absolute(run: Run, n: object) -> object:
    if type(n) is DaysTimeDuration:
        return DaysTimeDuration(abs(n.microseconds))
    if type(n) is YearsMonthsDuration:
        return YearsMonthsDuration(abs(n.months))
    return DECIMAL128.abs(n)  # type: ignore[arg-type]


@builtin("modulo", "dividend: number", "divisor: number")
def modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Decimal:
    """The remainder with the sign of the divisor."""
    if not divisor:
        raise Null("division_by_zero")
    # Apart by more digits than a number has, the remainder would be noise, and finding it slow.
    if dividend and dividend.adjusted() - divisor.adjusted() > DIGITS:
        raise Null("number_out_of_range")
    rest = _WIDE.remainder(dividend, divisor)
    return DECIMAL128.plus(_WIDE.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest)


@builtin("sqrt", "number: number")
def sqrt(run: Run, number: Decimal) -> Decimal:
    if number < 0:
        raise Null("number_out_of_range")
    return DECIMAL128.sqrt(number)


@builtin("log", "number: number")
def log(run: Run, number: Decimal) -> Decimal:
    if number <= 0:
        raise Null("number_out_of_range")
    return DECIMAL128.ln(number)


@builtin("exp", "number: number")
def exp(run: Run, number: Decimal) -> Decimal:
    if number > 14_000:
        raise Null("number_out_of_range")
    return DECIMAL128.exp(number)


@builtin("odd", "number: number")
def odd(run: Run, number: Decimal) -> bool:
    return number.adjusted() <= DIGITS and modulo(run, number, Decimal(2)) == 1


@builtin("even", "number: number")
def even(run: Run, number: Decimal) -> bool:
    # A number with more places than digits ends in zeros.
    return number.adjusted() > DIGITS or modulo(run, number, Decimal(2)) == 0
