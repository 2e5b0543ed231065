"""A matcher that walks all alternatives at once (Thompson, Pike), so its time is at most text length times pattern size."""
from __future__ import annotations

from dataclasses import dataclass, field

from .budget import Run
from .errors import Null
from .pattern import Assertion, Characters, Choice, Group, Holds, Reference, Repeat, Sequence, Tree

PROGRAM_LIMIT = 3_000
# Instructions: one character, a fork with the preferred way first, remember a place, ask about a place, success.
CHARACTER, FORK, SAVE, ASK, MATCH = range(5)


@dataclass(slots=True)
class Program:
    """Instructions as (code, argument, target); targets of forks are pairs."""

    code: list[tuple[int, object, object]] = field(default_factory=list)
    groups: int = 0
    multiline: bool = False

    def emit(self, code: int, argument: object = None, target: object = None) -> int:
        if len(self.code) >= PROGRAM_LIMIT:
            raise Null("pattern_too_complex")
        self.code.append((code, argument, target))
        return len(self.code) - 1


def program_of(tree: Tree, groups: int, multiline: bool) -> Program:
    """The program for a pattern. Raises Null when it is too long or refers back to a group."""
    program = Program(groups=groups, multiline=multiline)
    program.emit(SAVE, 0)
    _emit(tree, program)
    program.emit(SAVE, 1)
    program.emit(MATCH)
    return program


def _emit(tree: Tree, program: Program) -> None:
    if isinstance(tree, Characters):
        program.emit(CHARACTER, tree.holds)
    elif isinstance(tree, Assertion):
        program.emit(ASK, tree.kind)
    elif isinstance(tree, Sequence):
        for item in tree.items:
            _emit(item, program)
    elif isinstance(tree, Choice):
        _emit_choice(tree, program)
    elif isinstance(tree, Group):
        if tree.number is not None:
            program.emit(SAVE, 2 * tree.number)
        _emit(tree.item, program)
        if tree.number is not None:
            program.emit(SAVE, 2 * tree.number + 1)
    elif isinstance(tree, Repeat):
        _emit_repeat(tree, program)
    elif isinstance(tree, Reference):
        raise Null("pattern_too_complex")


def _emit_choice(tree: Choice, program: Program) -> None:
    ends = []
    for item in tree.items[:-1]:
        fork = program.emit(FORK)
        _emit(item, program)
        ends.append(program.emit(FORK))
        program.code[fork] = (FORK, None, (fork + 1, len(program.code)))
    _emit(tree.items[-1], program)
    for end in ends:
        program.code[end] = (FORK, None, (len(program.code),))


def _emit_repeat(tree: Repeat, program: Program) -> None:
    start = len(program.code)
    for _ in range(tree.least):
        _emit(tree.item, program)
        if len(program.code) == start:
            return  # nothing, however often
    if tree.most is None:
        fork = program.emit(FORK)
        _emit(tree.item, program)
        program.emit(FORK, None, (fork,))
        _aim(program, fork, len(program.code), tree.lazy)
        return
    forks = []
    for _ in range(tree.most - tree.least):
        forks.append(program.emit(FORK))
        _emit(tree.item, program)
    for fork in forks:
        _aim(program, fork, len(program.code), tree.lazy)


def _aim(program: Program, fork: int, out: int, lazy: bool) -> None:
    program.code[fork] = (FORK, None, (out, fork + 1) if lazy else (fork + 1, out))


Places = tuple[int, ...]


def find(program: Program, text: str, start: int, run: Run) -> Places | None:
    """The leftmost match from `start` on, as start and end of the whole and of each group (-1: not part of it); or None."""
    blank = (-1,) * (2 * program.groups + 2)
    threads: list[tuple[int, Places]] = []
    best: Places | None = None
    for at in range(start, len(text) + 1):
        # Each place where a thread waits is visited once, whatever the number of ways to it.
        seen: set[int] = set()
        waiting: list[tuple[int, Places]] = []
        matched = None
        for counter, places in threads if best is not None else [*threads, (0, blank)]:
            matched = _follow(program, counter, places, text, at, seen, waiting)
            if matched is not None:
                best = matched
                break
        run.spend(len(seen) + 1)
        if not waiting and best is not None or at == len(text):
            return best
        character = text[at]
        threads = [(counter + 1, places) for counter, places in waiting if _holds(program, counter, character)]
        if not threads and best is not None:
            return best
    return best


def _holds(program: Program, counter: int, character: str) -> bool:
    holds: Holds = program.code[counter][1]  # type: ignore[assignment]
    return holds(character)


def _follow(program: Program, counter: int, places: Places, text: str, at: int, seen: set[int], waiting: list[tuple[int, Places]]) -> Places | None:
    """Go on from an instruction to all that wait for a character, in order of preference; the places of a match if one is reached."""
    stack = [(counter, places)]
    while stack:
        counter, places = stack.pop()
        if counter in seen:
            continue
        seen.add(counter)
        code, argument, target = program.code[counter]
        if code == CHARACTER:
            waiting.append((counter, places))
        elif code == MATCH:
            return places
        elif code == FORK:
            stack.extend((way, places) for way in reversed(target))  # type: ignore[call-overload]
        elif code == SAVE:
            slot: int = argument  # type: ignore[assignment]
            stack.append((counter + 1, (*places[:slot], at, *places[slot + 1:])))
        elif _stands(str(argument), text, at, program.multiline):
            stack.append((counter + 1, places))
    return None


def _stands(kind: str, text: str, at: int, multiline: bool) -> bool:
    if kind == "^":
        return at == 0 or (multiline and text[at - 1] == "\n")
    if kind == "$":
        return at == len(text) or (multiline and text[at] == "\n")
    before = at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_")
    behind = at < len(text) and (text[at].isalnum() or text[at] == "_")
    return (before is not behind) is (kind == "b")
