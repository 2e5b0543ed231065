"""The words and signs of a JUEL expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from engine.core.importing.pieces import NotConvertible

Kind = Literal["name", "number", "text", "sign", "end"]
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?)[lLdDfF]?(?![\w])
      | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<name>(?:(?:vars|var|variables):(?=[a-zA-Z]+\())?[^\W\d][\w$]*)
      | (?P<sign>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%!?:.,()\[\]<>])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(['\"\\])")


@dataclass(frozen=True)
class Token:
    """`text` is the value: of a text without its quotes, of a number in FEEL's notation. `column` counts from 1."""

    kind: Kind
    text: str
    column: int


def tokens(text: str) -> list[Token]:
    """All of them, with one of kind `end` behind. Raises NotConvertible."""
    found: list[Token] = []
    position, length = 0, len(text.rstrip())
    while position < length:
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:].lstrip()
            raise NotConvertible("syntax", found=rest[:1], column=length - len(rest.rstrip()) + 1)
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        found.append(Token(kind, _value(kind, match[kind]), match.start(kind) + 1))
        position = match.end()
    return [*found, Token("end", "", length + 1)]


def _value(kind: Kind, text: str) -> str:
    if kind == "text":
        return _ESCAPED.sub(r"\1", text[1:-1])
    if kind == "number":
        return f"{Decimal(text):f}"
    return text
