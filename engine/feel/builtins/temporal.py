"""Dates, times and durations: constructors, calendar functions, and the clock of the evaluation.

Source: DMN 1.4 §10.3.4.1, §10.3.4.8, §10.3.4.11; `date and time` with a zone and `last day of month` as the stock BPMN tools have them.
"""
from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timezone
from decimal import Decimal

from ..budget import Run
from ..errors import Null
from ..temporal import HOME, MICROSECOND, parse_date, parse_date_time, parse_duration, parse_time
from ..values import DaysTimeDuration, YearsMonthsDuration
from .registry import builtin

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value() or abs(number) > 100_000:
        raise Null("date_out_of_range")
    return int(number)


def _invalid(text: str, kind: str) -> Null:
    return Null("not_temporal", text=text[:40], type=kind)


@builtin("date", "from: string")
def date_of_text(run: Run, text: str) -> date:
    value = parse_date(text)
    if value is None:
        raise _invalid(text, "date")
    return value


@builtin("date", "from: date and time|date")
def date_of(run: Run, value: date) -> date:
    return value.date() if type(value) is datetime else value


@builtin("date", "year: number", "month: number", "day: number")
def date_of_parts(run: Run, year: Decimal, month: Decimal, day: Decimal) -> date:
    try:
        return date(_whole(year), _whole(month), _whole(day))
    except ValueError as cause:
        raise Null("date_out_of_range") from cause


@builtin("time", "from: string")
def time_of_text(run: Run, text: str) -> time:
    value = parse_time(text)
    if value is None:
        raise _invalid(text, "time")
    return value


@builtin("time", "from: date and time|time|date")
def time_of(run: Run, value: object) -> time:
    if type(value) is datetime:
        return value.timetz()
    return value if type(value) is time else time(tzinfo=timezone.utc)


@builtin("time", "hour: number", "minute: number", "second: number", "offset?: days and time duration|null")
def time_of_parts(run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTimeDuration | None) -> time:
    micro = int((second % 1) * 1_000_000)
    try:
        zone = None if offset is None else timezone(offset.microseconds * MICROSECOND)
        return time(_whole(hour), _whole(minute), _whole(second - second % 1), micro, zone)
    except (ValueError, OverflowError) as cause:
        raise Null("date_out_of_range") from cause


@builtin("date and time", "from: string")
def date_and_time_of_text(run: Run, text: str) -> datetime:
    value = parse_date_time(text)
    if value is None:
        raise _invalid(text, "date and time")
    return value


@builtin("date and time", "from: date and time")
def date_and_time_of(run: Run, value: datetime) -> datetime:
    return value


@builtin("date and time", "date: date and time|date", "time: time")
def date_and_time_of_both(run: Run, day: date, clock: time) -> datetime:
    return datetime.combine(day.date() if type(day) is datetime else day, clock)


@builtin("date and time", "date: date and time", "timezone: string")
def date_and_time_in(run: Run, value: datetime, name: str) -> datetime:
    """The same instant in another zone."""
    sample = parse_time(f"00:00:00@{name}") or parse_time(f"00:00:00{name}")
    if sample is None or sample.tzinfo is None:
        raise Null("unknown_zone", zone=name[:40])
    return (value if value.tzinfo else value.replace(tzinfo=HOME)).astimezone(sample.tzinfo)


@builtin("duration", "from: string")
def duration_of_text(run: Run, text: str) -> object:
    value = parse_duration(text)
    if value is None:
        raise _invalid(text, "duration")
    return value


@builtin("duration", "from: days and time duration|years and months duration")
def duration_of(run: Run, value: object) -> object:
    return value


@builtin("years and months duration", "from: date|date and time", "to: date|date and time")
def years_and_months(run: Run, start: date, end: date) -> YearsMonthsDuration:
    """Whole months from one day to another, towards zero."""
    if (end.year, end.month, end.day) < (start.year, start.month, start.day):
        return YearsMonthsDuration(-years_and_months(run, end, start).months)
    months = (end.year - start.year) * 12 + end.month - start.month
    return YearsMonthsDuration(months - 1 if end.day < start.day else months)


@builtin("now")
def now(run: Run) -> datetime:
    return run.now.astimezone(HOME)


@builtin("today")
def today(run: Run) -> date:
    return run.now.astimezone(HOME).date()


@builtin("day of year", "date: date|date and time")
def day_of_year(run: Run, value: date) -> Decimal:
    return Decimal(value.timetuple().tm_yday)


@builtin("day of week", "date: date|date and time")
def day_of_week(run: Run, value: date) -> str:
    return _WEEKDAYS[value.weekday()]


@builtin("month of year", "date: date|date and time")
def month_of_year(run: Run, value: date) -> str:
    return _MONTHS[value.month - 1]


@builtin("week of year", "date: date|date and time")
def week_of_year(run: Run, value: date) -> Decimal:
    return Decimal(value.isocalendar().week)


@builtin("last day of month", "date: date|date and time")
def last_day_of_month(run: Run, value: date) -> date:
    return date(value.year, value.month, monthrange(value.year, value.month)[1])
