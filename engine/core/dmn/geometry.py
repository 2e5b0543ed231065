"""Where the rules of a table meet and what they leave out, for inputs tested with constants.

Each input expression is an axis, cut at every literal that occurs into pieces on which all cells are constant. A rule is a set of
pieces per axis; rules are held as bits of integers, so that a few hundred rules are compared in a moment. Work is bounded.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property, reduce
from itertools import pairwise
from operator import or_

from engine.core.dmn.cells import Cell, Constant, Interval, Value
from engine.core.dmn.model import DecisionTable, Input
from engine.feel.temporal import duration_text
from engine.feel.values import DaysTimeDuration, YearsMonthsDuration

MAX_WORK = 1_000_000  # steps on bit sets; a table of 1 000 rules and 5 inputs needs about 50 000
_NULL = object()
_OTHER = object()
_ANYTHING = object()


class TooMuchWork(Exception):
    """The table is too large or too tangled to be examined."""


@dataclass(frozen=True)
class Axis:
    """One input expression cut into pieces, each known by a sample value.

    `covering[p]` are the rules (bit n: rule n + 1) that certainly accept piece p, `unknown` those whose cell only FEEL understands,
    `full` those that certainly accept every piece. `is_free` tells whether the expression is a plain name, free to take any value.
    """

    expression: str
    samples: tuple[Value, ...]
    covering: tuple[int, ...]
    pieces: tuple[Sequence[int], ...]  # per rule, the pieces it certainly accepts
    unknown: int
    full: int
    is_free: bool
    literals: tuple[object, ...] = ()

    @cached_property
    def ever(self) -> int:
        """The rules that accept some piece."""
        return reduce(or_, self.covering, 0)

    def describe(self, piece: int) -> str:
        """`amount = 5`, or nothing where the value does not matter."""
        sample = self.samples[piece]
        if sample is _ANYTHING:
            return ""
        if sample is _OTHER:
            some = ", ".join(map(written, self.literals[:3])) + (", …" if len(self.literals) > 3 else "")
            return f"{self.expression} = not({some})"
        return f"{self.expression} = {written(sample)}"


@dataclass(frozen=True)
class Overlap:
    """Two rules, by index from 1, that accept the same values; `is_certain` unless the inputs depend on each other."""

    first: int
    second: int
    example: str
    is_certain: bool


def written(value: object) -> str:
    """A value as an owner writes it in a cell."""
    if value is _NULL or value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, date):
        return f'date("{value.isoformat()}")'
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return f'duration("{duration_text(value)}")'


# --------------------------------------------------------------------------------------------------------------- axes


def axes(table: DecisionTable) -> tuple[Axis, ...]:
    """One axis per different input expression. Raises TooMuchWork."""
    columns: dict[str, list[int]] = {}
    for at, column in enumerate(table.inputs):
        columns.setdefault(column.expression.text, []).append(at)
    return tuple(_axis(table, text, positions) for text, positions in columns.items())


def _axis(table: DecisionTable, expression: str, positions: list[int]) -> Axis:
    column = table.inputs[positions[0]]
    cells = [[rule.cells[at] for at in positions] for rule in table.rules]
    known = [cell.constant for row in cells for cell in row if cell.constant is not None]
    kinds = {constant.kind for constant in known} - {type(None)}
    is_clear = len(kinds) <= 1
    scale = _Scale(_samples(column, known, kinds.pop() if kinds else None) if is_clear else (_ANYTHING,))
    covering = [0] * len(scale.samples)
    pieces: list[Sequence[int]] = []
    unknown, full, work = 0, 0, 0
    for number, row in enumerate(cells):
        if any(cell.unary is not None and (cell.constant is None or not is_clear) for cell in row):
            unknown |= 1 << number
            pieces.append(())
            continue
        accepted = scale.accepted(row)
        pieces.append(accepted)
        if len(accepted) == len(scale.samples):
            full |= 1 << number
            continue
        work += len(accepted)
        if work > MAX_WORK:
            raise TooMuchWork
        for piece in accepted:
            covering[piece] |= 1 << number
    covering = [each | full for each in covering]
    literals = tuple(dict.fromkeys(end.low for constant in known for end in constant.intervals if end.is_point))
    # What FEEL alone knows to be allowed could exclude the very example found.
    is_free = re.sub(r"[. ]", "_", expression).isidentifier() and (column.allowed is None or column.allowed.constant is not None)
    return Axis(expression, scale.samples, tuple(covering), tuple(pieces), unknown, full, is_free, literals)


class _Scale:
    """The samples of an axis, quick to ask which of them a cell accepts: ordered ones first and ascending, then the special ones."""

    def __init__(self, samples: tuple[Value, ...]) -> None:
        self.samples = samples
        self.special = {sample: at for at, sample in enumerate(samples) if sample in (_NULL, _OTHER, _ANYTHING)}
        self.values = list(samples[: len(samples) - len(self.special)])
        self.is_ordered = not self.values or not isinstance(self.values[0], bool | str)
        self.places = {} if self.is_ordered else {value: at for at, value in enumerate(self.values)}

    def accepted(self, row: Sequence[Cell]) -> Sequence[int]:
        """The pieces that all cells of a row accept."""
        sets = [self.of(cell.constant) for cell in row if cell.constant is not None]
        if not sets:
            return range(len(self.samples))
        return sorted(set.intersection(*sets))

    def of(self, constant: Constant) -> set[int]:
        found: set[int] = set()
        for interval in constant.intervals:
            found.update(self.inside(interval))
        if constant.negated:
            found = set(range(len(self.values))) - found
        if _OTHER in self.special and constant.negated:
            found.add(self.special[_OTHER])
        if _NULL in self.special and constant.accepts_null:
            found.add(self.special[_NULL])
        return found

    def inside(self, interval: Interval) -> Iterable[int]:
        if not self.is_ordered:
            return (self.places[interval.low],) if interval.low in self.places else ()
        low, high = 0, len(self.values)
        if interval.low is not None:
            low = (bisect_left if interval.low_closed else bisect_right)(self.values, interval.low)
        if interval.high is not None:
            high = (bisect_right if interval.high_closed else bisect_left)(self.values, interval.high)
        return range(low, high)


def _samples(column: Input, known: list[Constant], kind: type | None) -> tuple[Value, ...]:
    """A value of each piece. Null is a piece only where a cell speaks of it."""
    null = (_NULL,) if any(constant.null for constant in known) else ()
    allowed = column.allowed.constant if column.allowed is not None else None
    if allowed is not None and (allowed.kind is not kind and kind is not None):
        allowed = None
    if kind is bool or column.type.kind == "boolean":
        return (True, False, *null)
    if kind is None:
        return (_OTHER if null else _ANYTHING, *null)
    points = {end for constant in [*known, *([allowed] if allowed else [])] for each in constant.intervals for end in (each.low, each.high)}
    literals = sorted(points - {None})
    if kind is str:
        found: list[Value] = [*literals, *([] if allowed and not allowed.negated else [_OTHER])]
    else:
        found = list(_ordered(literals, column.type.kind == "integer"))
    if allowed is not None:
        found = [sample for sample in found if sample is _OTHER or allowed.accepts(sample)]
    return (*found, *null)


def _ordered(points: Sequence[Value], is_whole: bool) -> Iterator[Value]:
    """A value before, at, between and after the points."""
    yield from _beside(points[0], -1)
    for low, high in pairwise(points):
        yield low
        yield from _between(low, high, is_whole)
    yield points[-1]
    yield from _beside(points[-1], 1)


def _beside(point: Value, sign: int) -> Iterator[Value]:
    try:
        if isinstance(point, date):
            yield point + timedelta(days=sign)
        elif isinstance(point, Decimal):
            yield (point + sign).to_integral_value()
        elif isinstance(point, YearsMonthsDuration):
            yield YearsMonthsDuration(point.months + sign)
        elif isinstance(point, DaysTimeDuration):
            yield DaysTimeDuration(point.microseconds + sign * 3_600_000_000)
    except OverflowError:
        return  # nothing lies beyond the last day of the calendar


def _between(low: Value, high: Value, is_whole: bool) -> Iterator[Value]:
    middle: Value
    if isinstance(low, date) and isinstance(high, date):
        middle = date.fromordinal((low.toordinal() + high.toordinal()) // 2)
    elif isinstance(low, YearsMonthsDuration) and isinstance(high, YearsMonthsDuration):
        middle = YearsMonthsDuration((low.months + high.months) // 2)
    elif isinstance(low, DaysTimeDuration) and isinstance(high, DaysTimeDuration):
        middle = DaysTimeDuration((low.microseconds + high.microseconds) // 2)
    elif isinstance(low, Decimal) and isinstance(high, Decimal):
        middle = (low + high) / 2
        whole = middle.to_integral_value()
        middle = whole if is_whole or low < whole < high else middle
    else:
        return
    if low < middle < high:
        yield middle


# ------------------------------------------------------------------------------------------------------- overlaps, gaps


def overlaps(table: DecisionTable, cut: Sequence[Axis], limit: int = 10) -> list[Overlap]:
    """Pairs of rules that accept the same values, the first `limit`; rules with a cell that only FEEL understands are left out."""
    unclear = 0
    for axis in cut:
        unclear |= axis.unknown
    is_certain = all(axis.is_free for axis in cut)
    found: list[Overlap] = []
    work = 0
    for number in range(len(table.rules)):
        candidates = (1 << number) - 1 & ~unclear
        if unclear >> number & 1:
            continue
        for axis in cut:
            if axis.full >> number & 1:
                candidates &= axis.ever
                continue
            meeting = 0
            for piece in axis.pieces[number]:
                meeting |= axis.covering[piece]
            work += len(axis.pieces[number])
            candidates &= meeting
        if work > MAX_WORK:
            raise TooMuchWork
        for other in _bits(candidates):
            found.append(Overlap(other + 1, number + 1, _common(cut, other, number), is_certain))
            if len(found) == limit:
                return found
    return found


def _common(cut: Sequence[Axis], a: int, b: int) -> str:
    shared = (next(piece for piece in axis.pieces[b] if axis.covering[piece] >> a & 1) for axis in cut)
    return _sentence(cut, shared)


def gap(table: DecisionTable, cut: Sequence[Axis]) -> str | None:
    """An example of input that certainly no rule accepts, or None. A cell that only FEEL understands is taken to accept all."""
    full_from = [(1 << len(table.rules)) - 1]
    for axis in reversed(cut):
        full_from.append(full_from[-1] & (axis.full | axis.unknown))
    full_from.reverse()
    seen: set[tuple[int, int]] = set()
    work = 0

    def search(at: int, rules: int) -> tuple[int, ...] | None:
        nonlocal work
        if rules & full_from[at] or (at, rules) in seen:
            return None
        if at == len(cut):
            return () if not rules else None
        work += len(cut[at].samples)
        if work > MAX_WORK:
            raise TooMuchWork
        seen.add((at, rules))
        axis = cut[at]
        tried: set[int] = set()
        for piece, covering in enumerate(axis.covering):
            left = rules & (covering | axis.unknown)
            if axis.samples[piece] is _NULL or left in tried:
                continue
            tried.add(left)
            rest = search(at + 1, left)
            if rest is not None:
                return (piece, *rest)
        return None

    pieces = search(0, full_from[-1])
    return None if pieces is None else _sentence(cut, iter(pieces))


def hidden(table: DecisionTable, cut: Sequence[Axis]) -> list[tuple[int, int]]:
    """Rules that can never be the first to match, each with an earlier rule that accepts all it accepts; indices from 1."""
    found = []
    for number in range(1, len(table.rules)):
        candidates = (1 << number) - 1
        for axis in cut:
            if (axis.unknown | axis.full) >> number & 1:
                candidates &= axis.full
                continue
            for piece in axis.pieces[number]:
                candidates &= axis.covering[piece]
                if not candidates:
                    break
        if candidates:
            found.append((number + 1, next(_bits(candidates)) + 1))
    return found


def _bits(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _sentence(cut: Sequence[Axis], pieces: Iterator[int]) -> str:
    parts = (axis.describe(piece) for axis, piece in zip(cut, pieces, strict=True))
    return ", ".join(part for part in parts if part) or "-"
