"""What a `typeRef` means: the FEEL types and a model's own item definitions, and how a process variable becomes such a value.

Process variables are JSON, so dates, times and durations arrive as texts: they are read where the type asks for one, as Camunda 8
does. Nothing else is converted, and what does not fit raises Mismatch. Source: DMN 1.4 §7.3.3, §10.3.2.9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from engine.core.dmn.cells import Cell
from engine.feel import syntax
from engine.feel.temporal import parse_date, parse_date_time, parse_duration, parse_time
from engine.feel.values import DaysTimeDuration, Function, Range, YearsMonthsDuration, kind_of

Allows: TypeAlias = Callable[[Cell, object, Mapping[str, object]], bool]


class Mismatch(Exception):
    """A value that is not of its type. `path` leads to the offending part, e.g. `applicant.age`, or is empty."""

    def __init__(self, expected: str, value: object, path: str = "", allowed: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.value = value
        self.path = path
        self.allowed = allowed

    def inside(self, part: str) -> Mismatch:
        return Mismatch(self.expected, self.value, f"{part}.{self.path}" if self.path else part, self.allowed)


@dataclass(frozen=True)
class Type:
    """A type by its FEEL kind. `item` is set for lists, `components` for contexts with known entries.

    `allowed` narrows it, and `wider` are the allowed values of the types that it narrows.
    """

    name: str
    kind: str
    item: Type | None = None
    components: Mapping[str, Type] = field(default_factory=dict)
    allowed: Cell | None = None
    wider: tuple[Cell, ...] = ()
    output: Type | None = None  # what a function gives, if its definition says so
    takes: tuple[Type, ...] | None = None  # the parameters of a function, likewise

    @property
    def result(self) -> Type:
        """What a function declared with this type gives: older files write the type of the result itself."""
        if self.kind == "function":
            return self.output or ANY
        return self


ANY = Type("Any", "any")
_KINDS = {
    "any": "any",
    "string": "string",
    "boolean": "boolean",
    "number": "number",
    "integer": "integer",
    "long": "integer",
    "double": "number",
    "date": "date",
    "time": "time",
    "datetime": "date and time",
    "date and time": "date and time",
    "daytimeduration": "days and time duration",
    "days and time duration": "days and time duration",
    "yearmonthduration": "years and months duration",
    "years and months duration": "years and months duration",
    "context": "context",
    "list": "list",
    "function": "function",
    "range": "range",
    "null": "null",
}
CLASSES: dict[str, type] = {
    "string": str,
    "boolean": bool,
    "number": Decimal,
    "date": date,
    "time": time,
    "date and time": datetime,
    "days and time duration": DaysTimeDuration,
    "years and months duration": YearsMonthsDuration,
    "context": dict,
    "list": list,
    "function": Function,
    "range": Range,
    "integer": Decimal,
    "null": type(None),
}
TEMPORAL = frozenset({date, time, datetime, DaysTimeDuration, YearsMonthsDuration})
_READERS: dict[str, Callable[[str], object]] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "days and time duration": parse_duration,
    "years and months duration": parse_duration,
}


def built_in(name: str) -> Type | None:
    """The FEEL type called `name`, in the spelling of DMN, of Camunda (`dateTime`) or with a prefix (`feel:string`)."""
    kind = _KINDS.get(name.rpartition(":")[2].strip().lower())
    return None if kind is None else Type(name.rpartition(":")[2].strip(), kind)


def plain(value: object) -> object:
    """A JSON number as FEEL's decimal; anything else as it is."""
    if type(value) is int:
        return Decimal(value)
    if type(value) is float:
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else None
    return value


def as_feel(wanted: Type) -> syntax.Type:
    """The type as FEEL's `instance of` asks for it: allowed values do not count. Source: DMN 1.4 §10.3.2.9."""
    if wanted.kind == "list" and wanted.item is not None:
        return syntax.Type("list", (as_feel(wanted.item),))
    if wanted.takes is not None:
        return syntax.Type("function", (as_feel(wanted.result), *map(as_feel, wanted.takes)))
    if wanted.components:
        return syntax.Type("context", tuple(map(as_feel, wanted.components.values())), tuple(wanted.components))
    return syntax.Type({"any": "Any", "integer": "number", "null": "Null"}.get(wanted.kind, wanted.kind))


