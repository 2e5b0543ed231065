"""A form laid out for one moment: each component at its place, rows of lists included, with what was sent for it.

`settling.fill` makes one and works out conditions and values.
"""

from __future__ import annotations

import copy
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from engine.core.forms.kinds import KINDS
from engine.core.forms.model import Component, FieldError, Form, Invalid, Json, Option, Path
from engine.core.forms.names import html_name
from engine.core.forms.sources import ABSENT, Source
from engine.core.forms.templates import render

Scope = Mapping[str, object]


@dataclass(frozen=True)
class Place:
    """The form itself, or one row of a list. Inside a row `this` is the row, `parent` what holds the list, `i` its number."""

    data: dict[str, Json]  # the whole, as expressions see it
    holder: dict[str, Json]  # where the values of this place are put: `data` itself or the row
    parent: dict[str, Json] | None = None
    numbers: tuple[int, ...] = ()  # of the row and the rows around it, from 1

    def scope(self) -> Scope:
        special: dict[str, object] = {"this": self.holder, "parent": self.parent, "i": list(self.numbers)}
        data = cast("dict[str, object]", self.data)  # not a copy: the settling goes on writing into it
        return ChainMap({f"_{key}_": value for key, value in special.items()}, data, special)


@dataclass
class Row:
    """One row of a dynamic list. `origin`: its number among the rows of the variable, None if it is new."""

    origin: int | None
    before: Json
    cells: dict[str, Json]
    instances: list[Instance] = field(default_factory=list)


@dataclass
class Instance:
    """One component at one place. The settling fills in everything from `given` on."""

    component: Component
    path: Path
    local: tuple[str, ...]  # the path below the place
    place: Place
    scope: Scope
    source: Source | None
    parent: Instance | None
    before: object  # the variable's value, ABSENT if there is none
    given: object = ABSENT
    value: Json = None
    error: FieldError | None = None
    hidden: bool = False
    readonly: bool = False
    disabled: bool = False
    multiple: bool = False
    options: Sequence[Option] = ()
    children: list[Instance] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        return html_name(self.path)

    @property
    def keyed(self) -> bool:
        return KINDS[self.component.kind].keyed

    @property
    def repeats(self) -> bool:
        return self.component.kind == "dynamiclist" and self.component.settings.get("isRepeating", True) is True

    @property
    def changeable(self) -> bool:
        """Whether rows may be added and removed."""
        return self.component.settings.get("allowAddRemove", True) is True

    @property
    def locked(self) -> bool:
        return self.readonly or self.disabled or self.component.kind == "expression"

    def text(self, name: str, now: datetime) -> str:
        """A single-line text property, with its insertions."""
        return " ".join(render(self.component.template(name), self.scope, now).split())

    def label(self, now: datetime) -> str:
        """The label; date and time fields of form-js have one for each half instead."""
        if label := self.text("label", now):
            return label
        halves = {"date": ("dateLabel",), "time": ("timeLabel",)}.get(str(self.component.settings.get("subtype")), ("dateLabel", "timeLabel"))
        return " ".join(dict.fromkeys(text for text in (self.text(half, now) for half in halves) if text))

    def walk(self) -> Iterator[Instance]:
        yield self
        for inner in (*self.children, *(inner for row in self.rows for inner in row.instances)):
            yield from inner.walk()


@dataclass
class Filling:
    """The form filled in. `data`: the variables with the form's values on top, as expressions see them."""

    form: Form
    data: dict[str, Json]
    instances: list[Instance]
    now: datetime

    def walk(self) -> Iterator[Instance]:
        for instance in self.instances:
            yield from instance.walk()


def lay_out(form: Form, variables: Mapping[str, Json], source: Source | None, now: datetime) -> Filling:
    """Every component at its place; rows are those of `source`, else of the variables, else the default number."""
    data: dict[str, Json] = dict(variables)
    for name in {component.path[0] for component in form.walk() if component.path}:
        if name in data:
            data[name] = copy.deepcopy(data[name])
    place = Place(data, data)
    return Filling(form, data, _lay(form.components, (), (), place, variables, source, None), now)


def _lay(
    components: Sequence[Component],
    path: Path,
    local: tuple[str, ...],
    place: Place,
    before: object,
    source: Source | None,
    parent: Instance | None,
) -> list[Instance]:
    instances = []
    scope = place.scope() if not local or parent is None else parent.scope
    for component in components:
        at = (*path, *component.path)
        below = (*local, *component.path)
        instance = Instance(component, at, below, place, scope, source, parent, dig(before, component.path))
        if instance.repeats:
            _lay_rows(instance)
        elif component.children:
            instance.children = _lay(component.children, at, below, place, instance.before, source, instance)
        elif instance.keyed and source:
            instance.given = source.given(at)
        instances.append(instance)
    return instances


def _lay_rows(instance: Instance) -> None:
    place = instance.place
    old = instance.before if isinstance(instance.before, list) else []
    for index, origin in enumerate(_origins(instance, len(old))):
        before = old[origin] if origin is not None else None
        cells = copy.deepcopy(before) if isinstance(before, dict) else {}
        inside = Place(place.data, cells, place.holder, (*place.numbers, index + 1))
        row = Row(origin, before, cells)
        row.instances = _lay(instance.component.children, (*instance.path, index), (), inside, before, instance.source, instance)
        instance.rows.append(row)


def _origins(instance: Instance, count: int) -> list[int | None]:
    initial: list[int | None] = list(range(count))
    if not isinstance(instance.before, list):
        repetitions = instance.component.settings.get("defaultRepetitions")
        initial = [None] * (repetitions if isinstance(repetitions, int) else 1)
    fixed = None if instance.changeable else len(initial)
    try:
        origins = instance.source.rows(instance.path, count, fixed) if instance.source else None
    except Invalid as invalid:
        instance.error = invalid.error
        return initial
    return initial if origins is None or fixed is not None else origins


def dig(value: object, path: Sequence[str]) -> object:
    """The value under a path of names; ABSENT if there is none."""
    for segment in path:
        if not isinstance(value, Mapping) or segment not in value:
            return ABSENT
        value = value[segment]
    return value


def put(holder: dict[str, Json], path: Sequence[str], value: Json) -> None:
    """Set the value under a path of names, making objects on the way."""
    for segment in path[:-1]:
        inner = holder.get(segment)
        if not isinstance(inner, dict):
            inner = holder[segment] = {}
        holder = inner
    holder[path[-1]] = value
