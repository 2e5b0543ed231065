"""Text → tokens, and the names that take several tokens.

FEEL names may hold spaces and operators ("date and time", "a+b"), so what a name is depends on which names are known. Tokens are cut
without that knowledge; `NameTable.match` then finds the longest known name at a token. Source: DMN 1.4 §10.3.1.2 to §10.3.1.6.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .budget import Position
from .errors import FeelSyntaxError

SPACE = "\\t-\\r \\x85\\xa0\\u1680\\u180e\\u2000-\\u200b\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
# Full-width forms are letters to the standard; typed by an input method they are nearly always meant as operators.
FULL_WIDTH = {"（": "(", "）": ")", "，": ",", "：": ":", "；": ";", "！": "!=", "＝": "=", "＞": ">", "＜": "<", "＋": "+", "－": "-", "＊": "*",
              "／": "/", "【": "[", "】": "]", "“": '"', "”": '"', "‘": '"', "’": '"', "。": ".", "、": ",", "《": "<", "》": ">", "？": "?"}
_LETTERS = ("A-Z_a-z\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c-\\u200d\\u2070-\\u218f\\u2c00-\\u2fef"
            "\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\U00010000-\\U000effff")
_NOT = f"(?![{''.join(FULL_WIDTH)}])"
_TOKEN = re.compile(rf"""
    (?P<space>(?:[{SPACE}]+|//[^\n]*|/\*.*?\*/)+)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>(?:{_NOT}[{_LETTERS}])(?:{_NOT}[{_LETTERS}0-9\xb7\u0300-\u036f\u203f-\u2040])*|\?)
  | (?P<sign>\*\*|<=|>=|!=|==|&&|\|\||\.\.|->|.)
""", re.VERBOSE | re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


class Token(NamedTuple):
    """A piece of the text; `kind` is "string", "number", "word", "sign" or "end"."""

    kind: str
    text: str
    start: int
    end: int


def position(text: str, offset: int) -> Position:
    """Line and column of a character, both from 1."""
    return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def tokens_of(text: str) -> list[Token]:
    """All tokens and one "end". Raises FeelSyntaxError for a string or comment without its end."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "sign"
        if kind == "space":
            continue
        start = match.start()
        if match[0] == '"':
            raise FeelSyntaxError("unterminated_string", *position(text, start))
        if match[0] == "/" and text.startswith("/*", start):
            raise FeelSyntaxError("unterminated_comment", *position(text, start))
        found.append(Token(kind, match[0], start, match.end()))
    found.append(Token("end", "", len(text), len(text)))
    return found


def unescape(literal: str) -> str | None:
    """The characters of a string literal with its quotes; None when an escape names no character.

    An unknown escape such as `\\d` stays as it is, so that patterns read naturally.
    """
    body = literal[1:-1]
    if "\\" not in body:
        return body

    def character(match: re.Match[str]) -> str:
        mark = match[1]
        return chr(int(mark[1:], 16)) if len(mark) > 1 else _ESCAPES.get(mark, match[0])

    try:
        # Two \u escapes may be the halves of one character.
        return _ESCAPE.sub(character, body).encode("utf-16", "surrogatepass").decode("utf-16")
    except (ValueError, OverflowError):
        return None


class NameTable:
    """Known names that are more than one word, found by their first two tokens; local ones are added and dropped by scope.

    A name is a sequence of tokens, so spaces do not matter: with `a-b` known, `a - b` is that name too, and `(a)-(b)` the difference.
    Source: DMN 1.4 §10.3.1.4, §10.3.1.6.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.by_start: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> bool:
        """Know `name` from here on; True if it needed an entry."""
        try:
            parts = _parts(tokens_of(name)[:-1])
        except FeelSyntaxError:
            return False
        if not parts or (len(parts) == 1 and _is_word(name)):
            return False
        entries = self.by_start.setdefault((parts[0], parts[1] if len(parts) > 1 else ""), [])
        entries.append((parts, name))
        entries.sort(key=lambda entry: -len(entry[0]))
        return True

    def drop(self, name: str) -> None:
        """Forget one entry of a name that `add` reported True for."""
        for entries in self.by_start.values():
            for entry in entries:
                if entry[1] == name:
                    entries.remove(entry)
                    return

    def match(self, tokens: list[Token], index: int) -> tuple[str, int] | None:
        """The longest known name that starts at a token, and the index behind it."""
        first = tokens[index].text
        second = tokens[index + 1].text if index + 1 < len(tokens) else ""
        for start in ((first, second), (first, "")):
            for parts, name in self.by_start.get(start, ()):
                end = index + len(parts)
                if end < len(tokens) and _parts(tokens[index:end]) == parts:
                    return name, end
        return None


def _parts(tokens: list[Token]) -> tuple[str, ...]:
    return tuple(token.text for token in tokens)


def _is_word(text: str) -> bool:
    found = _TOKEN.fullmatch(text)
    return bool(found and found.lastgroup == "word")
