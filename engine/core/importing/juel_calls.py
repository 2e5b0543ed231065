"""Members, methods and functions that old expressions use and FEEL has an exact answer for. Everything else is for a person.

A method of a bean does something we cannot see; so only methods are listed that values themselves have.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.bpmn.names import is_variable
from engine.core.importing.pieces import ADDITION, COMPARISON, PATH, NotConvertible, Piece, quoted, variable

_BUSINESS_KEY = frozenset({"processBusinessKey", "businessKey"})
_SAME = frozenset({"stringValue", "numberValue", "boolValue", "value", "toDate", "toInstant"})  # a value is what it is
_TEXT_METHODS: Mapping[str, str] = {
    "startsWith": "starts with", "endsWith": "ends with", "toLowerCase": "lower case", "toUpperCase": "upper case", "trim": "trim",
    "length": "string length",
}  # fmt: skip
_TAKES_ONE = frozenset({"startsWith", "endsWith"})
_GIVES_TEXT = frozenset({"toLowerCase", "toUpperCase", "trim"})
_SPANS: Mapping[str, str] = {
    "Years": "P{}Y", "Months": "P{}M", "Weeks": "P{}W", "Days": "P{}D", "Hours": "PT{}H", "Minutes": "PT{}M", "Seconds": "PT{}S",
}  # fmt: skip
_COMPARISONS: Mapping[str, str] = {
    "eq": "=", "equals": "=", "ne": "!=", "notEquals": "!=", "lt": "<", "lessThan": "<", "lte": "<=", "lessThanOrEquals": "<=",
    "gt": ">", "greaterThan": ">", "gte": ">=", "greaterThanOrEquals": ">=",
}  # fmt: skip


def member(piece: Piece, name: str) -> Piece:
    """`a.b`, and `a["b"]`."""
    if piece.is_execution:
        if name in _BUSINESS_KEY:
            return Piece("business_key", PATH)
        raise NotConvertible("object", name=f"execution.{name}")
    if is_variable(name):
        return Piece(f"{piece.within(PATH)}.{name}", PATH)
    return Piece(f"get value({piece.final()}, {quoted(name)})", PATH)


def method(piece: Piece, name: str, arguments: list[Piece]) -> Piece:
    """`a.method(…)`. Raises NotConvertible with the method's name."""
    if piece.is_execution:
        return _of_execution(name, arguments)
    count = len(arguments)
    if name in _SAME and count == 0:
        return piece
    if name == "prop" and count == 1 and arguments[0].literal is not None:
        return member(piece, arguments[0].literal)
    if name in _TEXT_METHODS and count == (name in _TAKES_ONE):
        inside = ", ".join(one.final() for one in (piece, *arguments))
        return Piece(f"{_TEXT_METHODS[name]}({inside})", PATH, is_text=name in _GIVES_TEXT)
    if name == "toString" and count == 0:
        return piece.as_text()
    if name == "equals" and count == 1:
        return _compared(piece, "=", arguments[0])
    if name == "size" and count == 0:
        return Piece(f"count({piece.final()})", PATH)
    shifted = _shifted(piece, name, arguments)
    if shifted is None:
        raise NotConvertible("method", name=name)
    return shifted


def function(name: str, arguments: list[Piece]) -> Piece:
    """`now()`, `dateTime()` and Flowable's `vars:…(x)`."""
    if name in ("now", "dateTime") and not arguments:
        return Piece("now()", PATH)
    prefix, _, word = name.rpartition(":")
    if not prefix or not arguments:
        raise NotConvertible("method", name=name)
    first = _named(arguments[0])
    if word == "get" and len(arguments) == 1:
        return first
    if word == "getOrDefault" and len(arguments) == 2:
        return Piece(f"get or else({first.final()}, {arguments[1].final()})", PATH)
    if word == "exists" and len(arguments) == 1:
        return _compared(first, "!=", Piece("null", PATH))
    if word in _COMPARISONS and len(arguments) == 2:
        return _compared(first, _COMPARISONS[word], arguments[1])
    raise NotConvertible("method", name=name)


def _of_execution(name: str, arguments: list[Piece]) -> Piece:
    if name in ("getVariable", "getVariableLocal", "hasVariable") and len(arguments) == 1 and arguments[0].literal is not None:
        found = variable(arguments[0].literal)
        return Piece(f"is defined({found.final()})", PATH) if name == "hasVariable" else found
    if name.startswith("get") and name[3:4].isupper() and not arguments:
        return member(Piece("execution", PATH, is_execution=True), name[3].lower() + name[4:])
    raise NotConvertible("object", name=f"execution.{name}()")


def _named(piece: Piece) -> Piece:
    """Flowable takes the variable itself or its name as a text."""
    return piece if piece.literal is None else variable(piece.literal)


def _shifted(piece: Piece, name: str, arguments: list[Piece]) -> Piece | None:
    """`.plusDays(3)` on a point in time."""
    for word, sign in (("plus", "+"), ("minus", "-")):
        span = _SPANS.get(name.removeprefix(word)) if name.startswith(word) else None
        if span is not None and len(arguments) == 1:
            amount = arguments[0]
            if amount.text.isdigit():
                return Piece(f"{piece.within(ADDITION)} {sign} duration({quoted(span.format(amount.text))})", ADDITION)
            before, after = span.split("{}")
            text = f"duration({quoted(before)} + string({amount.final()}) + {quoted(after)})"
            return Piece(f"{piece.within(ADDITION)} {sign} {text}", ADDITION)
    return None


def _compared(left: Piece, sign: str, right: Piece) -> Piece:
    return Piece(f"{left.within(ADDITION)} {sign} {right.within(ADDITION)}", COMPARISON)
