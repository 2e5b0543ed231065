"""Conversion functions: number, range, and identity. Those for dates and durations are in `temporal`. Source: DMN 1.4 §10.3.4.1, §10.3.4.6."""
from __future__ import annotations

import re
from datetime import datetime, time
from decimal import Decimal, DecimalException

from ..budget import Run
from ..comparison import order, same
from ..errors import Null
from ..temporal import parse_any, time_offset
from ..values import DECIMAL128, Range
from .registry import builtin

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_END = r'(-?[0-9.]*[0-9](?:[eE][+-]?[0-9]+)?|@"[^"]*"|"[^"]*"|[a-z ]+\("[^"]*"\)|)'
_RANGE = re.compile(rf"\s*([\[(\]])\s*{_END}\s*\.\.\s*{_END}\s*([\])\[])\s*")
_LONGEST = 6_500  # characters: the smallest number has 6 176 digits behind its point
_GROUPING = (" ", ",", ".")


@builtin("number", "from: string")
def number(run: Run, text: str) -> Decimal:
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        raise Null("not_a_number", text=text[:40])
    try:
        return DECIMAL128.create_decimal(text)
    except DecimalException as cause:
        raise Null("number_out_of_range") from cause


@builtin("number", "from: number")
def number_of_number(run: Run, value: Decimal) -> Decimal:
    return value


@builtin("number", "from: string", "grouping separator: string|null", "decimal separator: string|null")
def number_with_separators(run: Run, text: str, grouping: str | None, point: str | None) -> Decimal:
    if (grouping not in (None, *_GROUPING)) or point not in (None, ".", ",") or (grouping is not None and grouping == point):
        raise Null("bad_argument", function="number(from, grouping separator, decimal separator)", types="string")
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        plain = plain.replace(".", "x").replace(",", ".")
    return number(run, plain)


@builtin("range", "from: string")
def range_of(run: Run, text: str) -> Range:
    """A range from its literal; its ends are literals too, one of them may be missing."""
    found = _RANGE.fullmatch(text) if len(text) <= 500 else None
    if not found:
        raise Null("not_a_range", text=text[:40])
    opening, start, end, closing = found.groups()
    low, high = (None if not part else _end(part) for part in (start, end))
    if low is None and high is None or (low is None and opening == "[") or (high is None and closing == "]"):
        raise Null("not_a_range", text=text[:40])
    if low is not None and high is not None and order(low, high) > 0:
        raise Null("not_a_range", text=text[:40])
    return Range(low, high, opening == "[", closing == "]")


def _end(text: str) -> object:
    if text[0] == '"':
        return text[1:-1]
    if _NUMBER.fullmatch(text):
        return DECIMAL128.create_decimal(text)
    value = parse_any(text[text.index('"') + 1:text.rindex('"')])
    if value is None:
        raise Null("not_a_range", text=text[:40])
    return value


@builtin("is", "value1: any", "value2: any")
def is_same(run: Run, left: object, right: object) -> bool:
    """The same element of the same type: unlike `=`, also with the same offset or zone."""
    if type(left) is not type(right):
        return False
    if type(left) in (time, datetime):
        return left == right and time_offset(left) == time_offset(right)  # type: ignore[arg-type]
    return same(left, right, run)
