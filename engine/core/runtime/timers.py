"""When timers fire: ISO 8601 dates, durations and cycles, as fixed text or as FEEL values (BPMN 2.0.2 §10.5.5, Table 10.101).

Aware UTC in and out. A date and time without offset is local time in China. Months are calendar months, and those of a cycle are
counted from where it began: monthly from 31 January is on the last day of February and on 31 March again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from engine.core.bpmn.cron import next_cron
from engine.core.calendar import CHINA
from engine.core.runtime.kernel import Fault
from engine.feel.errors import Null
from engine.feel.temporal import add_months, parse_date, parse_date_time, parse_duration
from engine.feel.values import DaysTimeDuration, YearsMonthsDuration

TimerKind = Literal["date", "duration", "cycle"]
CatchUp = Literal["once", "all", "none"]  # what becomes of a cycle's firings that were missed while nothing ran
LATE = timedelta(minutes=1)  # a firing later than this was missed; anything less is a worker that was busy
_WEEKS = re.compile(r"P(\d{1,6})W")
_MIXED = re.compile(r"P((?:\d+Y)?(?:\d+M)?(?<!P))((?:\d+D)(?:T.+)?|T.+)")
_CYCLE = re.compile(r"R(-1|\d*)/(?:([^/P][^/]*)/)?(P[^/]+)(?:/([^/P][^/]*))?")
_ANCHORED = re.compile(r"([^/ ]+)/(P[^/ ]+)")


@dataclass(frozen=True)
class Firing:
    """The first due moment, and for a cycle how many firings remain including it (None: no end) and its interval."""

    due_at: datetime
    remaining: int | None = 1
    interval: str | None = None  # an ISO 8601 duration, with months behind the moment they are counted from; or cron


@dataclass(frozen=True)
class _Cycle:
    """The moments of a cycle, numbered from its anchor's 0 on, in both directions."""

    anchor: datetime
    months: int
    span: timedelta

    def moment(self, number: int) -> datetime:
        """Raises Null or OverflowError where the calendar ends."""
        moved = add_months(self.anchor.astimezone(CHINA), self.months * number) if self.months else self.anchor
        return (moved + self.span * number).astimezone(UTC)

    def after(self, moment: datetime) -> int:
        """The number of the first one later than `moment`."""
        longest = self.span + timedelta(days=31 * self.months)
        number = (moment - self.anchor) // longest  # never too far, since no month is longer
        while self.moment(number) <= moment:
            number += 1
        while self.moment(number - 1) > moment:
            number -= 1
        return number


def first_firing(kind: TimerKind, value: object, text: str, now: datetime) -> Firing:
    """What an evaluated timer means when armed at `now`. Raises Fault `timer_invalid` (the value's text and the kind)."""
    if kind == "date":
        due = moment(value, text)
        if due is None:
            raise _invalid(kind, value, text)
        return Firing(due)
    if kind == "duration":
        return Firing(_later(now, value, kind, text))
    return _cycle(value, text, now)


def next_firing(interval: str, due_at: datetime, now: datetime, remaining: int | None, catch_up: CatchUp = "once") -> Firing | None:
    """The firing after the one due at `due_at`; None after the last.

    Moments that have passed by `now` count as fired: the one that fires now has made up for them. With `catch_up` = "all" they
    are still to come, one after the other.
    """
    since = due_at if catch_up == "all" else max(now, due_at)
    if (cron := next_cron(interval, since)) is not None:
        return Firing(cron, None, interval)
    anchored = _ANCHORED.fullmatch(interval)
    anchor, text = (datetime.fromisoformat(anchored[1]), anchored[2]) if anchored else (due_at, interval)
    cycle = _cycle_from(anchor, text, interval)
    try:
        number = cycle.after(since)
        left = None if remaining is None else remaining - (number - cycle.after(due_at) + 1)
        return Firing(cycle.moment(number), left, interval) if left is None or left > 0 else None
    except (Null, OverflowError):
        return None


def is_missed(due_at: datetime, now: datetime) -> bool:
    """Whether a firing comes so late that a cycle which does not catch up leaves it out."""
    return now - due_at > LATE


