"""Patterns in bounded time: matches, replace, split, extract.

A pattern that backtracking cannot make expensive on this text runs in `re`; any other in the linear `machine`.
Source: DMN 1.4 §10.3.4.3, which takes patterns and replacements from XPath.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from .budget import Run
from .errors import Null
from .machine import Places, Program, find, program_of
from .pattern import FLAGS, MANY, Tree, read_pattern, source_of, ways

# About a tenth of a second in `re` at the very worst.
_COST_LIMIT = 2_000_000


@dataclass(slots=True)
class Pattern:
    """A pattern that has been read; the program is made when it is first needed."""

    tree: Tree
    groups: int
    multiline: bool
    fast: re.Pattern[str] | None
    program: Program | None = None


@lru_cache(maxsize=512)
def _pattern(text: str, flags: str) -> Pattern:
    tree, groups = read_pattern(text, flags)
    source = source_of(tree)
    fast = None
    if source is not None:
        options = re.NOFLAG
        for flag in flags:
            options |= FLAGS[flag]
        if "m" not in flags:
            # `$` in Python also stands before a last line break.
            source = re.sub(r"(\\.)|\$", lambda found: found[1] or r"\Z", source)
        try:
            fast = re.compile(source, options)
        except (re.error, RecursionError, OverflowError):
            fast = None
    return Pattern(tree, groups, "m" in flags, fast)


def _spans(pattern: Pattern, text: str, run: Run) -> Iterator[Places]:
    """All matches from left to right that do not overlap."""
    run.spend(len(text) >> 3)
    if pattern.fast is not None:
        cost = ways(pattern.tree, len(text))
        if cost < MANY and cost * (len(text) + 1) <= _COST_LIMIT:
            yield from _all(text, lambda start: _places(pattern, text, start))
            return
    if pattern.program is None:
        pattern.program = program_of(pattern.tree, pattern.groups, pattern.multiline)
    program = pattern.program
    yield from _all(text, lambda start: find(program, text, start, run))


def _all(text: str, find_from: Callable[[int], Places | None]) -> Iterator[Places]:
    """One match after the other. After an empty one the next begins further on, whichever engine looks: `re` by itself would look there again."""
    start = 0
    while start <= len(text):
        places = find_from(start)
        if places is None:
            return
        yield places
        start = places[1] if places[1] > places[0] else places[1] + 1


def _places(pattern: Pattern, text: str, start: int) -> Places | None:
    match = pattern.fast.search(text, start) if pattern.fast is not None else None
    return tuple(place for group in range(pattern.groups + 1) for place in match.span(group)) if match is not None else None


def search(pattern: str, flags: str, text: str, run: Run) -> bool:
    """Whether the pattern matches somewhere. Raises Null for a pattern that is none."""
    return next(_spans(_pattern(pattern, flags), text, run), None) is not None


def find_all(pattern: str, flags: str, text: str, run: Run) -> list[str]:
    """The parts that match; empty ones are no part."""
    return [text[places[0]:places[1]] for places in _spans(_pattern(pattern, flags), text, run) if places[1] > places[0]]


def split(pattern: str, text: str, run: Run) -> list[str]:
    """The parts between the matches."""
    parts, at = [], 0
    for places in _spans(_consuming(pattern, "", run), text, run):
        parts.append(text[at:places[0]])
        at = places[1]
    return [*parts, text[at:]]


def replace(pattern: str, flags: str, text: str, replacement: str, run: Run) -> str:
    """The text with every match replaced; `$1` in the replacement is a group, `$0` the whole match, `\\$` a dollar sign."""
    compiled = _consuming(pattern, flags, run)
    template = [replacement] if "q" in flags else _template(replacement, compiled.groups)
    parts: list[str] = []
    at = size = 0
    for places in _spans(compiled, text, run):
        parts.append(text[at:places[0]])
        for piece in template:
            part = piece if isinstance(piece, str) else text[max(places[2 * piece], 0):max(places[2 * piece + 1], 0)]
            parts.append(part)
            size += len(part)
        at = places[1]
        if size > run.budget.size:
            break
    run.grow(size)
    return "".join([*parts, text[at:]])


def _consuming(pattern: str, flags: str, run: Run) -> Pattern:
    """A pattern that does not match nothing: there would be no end to what is between."""
    compiled = _pattern(pattern, flags)
    if next(_spans(compiled, "", run), None) is not None:
        raise Null("pattern_matches_nothing")
    return compiled


def _template(replacement: str, groups: int) -> list[str | int]:
    pieces: list[str | int] = []
    at = 0
    while at < len(replacement):
        character = replacement[at]
        if character == "\\" and replacement[at + 1:at + 2] in ("\\", "$"):
            pieces.append(replacement[at + 1])
            at += 2
        elif character == "$":
            found = re.compile(r"\$(\d{1,3})", re.ASCII).match(replacement, at)
            if not found:
                raise Null("bad_replacement", part=replacement[at:at + 10])
            digits = found[1]
            # `$12` is group 1 and a "2" where there are fewer than twelve groups.
            while len(digits) > 1 and int(digits) > groups:
                digits = digits[:-1]
            pieces.append(int(digits) if int(digits) <= groups else "")
            at += 1 + len(digits)
        else:
            pieces.append(character)
            at += 1
    return pieces
