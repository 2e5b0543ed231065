"""Working days (工作日) and limits: when a limit of n working days ends, and what is left of it when its clock stands still.

Days are days of China Standard Time; moments come and go as aware UTC datetimes. The calendar is the State Council's yearly
notice: weekdays, minus holidays, plus make-up Saturdays and Sundays (调休补班). Nothing here reads a clock.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cache, cached_property
from typing import Literal

import chinese_calendar

from engine.feel import host_function
from engine.texts import text

# The zone has had no summer time since 1991, and a fixed offset needs no zone files on the machine.
CHINA = timezone(timedelta(hours=8))
FARTHEST = 10_000  # working days in one step, about forty years: a typing error must not search to the year 9999
FUNCTION_NAMES = ("add workdays", "workdays between", "is workday", "add limit")
Unit = Literal["workdays", "days", "hours", "minutes"]


class CalendarError(ValueError):
    """A moment or count that no calendar can work with: `code` and `facts`, the sentence is `calendar.<code>`."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(text(f"calendar.{code}", "zh", **facts))


@dataclass(frozen=True)
class Limit:
    """A span as statutes give it, e.g. 5 working days. `amount` is a whole number for `workdays` and `days`, never negative."""

    amount: Decimal
    unit: Unit

    def __str__(self) -> str:
        unit = self.unit[:-1] if self.amount == 1 else self.unit
        return f"{self.amount:f} {unit}"

    def in_words(self, language: str = "zh") -> str:
        """`5 个工作日`"""
        return text(f"calendar.{self.unit}", language, amount=f"{self.amount:f}")


