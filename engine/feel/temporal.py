"""Dates, times and durations: reading their literals, writing them, and reckoning with them.

A value without offset or zone is local; compared with one that has, it takes the other's (Table 54). Months are calendar months, and a day
that a month does not have becomes its last day. Source: DMN 1.4 §10.3.2.3.4 to §10.3.2.3.8, §10.3.4.1; years 1 to 9999.
"""
from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from .errors import Null
from .values import MICROSECONDS_A_DAY, DaysTimeDuration, YearsMonthsDuration

Day = TypeVar("Day", date, datetime)
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z][\w+\-]*(?:/[\w+\-]+)*)?", re.ASCII)
_YEARS = re.compile(r"(-)?P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?", re.ASCII)
_DAYS = re.compile(
    r"(-)?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})(?:\.(\d+))?S)?)?", re.ASCII)


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """The time zone "Z", "+08:00" or "@Asia/Shanghai". Raises Null when there is no such zone."""
    if name in ("Z", "z"):
        return timezone.utc
    if name[0] == "@":
        try:
            return ZoneInfo(name[1:])
        except (ValueError, OSError, KeyError) as cause:
            raise Null("unknown_zone", zone=name[1:]) from cause
    parts = [int(part) for part in name[1:].split(":")]
    seconds = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
    if parts[1] > 59 or seconds > 18 * 3600:
        raise Null("unknown_zone", zone=name)
    return timezone(timedelta(seconds=-seconds if name[0] == "-" else seconds))


def _home() -> tzinfo:
    try:
        return zone("@Asia/Shanghai")
    except Null:
        # A machine without a zone database still knows China's one offset.
        return timezone(timedelta(hours=8))


HOME = _home()


def parse_date(text: str) -> date | None:
    """A date "2024-02-29", or None."""
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """A time "08:30:00", "08:30:00.5+08:00" or "08:30:00@Asia/Shanghai", or None; seconds may be missing.

    "24:00:00" is midnight, as in XML Schema.
    """
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, minute, second, fraction, offset = found.groups()
    if hour == "24" and not int(minute + (second or "") + (fraction or "")):
        hour = "00"
    try:
        return time(int(hour), int(minute), int(second or 0), int((fraction or "0")[:6].ljust(6, "0")),
                    zone(offset) if offset else None)
    except (ValueError, Null):
        return None


def parse_date_time(text: str) -> datetime | None:
    """A date and time "2024-02-29T08:30:00", with offset or zone as in a time; a bare date is its midnight. Or None.

    "2024-02-29T24:00:00" is the midnight at the end of that day.
    """
    day_text, mark, time_text = text.partition("T")
    day = parse_date(day_text)
    clock = parse_time(time_text) if mark else time()
    if day is None or clock is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=time_text.startswith("24")), clock)
    except OverflowError:
        return None


def parse_duration(text: str) -> DaysTimeDuration | YearsMonthsDuration | None:
    """A duration "P1Y2M" or "P1DT2H3M4.5S" (or weeks, "P2W"), or None."""
    found = _YEARS.fullmatch(text)
    if found and (found[2] or found[3]):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return YearsMonthsDuration(-months if found[1] else months)
    found = _DAYS.fullmatch(text)
    if not found or not any(found.groups()[1:]) or text.endswith("T"):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:6])
    micro = ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000 + int((found[7] or "0")[:6].ljust(6, "0"))
    return DaysTimeDuration(-micro if found[1] else micro)


def parse_any(text: str) -> object:
    """The value of an `@"…"` literal, or None."""
    for parse in (parse_date, parse_time, parse_duration):
        value = parse(text)
        if value is not None:
            return value
    return parse_date_time(text) if "T" in text else None


def offset_text(zone_: tzinfo | None) -> str:
    """How an offset or zone is written behind a time; nothing for a local time."""
    if zone_ is None:
        return ""
    if isinstance(zone_, ZoneInfo):
        return f"@{zone_.key}"
    return _offset(zone_.utcoffset(None) or timedelta())


def _offset(offset: timedelta) -> str:
    seconds = round(offset.total_seconds())
    if not seconds:
        return "Z"
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    tail = f":{rest % 60:02}" if rest % 60 else ""
    return f"{sign}{hours:02}:{rest // 60:02}{tail}"


