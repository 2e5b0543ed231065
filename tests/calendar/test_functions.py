from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.core.calendar import FUNCTION_NAMES, functions, standard
from engine.feel import parse, to_json

FUNCTIONS = functions(standard())
NOW = datetime(2026, 2, 13, 1, tzinfo=UTC)


def feel(text: str, **scope: object) -> object:
    return to_json(parse(text, FUNCTION_NAMES).evaluate({**FUNCTIONS, **scope}, now=NOW).value)


def test_every_name_has_a_function() -> None:
    assert set(FUNCTIONS) == set(FUNCTION_NAMES)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('add workdays(date("2026-02-12"), 2)', "2026-02-14"),
        ('add workdays("2026-02-14", 1)', "2026-02-24"),
        ('add workdays(days: -1, from: @"2026-02-24")', "2026-02-14"),
        ('add workdays(date and time("2026-02-14T09:00:00+08:00"), 1)', "2026-02-24T09:00:00+08:00"),
        ('add workdays(date and time("2026-02-13T20:00:00Z"), 1)', "2026-02-24T04:00:00+08:00"),  # already Saturday in China
        ('add workdays(date and time("2026-02-14T09:00:00"), 1)', "2026-02-24T09:00:00+08:00"),  # local is China
        ('add workdays("2026-02-14T09:00:00@Asia/Shanghai", 1)', None),  # no ISO text
        ("add workdays(day, 1)", "2026-02-14"),
        ("add workdays(moment, 1)", "2026-02-14T23:30:00+08:00"),
        ('add workdays("soon", 1)', None),
        ('add workdays("2026-02-12", 1.5)', None),
        ('add workdays("2026-02-12", "1")', None),
        ('add workdays("2026-02-12", true)', None),
        ('add workdays("2026-02-12", 1000000000)', None),
        ('add workdays("2026-02-12", 10 ** 40)', None),  # more digits than can be divided
        ("add workdays(null, 1)", None),
        ('workdays between("2025-12-31", "2026-01-05")', 2),
        ('workdays between(@"2026-01-05", "2025-12-31T23:59:00+08:00") * 2', -4),
        ("workdays between(1, 2)", None),
        ('is workday("2026-02-14")', True),
        ('is workday(date and time("2026-02-14T17:00:00Z"))', False),  # Sunday in China
        ("is workday(null)", None),
        ('add limit(date and time("2026-03-06T09:00:00+08:00"), "5 workdays")', "2026-03-13T18:00:00+08:00"),
        ('add limit("2026-03-06", string(5) + " workdays")', "2026-03-13T18:00:00+08:00"),
        ('add limit(moment, "30 minutes") < add limit(moment, "1 day")', True),
        ('add limit(moment, "five days")', None),
        ('add limit(moment, "-1 days")', None),
        ('if add limit(now(), "1 workday") > now() then "open" else "late"', "open"),
    ],
)
def test_working_days_in_feel(text: str, result: object) -> None:
    scope = {"day": date(2026, 2, 13), "moment": datetime(2026, 2, 13, 15, 30, tzinfo=UTC)}

    assert feel(text, **scope) == result
