"""Walking over the tokens of one text: what comes next, names in all their forms, types, and helpful errors."""
from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from .budget import Position
from .errors import FeelSyntaxError
from .lexer import FULL_WIDTH, NameTable, Token, tokens_of, unescape
from .syntax import Type
from .types import PARAMETRIC, TYPE_NAMES

TEXT_LIMIT = 50_000
DEPTH_LIMIT = 40
KEYWORDS = frozenset(("and", "or", "in", "between", "then", "else", "return", "satisfies", "instance", "if", "for", "some", "every"))
_FOREIGN = {"==": "=", "&&": "and", "||": "or", "!": "not(…)", "%": "modulo(…)", "'": '"'}


class Reader:
    """One reading of one text: the tokens, where we are, how deep, and which names are known."""

    def __init__(self, text: str, names: Iterable[str], functions: NameTable, types: Mapping[str, Type] | None = None) -> None:
        if len(text) > TEXT_LIMIT:
            raise FeelSyntaxError("too_long", 1, 1, limit=TEXT_LIMIT)
        self.text = text
        self.tokens = tokens_of(text)
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.index = 0
        self.depth = 0
        self.names = NameTable(names)
        self.functions = functions
        self.types = types or {}
        self.type_names = NameTable(self.types)
        self.asks = False

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def at(self, token: Token | None = None) -> Position:
        start = (token or self.token).start
        line = bisect_right(self.lines, start)
        return Position(line, start - self.lines[line - 1] + 1)

    def sees(self, *texts: str) -> bool:
        token = self.tokens[self.index]
        return token.text in texts and token.kind in ("sign", "word")

    def take(self, text: str) -> bool:
        if self.sees(text):
            self.index += 1
            return True
        return False

    def expect(self, *texts: str) -> Token:
        token = self.token
        if not self.sees(*texts):
            raise self.unexpected(" ".join(texts))
        self.index += 1
        return token

    def unexpected(self, expected: str) -> FeelSyntaxError:
        """The error for the token we are at, as helpful as we can be about it."""
        token, at = self.token, self.at()
        wanted = expected in ("value", "operator", "name", "type")
        if len(self.tokens) == 1:
            return FeelSyntaxError("empty", *at)
        if token.kind == "end":
            return FeelSyntaxError("unexpected_end", *at) if wanted else FeelSyntaxError("missing_sign", *at, expected=expected)
        found = token.text[:40]
        if found in FULL_WIDTH:
            return FeelSyntaxError("full_width", *at, found=found, instead=FULL_WIDTH[found])
        if found in _FOREIGN:
            return FeelSyntaxError("foreign_operator", *at, found=found, instead=_FOREIGN[found])
        if wanted:
            return FeelSyntaxError(f"expected_{expected}", *at, found=found)
        return FeelSyntaxError("unexpected_token", *at, found=found, expected=expected)

    def end(self) -> None:
        if self.token.kind != "end":
            raise self.unexpected("operator")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise FeelSyntaxError("nested_too_deep", *self.at(), limit=DEPTH_LIMIT)

    # Names

    def entry_name(self) -> str:
        """The name behind a dot: a known one, or the words up to the next operator (`time offset`)."""
        known = self.names.match(self.tokens, self.index)
        if known:
            self.index = known[1]
            return known[0]
        if self.token.kind != "word":
            raise self.unexpected("name")
        words = [self.token.text]
        self.index += 1
        while self.token.kind == "word" and self.token.text not in KEYWORDS:
            words.append(self.token.text)
            self.index += 1
        return " ".join(words)

    def argument_name(self) -> str | None:
        """`name:` in front of an argument, if there is one."""
        known = self.names.match(self.tokens, self.index)
        end = known[1] if known else self.index
        while self.tokens[end].kind in ("word", "number"):
            end += 1
        if end == self.index or self.tokens[end].text != ":":
            return None
        words = known[0] if known and end == known[1] else self.source(self.index, end)
        self.index = end + 1
        return words

    def source(self, start: int, end: int) -> str:
        """The text of some tokens with single spaces."""
        return " ".join(self.text[self.tokens[start].start:self.tokens[end - 1].end].split())

    def known_name(self) -> str | None:
        """A known name of several tokens. Built-in functions only where they are called, so that `date and time` can be two variables."""
        own = self.names.match(self.tokens, self.index)
        built_in = self.functions.match(self.tokens, self.index)
        if built_in and self.tokens[built_in[1]].text == "(" and (not own or own[1] < built_in[1]):
            own = built_in
        if own is None:
            return None
        self.index = own[1]
        return own[0]

    def context_key(self) -> str:
        if self.token.kind == "string":
            return self.string()
        return self.declared_name(":")

    def declared_name(self, *ends: str) -> str:
        """A name where it is introduced: everything up to one of `ends`."""
        start = self.index
        while not self.sees(*ends) and self.token.kind != "end":
            if self.token.text in ("(", ")", "[", "]", "{", "}", ",", ":", '"', "=", "<", ">"):
                break
            self.index += 1
        if start == self.index or self.tokens[start].kind == "number":
            raise self.unexpected("name")
        return self.source(start, self.index)

    # Literals and types

    def string(self) -> str:
        token = self.token
        value = unescape(token.text)
        if value is None:
            raise FeelSyntaxError("invalid_escape", *self.at(), found=token.text[:40])
        self.index += 1
        return value

    def type(self) -> Type:
        at, found = self.at(), self.token.text
        named, behind = self.type_names.match(self.tokens, self.index) or (found, self.index + 1)
        for words, name in TYPE_NAMES.items():
            end = self.index + len(words)
            if tuple(token.text for token in self.tokens[self.index:end]) == words and (end >= behind or named not in self.types):
                self.index = end
                return self.type_parts(name)
        if named in self.types:
            self.index = behind
            return self.types[named]
        if self.token.kind != "word":
            raise self.unexpected("type")
        raise FeelSyntaxError("unknown_type", *at, found=found)

    def type_parts(self, name: str) -> Type:
        if name not in PARAMETRIC:
            return Type(name)
        if not self.take("<"):
            return Type(name, incomplete=True)
        self.deeper()
        items: list[Type] = []
        keys: list[str] = []
        while not self.sees(">"):
            if name == "context":
                keys.append(self.context_key())
                self.expect(":")
            items.append(self.type())
            if not self.take(","):
                break
        self.expect(">")
        if name == "function":
            self.expect("->")
            items.insert(0, self.type())
        self.depth -= 1
        return Type(name, tuple(items), tuple(keys))
