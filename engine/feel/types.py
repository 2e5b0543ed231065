"""Reading a type after `instance of` or a parameter, and asking whether a value is of it. Source: DMN 1.4 §10.3.2.9, Table 61."""
from __future__ import annotations

from collections.abc import Callable

from .syntax import Type
from .values import Function, Range, kind_of

# Longest first, word by word; the one-word spellings are those of the XML Schema types that older models write.
TYPE_NAMES: dict[tuple[str, ...], str] = {
    ("years", "and", "months", "duration"): "years and months duration", ("days", "and", "time", "duration"): "days and time duration",
    ("year", "month", "duration"): "years and months duration", ("day", "time", "duration"): "days and time duration",
    ("date", "and", "time"): "date and time", ("date", "time"): "date and time", ("dateTime",): "date and time",
    ("yearMonthDuration",): "years and months duration", ("dayTimeDuration",): "days and time duration",
    **{(name,): name for name in ("number", "string", "boolean", "date", "time", "list", "context", "function", "range", "Any", "Null")},
}


ANY = Type("Any")
PARAMETRIC = frozenset(("list", "context", "range", "function"))  # no types without their parts


def conforms(type_: Type, wanted: Type) -> bool:
    """Whether every value of `type_` is one of `wanted`. Source: DMN 1.4 §10.3.2.9.2."""
    if wanted.name == "Any" or type_.name == "Null":
        return True
    if type_.name != wanted.name:
        return False
    if not wanted.items and not wanted.keys:
        return True
    if wanted.name == "context":
        entries = dict(zip(type_.keys, type_.items, strict=True))
        return all(key in entries and conforms(entries[key], item) for key, item in zip(wanted.keys, wanted.items, strict=True))
    if wanted.name == "function":
        if len(type_.items) != len(wanted.items):
            return False
        parameters = zip(type_.items[1:], wanted.items[1:], strict=True)
        return conforms(type_.items[0], wanted.items[0]) and all(conforms(theirs, own) for own, theirs in parameters)
    return conforms(type_.items[0] if type_.items else ANY, wanted.items[0])


def fits(type_: Type, value: object) -> bool:
    """Whether `value` is an instance of `type_`. null is an instance of Null only."""
    if type_.name == "Null":
        return value is None
    if value is None:
        return False
    if type_.name == "Any":
        return True
    if kind_of(value) != type_.name:
        return False
    check = _PARTS.get(type_.name)
    return True if check is None or not (type_.items or type_.keys) else check(type_, value)


def _list_fits(type_: Type, value: object) -> bool:
    return all(fits(type_.items[0], item) or item is None for item in value)  # type: ignore[attr-defined]


def _context_fits(type_: Type, value: object) -> bool:
    assert isinstance(value, dict)
    return all(key in value and (value[key] is None or fits(item, value[key])) for key, item in zip(type_.keys, type_.items, strict=True))


def _function_fits(type_: Type, value: object) -> bool:
    """Parameters may ask for less than the type gives, the result may be more than it asks for; an unknown result is trusted."""
    assert isinstance(value, Function)
    result, *given = type_.items
    if len(value.parameters) != len(given):
        return False
    accepts = all(conforms(each, wanted or ANY) for each, wanted in zip(given, value.types, strict=True))  # type: ignore[arg-type]
    return accepts and (value.result is None or conforms(value.result, result))  # type: ignore[arg-type]


def _range_fits(type_: Type, value: object) -> bool:
    assert isinstance(value, Range)
    return all(end is None or fits(type_.items[0], end) for end in (value.start, value.end))


_PARTS: dict[str, Callable[[Type, object], bool]] = {
    "list": _list_fits, "context": _context_fits, "function": _function_fits, "range": _range_fits,
}
