"""Items of parallel multi-instance activities, kept apart from the rest of their instance's state.

An item that is at rest and waits only for what is addressed to it by id (a task, a job, a timer, a message) is of no concern to a
step elsewhere: only how many such items there are matters. So a state is stored in parts, the core and one part per item, and a
step is given the core and the item it is addressed to. Whatever reaches the others (the rest is cancelled, a deadline moves, the
output collection is read …) raises RestNeeded, and the step is made again from the whole state; it comes to the same.

Items nest: an item's part leaves out its own items that are apart, as the core does. What is not at rest, has an incident, or listens
to what is addressed to nobody (signals, conditions) stays with whatever contains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.core.runtime.step import Absent, Elements, Json, State, Variables, Wait

FEWEST = 8  # items of one activity that are worth parts of their own: of fewer, the whole state is as quickly read
_QUIET = frozenset(("user", "job", "timer", "message"))
_AT_REST = frozenset(("open", "waiting"))
_ENTANGLED = frozenset(("undo", "undoes", "replays", "dying", "after"))  # facts by which activations know each other across scopes
_CORE = ""

Tokens = tuple[list[Any], ...]
ElementsOf = Mapping[str, Mapping[int, Json]]  # body → index → value


@dataclass(frozen=True)
class Item:
    """One item as it is kept apart: the first token is its own."""

    tokens: Tokens
    waits: tuple[Wait, ...] = ()
    variables: Mapping[str, Variables] = field(default_factory=dict)
    absent: Mapping[str, Absent] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The activation that holds it and its siblings."""
        return str(self.tokens[0][1])

    @property
    def size(self) -> int:
        """Tokens in it, in the items apart from it too."""
        return len(self.tokens) + sum(left_out.tokens for left_out in self.absent.values())


@dataclass(frozen=True)
class Parts:
    """A state taken apart. `elements`: of output collections, those that the state holds and the core leaves out."""

    core: State
    items: Mapping[str, Item] = field(default_factory=dict)
    elements: ElementsOf = field(default_factory=dict)


def number_of(id_: str) -> int:
    """Place in the order in which an instance made its activations and waits."""
    number = id_.rpartition(".")[2]
    return int(number) if number.isdecimal() else 0


def in_order(waits: Iterable[Wait]) -> tuple[Wait, ...]:
    """By when they opened, then by number: the same however a state was put together."""
    found = tuple(waits)
    return found if len(found) < 2 else tuple(sorted(found, key=lambda wait: (wait.created_at, number_of(wait.id))))


def way_to(instance_id: str, id_: str) -> list[str]:
    """The ids of the items, outermost first, that an activation or a wait with this id can be in: its own id last."""
    numbers = id_.removeprefix(instance_id).split(".")[1:] if id_.startswith(f"{instance_id}.") else []
    return [".".join((instance_id, *numbers[: depth + 1])) for depth in range(len(numbers))]


# ------------------------------------------------------------------------------------------------------------------- apart


def split(state: State) -> Parts:
    """Take every item apart that can be; what the state leaves out already stays so."""
    tokens: Tokens = state.tokens
    bodies = {id_: facts["multi"] for id_, _, _, _, _, facts in tokens if _is_spread(id_, facts, state)}
    if not bodies:
        return Parts(state)
    homes = _homes(state, bodies)
    drawers = _sorted_into(state, homes)
    elements = _without_collections(state, bodies, drawers, homes)
    items: dict[str, Item] = {}
    for id_ in reversed([home for home in drawers if home != _CORE]):  # the inner ones first
        item = items[id_] = drawers[id_].item()
        outside = drawers[homes[item.body]].absent
        known = outside.get(item.body) or Absent(collection=bodies[item.body].get("results") if item.body in elements else None)
        outside[item.body] = replace(known, items=known.items + 1, tokens=known.tokens + item.size)
    core = drawers[_CORE]
    return Parts(
        replace(state, tokens=tuple(core.tokens), waits=tuple(core.waits), variables=core.variables, absent=core.absent), items, elements
    )


def _is_spread(id_: str, facts: Any, state: State) -> bool:
    """Whether an activation is a multi-instance body whose items are all there; those of a sequential one never are."""
    counts = facts.get("multi")
    if counts is None or counts["next"] < counts["total"]:
        return False
    return id_ in state.absent or counts["total"] - counts["completed"] >= FEWEST


@dataclass
class _Drawer:
    """What of a state belongs to one item, or to the core."""

    tokens: list[list[Any]] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    variables: dict[str, Variables] = field(default_factory=dict)
    absent: dict[str, Absent] = field(default_factory=dict)

    def item(self) -> Item:
        return Item(tuple(self.tokens), tuple(self.waits), self.variables, self.absent)


