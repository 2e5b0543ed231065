"""What the compiler knows about names, and the closures that find their values: names, paths, properties."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from . import syntax
from .border import read
from .budget import Frame, Position, Run, Warning
from .builtins import FUNCTIONS, as_value
from .errors import Null
from .temporal import MICROSECOND, time_offset
from .values import MICROSECONDS_A_DAY, DaysTimeDuration, Range, YearsMonthsDuration, kind_of

Closure = Callable[[Frame], object]
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Found:
    """What came up while compiling: names certainly from the scope, perhaps from it, and local ones; and what cannot go well."""

    certain: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    problems: list[Warning] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Static:
    """Names in reach of a node: those bound around it, whether there are local frames, whether an item's entries may hide others,
    and whether a name may be missing without harm."""

    found: Found
    known: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    nested: bool = False
    filtered: bool = False
    optional: bool = False

    def binding(self, names: Iterable[str]) -> Static:
        return replace(self, bound=self.bound.union(names), nested=True)

    def filtering(self) -> Static:
        return replace(self, bound=self.bound | {"item"}, nested=True, filtered=True)

    def problem(self, at: Position, problem: Null) -> None:
        """Note something that gives null whatever the scope holds."""
        self.found.problems.append(Warning(problem.code, at.line, at.column, problem.facts))

    def met(self, name: str) -> None:
        """Note the use of a name as a value."""
        if name in self.bound:
            self.found.local.add(name)
        elif self.filtered or self.optional or (name in FUNCTIONS and name not in self.known):
            self.found.possible.add(name)
        else:
            self.found.certain.add(name)


def root_of(frame: Frame) -> Frame:
    """The frame of the scope that an expression, or the function it is in, was written for."""
    while frame.parent is not None:
        frame = frame.parent
    return frame


def read_host(raw: object, root: Run, key: object) -> object:
    """A host value as a FEEL value; lists and contexts are read once in an evaluation."""
    kind = type(raw)
    if kind is str or raw is None or kind is bool:
        return raw
    if kind is int or kind is Decimal:
        return read(raw)
    if root.cache is None:
        root.cache = {}
    if key not in root.cache:
        root.cache[key] = read(raw)
    return root.cache[key]


def read_global(name: str, root: Run, run: Run, at: Position) -> object:
    """The scope's value for a name, else the built-in function of that name, else null."""
    raw = root.scope.get(name, _MISSING)
    if raw is not _MISSING:
        try:
            return read_host(raw, root, name)
        except Null as problem:
            run.null(at, problem)
            return None
    if name in FUNCTIONS:
        return as_value(name)
    run.warn(at, "unknown_name", {"name": name})
    return None


def compile_name(node: syntax.Name, static: Static) -> Closure:
    static.met(node.name)
    name, at = node.name, node.at

    def from_scope(frame: Frame) -> object:
        return read_global(name, frame.run, frame.run, at)

    def from_frames(frame: Frame) -> object:
        here = frame
        while here.parent is not None:
            if name in here.values:  # type: ignore[operator]
                return here.values[name]  # type: ignore[index]
            here = here.parent
        return read_global(name, here.run, frame.run, at)

    return from_frames if static.nested else from_scope


def compile_path(node: syntax.Path, compile_node: Callable[[syntax.Node, Static], Closure], static: Static) -> Closure:
    steps = [(node.name, node.at)]
    base = node.base
    while isinstance(base, syntax.Path):
        steps.insert(0, (base.name, base.at))
        base = base.base
    if isinstance(base, syntax.Name) and base.name not in static.bound and not static.filtered and base.name not in FUNCTIONS:
        static.met(base.name)
        return _scope_path(base, steps)
    value_of = compile_node(base, static)

    def walk(frame: Frame) -> object:
        return _walk(value_of(frame), steps, frame.run)

    return walk


def _walk(value: object, steps: list[tuple[str, Position]], run: Run) -> object:
    for name, at in steps:
        try:
            value = property_of(value, name, run)
        except Null as problem:
            run.null(at, problem)
            return None
    return value


