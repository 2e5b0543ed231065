from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.calendar import CHINA, Calendar, CalendarError, standard

CALENDAR = standard()
DAYS = st.dates(date(2019, 1, 1), date(2028, 12, 31))
MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2028, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


def china(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2025, 1, 1), False),  # New Year's Day, a Wednesday
        (date(2025, 1, 26), True),  # Sunday made up for Spring Festival
        (date(2025, 2, 8), True),  # Saturday made up
        (date(2025, 9, 28), True),  # Sunday made up for National Day
        (date(2025, 10, 8), False),  # Mid-autumn and National Day together: a Wednesday
        (date(2025, 10, 11), True),
        (date(2026, 1, 2), False),  # a Friday
        (date(2026, 1, 4), True),  # a Sunday
        (date(2026, 2, 14), True),  # Saturday before Spring Festival
        (date(2026, 2, 16), False),
        (date(2026, 2, 28), True),
        (date(2026, 9, 20), True),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 10, 17), False),  # an ordinary Saturday
        (date(2031, 10, 1), True),  # no notice yet: a Wednesday like any other
    ],
)
def test_the_notices_of_the_state_council_decide(day: date, worked: bool) -> None:
    assert CALENDAR.is_workday(day) is worked


@given(st.dates(date(2004, 1, 1), date(2026, 12, 31)))
def test_every_known_day_agrees_with_the_package(day: date) -> None:
    assert CALENDAR.is_workday(day) is chinese_calendar.is_workday(day)


def test_a_moment_belongs_to_its_local_day() -> None:
    friday_night_utc = datetime(2026, 2, 13, 16, 30, tzinfo=UTC)  # already the make-up Saturday in China
    sunday_in_china = datetime(2026, 1, 10, 16, 0, tzinfo=UTC)  # midnight

    assert CALENDAR.is_workday(friday_night_utc)
    assert not CALENDAR.is_workday(sunday_in_china)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (china(2025, 12, 31, 9), 1, china(2026, 1, 4, 18)),  # over New Year into the make-up Sunday
        (china(2026, 2, 12, 9), 2, china(2026, 2, 14, 18)),  # the make-up Saturday counts
        (china(2026, 2, 14, 9), 1, china(2026, 2, 24, 18)),  # over nine days of Spring Festival
        (china(2026, 2, 15, 9), 5, china(2026, 2, 28, 18)),  # a start on a holiday; ends on a make-up Saturday
        (china(2025, 9, 30, 17), 1, china(2025, 10, 9, 18)),  # over National Day
        (china(2025, 9, 30, 17), 3, china(2025, 10, 11, 18)),
        (china(2026, 3, 2, 23, 59), 1, china(2026, 3, 3, 18)),
        (china(2026, 3, 3, 0, 0), 1, china(2026, 3, 4, 18)),  # one minute later is another day
        (china(2026, 3, 6, 9), 5, china(2026, 3, 13, 18)),
        (china(2026, 3, 6, 9), 0, china(2026, 3, 6, 18)),  # the same day
        (china(2026, 3, 6, 18), 0, china(2026, 3, 9, 18)),  # filed when offices close
        (china(2026, 3, 7, 9), 0, china(2026, 3, 9, 18)),
    ],
)
def test_a_limit_starts_the_next_day_and_ends_when_offices_close(start: datetime, n: int, end: datetime) -> None:
    assert CALENDAR.limit_end(start, n) == end
    assert CALENDAR.limit_end(start.astimezone(UTC), n).tzinfo is UTC


def test_adding_working_days_keeps_the_local_time() -> None:
    assert CALENDAR.add_workdays(china(2026, 2, 14, 23, 59), 1) == china(2026, 2, 24, 23, 59)
    assert CALENDAR.add_workdays(china(2026, 2, 24, 0, 1), -1) == china(2026, 2, 14, 0, 1)
    assert CALENDAR.add_workdays(china(2026, 2, 20, 8), 0) == china(2026, 2, 20, 8)
    assert CALENDAR.add_workdays(china(2026, 2, 20, 8), -2) == china(2026, 2, 13, 8)


def test_working_days_between_count_the_last_day_and_not_the_first() -> None:
    assert CALENDAR.workdays_between(date(2025, 12, 31), date(2026, 1, 5)) == 2
    assert CALENDAR.workdays_between(date(2026, 1, 5), date(2025, 12, 31)) == -2
    assert CALENDAR.workdays_between(china(2026, 9, 30, 23, 59), china(2026, 10, 10, 0, 1)) == 3
    assert CALENDAR.workdays_between(date(2026, 10, 1), date(2026, 10, 7)) == 0


@given(DAYS, DAYS)
def test_counting_agrees_with_looking_at_every_day(a: date, b: date) -> None:
    first, last = min(a, b), max(a, b)

    counted = sum(CALENDAR.is_workday(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))

    assert CALENDAR.workdays_between(first, last) == counted
    assert CALENDAR.workdays_between(last, first) == -counted


@given(MOMENTS, st.integers(0, 200))
def test_adding_and_counting_are_inverse(moment: datetime, n: int) -> None:
    assert CALENDAR.workdays_between(moment, CALENDAR.add_workdays(moment, n)) == n
    assert CALENDAR.workdays_between(moment, CALENDAR.limit_end(moment, n)) in (n, n + (n == 0))


def test_an_owners_table_lies_on_top() -> None:
    extra = {date(2027, 1, 1): False, date(2027, 1, 2): True, date(2026, 2, 14): False}

    mine = CALENDAR.with_days(extra, known_until=date(2027, 12, 31))

    assert mine.limit_end(china(2026, 12, 31, 9), 1) == china(2027, 1, 2, 18)
    assert not mine.is_workday(date(2026, 2, 14))
    assert mine.is_known(date(2027, 6, 1)) and not CALENDAR.is_known(date(2027, 6, 1))
    assert CALENDAR.is_workday(date(2026, 2, 14))


def test_offices_may_close_at_another_time() -> None:
    assert Calendar(closes_at=time(17, 30)).limit_end(china(2026, 3, 6, 9), 1) == china(2026, 3, 9, 17, 30)


def test_what_cannot_be_counted_is_refused() -> None:
    for attempt, code in (
        (lambda: CALENDAR.add_workdays(china(2026, 1, 1), 10**9), "too_far"),
        (lambda: CALENDAR.shift(date.max, 1), "too_far"),
        (lambda: Calendar({}).shift(date(9999, 12, 1), 9999), "too_far"),
        (lambda: CALENDAR.limit_end(china(2026, 1, 1), -1), "negative"),
        (lambda: CALENDAR.limit_end(datetime(2026, 1, 1), 1), "naive"),
    ):
        with pytest.raises(CalendarError) as refused:
            attempt()
        assert refused.value.code == code
        assert not str(refused.value).startswith("calendar.")
