"""Items that are kept apart from their instance's state: reading those that a step is about, writing what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, Text, bindparam, delete, select, type_coerce
from sqlalchemy.orm import Session

from engine.core.runtime.advance import visible
from engine.core.runtime.items import ElementsOf, Item, Parts, collected, joined, way_to, whole
from engine.core.runtime.step import Elements, Json, State, Variables, VariableChange, Wait
from engine.tables.instances import MultiInstanceItem, OutputElement
from engine.tables.prepared import Call, Prepared, together, upsert
from engine.tables.types import Encoded, decode, encode
from engine.verbs import states

_ITEM, _ELEMENT = cast(Table, MultiInstanceItem.__table__), cast(Table, OutputElement.__table__)
_TEXT = type_coerce(_ITEM.c.state, Text).label("state")
_ONE = Prepared(select(_ITEM.c.id, _TEXT, _ITEM.c.due_at).where(_ITEM.c.id == bindparam("id")))
_ALL = Prepared(select(_ITEM.c.id, _TEXT, _ITEM.c.due_at).where(_ITEM.c.instance_id == bindparam("instance_id")))
_VALUE = type_coerce(_ELEMENT.c.value, Text).label("value")
_ELEMENTS = Prepared(select(_ELEMENT.c.body, _ELEMENT.c.position, _VALUE).where(_ELEMENT.c.instance_id == bindparam("instance_id")))
_OF_BODY = Prepared(select(_ELEMENT.c.position, _VALUE).where(_ELEMENT.c.body == bindparam("body")))
# Read along the index as far as the first that has not been read as a part.
_DUE = Prepared(
    select(_ITEM.c.id, _ITEM.c.due_at)
    .where(_ITEM.c.instance_id == bindparam("instance_id"), _ITEM.c.due_at.is_not(None))
    .order_by(_ITEM.c.due_at).limit(bindparam("most"))
)  # fmt: skip
_KEEP = Prepared(upsert(_ITEM, ("state", "due_at")), ["id", "instance_id", "state", "due_at"])
_DROP = Prepared(delete(_ITEM).where(_ITEM.c.id == bindparam("this")))
_SET = Prepared(upsert(_ELEMENT, ("value",)), ["body", "position", "instance_id", "value"])
_UNSET = Prepared(delete(_ELEMENT).where(_ELEMENT.c.body == bindparam("of"), _ELEMENT.c.position == bindparam("at")))
_CLEAR = Prepared(delete(_ELEMENT).where(_ELEMENT.c.body == bindparam("of")))


@dataclass(frozen=True)
class Read:
    """What has been read of an instance's parts beside the core: `texts` of items by id.

    `elements` of output collections: all of them, or None if they have not been read. `due_at`: when the most urgent task of the
    items that have not been read is due.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    elements: ElementsOf | None = field(default_factory=dict)
    due_at: datetime | None = None


NOTHING = Read()


def around(session: Session, core: State, id_: str) -> tuple[State, Read]:
    """The core with the items, one within the other, that an activation or a wait with this id is in."""
    if not core.absent:
        return core, NOTHING
    way = way_to(core.instance_id, id_)
    most = (_DUE, {"instance_id": core.instance_id, "most": len(way) + 1})
    *found, due = together(session, [*((_ONE, {"id": item}) for item in way), most])
    texts = {row.id: row.state for rows in found for row in rows}
    state = joined(core, map(_item, texts.values()))
    return state, Read(texts, None, next((row.due_at for row in due if row.id not in texts), None))


def everything(session: Session, core: State) -> tuple[State, Read]:
    """The whole state."""
    if not core.absent:
        return core, NOTHING
    this = {"instance_id": core.instance_id}
    found, rows = together(session, [(_ALL, this), (_ELEMENTS, this)])
    texts = {row.id: row.state for row in found}
    elements: dict[str, dict[int, Json]] = {}
    for row in rows:
        elements.setdefault(row.body, {})[row.position] = decode(row.value)
    return whole(core, map(_item, texts.values()), elements), Read(texts, elements)


