"""JSON with the line of every value, so that each finding about a form can be placed.

Stricter than `json.loads`: a key twice in one object, NaN and Infinity, and nesting deeper than `DEPTH` are not let through.
Source: RFC 8259.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # public, but not in the stubs

from engine.core.forms.model import Json

DEPTH = 40
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_WORDS: tuple[tuple[str, Json], ...] = (("true", True), ("false", False), ("null", None))


class Malformed(Exception):
    """Text that is not JSON: `code` without its area, `line` and `column` from 1."""

    def __init__(self, code: str, line: int, column: int) -> None:
        super().__init__(f"{line}:{column}: {code}")
        self.code = code
        self.line = line
        self.column = column


@dataclass
class Located:
    """A JSON value and the line (from 1) of each of its parts by JSON pointer (RFC 6901); "" is the whole."""

    value: Json = None
    lines: dict[str, int] = field(default_factory=dict)
    duplicates: list[tuple[str, int]] = field(default_factory=list)  # pointer and line of each key met a second time

    def line(self, pointer: str) -> int | None:
        """The line of the value at `pointer`, or of its nearest ancestor that exists."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer)


def read_located(text: str) -> Located:
    """Parse `text`; raises Malformed at the first character that does not fit."""
    return _Reading(text).run()


def child(pointer: str, key: str | int) -> str:
    """The pointer of a member or an item."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


class _Reading:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found = Located()
        self.counted = (0, 1)  # everything before this offset has been counted into this line

    def run(self) -> Located:
        self.found.value, end = self.read(self.skip(0), "", 0)
        if self.skip(end) != len(self.text):
            raise self.malformed("json_trailing", self.skip(end))
        return self.found

    def skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def line(self, at: int) -> int:
        offset, line = self.counted
        line += self.text.count("\n", offset, at) if at >= offset else -self.text.count("\n", at, offset)
        self.counted = (at, line)
        return line

    def malformed(self, code: str, at: int) -> Malformed:
        return Malformed(code, self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at))

    def read(self, at: int, pointer: str, depth: int) -> tuple[Json, int]:
        if depth > DEPTH:
            raise self.malformed("json_too_deep", at)
        self.found.lines.setdefault(pointer, self.line(at))
        first = self.text[at : at + 1]
        if first == "{":
            return self.read_object(at, pointer, depth)
        if first == "[":
            return self.read_array(at, pointer, depth)
        if first == '"':
            return self.read_string(at)
        for word, value in _WORDS:
            if self.text.startswith(word, at):
                return value, at + len(word)
        return self.read_number(at)

    def read_string(self, at: int) -> tuple[str, int]:
        try:
            text, end = scanstring(self.text, at + 1, True)
            return str(text), int(end)
        except JSONDecodeError as error:
            raise self.malformed("json_string", error.pos) from None

    def read_number(self, at: int) -> tuple[Json, int]:
        match = _NUMBER.match(self.text, at)
        if match is None or len(match.group()) > 40:
            raise self.malformed("json_value", at)
        if match.group(1) or match.group(2):
            number = float(match.group())
            if number in (float("inf"), float("-inf")):
                raise self.malformed("json_value", at)
            return number, match.end()
        return int(match.group()), match.end()

    def read_object(self, at: int, pointer: str, depth: int) -> tuple[Json, int]:
        members: dict[str, Json] = {}
        for start in self.items(at, "}"):
            if self.text[start : start + 1] != '"':
                raise self.malformed("json_key", start)
            key, end = self.read_string(start)
            colon = self.skip(end)
            if self.text[colon : colon + 1] != ":":
                raise self.malformed("json_colon", colon)
            if key in members:
                self.found.duplicates.append((child(pointer, key), self.line(start)))
            members[key], self.end = self.read(self.skip(colon + 1), child(pointer, key), depth + 1)
        return members, self.end

    def read_array(self, at: int, pointer: str, depth: int) -> tuple[Json, int]:
        values: list[Json] = []
        for start in self.items(at, "]"):
            value, self.end = self.read(start, child(pointer, len(values)), depth + 1)
            values.append(value)
        return values, self.end

    def items(self, at: int, closing: str) -> Iterator[int]:
        """Start of each item between the brackets; the caller leaves the end of the item in `self.end`."""
        start = self.skip(at + 1)
        if self.text[start : start + 1] == closing:
            self.end = start + 1
            return
        while True:
            yield start
            after = self.skip(self.end)
            if self.text[after : after + 1] == closing:
                self.end = after + 1
                return
            if self.text[after : after + 1] != ",":
                raise self.malformed("json_comma", after)
            start = self.skip(after + 1)
