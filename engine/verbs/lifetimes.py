"""How long ended instances are kept: the property `timeToLive` of a process, an ISO 8601 duration such as P3Y or P180D."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from engine import feel
from engine.core.bpmn.model import Process
from engine.feel.values import DaysTimeDuration, YearsMonthsDuration

MONTH = timedelta(days=31)  # a year or month in the property is kept at least as long as the longest one


def time_to_live(process: Process) -> timedelta | None:
    """How long after its end an instance is kept; None: for ever, also for a property that cannot be read."""
    return _span(process.properties.get("timeToLive", "").strip())


@lru_cache(maxsize=100)
def _span(words: str) -> timedelta | None:
    if not words:
        return None
    value = _DURATION.evaluate({"words": words}, now=_ANY).value
    if isinstance(value, DaysTimeDuration):
        return timedelta(microseconds=value.microseconds)
    return MONTH * value.months if isinstance(value, YearsMonthsDuration) else None


_DURATION, _ANY = feel.parse("duration(words)"), datetime(2000, 1, 1, tzinfo=UTC)
