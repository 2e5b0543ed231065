"""An instance's state as its row holds it: tokens and waits as compact JSON; variables stand in rows of their own.

A wait is written whole although its task, job or subscription has a row too: the row is what people and workers search and change
(an assignee, a retry), the wait is what the core decided, and the difference of two steps is taken between waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from typing import Any

from engine.core.runtime.step import State, Status, Variables, Wait

VERSION = 1
_DEFAULTS = {
    field.name: field.default_factory() if field.default_factory is not MISSING else field.default for field in fields(Wait)
}
_MOMENTS = ("created_at", "due_at", "follow_up_at")
_TUPLES = ("candidate_users", "candidate_groups")


def to_json(state: State) -> list[Any]:
    """`[version, counter, activations, tokens, waits]`; a wait names only what differs from the usual."""
    return [VERSION, state.counter, state.activations, list(state.tokens), [_wait_to_json(wait) for wait in state.waits]]


def from_json(
    stored: list[Any], *, instance_id: str, definition_id: str, status: str, started_at: datetime, variables: Mapping[str, Variables]
) -> State:
    """The state exactly as it was."""
    _, counter, activations, tokens, waits = stored
    return State(
        instance_id=instance_id, definition_id=definition_id, status=Status(status), tokens=tuple(tokens),
        waits=tuple(_wait_from_json(wait) for wait in waits), variables=variables, counter=counter, activations=activations,
        started_at=started_at,
    )  # fmt: skip


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