_LIMIT = re.compile(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s+(workday|day|hour|minute)s?\s*", re.ASCII)


def parse_limit(words: str) -> Limit | None:
    """`5 workdays`, `3 days`, `1.5 hours`, `30 minutes` (also singular) as a Limit; None if it is anything else or too large."""
    found = _LIMIT.fullmatch(words)
    if found is None:
        return None
    amount, unit = found.groups()
    if unit in ("workday", "day") and ("." in amount or int(amount) > FARTHEST):
        return None
    if unit in ("hour", "minute") and Decimal(amount) > FARTHEST * 24 * 60:
        return None
    return Limit(Decimal(amount), f"{unit}s")  # type: ignore[arg-type]


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. `days` holds the exceptions to Monday–Friday: True a make-up working day, False a holiday.

    `closes_at` is when offices close (local time), the end of every limit counted in days. After `known_until` no notice has
    been published yet: the days there are a guess by weekday (None: nothing is known beyond `days`).
    """

    days: Mapping[date, bool] = field(default_factory=dict)
    closes_at: time = time(18, 0)
    known_until: date | None = None

    def is_workday(self, day: date) -> bool:
        """Of a date, or of the local day of a moment."""
        day = local_day(day)
        exception = self.days.get(day)
        return day.weekday() < 5 if exception is None else exception

    def is_known(self, day: date) -> bool:
        """Whether the official notice for this day is in the calendar."""
        return self.known_until is not None and local_day(day) <= self.known_until

    def add_workdays(self, moment: datetime, n: int) -> datetime:
        """The same local time of day `n` working days later (negative: earlier); `n` 0 is the moment itself.

        Raises CalendarError `too_far`.
        """
        local = _local(moment)
        return _utc(datetime.combine(self.shift(local.date(), n), local.timetz()))

    def workdays_between(self, a: date, b: date) -> int:
        """Working days after the day of `a` up to and including the day of `b`; the same with a minus if `b` is before `a`."""
        first, last = local_day(a), local_day(b)
        if last < first:
            return -self.workdays_between(last, first)
        weekdays = _weekdays_until(last) - _weekdays_until(first)
        made_up, free = self._exceptions
        return weekdays + _within(made_up, first, last) - _within(free, first, last)

    def limit_end(self, start: datetime, n: int) -> datetime:
        """When a limit of `n` working days ends that begins at `start`.

        The first day is not counted, the limit ends when offices close on the n-th working day (行政许可法 art. 82, 民法典 arts.
        201, 203). `n` 0 is "the same day": the next closing time of a working day. Raises CalendarError `too_far`, `negative`.
        """
        if n < 0:
            raise CalendarError("negative", n=n)
        return self._next_closing(start) if n == 0 else self._closing(self.shift(_local(start).date(), n))

    def day_limit_end(self, start: datetime, n: int) -> datetime:
        """When a limit of `n` calendar days (自然日) ends: as `limit_end`, all days counted.

        A limit whose last day is not worked ends on the next working day (民法典 art. 203).
        """
        if n < 0:
            raise CalendarError("negative", n=n)
        if n == 0:
            return self._next_closing(start)
        last = _moved(_local(start).date(), n)
        return self._closing(last if self.is_workday(last) else self.shift(last, 1))

    def remaining(self, now: datetime, due: datetime) -> int:
        """Working days left of a limit after today, when its clock stops at `now`; 0: it is due today; negative: overdue."""
        if now < due:
            return self.workdays_between(now, due)
        return -max(1, self.workdays_between(due, now))

    def resume(self, now: datetime, remaining: int) -> datetime:
        """The new due moment when the clock runs again at `now` with what `remaining` gave; stopped and resumed at once it is
        the old one. A limit that was open never comes back overdue, one that was overdue stays so by as many working days.
        """
        if remaining >= 0:
            return self.limit_end(now, remaining)
        return self._closing(self.shift(_local(now).date(), remaining))

    def with_days(self, extra: Mapping[date, bool], known_until: date | None = None) -> Calendar:
        """This calendar with an owner's table on top, e.g. next year's notice; `known_until` says to which day it is complete."""
        known = max(filter(None, (self.known_until, known_until)), default=None)
        return replace(self, days={**self.days, **extra}, known_until=known)

    def shift(self, day: date, n: int) -> date:
        """The `n`-th working day after `day` (negative: before); `n` 0 is the day itself. Raises CalendarError `too_far`."""
        if abs(n) > FARTHEST:
            raise CalendarError("too_far", n=n)
        step = 1 if n > 0 else -1
        for _ in range(abs(n)):
            day = _moved(day, step)
            while not self.is_workday(day):
                day = _moved(day, step)
        return day

    def _closing(self, day: date) -> datetime:
        return _utc(datetime.combine(day, self.closes_at, CHINA))

    def _next_closing(self, moment: datetime) -> datetime:
        day = _local(moment).date()
        if self.is_workday(day) and moment < self._closing(day):
            return self._closing(day)
        return self._closing(self.shift(day, 1))

    @cached_property
    def _exceptions(self) -> tuple[list[date], list[date]]:
        """The days that differ from their weekday, sorted: worked week-ends, free weekdays."""
        made_up = sorted(day for day, worked in self.days.items() if worked and day.weekday() >= 5)
        free = sorted(day for day, worked in self.days.items() if not worked and day.weekday() < 5)
        return made_up, free


@cache
def standard() -> Calendar:
    """The notices that the package `chinesecalendar` carries, for the years it knows; Monday to Friday otherwise."""
    holidays, make_up = chinese_calendar.constants.holidays, chinese_calendar.constants.workdays
    days = dict.fromkeys(holidays, False) | dict.fromkeys(make_up, True)
    return Calendar(days, known_until=date(max(day.year for day in holidays), 12, 31))


def due(calendar: Calendar, start: datetime, limit: Limit) -> datetime:
    """When `limit` ends if it begins at `start`. Hours and minutes run on, day and night.

    Given a due moment as `start`, it is that moment moved by an extension (延期). Raises CalendarError `too_far`.
    """
    if limit.unit == "workdays":
        return calendar.limit_end(start, int(limit.amount))
    if limit.unit == "days":
        return calendar.day_limit_end(start, int(limit.amount))
    try:
        return _utc(start + timedelta(**{limit.unit: float(limit.amount)}))
    except OverflowError:
        raise CalendarError("too_far", n=limit.amount) from None


def resumed(calendar: Calendar, unit: Unit, due_at: datetime, stopped_at: datetime, now: datetime) -> datetime:
    """The due moment of a limit whose clock stood still from `stopped_at` until `now`: hours and minutes move by that time,
    days by working days. Limits in days follow working days too, because only those can be lost to the pause.

    Raises CalendarError `too_far`.
    """
    if unit in ("hours", "minutes"):
        try:
            return _utc(due_at + (now - stopped_at))
        except OverflowError:
            raise CalendarError("too_far", n=str(now - stopped_at)) from None
    return calendar.resume(now, calendar.remaining(stopped_at, due_at))


def local_day(moment: date) -> date:
    """The day in China of an aware moment; a date is its own day."""
    return _local(moment).date() if isinstance(moment, datetime) else moment


# ------------------------------------------------------------------------------------------------------------ in FEEL


def functions(calendar: Calendar) -> dict[str, object]:
    """The host functions for FEEL by name (FUNCTION_NAMES must be passed as `names` to every parse).

    Dates, dates and times, and ISO texts of both are accepted. A date stays a date, a date and time stays one; a limit ends
    at a date and time. Bad arguments give null.
    """
    table: dict[str, tuple[list[str], Callable[..., object]]] = {
        "add workdays": (["from", "days"], lambda start, days: _add(calendar, _temporal(start), _whole(days))),
        "workdays between": (["from", "to"], lambda a, b: _count(calendar, _temporal(a), _temporal(b))),
        "is workday": (["date"], lambda day: _worked(calendar, _temporal(day))),
        "add limit": (["from", "limit"], lambda start, limit: _limit(calendar, _temporal(start), limit)),
    }
    return {name: host_function(parameters, _null_on_error(call)) for name, (parameters, call) in table.items()}


def _null_on_error(call: Callable[..., object]) -> Callable[..., object]:
    def guarded(*arguments: object) -> object:
        try:
            return call(*arguments)
        except (CalendarError, ArithmeticError):  # a number of more digits than can be divided, a day beyond the calendar
            return None

    return guarded


def _temporal(value: object) -> date | datetime | None:
    """A FEEL date, date and time or ISO text; a date and time without offset is local time in China."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=CHINA)
    return value if isinstance(value, date) else None


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or value != value // 1:
        return None
    return int(value)


def _add(calendar: Calendar, start: date | datetime | None, days: int | None) -> date | None:
    if start is None or days is None:
        return None
    if isinstance(start, datetime):
        return calendar.add_workdays(start, days).astimezone(CHINA)
    return calendar.shift(start, days)


def _count(calendar: Calendar, a: date | None, b: date | None) -> Decimal | None:
    return None if a is None or b is None else Decimal(calendar.workdays_between(a, b))


def _worked(calendar: Calendar, day: date | None) -> bool | None:
    return None if day is None else calendar.is_workday(day)


def _limit(calendar: Calendar, start: date | datetime | None, words: object) -> datetime | None:
    limit = parse_limit(words) if isinstance(words, str) else None
    if start is None or limit is None:
        return None
    moment = start if isinstance(start, datetime) else datetime.combine(start, time(0), CHINA)
    return due(calendar, moment, limit).astimezone(CHINA)


# ---------------------------------------------------------------------------------------------------------- small change


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise CalendarError("naive", moment=moment.isoformat())
    try:
        return moment.astimezone(CHINA)
    except OverflowError:
        raise CalendarError("too_far", n=moment.isoformat()) from None


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise CalendarError("too_far", n=moment.isoformat()) from None


def _moved(day: date, n: int) -> date:
    try:
        return day + timedelta(days=n)
    except OverflowError:
        raise CalendarError("too_far", n=n) from None


def _weekdays_until(day: date) -> int:
    """Mondays to Fridays from the first day of the era (a Monday) to `day`, inclusive."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * 5 + min(rest, 5)


def _within(days: list[date], after: date, until: date) -> int:
    return bisect_right(days, until) - bisect_left(days, after + timedelta(days=1)) if after < until else 0
