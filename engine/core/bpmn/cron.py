"""Cron texts as timer cycles: `0 0 9 * * MON-FRI` (with seconds, as in Camunda 8), five fields without, or `@daily`.

Times are local times in China. Where day of month and day of week are both restricted, either is enough, as cron itself has it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from engine.core.calendar import CHINA

_MACROS = {
    "@yearly": "0 0 0 1 1 *", "@annually": "0 0 0 1 1 *", "@monthly": "0 0 0 1 * *", "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *", "@midnight": "0 0 0 * * *", "@hourly": "0 0 * * * *",
}  # fmt: skip
_FORM = re.compile(r"(?:[\d*?/,\-L#A-Za-z]{1,60} ){4,5}[\d*?/,\-L#A-Za-z]{1,60}", re.ASCII)
_ANYTIME = datetime(2024, 1, 1, tzinfo=UTC)


def is_cron(text: str) -> bool:
    """Whether a text is a cron expression that fires at some time."""
    return next_cron(text, _ANYTIME) is not None


def next_cron(text: str, after: datetime) -> datetime | None:
    """The first firing strictly after an aware moment, in UTC; None if the text is no cron expression or never fires."""
    fields = _fields(text)
    if fields is None:
        return None
    try:
        # China has had no summer time since 1991, so wall clock arithmetic without a zone is exact and quick.
        found = next(CronSim(fields, after.astimezone(CHINA).replace(tzinfo=None)))
    except (CronSimError, StopIteration, OverflowError, ValueError):
        return None
    return found.replace(tzinfo=CHINA).astimezone(UTC)


def _fields(text: str) -> str | None:
    line = " ".join(text.split())
    line = _MACROS.get(line.lower(), line)
    if _FORM.fullmatch(line) is None:
        return None
    *times, day, month, weekday = line.split(" ")
    if "?" in "".join(times) + month:
        return None
    return " ".join([*times, "*" if day == "?" else day, month, "*" if weekday == "?" else weekday])