def seen(session: Session, state: State, scope: str, is_asked: Callable[[str], bool] = bool) -> Variables:
    """The variables that an activation sees, as one mapping. Of the output collections around it, whose elements must be read, only
    those that are asked for by name: all, if nothing else is said.
    """
    found = visible(state, scope)
    for name in [name for name, value in found.items() if isinstance(value, Elements)]:
        collection = cast(Elements, found.pop(name))
        if is_asked(name):
            rows = _OF_BODY.rows(session, body=collection.body)
            found[name] = collected(state, collection, {row.position: decode(row.value) for row in rows})
    return found


def _item(text: str) -> Item:
    return states.item_from_json(decode(text))


# ----------------------------------------------------------------------------------------------------------------- writing


def written(parts: Parts, before: Read) -> tuple[list[Call], Read]:
    """What to write so that the rows hold these parts instead of those that were read; and what is then known of the rows."""
    if not parts.items and not parts.elements and before == NOTHING:
        return [], before
    instance_id = parts.core.instance_id
    texts = {id_: encode(states.item_to_json(item)) for id_, item in parts.items.items()}
    rows = [
        {"id": id_, "instance_id": instance_id, "state": Encoded(text), "due_at": most_urgent(parts.items[id_].waits)}
        for id_, text in reversed(texts.items()) if before.texts.get(id_) != text
    ]  # fmt: skip
    gone = [{"this": id_} for id_ in before.texts if id_ not in texts]
    calls: list[tuple[Prepared, Sequence[Mapping[str, Any]]]] = [(_DROP, gone), (_KEEP, rows)]
    calls += _of_elements(instance_id, parts.elements, before)
    elements = parts.elements if before.elements is not None else None
    return [call for call in calls if call[1]], Read(texts, elements, before.due_at)


def _of_elements(instance_id: str, after: ElementsOf, before: Read) -> list[tuple[Prepared, Sequence[Mapping[str, Any]]]]:
    known = before.elements or {}
    changed = [
        {"body": body, "position": position, "instance_id": instance_id, "value": value}
        for body, elements in after.items() for position, value in elements.items()
        if position not in known.get(body, ()) or not _is_same(known[body][position], value)
    ]  # fmt: skip
    gone = [
        {"of": body, "at": position}
        for body in known.keys() & after.keys() for position in known[body].keys() - after[body].keys()
    ]  # fmt: skip
    return [(_CLEAR, [{"of": body} for body in known if body not in after]), (_UNSET, gone), (_SET, changed)]


def _is_same(one: Json, other: Json) -> bool:
    """Equal as JSON, where 1, 1.0 and true are three things."""
    return one is other or encode(one) == encode(other)


def most_urgent(waits: Iterable[Wait]) -> datetime | None:
    """When the first of these user tasks is due."""
    return min((wait.due_at for wait in waits if wait.kind == "user" and wait.due_at), default=None)


def variables(was: Mapping[str, Variables], now: Mapping[str, Variables], changes: Iterable[VariableChange]) -> list[VariableChange]:
    """The changes of the rows of variables, which hold the core's: a scope that has gone apart takes its variables with it.

    `was` and `now`: the core's variables before and after the step; `changes`: those of the step, wherever they were.
    """
    gone = {(scope, name) for scope, name in _rows(was) if name not in now.get(scope, {}) or isinstance(now[scope][name], Elements)}
    new = _rows(now) - _rows(was)
    new |= {(one.scope, one.name) for one in changes} & _rows(now)
    return [
        *(VariableChange(scope, name, deleted=True) for scope, name in sorted(gone)),
        *(VariableChange(scope, name, now[scope][name]) for scope, name in sorted(new)),
    ]


def _rows(variables: Mapping[str, Variables]) -> set[tuple[str, str]]:
    return {(scope, name) for scope, own in variables.items() for name, value in own.items() if not isinstance(value, Elements)}
