"""Texts as they may stand in a timer: ISO 8601 dates, durations and cycles, cron. Only their form is judged; the runtime does the counting.

Source: BPMN 2.0.2 §10.5.5 (timer event definition), ISO 8601.
"""

from __future__ import annotations

import re

from engine.core.bpmn.cron import is_cron
from engine.feel.temporal import parse_date_time

_DURATION = re.compile(
    r"P(?:\d{1,4}W|(?=\d|T\d)(?:\d{1,4}Y)?(?:\d{1,5}M)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,7}H)?(?:\d{1,8}M)?(?:\d{1,9}(?:\.\d{1,6})?S)?)?)",
    re.ASCII,
)
_REPETITIONS = re.compile(r"R(-1|\d{0,9})", re.ASCII)  # without end, as ISO 8601-2 has it


def is_date(text: str) -> bool:
    """A date and time such as `2026-03-01T09:00:00+08:00`, or a date; without an offset it is local time in China."""
    return parse_date_time(text) is not None


def is_duration(text: str) -> bool:
    """`P3D`, `PT30M`, `P1Y2M10DT2H30M`, `P2W`; not negative."""
    return _DURATION.fullmatch(text) is not None


def is_cycle(text: str) -> bool:
    """`R/PT1H`, `R3/P1D`, `R3/2026-03-01T09:00:00+08:00/P1D`, `R3/P1D/2026-03-31T09:00:00+08:00`, or cron.

    `R0` would never fire and `R/PT0S` never stop: both are refused.
    """
    if is_cron(text):
        return True
    repetitions, *rest = text.split("/")
    match = _REPETITIONS.fullmatch(repetitions)
    if match is None or (match[1] and int(match[1]) == 0):
        return False
    durations = [part for part in rest if is_duration(part)]
    others = [part for part in rest if not is_duration(part)]
    return len(durations) == 1 and bool(re.search("[1-9]", durations[0])) and len(others) <= 1 and all(map(is_date, others))
