"""Regular expressions of XPath and XQuery, read into a tree.

Python's `re` differs in syntax, and can take exponential time. The tree knows how many ways it has to match, so that `regex` can give
harmless patterns to `re` and all others to a machine that takes linear time. Source: XQuery and XPath functions 3.1, §5.6.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from .errors import Null

PATTERN_LIMIT = 1_000
REPEAT_LIMIT = 1_000
DEPTH_LIMIT = 30
MANY = 10**18
FLAGS = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE, "x": re.NOFLAG, "q": re.NOFLAG}

Holds = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Characters:
    """One character for which `holds`; `source` is the same for `re`, if it can say it."""

    holds: Holds
    source: str | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place: "^", "$", "b" or "B"."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    item: Tree
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Group:
    item: Tree
    number: int | None


@dataclass(frozen=True, slots=True)
class Reference:
    number: int


Tree = Characters | Assertion | Sequence | Choice | Repeat | Group | Reference


def ways(tree: Tree, length: int) -> int:
    """At most so many ways to match some of `length` characters from one place, which bounds backtracking; MANY for no useful bound."""
    if isinstance(tree, Sequence):
        product = 1
        for item in tree.items:
            product = min(product * ways(item, length), MANY)
        return product
    if isinstance(tree, Choice):
        return min(sum(ways(item, length) for item in tree.items), MANY)
    if isinstance(tree, Group):
        return ways(tree.item, length)
    if isinstance(tree, Repeat):
        inner = ways(tree.item, length)
        if inner == MANY or (tree.least > 1 and _may_be_empty(tree.item)):
            return MANY  # for the latter, no length bounds how often it is repeated
        most = length + 1 if tree.most is None else min(tree.most, length + 1)  # the last time perhaps without a character
        if inner == 1:
            return max(most - tree.least + 1, 1)
        return MANY if most > 20 else min(sum(inner**times for times in range(most + 1)), MANY)
    return 1


def _may_be_empty(tree: Tree) -> bool:
    """Whether it can match without a character."""
    if isinstance(tree, Sequence):
        return all(map(_may_be_empty, tree.items))
    if isinstance(tree, Choice):
        return any(map(_may_be_empty, tree.items))
    if isinstance(tree, Repeat):
        return tree.least == 0 or _may_be_empty(tree.item)
    return _may_be_empty(tree.item) if isinstance(tree, Group) else not isinstance(tree, Characters)


def source_of(tree: Tree) -> str | None:
    """The pattern for `re`, or None if it cannot be said there."""
    if isinstance(tree, Characters):
        return tree.source
    if isinstance(tree, Assertion):
        return {"^": "^", "$": "$", "b": r"\b", "B": r"\B"}[tree.kind]
    if isinstance(tree, Reference):
        return f"(?:\\{tree.number})"
    parts = [source_of(item) for item in (tree.items if isinstance(tree, Sequence | Choice) else (tree.item,))]
    if None in parts:
        return None
    text = ("|" if isinstance(tree, Choice) else "").join(part for part in parts if part is not None)
    if isinstance(tree, Group):
        return f"(?:{text})" if tree.number is None else f"({text})"
    if isinstance(tree, Repeat):
        bounds = f"{{{tree.least},{'' if tree.most is None else tree.most}}}"
        return f"(?:{text}){bounds}{'?' if tree.lazy else ''}"
    return f"(?:{text})" if isinstance(tree, Choice) else text


_SPACE = " \t\n\r"
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_SYNTAX = "\\|.-^?*+{}()[]$ /\"'"


def _word(character: str) -> bool:
    return character.isalnum() or character == "_"


_CLASSES: dict[str, tuple[Holds, str | None]] = {
    "d": (str.isdecimal, r"\d"), "w": (_word, r"\w"), "s": (lambda c: c in _SPACE, r"[ \t\n\r]"),
    "i": (lambda c: c.isalpha() or c in "_:", None), "c": (lambda c: c.isalnum() or c in "_:.-\xb7", None),
}


def _class_escape(letter: str) -> Characters | None:
    found = _CLASSES.get(letter.lower())
    if found is None:
        return None
    holds, source = found
    if letter.islower():
        return Characters(holds, source)
    return Characters(lambda c: not holds(c), {"d": r"\D", "w": r"\W", "s": r"[^ \t\n\r]"}.get(letter.lower()))


def _category(name: str, negated: bool) -> Characters:
    """A Unicode category such as L or Lu, or one of the blocks that Chinese texts need."""
    if name in _BLOCKS:
        low, high = _BLOCKS[name]
        return Characters(lambda c: (low <= c <= high) is not negated, None)
    if not re.fullmatch(r"[LMNPZSC][a-z]?", name):
        raise Null("bad_pattern", part=f"\\p{{{name}}}")
    return Characters(lambda c: unicodedata.category(c).startswith(name) is not negated, None)


_BLOCKS = {"IsCJKUnifiedIdeographs": ("\u4e00", "\u9fff"), "IsBasicLatin": ("\0", "\x7f"), "IsHan": ("\u4e00", "\u9fff")}


class Reader:
    """One reading of a pattern."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.text = pattern
        self.at = 0
        self.depth = 0
        self.groups = 0
        self.ignore_case = "i" in flags
        self.dot_all = "s" in flags

    def bad(self, part: str = "") -> Null:
        return Null("bad_pattern", part=part or self.text[max(self.at - 1, 0):self.at + 10])

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def choice(self) -> Tree:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise Null("pattern_too_complex")
        items = [self.sequence()]
        while self.take("|"):
            items.append(self.sequence())
        self.depth -= 1
        return items[0] if len(items) == 1 else Choice(tuple(items))

    def sequence(self) -> Tree:
        items = []
        while self.peek() not in ("", "|", ")"):
            items.append(self.quantified(self.atom()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def quantified(self, tree: Tree) -> Tree:
        bounds = self.bounds()
        if bounds is None:
            return tree
        if isinstance(tree, Assertion):
            raise self.bad()
        return Repeat(tree, *bounds, lazy=self.take("?"))

    def bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("?", (0, 1)), ("*", (0, None)), ("+", (1, None))):
            if self.take(sign):
                return bounds
        if not self.take("{"):
            return None
        found = re.compile(r"(\d{1,9})(?:(,)(\d{1,9})?)?}").match(self.text, self.at)
        if not found:
            raise self.bad()
        self.at = found.end()
        least = int(found[1])
        most = int(found[3]) if found[3] else None if found[2] else least
        if max(least, most or 0) > REPEAT_LIMIT:
            raise Null("pattern_too_complex")
        if most is not None and most < least:
            raise self.bad()
        return least, most

    def atom(self) -> Tree:
        character = self.peek()
        self.at += 1
        if character == "(":
            return self.group()
        if character == "[":
            return self.characters()
        if character == "\\":
            return self.escape()
        if character == ".":
            return Characters(lambda c: True, "(?s:.)") if self.dot_all else Characters(lambda c: c not in "\n\r", r"[^\n\r]")
        if character in "^$":
            return Assertion(character)
        if character in "?*+{}]":
            raise self.bad()
        return self.folded(_one(character))

    def group(self) -> Tree:
        number = None
        if not self.take("?:"):
            if self.peek() == "?":
                raise self.bad()
            self.groups += 1
            number = self.groups
        tree = self.choice()
        if not self.take(")"):
            raise self.bad()
        return Group(tree, number)

    def escape(self) -> Tree:
        character = self.peek()
        if character in "123456789" and character:
            self.at += 1
            if int(character) > self.groups:
                raise self.bad()
            return Reference(int(character))
        if character and character in "bB":
            self.at += 1
            return Assertion(character)
        return self.folded(self.character_escape())

    def character_escape(self) -> Characters:
        character = self.peek()
        self.at += 1
        if character and character in "pP":
            found = re.compile(r"{([A-Za-z]+)}").match(self.text, self.at)
            if not found:
                raise self.bad()
            self.at = found.end()
            return _category(found[1], character == "P")
        known = _class_escape(character)
        if known is not None:
            return known
        if character not in _PLAIN_ESCAPES and (not character or character not in _SYNTAX):
            raise self.bad()
        return _one(_PLAIN_ESCAPES.get(character, character))

    def characters(self) -> Characters:
        """A class behind its opening bracket; `[a-z-[aeiou]]` takes away the second one."""
        negated = self.take("^")
        parts: list[Characters] = []
        without: Characters | None = None
        while not (self.peek() == "]" and parts):
            if self.at >= len(self.text):
                raise self.bad()
            if parts and self.take("-["):
                self.depth += 1
                if self.depth > DEPTH_LIMIT:
                    raise Null("pattern_too_complex")
                without = self.characters()
                self.depth -= 1
                if self.peek() != "]":
                    raise self.bad()
                break
            parts.append(self.folded(self.class_part()))
        self.at += 1
        return _union(parts, negated, without)

    def class_part(self) -> Characters:
        start = self.class_character()
        follows = self.text[self.at + 1:self.at + 2]
        if self.peek() != "-" or follows in ("]", "[", "") or isinstance(start, Characters):
            return start if isinstance(start, Characters) else _one(start)
        self.at += 1
        end = self.class_character()
        if isinstance(end, Characters) or end < start:
            raise self.bad()
        low, high = start, end
        return Characters(lambda c: low <= c <= high, f"{re.escape(low)}-{re.escape(high)}")

    def class_character(self) -> str | Characters:
        character = self.peek()
        self.at += 1
        if character != "\\":
            return character
        escaped = self.peek()
        if escaped and (escaped in _SYNTAX or escaped in _PLAIN_ESCAPES):
            self.at += 1
            return _PLAIN_ESCAPES.get(escaped, escaped)
        return self.character_escape()

    def folded(self, characters: Characters) -> Characters:
        if not self.ignore_case:
            return characters
        holds = characters.holds
        return Characters(lambda c: holds(c) or holds(c.lower()) or holds(c.upper()), characters.source)


def _one(character: str) -> Characters:
    return Characters(lambda c: c == character, re.escape(character))


def _union(parts: list[Characters], negated: bool, without: Characters | None) -> Characters:
    holders = tuple(part.holds for part in parts)
    sources = [part.source for part in parts]
    source = None
    # A class inside brackets, such as [ \t\n\r] for \s, must lose its own brackets; a negated one cannot be put there.
    if without is None and None not in sources and not any(text and text.startswith("[^") for text in sources):
        body = "".join(text.removeprefix("[").removesuffix("]") if text and len(text) > 2 and text[0] == "[" else str(text) for text in sources)
        source = f"[{'^' if negated else ''}{body}]"
    minus = without.holds if without else None

    def holds(character: str) -> bool:
        inside = any(holder(character) for holder in holders)
        return inside is not negated and not (minus is not None and minus(character))

    return Characters(holds, source)


def read_pattern(pattern: str, flags: str) -> tuple[Tree, int]:
    """The tree of a pattern and its number of groups. Raises Null when it is none, or too long."""
    if len(pattern) > PATTERN_LIMIT:
        raise Null("pattern_too_complex")
    if not set(flags) <= FLAGS.keys():
        raise Null("bad_pattern", part=flags)
    if "q" in flags:
        return Sequence(tuple(Reader("", flags).folded(_one(character)) for character in pattern)), 0
    if "x" in flags:
        # Blanks in brackets stay.
        pattern = re.sub(r"(\[(?:\\.|[^\]\\])*\])|[ \t\n\r]+", lambda found: found[1] or "", pattern)
    reader = Reader(pattern, flags)
    tree = reader.choice()
    if reader.at < len(pattern):
        raise reader.bad()
    return tree, reader.groups
