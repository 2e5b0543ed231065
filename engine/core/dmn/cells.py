"""The cells of a decision table. Most hold constants (`"a","b"`, `> 5`, `[1..10)`, `not(true)`): those are understood as sets of
values, which makes them fast to test and lets the deployment look for overlaps and gaps. All others are left to FEEL.

Source: DMN 1.4 §10.3.1.2 grammar rules 7 to 15, unary tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias

from engine.feel import UnaryTests
from engine.feel.temporal import parse_date, parse_duration
from engine.feel.values import DaysTimeDuration, YearsMonthsDuration

Value: TypeAlias = Any  # numbers, texts, booleans, dates, durations: what a literal can be; only equal kinds meet


@dataclass(frozen=True)
class Interval:
    """Values from `low` to `high`; an end that is None is open to all sides. A point has both ends equal and closed."""

    low: Value
    high: Value
    low_closed: bool = True
    high_closed: bool = True

    @property
    def is_point(self) -> bool:
        return self.low is not None and self.low == self.high and self.low_closed and self.high_closed


@dataclass(frozen=True)
class Constant:
    """The values a cell accepts: those in one of `intervals`, or all others if `negated`.

    `kind` is the Python class of the values (NoneType if only null is named), `null` whether null is listed.
    """

    kind: type
    intervals: tuple[Interval, ...]
    negated: bool = False
    null: bool = False
    compares: bool = False  # some test asks for less or more, which null cannot answer

    @cached_property
    def accepts(self) -> Callable[[Value], bool]:
        """The test for a value of exactly this kind."""
        return _inverse(_positive(self.intervals)) if self.negated else _positive(self.intervals)

    @cached_property
    def accepts_null(self) -> bool:
        """Null equals null and nothing else; where it would have to be less or more than something, nothing is decided."""
        if self.null:
            return not self.negated
        return self.negated and not self.compares


@dataclass(frozen=True)
class Cell:
    """One input cell, or the allowed values of a column or type. `unary` None: `-`, every value."""

    text: str
    line: int
    unary: UnaryTests | None = None
    constant: Constant | None = None
    id: str | None = None

    @cached_property
    def fast(self) -> tuple[type, Callable[[Value], bool]] | None:
        """The kind of value that `accepts` can judge without FEEL, and that function; None: ask FEEL always."""
        if self.constant is None or self.constant.null or self.constant.kind is type(None):
            return None
        return self.constant.kind, self.constant.accepts


def _positive(intervals: tuple[Interval, ...]) -> Callable[[Value], bool]:
    if all(interval.is_point for interval in intervals):
        return frozenset(interval.low for interval in intervals).__contains__
    checks = [_between(interval) for interval in intervals]
    if len(checks) == 1:
        return checks[0]
    return lambda value: any(check(value) for check in checks)


def _inverse(check: Callable[[Value], bool]) -> Callable[[Value], bool]:
    return lambda value: not check(value)


def _between(interval: Interval) -> Callable[[Value], bool]:
    low, high = interval.low, interval.high
    if low is None:
        return (lambda value: value <= high) if interval.high_closed else (lambda value: value < high)
    if high is None:
        return (lambda value: value >= low) if interval.low_closed else (lambda value: value > low)
    low_closed, high_closed = interval.low_closed, interval.high_closed

    def inside(value: Value) -> bool:
        return (low < value or (low_closed and low == value)) and (value < high or (high_closed and high == value))

    return inside


# ------------------------------------------------------------------------------------------------------------ reading

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"[^"\\]*") | (?P<number>-?(?:\d+(?:\.\d+)?|\.\d+)(?=\.\.|[^\w.]|$)) | (?P<word>true|false|null|not)(?!\w)
    | (?P<temporal>(?:@|date\s*\(\s*|duration\s*\(\s*)"[^"\\]*") | (?P<mark><=|>=|<|>|=|\.\.|,|[\[\]()])
    )""",
    re.VERBOSE,
)
_ORDERED = (Decimal, date, DaysTimeDuration, YearsMonthsDuration)