def _homes(state: State, bodies: Mapping[str, Any]) -> dict[str, str]:
    """Activation → the innermost item it is in that can be apart, or the core."""
    homes: dict[str, str] = {}
    outer: dict[str, str] = {}  # item → the item around it
    awake: set[str] = {_CORE}
    waiting: set[str] = set()
    for id_, parent, _, _, phase, facts in state.tokens:
        home = homes.get(parent, _CORE)  # type: ignore[arg-type]
        if parent in bodies and "item" in facts:  # type: ignore[operator]
            outer[id_], home = home, id_  # type: ignore[index,assignment]
        homes[id_] = home  # type: ignore[index]
        if phase not in _AT_REST or not _ENTANGLED.isdisjoint(facts):  # type: ignore[arg-type]
            awake.add(home)
    for wait in state.waits:
        (waiting if wait.kind in _QUIET else awake).add(homes[wait.owner])
    waiting |= {homes[body] for body, left_out in state.absent.items() if left_out.items}
    for item, around in reversed(outer.items()):
        if item in waiting and item not in awake:
            waiting.add(around)
        else:
            awake |= {item, around}
    return {id_: _CORE if home in awake else home for id_, home in homes.items()}


def _sorted_into(state: State, homes: Mapping[str, str]) -> dict[str, _Drawer]:
    drawers = {_CORE: _Drawer()}
    for row in state.tokens:
        drawers.setdefault(homes[row[0]], _Drawer()).tokens.append(row)  # type: ignore[index]
    for wait in state.waits:
        drawers[homes[wait.owner]].waits.append(wait)
    for scope, variables in state.variables.items():
        drawers[homes.get(scope, _CORE)].variables[scope] = variables
    for body, left_out in state.absent.items():
        drawers[homes[body]].absent[body] = left_out
    return drawers


def _without_collections(
    state: State, bodies: Mapping[str, Any], drawers: Mapping[str, _Drawer], homes: Mapping[str, str]
) -> dict[str, dict[int, Json]]:
    """Take the elements out of the output collections of bodies that have items apart; one that was overwritten stays as it is."""
    apart = {str(drawer.tokens[0][1]) for home, drawer in drawers.items() if home != _CORE} | state.absent.keys()
    elements: dict[str, dict[int, Json]] = {}
    for body in apart:
        name = bodies[body].get("results") if body in bodies else None
        value: object = state.variables.get(body, {}).get(name) if name else None
        if isinstance(value, Elements):
            elements[body] = dict(value.changed)
        elif isinstance(value, list) and len(value) == bodies[body]["total"]:
            elements[body] = {index: element for index, element in enumerate(value) if element is not None}
        else:
            continue
        variables = drawers[homes[body]].variables
        variables[body] = {**variables[body], name: Elements(body)}  # type: ignore[dict-item]
    return elements


# ---------------------------------------------------------------------------------------------------------------- together


def joined(core: State, items: Iterable[Item]) -> State:
    """The core with some of the items that it leaves out. An inner one whose outer one is missing stays out."""
    absent, found = {**core.absent}, []
    for item in sorted(items, key=lambda item: number_of(str(item.tokens[0][0]))):
        if item.body in absent:
            found.append(item)
            absent |= item.absent
    if not found:
        return core
    for item in found:
        known = absent[item.body]
        absent[item.body] = replace(known, items=known.items - 1, tokens=known.tokens - item.size)
    return _merged(core, found, absent)


def whole(core: State, items: Iterable[Item], elements: ElementsOf) -> State:
    """The whole state: the core with all items, and every output collection with its elements."""
    if not core.absent:
        return core
    state = _merged(core, list(items), {})
    variables = {
        scope: {name: collected(state, value, elements.get(scope, {})) for name, value in own.items()}
        for scope, own in state.variables.items()
    }
    return replace(state, variables=variables)


def collected(state: State, value: object, elements: Mapping[int, Json]) -> Json:
    """A variable's value; of an output collection that the state leaves out, the list that its `elements` make."""
    if not isinstance(value, Elements):
        return value  # type: ignore[return-value]
    known = {**elements, **value.changed}
    body: Any = next(row for row in state.tokens if row[0] == value.body)
    return [known.get(index) for index in range(body[5]["multi"]["total"])]


def _merged(core: State, items: list[Item], absent: Mapping[str, Absent]) -> State:
    tokens = [*core.tokens, *(row for item in items for row in item.tokens)]
    waits = [*core.waits, *(wait for item in items for wait in item.waits)]
    variables = {**core.variables}
    for item in items:
        variables |= item.variables
    root, *others = tokens
    return replace(
        core, tokens=(root, *sorted(others, key=lambda row: number_of(str(row[0])))), waits=in_order(waits), variables=variables,
        absent=absent,
    )  # fmt: skip
