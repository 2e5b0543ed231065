"""Functions that relate points and ranges. Source: DMN 1.4 §10.3.4.7, Table 78 (after Allen's interval algebra)."""
from __future__ import annotations

from ..budget import Run
from ..comparison import in_range, order
from ..errors import Null
from ..values import Range, kind_of
from .registry import builtin


def _ends(value: object) -> Range:
    """A range as it is, a point as the range of itself. Raises Null for a range with an open end."""
    if type(value) is not Range:
        if value is None:
            raise Null("not_comparable", left="null", right="range")
        return Range(value, value)
    if value.start is None or value.end is None:
        raise Null("not_comparable", left="range", right="range")
    return value


def _range(value: object) -> Range:
    if type(value) is not Range:
        raise Null("not_comparable", left=kind_of(value), right="range")
    return _ends(value)


@builtin("before", "point1: any", "point2: any")
@builtin("before", "point: any", "range: any")
@builtin("before", "range: any", "point: any")
@builtin("before", "range1: any", "range2: any")
def before(run: Run, first: object, second: object) -> bool:
    a, b = _ends(first), _ends(second)
    side = order(a.end, b.start)
    return side < 0 or (side == 0 and not (a.end_included and b.start_included))


@builtin("after", "point1: any", "point2: any")
@builtin("after", "point: any", "range: any")
@builtin("after", "range: any", "point: any")
@builtin("after", "range1: any", "range2: any")
def after(run: Run, first: object, second: object) -> bool:
    return before(run, second, first)


@builtin("meets", "range1: range", "range2: range")
def meets(run: Run, first: object, second: object) -> bool:
    a, b = _range(first), _range(second)
    return a.end_included and b.start_included and order(a.end, b.start) == 0


@builtin("met by", "range1: range", "range2: range")
def met_by(run: Run, first: object, second: object) -> bool:
    return meets(run, second, first)


@builtin("overlaps", "range1: range", "range2: range")
def overlaps(run: Run, first: object, second: object) -> bool:
    return not before(run, _range(first), _range(second)) and not before(run, second, first)


@builtin("overlaps before", "range1: range", "range2: range")
def overlaps_before(run: Run, first: object, second: object) -> bool:
    a, b = _range(first), _range(second)
    return _starts_earlier(a, b) and _touches(a, b) and _ends_no_later(a, b)


@builtin("overlaps after", "range1: range", "range2: range")
def overlaps_after(run: Run, first: object, second: object) -> bool:
    return overlaps_before(run, second, first)


def _starts_earlier(a: Range, b: Range) -> bool:
    side = order(a.start, b.start)
    return side < 0 or (side == 0 and a.start_included and not b.start_included)


def _ends_no_later(a: Range, b: Range) -> bool:
    side = order(a.end, b.end)
    return side < 0 or (side == 0 and (not a.end_included or b.end_included))


def _touches(a: Range, b: Range) -> bool:
    side = order(a.end, b.start)
    return side > 0 or (side == 0 and a.end_included and b.start_included)


@builtin("finishes", "point: any", "range: range")
@builtin("finishes", "range1: range", "range2: range")
def finishes(run: Run, first: object, second: object) -> bool:
    whole = _range(second)
    if type(first) is not Range:
        return whole.end_included and order(first, whole.end) == 0
    part = _range(first)
    return order(part.end, whole.end) == 0 and part.end_included == whole.end_included and not _starts_earlier(part, whole)


@builtin("finished by", "range: range", "point: any")
@builtin("finished by", "range1: range", "range2: range")
def finished_by(run: Run, first: object, second: object) -> bool:
    return finishes(run, second, first)


@builtin("starts", "point: any", "range: range")
@builtin("starts", "range1: range", "range2: range")
def starts(run: Run, first: object, second: object) -> bool:
    whole = _range(second)
    if type(first) is not Range:
        return whole.start_included and order(first, whole.start) == 0
    part = _range(first)
    return order(part.start, whole.start) == 0 and part.start_included == whole.start_included and _ends_no_later(part, whole)


@builtin("started by", "range: range", "point: any")
@builtin("started by", "range1: range", "range2: range")
def started_by(run: Run, first: object, second: object) -> bool:
    return starts(run, second, first)


@builtin("during", "point: any", "range: range")
@builtin("during", "range1: range", "range2: range")
def during(run: Run, first: object, second: Range) -> bool:
    if type(first) is not Range:
        return in_range(first, second)
    part, whole = _range(first), _range(second)
    return not _starts_earlier(part, whole) and _ends_no_later(part, whole)


@builtin("includes", "range: range", "point: any")
@builtin("includes", "range1: range", "range2: range")
def includes(run: Run, first: Range, second: object) -> bool:
    return during(run, second, first)


@builtin("coincides", "point1: any", "point2: any")
@builtin("coincides", "range1: range", "range2: range")
def coincides(run: Run, first: object, second: object) -> bool:
    a, b = _ends(first), _ends(second)
    return (order(a.start, b.start) == 0 and order(a.end, b.end) == 0
            and (a.start_included, a.end_included) == (b.start_included, b.end_included))
