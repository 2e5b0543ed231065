"""What must hold in the database after any sequence of steps and crashes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, select

from engine.core.runtime.step import Elements, State
from engine.tables.instances import Incident, MultiInstanceItem, OutputElement, ProcessInstance, Variable
from engine.tables.jobs import Job, Subscription
from engine.tables.store import Store
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs import history, stepping
from engine.verbs.writing import Stored


def check_invariants(store: Store) -> None:
    with store.reading() as session:
        ids = session.scalars(select(ProcessInstance.id)).all()
        for instance_id in ids:
            check_instance(session, instance_id)
        assert history.verify(session) == []


def check_instance(session: Any, instance_id: str) -> None:
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
    _check_parts(session, stored)
    live = {row[0] for row in state.tokens} - {instance_id}
    assert _unended(session, instance_id) - {instance_id} == live
    offers: Table = TaskCandidate.__table__  # type: ignore[assignment]
    assert set(session.scalars(select(offers.c.task_id).where(offers.c.instance_id == instance_id, offers.c.is_open))) <= waits["task"]
    for wait in state.waits:
        if wait.kind in ("timer", "job"):
            assert session.scalar(select(Job.due_at).where(Job.id == wait.id, Job.attempts == 0)) in (wait.due_at, None)
        elif wait.kind == "user":
            assert session.scalar(select(UserTask.due_at).where(UserTask.id == wait.id)) == wait.due_at


def _check_parts(session: Any, stored: Stored) -> None:
    """Every row of a part belongs to something alive, no variable stands twice, and the most urgent task is known."""
    state, core = stored.state, stored.core
    assert state is not None and core is not None
    instance_id, tokens = state.instance_id, {row[0] for row in state.tokens}
    due = session.scalar(select(ProcessInstance.due_at).where(ProcessInstance.id == instance_id))
    assert due == min((wait.due_at for wait in state.waits if wait.kind == "user" and wait.due_at), default=None)
    apart = set(session.scalars(select(MultiInstanceItem.id).where(MultiInstanceItem.instance_id == instance_id)))
    assert apart <= tokens and (not apart or core.absent)
    assert set(session.scalars(select(OutputElement.body).where(OutputElement.instance_id == instance_id))) <= tokens
    rows = {(row.scope, row.name) for row in session.execute(select(Variable.scope, Variable.name).where(Variable.instance_id == instance_id))}
    assert rows == {(scope, name) for scope, own in core.variables.items() for name, value in own.items() if not isinstance(value, Elements)}
    assert {scope for scope, _ in rows} <= tokens | {instance_id}


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