def moment(value: object, text: str) -> datetime | None:
    """A FEEL date, date and time or ISO text as an aware UTC moment; None for null. Raises Fault `date_invalid`."""
    if value is None:
        return None
    if isinstance(value, str):
        value = parse_date_time(value) or parse_date(value) or value
    try:
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=CHINA)).astimezone(UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(0), CHINA).astimezone(UTC)
    except OverflowError:  # in the year 1 it is earlier in UTC than any moment
        pass
    raise Fault("date_invalid", value=str(value), expression=text)


def _later(start: datetime, value: object, kind: TimerKind, text: str) -> datetime:
    spans = _spans(value.strip()) if isinstance(value, str) else [value]
    moved = start.astimezone(CHINA)
    try:
        for span in spans:
            if isinstance(span, YearsMonthsDuration):
                moved = add_months(moved, span.months)
            elif isinstance(span, DaysTimeDuration):
                moved += timedelta(microseconds=span.microseconds)
            else:
                raise _invalid(kind, value, text)
        return moved.astimezone(UTC)
    except (Null, OverflowError, ValueError):
        raise _invalid(kind, value, text) from None


def _spans(text: str) -> list[object]:
    """An ISO 8601 duration as its months and its exact part: `P1M10DT2H`, `P2W`."""
    weeks = _WEEKS.fullmatch(text)
    if weeks:
        return [parse_duration(f"P{7 * int(weeks[1])}D")]
    mixed = _MIXED.fullmatch(text)
    return [parse_duration(f"P{mixed[1]}"), parse_duration(f"P{mixed[2]}")] if mixed else [parse_duration(text)]


def _cycle(value: object, text: str, now: datetime) -> Firing:
    """`R3/PT1H`, `R/start/P1D`, `R/P1D/end` (its moments count back from the end), or cron, armed at `now`.

    Moments before `now` are none of its firings, nobody waited for them; of a cycle that is wholly past one is left, due at once.
    """
    if isinstance(value, str) and (cron := next_cron(value, now)) is not None:
        return Firing(cron, None, value.strip())
    found = _CYCLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1] or -1) == 0 or (found[2] and found[4]):
        raise _invalid("cycle", value, text)
    count, start, duration, end = found.groups()
    total = int(count) if count not in ("", "-1") else None
    bound = moment(start or end, text) if start or end else now
    assert bound is not None
    cycle = _cycle_from(bound, duration, text)
    try:
        first, last = _bounds(total, bool(start), bool(end))
        number = cycle.after(now - timedelta(microseconds=1)) if start or end else 1
        number = number if first is None else max(number, first)
        number = number if last is None else min(number, last)
        interval = f"{bound.astimezone(CHINA).isoformat()}/{duration}" if cycle.months else duration
        return Firing(cycle.moment(number), None if last is None else last - number + 1, interval)
    except (Null, OverflowError):
        raise _invalid("cycle", value, text) from None


def _bounds(total: int | None, is_from_start: bool, is_to_end: bool) -> tuple[int | None, int | None]:
    """The numbers of the first and last moment of a cycle; None: it has none."""
    if is_to_end:
        return None if total is None else 1 - total, 0
    first = 0 if is_from_start else 1
    return first, None if total is None else first + total - 1


def _cycle_from(anchor: datetime, duration: str, text: str) -> _Cycle:
    months, microseconds = 0, 0
    for span in _spans(duration):
        if isinstance(span, YearsMonthsDuration):
            months += span.months
        elif isinstance(span, DaysTimeDuration):
            microseconds += span.microseconds
        else:
            raise _invalid("cycle", duration, text)
    if months < 0 or microseconds < 0 or not (months or microseconds):
        raise _invalid("cycle", duration, text)
    try:
        return _Cycle(anchor, months, timedelta(microseconds=microseconds))
    except OverflowError:
        raise _invalid("cycle", duration, text) from None


def _invalid(kind: TimerKind, value: object, text: str) -> Fault:
    return Fault("timer_invalid", kind=kind, value=str(value), expression=text)
