"""`validate` of a field, judged on a value that already has the right type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from stdnum.cn import uscc

from engine.core.forms.file_kinds import FileKinds
from engine.core.forms.kinds import TEXTS
from engine.core.forms.model import Component, Formula, Invalid, Json
from engine.core.forms.patterns import Pattern
from engine.core.forms.properties import as_number
from engine.core.forms.sources import ROWS
from engine.core.forms.templates import evaluate
from engine.core.forms.values import is_empty

# HTML Standard §4.10.5.1.5 bounds an address the same way; RFC 5321 §4.5.3.1 gives the lengths.
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
# Mainland mobile, fixed line with area code and extension, 400/800 and short service numbers, or international.
_PHONE = re.compile(r"1[3-9]\d{9}|(0\d{2,3}-?)[2-9]\d{6,7}(-\d{1,6})?|[48]00-?\d{3}-?\d{4}|1\d{4}|(\+|00)[1-9]\d{6,14}", re.ASCII)


def limit(component: Component, name: str, scope: Mapping[str, object], now: datetime) -> Decimal | None:
    """The value now of `min`, `max`, `minLength` or `maxLength`; None where there is none, or its formula gives no number."""
    rule = component.rules.get(name)
    if not isinstance(rule, Formula):
        return None
    value = evaluate(rule.expression, scope, now) if rule.expression else rule.value
    return as_number(value)


def is_required(component: Component) -> bool:
    return component.rules.get("required") is True


def judge(component: Component, value: Json, scope: Mapping[str, object], now: datetime) -> None:
    """Raises Invalid with the first rule that `value` breaks."""
    if is_empty(value) or (value is False and component.kind == "checkbox"):
        if is_required(component):
            raise Invalid("required_tick" if component.kind == "checkbox" else _required_code(component))
        return
    if component.kind == "number":
        _judge_size(component, value, scope, now)
    if component.kind in TEXTS:
        _judge_text(component, str(value), scope, now)


def _required_code(component: Component) -> str:
    if component.kind in ("radio", "select", "checklist", "taglist"):
        return "required_choice"
    return "required_file" if component.kind == "filepicker" else "required"


def _judge_size(component: Component, value: Json, scope: Mapping[str, object], now: datetime) -> None:
    number = as_number(value)
    low, high = limit(component, "min", scope, now), limit(component, "max", scope, now)
    if number is None:
        return
    facts = {"min": plain(low), "max": plain(high)}
    below, above = low is not None and number < low, high is not None and number > high
    if (below or above) and low is not None and high is not None:
        raise Invalid("out_of_range", **facts)
    if below:
        raise Invalid("too_small", **facts)
    if above:
        raise Invalid("too_large", **facts)


def _judge_text(component: Component, text: str, scope: Mapping[str, object], now: datetime) -> None:
    length = len(text.strip())
    shortest, longest = limit(component, "minLength", scope, now), limit(component, "maxLength", scope, now)
    if shortest is not None and length < shortest:
        raise Invalid("too_short", limit=int(shortest), length=length)
    if longest is not None and length > longest:
        raise Invalid("too_long", limit=int(longest), length=length)
    kind = component.rules.get("validationType")
    if kind == "email" and (len(text) > 254 or not _EMAIL.fullmatch(text)):
        raise Invalid("not_an_email")
    if kind == "phone" and not _PHONE.fullmatch(text.replace(" ", "")):
        raise Invalid("not_a_phone")
    pattern = component.rules.get("pattern")
    if isinstance(pattern, Pattern) and not pattern.fits(text):
        message = component.rules.get("patternErrorMessage")
        raise Invalid("pattern_message", message=message) if message else Invalid("pattern", pattern=pattern.text)
    if component.properties.get("format") == "uscc" and not uscc.is_valid(text):
        raise Invalid("not_a_uscc")


def plain(number: Decimal | None) -> str:
    """A number without exponent or trailing zeros; "" for none."""
    return "" if number is None else format(number.normalize(), "f")


def judge_files(component: Component, value: Json, accept: str) -> None:
    """Raises Invalid for a file whose type `accept` (as in HTML: `.pdf,image/*`) does not name."""
    wanted = [part.strip().lower() for part in accept.split(",") if part.strip()]
    for file in value if isinstance(value, list) and wanted else []:
        name, media_type = str(file["name"]).lower(), str(file["mediaType"]).lower()  # type: ignore[index,call-overload]
        if not any(_accepted(part, name, media_type) for part in wanted):
            raise Invalid("file_type", name=file["name"], accept=FileKinds(accept))  # type: ignore[index,call-overload]


def least_rows(component: Component) -> int:
    """How many rows a list needs, by its property `minRows`; 0 if it says nothing that counts."""
    text = str(component.properties.get("minRows", ""))
    number = int(text) if text.isdecimal() and text.isascii() and len(text) < 4 else 0
    return number if number <= ROWS else 0


def _accepted(part: str, name: str, media_type: str) -> bool:
    if part.startswith("."):
        return name.endswith(part)
    return media_type.startswith(part[:-1]) if part.endswith("/*") else media_type == part
