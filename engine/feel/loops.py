"""Iterating: `for`, `some`, `every`, and filters. Source: DMN 1.4 §10.3.2.5, §10.3.2.14, Tables 49 and 68."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from . import syntax
from .budget import Frame, Run
from .errors import BudgetExceeded, Null
from .scopes import Closure, Static
from .values import Range, kind_of

Compile = Callable[[syntax.Node, Static], Closure]
_ONE = Decimal(1)


def elements(value: object, run: Run) -> Iterable[object]:
    """What a loop goes through: a list, the whole numbers or days of a range, or a single value. Raises Null for null."""
    if type(value) is list:
        return value
    if type(value) is Range:
        start, end = value.start, value.end
        if not value.start_included:
            start = next(_after(start, run))
        return _steps(start, end, run, value.end_included, ascending=True)
    if value is None:
        raise Null("not_iterable", type="null")
    return [value]


def _after(start: object, run: Run) -> Iterator[object]:
    if type(start) is Decimal:
        yield start + _ONE
    elif type(start) is date and start < date.max:
        yield start + timedelta(days=1)
    raise Null("not_iterable", type=kind_of(start))


def _steps(start: object, end: object, run: Run, end_included: bool = True, ascending: bool = False) -> Iterable[object]:
    """From `start` to `end` by one, downwards if need be."""
    if type(start) is Decimal and type(end) is Decimal and start == start.to_integral_value() and end == end.to_integral_value():
        if max(abs(start), abs(end)) > 10**15:
            raise Null("number_out_of_range")
        return map(Decimal, _whole(int(start), int(end), end_included, ascending))
    if type(start) is date and type(end) is date:
        return map(date.fromordinal, _whole(start.toordinal(), end.toordinal(), end_included, ascending))
    raise Null("not_iterable", type=f"{kind_of(start)}..{kind_of(end)}")


def _whole(start: int, end: int, end_included: bool, ascending: bool) -> range:
    step = 1 if ascending or end >= start else -1
    return range(start, end + step if end_included else end, step)


def _domain(iterator: syntax.Iterator, compile_node: Compile, static: Static) -> Callable[[Frame], Iterable[object]]:
    first = compile_node(iterator.domain, static)
    if iterator.end is None:
        return lambda frame: elements(first(frame), frame.run)
    last = compile_node(iterator.end, static)
    return lambda frame: _steps(first(frame), last(frame), frame.run)


def _iteration(node: syntax.For | syntax.Quantified, compile_node: Compile, static: Static) -> tuple[Callable[[Frame], Iterator[Frame]], Static]:
    """A function that yields one frame per combination of loop variables, and what a body in it can see."""
    domains = []
    for iterator in node.iterators:
        domains.append((iterator.name, _domain(iterator, compile_node, static)))
        static = static.binding((iterator.name,))

    def frames(frame: Frame, level: int = 0) -> Iterator[Frame]:
        name, domain = domains[level]
        inner = level + 1 < len(domains)
        for value in domain(frame):
            frame.run.spend(2)
            here = Frame(frame.run, {name: value}, frame)
            if inner:
                yield from frames(here, level + 1)
            else:
                yield here

    return frames, static


def compile_for(node: syntax.For, compile_node: Compile, static: Static) -> Closure:
    frames, inner = _iteration(node, compile_node, static)
    used = static.found.local
    outer_uses = "partial" in used
    used.discard("partial")
    body = compile_node(node.body, inner.binding(("partial",)))
    shows_partial = "partial" in used
    if outer_uses:
        used.add("partial")

    def loop(frame: Frame) -> object:
        run, limit = frame.run, frame.run.budget.size
        result: list[object] = []
        try:
            for here in frames(frame):
                if shows_partial:
                    # A copy, since a body may keep it.
                    run.spend(len(result) >> 4)
                    here.values["partial"] = result.copy()  # type: ignore[index]
                result.append(body(here))
                if len(result) > limit:
                    raise BudgetExceeded("size", limit)
        except Null as problem:
            run.null(node.at, problem)
            return None
        return result

    return loop


def compile_quantified(node: syntax.Quantified, compile_node: Compile, static: Static) -> Closure:
    frames, inner = _iteration(node, compile_node, static)
    condition = compile_node(node.condition, inner)
    deciding = node.word == "some"

    def decide(frame: Frame) -> object:
        result: bool | None = not deciding
        try:
            for here in frames(frame):
                value = condition(here)
                if value is deciding:
                    return deciding
                if type(value) is not bool:
                    result = None
        except Null as problem:
            frame.run.null(node.at, problem)
            return None
        return result

    return decide


def compile_filter(node: syntax.Filter, compile_node: Compile, static: Static) -> Closure:
    base = compile_node(node.base, static)
    condition = compile_node(node.condition, static.filtering())
    literal = node.condition.value if isinstance(node.condition, syntax.Literal) else None

    def select(frame: Frame) -> object:
        value = base(frame)
        if value is None:
            return None
        items = value if type(value) is list else [value]
        if type(literal) is Decimal:
            return _pick(frame, items, literal)
        return _filter(frame, items)

    def _pick(frame: Frame, items: list[object], index: Decimal) -> object:
        place = int(index) if abs(index) <= len(items) else 0
        if place and place == index:
            return items[place - 1 if place > 0 else place]
        frame.run.warn(node.at, "no_such_element", {"index": str(index), "count": len(items)})
        return None

    def _filter(frame: Frame, items: list[object]) -> object:
        run, kept = frame.run, []
        if not items:
            return None if type(condition(Frame(run, {"item": None}, frame))) is Decimal else []
        for item in items:
            run.spend(2)
            here = Frame(run, {"item": item}, frame)
            result = condition(Frame(run, item, here) if type(item) is dict else here)
            if result is True:
                kept.append(item)
            elif type(result) is Decimal:
                return _pick(frame, items, result)
        return kept

    return select