def time_text(value: time | datetime) -> str:
    """The clock part, without offset: "08:30:00" or "08:30:00.5"."""
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    return f"{value.hour:02}:{value.minute:02}:{value.second:02}{fraction}"


def temporal_text(value: object, iso: bool = False) -> str:
    """A temporal value as FEEL writes it; with `iso`, a zone is written as its offset."""
    if type(value) is datetime:
        tail = _offset(value.utcoffset()) if iso and value.tzinfo else offset_text(value.tzinfo)  # type: ignore[arg-type]
        return f"{value.date().isoformat()}T{time_text(value)}{tail}"
    if type(value) is time:
        tail = _offset(time_offset(value)) if iso and value.tzinfo else offset_text(value.tzinfo)  # type: ignore[arg-type]
        return time_text(value) + tail
    if type(value) is date:
        return value.isoformat()
    return duration_text(value)


def duration_text(value: object) -> str:
    """A duration in its shortest ISO 8601 form; zero is "P0M" or "PT0S"."""
    if type(value) is YearsMonthsDuration:
        years, months = divmod(abs(value.months), 12)
        parts = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-P" if value.months < 0 else "P") + parts
    assert type(value) is DaysTimeDuration
    seconds, micro = divmod(abs(value.microseconds), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    fraction = f".{micro:06}".rstrip("0") if micro else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{seconds}{fraction}S" if seconds or micro else "")
    if not days and not clock:
        clock = "0S"
    return ("-P" if value.microseconds < 0 else "P") + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def time_offset(value: time | datetime) -> timedelta | None:
    """Offset from UTC, or None for a local value. A time in a zone has no date, so the zone's winter offset counts."""
    if value.tzinfo is None:
        return None
    if type(value) is time:
        return value.tzinfo.utcoffset(datetime(2000, 1, 1))
    return value.utcoffset()


def instants(left: datetime, right: datetime) -> tuple[int, int]:
    """Both values in microseconds on one time line. A local one takes the zone of the other. Source: DMN 1.4 Table 54."""
    # Two local clocks need no zone, and no summer time of long ago.
    zone_ = left.tzinfo or right.tzinfo or timezone.utc
    return _on_line(left, zone_), _on_line(right, zone_)


def _on_line(value: datetime, zone_: tzinfo) -> int:
    aware = value if value.tzinfo is not None else value.replace(tzinfo=zone_)
    return (aware - EPOCH) // MICROSECOND


def clocks(left: time, right: time) -> tuple[int, int]:
    """Both values in microseconds since midnight in UTC, possibly negative. A local one takes the offset of the other, as in `instants`."""
    offset = time_offset(left) or time_offset(right) or timedelta()
    return _since_midnight(left, offset), _since_midnight(right, offset)


def _since_midnight(value: time, local: timedelta) -> int:
    offset = time_offset(value)
    return time_of_day(value) - (local if offset is None else offset) // MICROSECOND


def time_of_day(value: time | datetime) -> int:
    """Microseconds since the midnight before."""
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def from_time_of_day(micro: int, zone_: tzinfo | None) -> time:
    """The time so many microseconds after midnight, going round at 24 hours."""
    seconds, micro = divmod(micro % MICROSECONDS_A_DAY, 1_000_000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, micro, zone_)


def add_months(value: Day, months: int) -> Day:
    """The same day so many months on, or the last day of that month. Raises Null outside years 1 to 9999."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise Null("date_out_of_range")
    return value.replace(year=year, month=month + 1, day=min(value.day, monthrange(year, month + 1)[1]))


def add_microseconds(value: date | datetime, micro: int) -> date | datetime:
    """So much later; an instant in a zone moves by real time. Raises Null outside years 1 to 9999."""
    try:
        if type(value) is date:
            return value + timedelta(days=micro // MICROSECONDS_A_DAY)
        if value.tzinfo is None:  # type: ignore[union-attr]
            return value + timedelta(microseconds=micro)
        moved = value.astimezone(timezone.utc) + timedelta(microseconds=micro)  # type: ignore[union-attr]
        return moved.astimezone(value.tzinfo)  # type: ignore[union-attr]
    except (OverflowError, ValueError) as cause:
        raise Null("date_out_of_range") from cause


def midnight(value: date) -> datetime:
    """The day as a moment: its midnight in UTC. Source: DMN 1.4 §10.3.2.3.5."""
    return datetime.combine(value, time(), timezone.utc)
