"""When timers fire: ISO 8601 dates, durations and cycles, as fixed text or as FEEL values (BPMN 2.0.2 §10.5.5, Table 10.101).

Aware UTC in and out. A date and time without offset is local time in China. Months are calendar months.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

from engine.core.bpmn.cron import next_cron
from engine.core.calendar import CHINA
from engine.core.runtime.kernel import Fault
from engine.feel.errors import Null
from engine.feel.temporal import add_microseconds, add_months, parse_date, parse_date_time, parse_duration
from engine.feel.values import DaysTimeDuration, YearsMonthsDuration

TimerKind = Literal["date", "duration", "cycle"]
_WEEKS = re.compile(r"P(\d{1,6})W")
_MIXED = re.compile(r"P((?:\d+Y)?(?:\d+M)?(?<!P))((?:\d+D)(?:T.+)?|T.+)")
_CYCLE = re.compile(r"R(-1|\d*)/(?:([^/P][^/]*)/)?(P[^/]+)")


@dataclass(frozen=True)
class Firing:
    """The first due moment, and for a cycle how many firings remain including it (None: no end) and its interval."""

    due_at: datetime
    remaining: int | None = 1
    interval: str | None = None  # an ISO 8601 duration, or cron


def first_firing(kind: TimerKind, value: object, text: str, now: datetime) -> Firing:
    """What an evaluated timer means when armed at `now`. Raises Fault `timer_invalid` (the value's text and the kind)."""
    if kind == "date":
        due = moment(value, text)
        if due is None:
            raise Fault("timer_invalid", kind=kind, value=str(value), expression=text)
        return Firing(due)
    if kind == "duration":
        return Firing(_later(now, value, kind, text))
    return _cycle(value, text, now)


def next_firing(interval: str, due_at: datetime, now: datetime, remaining: int | None) -> Firing | None:
    """The firing after the one due at `due_at`; missed ones are made up by the one that fires now, never by a burst."""
    left = None if remaining is None else remaining - 1
    if left == 0:
        return None
    due = _later(due_at, interval, "cycle", interval)
    while due <= now and (left is None or left > 1):
        due = _later(due, interval, "cycle", interval)
        left = None if left is None else left - 1
    return Firing(due, left, interval)


def moment(value: object, text: str) -> datetime | None:
    """A FEEL date, date and time or ISO text as an aware UTC moment; None for null. Raises Fault `date_invalid`."""
    if value is None:
        return None
    if isinstance(value, str):
        value = parse_date_time(value) or parse_date(value) or value
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=CHINA)).astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(0), CHINA).astimezone(UTC)
    raise Fault("date_invalid", value=str(value), expression=text)


def _later(start: datetime, value: object, kind: str, text: str) -> datetime:
    if kind == "cycle" and isinstance(value, str) and (cron := next_cron(value, start)) is not None:
        return cron
    spans = _spans(value.strip()) if isinstance(value, str) else [value]
    moved: date = start.astimezone(CHINA)
    try:
        for span in spans:
            if isinstance(span, YearsMonthsDuration):
                moved = add_months(moved, span.months)
            elif isinstance(span, DaysTimeDuration):
                moved = add_microseconds(moved, span.microseconds)
            else:
                raise Fault("timer_invalid", kind=kind, value=str(value), expression=text)
        return moved.astimezone(UTC)  # type: ignore[attr-defined]
    except (Null, OverflowError, ValueError):
        raise Fault("timer_invalid", kind=kind, value=str(value), expression=text) from None


def _spans(text: str) -> list[object]:
    """An ISO 8601 duration as its months and its exact part: `P1M10DT2H`, `P2W`."""
    weeks = _WEEKS.fullmatch(text)
    if weeks:
        return [parse_duration(f"P{7 * int(weeks[1])}D")]
    mixed = _MIXED.fullmatch(text)
    return [parse_duration(f"P{mixed[1]}"), parse_duration(f"P{mixed[2]}")] if mixed else [parse_duration(text)]


def _cycle(value: object, text: str, now: datetime) -> Firing:
    if isinstance(value, str) and (cron := next_cron(value, now)) is not None:
        return Firing(cron, None, value.strip())
    found = _CYCLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Fault("timer_invalid", kind="cycle", value=str(value), expression=text)
    count, start, interval = found.groups()
    remaining = int(count) if count not in ("", "-1") else None
    if remaining == 0:
        raise Fault("timer_invalid", kind="cycle", value=str(value), expression=text)
    first = moment(start, text) if start else _later(now, interval, "cycle", text)
    if first is None or _later(now, interval, "cycle", text) <= now:
        raise Fault("timer_invalid", kind="cycle", value=str(value), expression=text)
    return Firing(first, remaining, interval)
