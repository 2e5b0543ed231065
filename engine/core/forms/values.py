"""One field's value in its three shapes: the texts a page sends, the JSON value that is stored, and the texts a page shows.

Every function is strict and raises Invalid; `None` (or `[]`, or `False` for a checkbox) is a field left empty.
Dates and times are Chinese local time on the page, and what `timeSerializingFormat` says in the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Context, Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from engine.core.forms.kinds import MANY, TEXTS
from engine.core.forms.model import Attachment, Component, Invalid, Json, Option
from engine.core.forms.names import option_text
from engine.core.forms.properties import as_number

LINE = 1_000  # characters of a single-line field without maxLength
TEXT = 20_000  # characters of a multi-line field without maxLength
DIGITS = 15  # that a JSON number keeps exactly
_EXACT = Context(prec=7_000)  # more digits than a number and an increment of any size have between them
ZONE = ZoneInfo("Asia/Shanghai")
T = TypeVar("T")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?")


@dataclass(frozen=True)
class Setting:
    """What a field needs to know to judge a value: its choices now, the files there are, today."""

    options: Sequence[Option] = ()
    attachments: Mapping[str, Attachment] = field(default_factory=dict)
    multiple: bool = False
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def empty(component: Component) -> Json:
    """The value of a field nobody filled in."""
    if component.kind == "checkbox":
        return False
    return [] if component.kind in MANY or component.kind == "filepicker" else None


def is_empty(value: Json) -> bool:
    return value in (None, "", [])


def from_texts(component: Component, texts: Sequence[str], setting: Setting) -> Json:
    """The value of what a page sent under the field's name; the empty text that marks "was on the page" is dropped."""
    for text in texts:
        _refuse_control(text)
    if component.kind == "textarea":
        return _text(texts[-1] if texts else "", TEXT, component)
    given = [text for text in texts if text.strip()]
    if component.kind == "checkbox":
        if any(text not in ("true", "on") for text in given):
            raise Invalid("not_a_choice", value=_short(given[0]))
        return bool(given)
    if component.kind in MANY:
        return [_choose(text, setting.options) for text in dict.fromkeys(given)]
    if component.kind == "filepicker":
        return _files(given, setting)
    if not given:
        return None
    if len(given) > 1:
        raise Invalid("given_twice")
    if component.kind == "textfield":
        return _text(given[0].strip(), LINE, component)
    if component.kind == "number":
        return _number(given[0], component)
    if component.kind == "datetime":
        return _moment(given[0].strip(), component, setting, local=True)
    return _choose(given[0], setting.options)


def from_json(component: Component, value: Json, setting: Setting) -> Json:
    """The same for a value that a program sent."""
    kind = component.kind
    if value is None:
        return empty(component)
    if kind in TEXTS:
        text = _want(value, str)
        _refuse_control(text)
        return _text(text, TEXT, component) if kind == "textarea" else _text(text.strip(), LINE, component)
    if kind == "number":
        wanted = isinstance(value, str) if component.settings.get("serializeToString") else isinstance(value, int | float | Decimal)
        if not wanted or isinstance(value, bool):
            raise Invalid("not_a_number", value=_short(value))
        return _number(str(value) if isinstance(value, str) else format(Decimal(str(value)), "f"), component)
    if kind == "checkbox":
        return _want(value, bool)
    if kind == "datetime":
        return _moment(_want(value, str), component, setting, local=False) if value else None
    if kind in MANY:
        return [_choose(option_text(item), setting.options) for item in _want(value, list)]
    if kind == "filepicker":
        return _files([_attachment_id(item) for item in _want(value, list)], setting)
    return _choose(option_text(value), setting.options)


def to_texts(component: Component, value: Json) -> tuple[str, ...]:
    """The texts that a page shows (and sends back) for a value, whoever set the variable."""
    if component.kind == "checkbox":
        return ("true",) if value is True else ()
    if component.kind in MANY:
        return tuple(option_text(item) for item in value) if isinstance(value, list) else ()
    if component.kind == "filepicker":
        ids = (item.get("id") if isinstance(item, dict) else item for item in (value if isinstance(value, list) else []))
        return tuple(identifier for identifier in ids if isinstance(identifier, str))
    if value is None:
        return ()
    if component.kind == "datetime":
        return (_local(value, str(component.settings.get("subtype", "date"))),)
    if component.kind == "number":
        number = as_number(value)
        return (format(number, "f") if number is not None else option_text(value),)
    return (option_text(value),)


def _text(text: str, limit: int, component: Component) -> str | None:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if component.kind == "textfield" and "\n" in text:
        raise Invalid("one_line")
    if "maxLength" not in component.rules and len(text) > limit:
        raise Invalid("too_long", limit=limit, length=len(text))
    if len(text) > TEXT:
        raise Invalid("too_long", limit=TEXT, length=len(text))
    return text if text.strip() else None


def _refuse_control(text: str) -> None:
    # Categories Cc and Cs, and the marks that reverse writing direction: none is ever typed, all are used to deceive.
    for character in text:
        if character in "\n\r\t":
            continue
        if unicodedata.category(character) in ("Cc", "Cs") or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            raise Invalid("control_character", codepoint=f"U+{ord(character):04X}")


