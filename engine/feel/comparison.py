"""Equality, order, and being in a range or list; all three-valued. Source: DMN 1.4 §10.3.2.15, Tables 52 to 55."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from .budget import Run
from .errors import Null
from .temporal import clocks, instants
from .values import DaysTimeDuration, Function, Range, YearsMonthsDuration, kind_of

# Types that Python compares just as FEEL does.
PLAIN = frozenset((Decimal, str, date, DaysTimeDuration, YearsMonthsDuration))


def equal(left: object, right: object, run: Run) -> bool:
    """Whether two values are equal. Raises Null for values of different types, except that only null equals null."""
    if left is None or right is None:
        return left is right
    kind = type(left)
    if kind is not type(right):
        raise Null("not_comparable", left=kind_of(left), right=kind_of(right))
    if kind in PLAIN or kind is bool:
        return left == right
    if kind is datetime:
        first, second = instants(left, right)  # type: ignore[arg-type]
        return first == second
    if kind is time:
        here, there = clocks(left, right)  # type: ignore[arg-type]
        return here == there
    if kind is Function:
        return _same_functions(left, right)  # type: ignore[arg-type]
    return _PARTS[kind](left, right, run)


def same(left: object, right: object, run: Run) -> bool:
    """Like `equal`, but values of different types are simply not the same."""
    try:
        return equal(left, right, run)
    except Null:
        return False


def _same_lists(left: object, right: object, run: Run) -> bool:
    run.spend(min(len(left), len(right)) + 1)  # type: ignore[arg-type]
    return len(left) == len(right) and all(same(a, b, run) for a, b in zip(left, right, strict=True))  # type: ignore[arg-type, call-overload]


def _same_functions(left: Function, right: Function) -> bool:
    """The same one, or the same parameters and body in the same scope. Source: DMN 1.4 Table 53."""
    if left is right:
        return True
    return left.scope is not None and (left.scope, left.text, left.types) == (right.scope, right.text, right.types)


def _same_contexts(left: object, right: object, run: Run) -> bool:
    assert isinstance(left, dict) and isinstance(right, dict)
    run.spend(len(left) + 1)
    return left.keys() == right.keys() and all(same(item, right[key], run) for key, item in left.items())


def _same_ranges(left: object, right: object, run: Run) -> bool:
    assert isinstance(left, Range) and isinstance(right, Range)
    return ((left.start_included, left.end_included) == (right.start_included, right.end_included)
            and same(left.start, right.start, run) and same(left.end, right.end, run))


_PARTS: dict[type, Callable[[object, object, Run], bool]] = {list: _same_lists, dict: _same_contexts, Range: _same_ranges}


def order(left: object, right: object) -> int:
    """-1, 0 or 1. Raises Null for values that have no order or are of different types."""
    kind = type(left)
    if kind is not type(right):
        raise Null("not_comparable", left=kind_of(left), right=kind_of(right))
    if kind is datetime:
        left, right = instants(left, right)  # type: ignore[arg-type]
    elif kind is time:
        left, right = clocks(left, right)  # type: ignore[arg-type]
    elif kind not in PLAIN:
        raise Null("not_comparable", left=kind_of(left), right=kind_of(right))
    return int(left > right) - int(left < right)  # type: ignore[operator]


def in_range(value: object, range_: Range) -> bool:
    """Whether a value lies in a range. Raises Null when it cannot be compared with an end."""
    if range_.start is not None:
        side = order(value, range_.start)
        if side < 0 or (side == 0 and not range_.start_included):
            return False
    if range_.end is not None:
        side = order(value, range_.end)
        if side > 0 or (side == 0 and not range_.end_included):
            return False
    return True


def is_in(value: object, holder: object, run: Run) -> bool:
    """Whether a value lies in a range, is an element of a list (or in a range in it), or equals a single value."""
    if type(holder) is Range:
        return value == holder if type(value) is Range else in_range(value, holder)
    if type(holder) is not list:
        return equal(value, holder, run)
    run.spend(len(holder) + 1)
    if type(value) is list and same(value, holder, run):
        return True
    return any(_matches(value, item, run) for item in holder)


def _matches(value: object, item: object, run: Run) -> bool:
    if type(item) is Range and type(value) is not Range:
        try:
            return in_range(value, item)
        except Null:
            return False
    return same(value, item, run)