def convert(value: object, wanted: Type, allows: Allows, *, partial: bool = False) -> object:
    """`value` as a value of type `wanted`; null belongs to every type. Raises Mismatch.

    `allows(cell, value, siblings)` judges the allowed values of a type; in an entry of a context, they may name the other entries. A context
    lacks no entry of its type, unless it may be `partial`: process variables leave out what is null.
    """
    if value is None:
        return None
    converted = _shape(value, wanted, allows, partial)
    _judge(converted, wanted, allows, {})
    return converted


def _judge(value: object, wanted: Type, allows: Allows, siblings: Mapping[str, object]) -> None:
    for cell in (*wanted.wider, wanted.allowed):
        if cell is not None and not allows(cell, value, siblings):
            raise Mismatch(wanted.name, value, allowed=cell.text)


def _shape(value: object, wanted: Type, allows: Allows, partial: bool) -> object:
    if wanted.kind == "any":
        return plain(value)
    if wanted.kind == "list" and wanted.item is not None:
        return _list(value, wanted.item, allows, partial)
    value = plain(value)
    if type(value) is list and len(value) == 1 and wanted.kind != "list":
        return convert(value[0], wanted, allows, partial=partial)  # §10.3.2.9.4: a list of one is its element where one is wanted
    reader = _READERS.get(wanted.kind)
    if reader is not None:
        value = _temporal(value, wanted, reader)
    if type(value) is not CLASSES[wanted.kind]:
        raise Mismatch(wanted.name, value)
    if wanted.kind == "integer" and isinstance(value, Decimal) and value != value.to_integral_value():
        raise Mismatch(wanted.name, value)
    return _context(value, wanted, allows, partial) if wanted.components else value  # type: ignore[arg-type]


def _temporal(value: object, wanted: Type, reader: Callable[[str], object]) -> object:
    if type(value) is str:
        read = reader(value.strip())
        if read is None:
            raise Mismatch(wanted.name, value)
        return read
    if wanted.kind == "date and time" and type(value) is date:
        return datetime.combine(value, time(tzinfo=UTC))  # §10.3.2.9.4
    return value


def _list(value: object, item: Type, allows: Allows, partial: bool) -> list[object]:
    values = value if type(value) is list else [value]
    converted = []
    for index, each in enumerate(values, 1):
        try:
            converted.append(convert(each, item, allows, partial=partial))
        except Mismatch as mismatch:
            raise mismatch.inside(str(index)) from None
    return converted


def _context(value: dict[str, object], wanted: Type, allows: Allows, partial: bool) -> dict[str, object]:
    """Entries of their types first; then all of them are there to be judged, each with the others in sight. Source: DMN 1.4 §7.3.3."""
    converted = dict(value)
    for name, component in wanted.components.items():
        if name not in value and not partial:
            raise Mismatch(component.name, None, name)
        given = value.get(name)
        try:
            converted[name] = None if given is None else _shape(given, component, allows, partial)
        except Mismatch as mismatch:
            raise mismatch.inside(name) from None
    for name, component in wanted.components.items():
        if converted[name] is not None:
            try:
                _judge(converted[name], component, allows, converted)
            except Mismatch as mismatch:
                raise mismatch.inside(name) from None
    return converted


def same(a: object, b: object) -> bool:
    """Equal as FEEL sees it: kinds are never mixed, `1` is `1.0`."""
    a, b = plain(a), plain(b)
    if type(a) is list and type(b) is list:
        return len(a) == len(b) and all(map(same, a, b))
    if type(a) is dict and type(b) is dict:
        return a.keys() == b.keys() and all(same(each, b[name]) for name, each in a.items())
    if kind_of(a) != kind_of(b):
        return False
    try:
        return bool(a == b)
    except TypeError:
        return False
