from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.calendar import CHINA, CalendarError, Limit, due, parse_limit, resumed, standard

CALENDAR = standard()
MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2028, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


def china(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("5 workdays", Limit(Decimal(5), "workdays")),
        ("1 workday", Limit(Decimal(1), "workdays")),
        (" 3  days ", Limit(Decimal(3), "days")),
        ("0 days", Limit(Decimal(0), "days")),
        ("1.5 hours", Limit(Decimal("1.5"), "hours")),
        ("30 minutes", Limit(Decimal(30), "minutes")),
        ("1.5 workdays", None),
        ("2.0 days", None),
        ("-1 days", None),
        ("5workdays", None),
        ("five days", None),
        ("5 weeks", None),
        ("5 Workdays", None),
        ("٥ days", None),
        ("999999999 workdays", None),
        ("5 days\nand more", None),
        ("", None),
        ("P5D", None),
    ],
)
def test_limits_are_a_number_and_a_unit(words: str, limit: Limit | None) -> None:
    assert parse_limit(words) == limit


def test_a_limit_says_itself() -> None:
    assert str(parse_limit("1 workdays")) == "1 workday"
    assert parse_limit("1.50 hours").in_words() == "1.50 小时"
    assert parse_limit("5 workdays").in_words("zh") == "5 个工作日"


@pytest.mark.parametrize(
    ("start", "words", "end"),
    [
        (china(2026, 3, 6, 9), "5 workdays", china(2026, 3, 13, 18)),
        (china(2026, 3, 2, 9), "3 days", china(2026, 3, 5, 18)),
        (china(2026, 2, 10, 9), "7 days", china(2026, 2, 24, 18)),  # the last day is a holiday: the first day after it
        (china(2026, 3, 7, 9), "0 days", china(2026, 3, 9, 18)),
        (china(2026, 3, 6, 23, 30), "1.5 hours", china(2026, 3, 7, 1)),
        (china(2026, 2, 16, 9), "30 minutes", china(2026, 2, 16, 9, 30)),
    ],
)
def test_each_unit_counts_in_its_own_way(start: datetime, words: str, end: datetime) -> None:
    limit = parse_limit(words)

    assert due(CALENDAR, start, limit) == end
    assert due(CALENDAR, start, limit).tzinfo is UTC


def test_an_extension_moves_the_due_moment() -> None:
    first = due(CALENDAR, china(2026, 9, 24, 10), parse_limit("3 workdays"))

    moved = due(CALENDAR, first, parse_limit("5 workdays"))

    assert (first, moved) == (china(2026, 9, 30, 18), china(2026, 10, 13, 18))


def test_a_limit_past_the_end_of_time_is_refused() -> None:
    with pytest.raises(CalendarError):
        due(CALENDAR, china(9999, 12, 31, 9), parse_limit("400 hours"))


def test_while_the_enterprise_must_answer_the_limit_stands_still() -> None:
    end = due(CALENDAR, china(2026, 9, 21, 9), parse_limit("5 workdays"))  # 24 September is day 3, the holiday follows
    left = CALENDAR.remaining(china(2026, 9, 22, 16), end)

    moved = CALENDAR.resume(china(2026, 10, 8, 20), left)

    assert (end, left, moved) == (china(2026, 9, 29, 18), 4, china(2026, 10, 13, 18))


def test_resumed_on_its_last_day_after_closing_it_gets_the_next_working_day() -> None:
    end = china(2026, 3, 6, 18)

    left = CALENDAR.remaining(china(2026, 3, 6, 17), end)

    assert left == 0
    assert CALENDAR.resume(china(2026, 3, 6, 17, 30), left) == end
    assert CALENDAR.resume(china(2026, 3, 6, 20), left) == china(2026, 3, 9, 18)
    assert CALENDAR.resume(china(2026, 3, 8, 20), left) == china(2026, 3, 9, 18)


@given(MOMENTS, st.integers(0, 60), st.integers(0, 90 * 24 * 60))
def test_a_pause_of_no_time_changes_nothing_and_any_pause_never_makes_late(start: datetime, n: int, minutes: int) -> None:
    end = CALENDAR.limit_end(start, n)
    stopped = start + (end - start) * 0.7

    assert CALENDAR.resume(stopped, CALENDAR.remaining(stopped, end)) == end
    later = stopped + timedelta(minutes=minutes)
    assert CALENDAR.resume(later, CALENDAR.remaining(stopped, end)) > later


@given(MOMENTS, st.integers(1, 60 * 24 * 60), st.integers(0, 90 * 24 * 60))
def test_an_overdue_limit_stays_overdue(start: datetime, late: int, pause: int) -> None:
    end = CALENDAR.limit_end(start, 3)
    stopped = end + timedelta(minutes=late)
    now = stopped + timedelta(minutes=pause)

    left = CALENDAR.remaining(stopped, end)

    assert left < 0
    assert CALENDAR.resume(now, left) < now


def test_hours_move_by_the_time_of_the_pause() -> None:
    stopped, now = china(2026, 3, 6, 10), china(2026, 3, 9, 11)

    assert resumed(CALENDAR, "hours", china(2026, 3, 6, 12), stopped, now) == china(2026, 3, 9, 13)
    assert resumed(CALENDAR, "workdays", china(2026, 3, 10, 18), stopped, now) == china(2026, 3, 11, 18)