def _number(text: str, component: Component) -> Json:
    # NFKC turns the full-width digits and signs of Chinese input methods into plain ones.
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if len(plain) > 60 or not _NUMBER.fullmatch(plain) or not plain.isascii():
        raise Invalid("not_a_number", value=_short(text))
    number = Decimal(plain)
    shortest = number.normalize(_EXACT)
    digits = component.settings.get("decimalDigits")
    places = max(0, -int(shortest.as_tuple().exponent))
    if isinstance(digits, int) and places > digits:
        raise Invalid("not_an_integer" if digits == 0 else "too_many_decimals", digits=digits)
    increment = component.settings.get("increment")
    if isinstance(increment, Decimal) and increment > 0 and (rest := _EXACT.remainder(number, increment)):
        below = _EXACT.subtract(number, rest + increment if number < 0 else rest)
        raise Invalid("not_a_step", below=_plain(below), above=_plain(_EXACT.add(below, increment)))
    if component.settings.get("serializeToString"):
        return format(number, "f")
    if len(shortest.as_tuple().digits) > DIGITS or abs(number.adjusted()) > 300:
        raise Invalid("too_many_digits", limit=DIGITS)
    return int(number) if number == number.to_integral_value() else float(number)


def _plain(number: Decimal) -> str:
    return format(number.normalize(_EXACT), "f")


def _choose(text: str, options: Sequence[Option]) -> Json:
    for option in options:
        if option_text(option.value) == text:
            return option.value
    raise Invalid("not_a_choice", value=_short(text))


def _files(ids: Sequence[str], setting: Setting) -> Json:
    unknown = next((identifier for identifier in ids if identifier not in setting.attachments), None)
    if unknown is not None:
        raise Invalid("file_missing", id=_short(unknown))
    kept = list(dict.fromkeys(ids))
    files = [setting.attachments[identifier] for identifier in (kept if setting.multiple else kept[-1:])]
    return [{"id": file.id, "name": file.name, "size": file.size, "mediaType": file.media_type} for file in files]


def _attachment_id(item: Json) -> str:
    identifier = item.get("id") if isinstance(item, dict) else item
    if not isinstance(identifier, str):
        raise Invalid("file_missing", id=_short(item))
    return identifier


def _moment(text: str, component: Component, setting: Setting, *, local: bool) -> str:
    """A date, time or both; `local`: as native inputs send it, else as `timeSerializingFormat` writes it."""
    subtype = component.settings.get("subtype", "date")
    day, clock = None, None
    head, _, tail = text.partition("T")
    if subtype != "time":
        day = _day(head)
    if subtype != "date":
        clock = _clock(text if subtype == "time" else tail)
    if subtype == "date" and "T" in text:
        raise Invalid("not_a_date", value=_short(text))
    if clock and clock.tzinfo and not (local or _has_zone(component)):
        raise Invalid("time_zone_unwanted", value=_short(text))
    anchor = day or setting.now.astimezone(ZONE).date()
    if clock is None:
        return _checked_day(anchor, component, setting).isoformat()
    moment = datetime.combine(anchor, clock.replace(tzinfo=None), clock.tzinfo or ZONE).astimezone(ZONE)
    if day:
        _checked_day(moment.date(), component, setting)
    interval = component.settings.get("timeInterval")
    if isinstance(interval, int) and (moment.hour * 60 + moment.minute) % interval:
        raise Invalid("not_a_time_step", minutes=interval)
    return _serialized(moment, component, str(subtype))


def _day(text: str) -> date:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("not_a_date", value=_short(text)) from None
    if not 1900 <= day.year <= 2200:
        raise Invalid("date_unlikely", value=text)
    return day


def _clock(text: str) -> time:
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        return time.fromisoformat(match.group(1) + (match.group(2) or ""))
    except ValueError:
        raise Invalid("not_a_time", value=_short(text)) from None


def _has_zone(component: Component) -> bool:
    return component.settings.get("timeSerializingFormat") != "no_timezone"


def _checked_day(day: date, component: Component, setting: Setting) -> date:
    if component.settings.get("disallowPassedDates") and day < setting.now.astimezone(ZONE).date():
        raise Invalid("date_passed", value=day.isoformat())
    return day


def _serialized(moment: datetime, component: Component, subtype: str) -> str:
    form = component.settings.get("timeSerializingFormat", "utc_offset")
    zone: tzinfo = UTC if form == "utc_normalized" else ZONE
    text = moment.astimezone(zone).isoformat(timespec="minutes")
    if form == "utc_normalized":
        text = text.replace("+00:00", "Z")
    elif form == "no_timezone":
        text = text[:16]
    return text.partition("T")[2] if subtype == "time" else text


def _local(value: Json, subtype: str) -> str:
    """What a native input wants: local, without a zone. A value that is no date stays as it is, to be seen and mended."""
    text = str(value)
    try:
        if subtype == "date":
            return _day(text[:10]).isoformat()
        if subtype == "time":
            clock = _clock(text)
            anchor = datetime.combine(date(2000, 1, 3), clock.replace(tzinfo=None), clock.tzinfo or ZONE)
            return anchor.astimezone(ZONE).strftime("%H:%M")
        moment = datetime.fromisoformat(text)
        local = moment.replace(tzinfo=moment.tzinfo or ZONE).astimezone(ZONE)
        return local.strftime("%Y-%m-%dT%H:%M")
    except (Invalid, ValueError, OverflowError):
        return text


def _want(value: Json, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise Invalid("wrong_type", value=_short(value))
    return value


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