class _NotConstant(Exception):
    pass


def constant(text: str) -> Constant | None:
    """What a cell accepts, if it holds nothing but literals of one kind; None if FEEL must decide.

    Texts in order (`< "m"`), moments and times of day are left to FEEL: their order needs more than a comparison.
    """
    try:
        return _Reader(_tokens(text)).tests()
    except _NotConstant:
        return None


def literal(text: str) -> tuple[Value] | None:
    """The value of a cell that is one literal, in a tuple because it may be null; None if it is anything else."""
    try:
        reader = _Reader(_tokens(text))
        value = reader.literal()
        reader.end()
    except _NotConstant:
        return None
    return (value,)


def literals(text: str) -> tuple[Value, ...] | None:
    """The values of a comma-separated list of literals in their order; None if it is anything else."""
    found = constant(text)
    if found is None or found.negated or not all(interval.is_point for interval in found.intervals):
        return None
    return tuple(interval.low for interval in found.intervals) + ((None,) if found.null else ())


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _NotConstant
        tokens.append((found.lastgroup or "", found.group(found.lastgroup or 0)))
        position = found.end()
    return tokens


class _Reader:
    """Recursive descent over the tokens of one cell."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = [*tokens, ("end", "")]
        self.at = 0
        self.compares = False

    def tests(self) -> Constant:
        negated = self.take("not")
        if negated:
            self.expect("(")
        tests = [self.test()]
        while self.take(","):
            tests.append(self.test())
        if negated:
            self.expect(")")
        self.end()
        intervals = tuple(test for test in tests if test is not None)
        kinds = {type(end) for each in intervals for end in (each.low, each.high) if end is not None}
        if len(kinds) > 1:
            raise _NotConstant
        return Constant(kinds.pop() if kinds else type(None), intervals, negated, None in tests, self.compares)

    def test(self) -> Interval | None:
        """One positive unary test; None is null."""
        for mark, (low_open, closed) in _COMPARISONS.items():
            if self.take(mark):
                value = self.ordered()
                return Interval(value, None, closed, False) if low_open else Interval(None, value, False, closed)
        for opening, closed in (("[", True), ("(", False), ("]", False)):
            if self.take(opening):
                return self.range(closed)
        value = self.literal()
        return None if value is None else Interval(value, value)

    def range(self, low_closed: bool) -> Interval:
        low = self.ordered()
        self.expect("..")
        high = self.ordered()
        for closing, closed in (("]", True), (")", False), ("[", False)):
            if self.take(closing):
                return Interval(low, high, low_closed, closed)
        raise _NotConstant

    def ordered(self) -> Value:
        self.compares = True
        value = self.literal()
        if not isinstance(value, _ORDERED):
            raise _NotConstant
        return value

    def literal(self) -> Value:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return text[1:-1]
        if kind == "number" and len(text) < 34:
            return Decimal(text)
        if kind == "word" and text != "not":
            return {"true": True, "false": False, "null": None}[text]
        if kind == "temporal":
            return self.temporal(text)
        raise _NotConstant

    def temporal(self, text: str) -> Value:
        content = text[text.index('"') + 1 : -1]
        value = parse_duration(content) if text.startswith("duration") else parse_date(content)
        if value is None and text.startswith("@"):
            value = parse_duration(content)
        if not text.startswith("@"):
            self.expect(")")
        if value is None:
            raise _NotConstant
        return value

    def take(self, text: str) -> bool:
        kind, found = self.tokens[self.at]
        if found != text or kind not in ("mark", "word"):
            return False
        self.at += 1
        return True

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise _NotConstant

    def end(self) -> None:
        if self.tokens[self.at][0] != "end":
            raise _NotConstant


# mark → (the value is the lower end, it belongs to the interval)
_COMPARISONS = {"<=": (False, True), ">=": (True, True), "<": (False, False), ">": (True, False)}
