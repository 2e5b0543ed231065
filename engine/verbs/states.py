"""An instance's state as its row holds it: tokens and waits as compact JSON; variables stand in rows of their own, those of
items that are kept apart with the item.

A wait is written whole although its task, job or subscription has a row too: the row is what people and workers search and change
(an assignee, a retry), the wait is what the core decided, and the difference of two steps is taken between waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from typing import Any

from engine.core.runtime.items import Item
from engine.core.runtime.step import Absent, Elements, State, Status, Variables, Wait

VERSION = 1
_DEFAULTS = {
    field.name: field.default_factory() if field.default_factory is not MISSING else field.default for field in fields(Wait)
}
_MOMENTS = ("created_at", "due_at", "follow_up_at")
_TUPLES = ("candidate_users", "candidate_groups")


def to_json(state: State) -> list[Any]:
    """`[version, counter, activations, tokens, waits]`, with what is left out of the state as a sixth if anything is.

    A wait names only what differs from the usual.
    """
    waits = [_wait_to_json(wait) for wait in state.waits]
    stored = [VERSION, state.counter, state.activations, list(state.tokens), waits]
    return [*stored, _absent_to_json(state.absent)] if state.absent else stored


def from_json(
    stored: list[Any], *, instance_id: str, definition_id: str, status: str, started_at: datetime, variables: Mapping[str, Variables]
) -> State:
    """The state exactly as it was."""
    _, counter, activations, tokens, waits, *more = stored
    absent = _absent_from_json(more[0]) if more else {}
    return State(
        instance_id=instance_id, definition_id=definition_id, status=Status(status), tokens=tuple(tokens),
        waits=tuple(_wait_from_json(wait) for wait in waits), variables=_with_collections(variables, absent), counter=counter,
        activations=activations, started_at=started_at, absent=absent,
    )  # fmt: skip


def item_to_json(item: Item) -> list[Any]:
    """`[version, tokens, waits, variables, what is left out]`: an item's variables stand with it."""
    variables = {
        scope: {name: value for name, value in own.items() if not isinstance(value, Elements)} for scope, own in item.variables.items()
    }
    return [VERSION, list(item.tokens), [_wait_to_json(wait) for wait in item.waits], variables, _absent_to_json(item.absent)]


def item_from_json(stored: list[Any]) -> Item:
    _, tokens, waits, variables, left_out = stored
    absent = _absent_from_json(left_out)
    return Item(tuple(tokens), tuple(_wait_from_json(wait) for wait in waits), _with_collections(variables, absent), absent)


def _absent_to_json(absent: Mapping[str, Absent]) -> dict[str, list[Any]]:
    return {body: [left_out.items, left_out.tokens, left_out.collection] for body, left_out in absent.items()}


def _absent_from_json(stored: dict[str, list[Any]]) -> dict[str, Absent]:
    return {body: Absent(*facts) for body, facts in stored.items()}


def _with_collections(variables: Mapping[str, Variables], absent: Mapping[str, Absent]) -> Mapping[str, Variables]:
    """The variables with a stand-in for each output collection whose elements are kept apart."""
    apart = {body: left_out.collection for body, left_out in absent.items() if left_out.collection is not None}
    more: dict[str, Variables] = {body: {**variables.get(body, {}), name: Elements(body)} for body, name in apart.items()}  # type: ignore[dict-item]
    return {**variables, **more} if more else variables


def by_scope(rows: Iterable[tuple[str, str, Any]]) -> dict[str, Variables]:
    """(scope, name, value) rows as scope → name → value."""
    scopes: dict[str, Variables] = {}
    for scope, name, value in rows:
        scopes.setdefault(scope, {})[name] = value
    return scopes


def _wait_to_json(wait: Wait) -> dict[str, Any]:
    stored = {name: value for name, value in vars(wait).items() if value != _DEFAULTS[name]}
    for name in _MOMENTS:
        if name in stored:
            stored[name] = stored[name].astimezone(UTC).isoformat()
    for name in ("headers", "facts"):
        if name in stored:
            stored[name] = dict(stored[name])
    return stored


def _wait_from_json(stored: dict[str, Any]) -> Wait:
    facts = dict(stored)
    for name in _MOMENTS:
        if name in facts:
            facts[name] = datetime.fromisoformat(facts[name])
    for name in _TUPLES:
        if name in facts:
            facts[name] = tuple(facts[name])
    return Wait(**facts)
