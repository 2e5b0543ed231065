"""What must hold in the database after any sequence of steps and crashes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, select

from engine.core.runtime.step import State
from engine.tables.instances import Incident, ProcessInstance
from engine.tables.jobs import Job, Subscription
from engine.tables.store import Store
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs import history, stepping


def check_invariants(store: Store) -> None:
    with store.reading() as session:
        ids = session.scalars(select(ProcessInstance.id)).all()
        for instance_id in ids:
            _check(session, instance_id)
        assert history.verify(session) == []


def _check(session: Any, instance_id: str) -> None:
    stored = stepping.load(session, instance_id, lock=False)
    state = stored.state
    assert isinstance(state, State)
    if state.status != "active":
        assert state.waits == () and state.tokens == ()
    waits = {kind: {wait.id for wait in state.waits if wait.kind in kinds} for kind, kinds in _KINDS.items()}

    def ids(model: Any, *conditions: Any) -> set[str]:
        return set(session.scalars(select(model.id).where(model.instance_id == instance_id, *conditions)))

    assert ids(UserTask, UserTask.closed_at.is_(None)) == waits["task"]
    assert ids(Job, Job.kind.in_(("service", "timer"))) == waits["job"]
    assert ids(Subscription) == waits["subscription"]
    assert ids(Incident, Incident.resolved_at.is_(None)) == waits["incident"]
    assert stored.incident_count == len(waits["incident"])
    live = {row[0] for row in state.tokens} - {instance_id}
    assert _unended(session, instance_id) - {instance_id} == live
    offers: Table = TaskCandidate.__table__  # type: ignore[assignment]
    assert set(session.scalars(select(offers.c.task_id).where(offers.c.instance_id == instance_id, offers.c.is_open))) <= waits["task"]
    for wait in state.waits:
        if wait.kind in ("timer", "job"):
            assert session.scalar(select(Job.due_at).where(Job.id == wait.id, Job.attempts == 0)) in (wait.due_at, None)
        elif wait.kind == "user":
            assert session.scalar(select(UserTask.due_at).where(UserTask.id == wait.id)) == wait.due_at


def _unended(session: Any, instance_id: str) -> set[str]:
    """Activations that have begun and not ended, as the record has it."""
    found: set[str] = set()
    for entry in history.entries(session, instance_id):
        if entry.kind == "activated":
            found.add(entry.activation or "")
        elif entry.kind in ("completed", "cancelled", "instance_ended"):
            found.discard(entry.activation or "")
    return found


_KINDS = {"task": ("user",), "job": ("job", "timer"), "subscription": ("message", "signal"), "incident": ("incident",)}