def _scope_path(base: syntax.Name, steps: list[tuple[str, Position]]) -> Closure:
    """A path into the scope. It walks the host's own dicts, so that only what is asked for is read."""
    key = (base.name, *(name for name, _ in steps))

    def walk(frame: Frame) -> object:
        root, run = root_of(frame).run, frame.run
        raw = root.scope.get(base.name, _MISSING)
        if raw is _MISSING:
            run.warn(base.at, "unknown_name", {"name": base.name})
            return None
        try:
            for index, (name, at) in enumerate(steps):
                if type(raw) is not dict:
                    return _walk(read_host(raw, root, key[:index + 1]), steps[index:], run)
                if name not in raw:
                    run.warn(at, "no_such_entry", {"name": name})
                    return None
                raw = raw[name]
            return read_host(raw, root, key)
        except Null as problem:
            run.null(base.at, problem)
            return None

    return walk


def property_of(value: object, name: str, run: Run) -> object:
    """`value.name`: an entry of a context, that of every element of a list, or a part of a temporal value, duration or range."""
    if type(value) is dict:
        if name not in value:
            raise Null("no_such_entry", name=name)
        return value[name]
    if type(value) is list:
        run.spend(len(value) + 1)
        return [_property_or_null(item, name, run) for item in value]
    if value is None:
        return None
    part = PROPERTIES.get(type(value), {}).get(name)
    if part is None:
        raise Null("no_such_property", name=name, type=kind_of(value))
    return part(value)


def _property_or_null(value: object, name: str, run: Run) -> object:
    try:
        return property_of(value, name, run)
    except Null:
        return None


def _seconds(value: time | datetime) -> Decimal:
    return Decimal(value.second) + Decimal(value.microsecond).scaleb(-6)


def _offset(value: time | datetime) -> object:
    offset = time_offset(value)
    return None if offset is None else DaysTimeDuration(offset // MICROSECOND)


def _part(value: DaysTimeDuration, unit: int, size: int) -> Decimal:
    """How many whole units, up to the next larger one; all parts carry the sign of the duration."""
    amount = abs(value.microseconds) // unit
    amount = amount % size if size else amount
    return Decimal(-amount if value.microseconds < 0 else amount)


def _duration_seconds(value: DaysTimeDuration) -> Decimal:
    return _part(value, 1, 60_000_000) / 1_000_000


def _calendar(value: YearsMonthsDuration, months: bool) -> Decimal:
    years, rest = divmod(abs(value.months), 12)
    amount = rest if months else years
    return Decimal(-amount if value.months < 0 else amount)


_DATE: dict[str, Callable[..., object]] = {
    "year": lambda v: Decimal(v.year), "month": lambda v: Decimal(v.month), "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(v.isoweekday()),
}
_TIME: dict[str, Callable[..., object]] = {
    "hour": lambda v: Decimal(v.hour), "minute": lambda v: Decimal(v.minute), "second": _seconds, "time offset": _offset,
    "timezone": lambda v: v.tzinfo.key if isinstance(v.tzinfo, ZoneInfo) else None,
}
# Source: DMN 1.4 Tables 65 to 67.
PROPERTIES: dict[type, dict[str, Callable[..., object]]] = {
    date: _DATE, time: _TIME, datetime: {**_DATE, **_TIME},
    DaysTimeDuration: {"days": lambda v: _part(v, MICROSECONDS_A_DAY, 0), "hours": lambda v: _part(v, 3_600_000_000, 24),
                       "minutes": lambda v: _part(v, 60_000_000, 60), "seconds": _duration_seconds},
    YearsMonthsDuration: {"years": lambda v: _calendar(v, False), "months": lambda v: _calendar(v, True)},
    Range: {"start": lambda v: v.start, "end": lambda v: v.end, "start included": lambda v: v.start_included,
            "end included": lambda v: v.end_included},
}
