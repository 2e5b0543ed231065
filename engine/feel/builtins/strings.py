"""String functions. Positions count characters from 1. Source: DMN 1.4 §10.3.4.3."""
from __future__ import annotations

from decimal import Decimal

from .. import regex
from ..budget import Run
from ..errors import Null
from ..text import text_of
from ..values import kind_of
from .registry import builtin


@builtin("substring", "string: string", "start position: number", "length?: number")
def substring(run: Run, text: str, start: Decimal, length: Decimal | None) -> str:
    """A length that reaches behind the end ends there: the standard would say null, but every text would have to be measured first."""
    if start != start.to_integral_value() or not start or abs(start) > len(text):
        raise Null("no_such_element", index=str(start), count=len(text))
    first = int(start) - 1 if start > 0 else len(text) + int(start)
    if length is None:
        return text[first:]
    if length < 1:
        raise Null("bad_argument", function="substring(string, start position, length?)", types="number")
    return text[first:first + min(int(length), len(text))]


@builtin("string length", "string: string")
def string_length(run: Run, text: str) -> Decimal:
    return Decimal(len(text))


@builtin("upper case", "string: string")
def upper_case(run: Run, text: str) -> str:
    return text.upper()


@builtin("lower case", "string: string")
def lower_case(run: Run, text: str) -> str:
    return text.lower()


@builtin("substring before", "string: string", "match: string")
def substring_before(run: Run, text: str, match: str) -> str:
    at = text.find(match)
    return text[:at] if at > 0 else ""


@builtin("substring after", "string: string", "match: string")
def substring_after(run: Run, text: str, match: str) -> str:
    at = text.find(match)
    return text[at + len(match):] if at >= 0 else ""


@builtin("contains", "string: string", "match: string")
def contains(run: Run, text: str, match: str) -> bool:
    return match in text


@builtin("starts with", "string: string", "match: string")
def starts_with(run: Run, text: str, match: str) -> bool:
    return text.startswith(match)


@builtin("ends with", "string: string", "match: string")
def ends_with(run: Run, text: str, match: str) -> bool:
    return text.endswith(match)


@builtin("matches", "input: string", "pattern: string", "flags?: string")
def matches(run: Run, text: str, pattern: str, flags: str | None) -> bool:
    return regex.search(pattern, flags or "", text, run)


@builtin("replace", "input: string", "pattern: string", "replacement: string", "flags?: string")
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None) -> str:
    return regex.replace(pattern, flags or "", text, replacement, run)


@builtin("split", "string: string", "delimiter: string")
def split(run: Run, text: str, delimiter: str) -> list[object]:
    return list(regex.split(delimiter, text, run))


@builtin("extract", "string: string", "pattern: string", "flags?: string")
def extract(run: Run, text: str, pattern: str, flags: str | None) -> list[object]:
    return list(regex.find_all(pattern, flags or "", text, run))


@builtin("string join", "list: list", "delimiter?: string")
def string_join(run: Run, items: list[object], delimiter: str | None) -> str:
    """Nulls are left out."""
    return string_join_between(run, items, delimiter, None, None)


@builtin("string join", "list: list", "delimiter: string|null", "prefix: string|null", "suffix: string|null")
def string_join_between(run: Run, items: list[object], delimiter: str | None, prefix: str | None, suffix: str | None) -> str:
    """As in Camunda 8; the standard knows no prefix and suffix."""
    for item in items:
        if item is not None and type(item) is not str:
            raise Null("bad_element", type=kind_of(item))
    parts = [str(item) for item in items if item is not None]
    between = delimiter or ""
    run.grow(sum(map(len, parts)) + len(between) * len(parts) + len(prefix or "") + len(suffix or ""))
    return (prefix or "") + between.join(parts) + (suffix or "")


@builtin("trim", "string: string")
def trim(run: Run, text: str) -> str:
    return text.strip()


@builtin("is blank", "string: string")
def is_blank(run: Run, text: str) -> bool:
    return not text.strip()


@builtin("string", "from: any")
def string(run: Run, value: object) -> str | None:
    return None if value is None else text_of(value, run)
