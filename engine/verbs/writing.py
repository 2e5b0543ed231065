"""The one writer: stores what a step did to an instance, as the difference between two states.

A wait that is new becomes a row, one that is gone closes its row, one whose facts changed changes it. History is appended to the
instance's hash chain. Everything happens in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.orm import Session

from engine.core.runtime.step import Entry, State, Status, Step, VariableChange, Wait
from engine.tables.instances import Activity, Event, Incident, ProcessInstance, Variable
from engine.tables.jobs import Job, Subscription
from engine.tables.tasks import TaskCandidate, UserTask
from engine.tables.types import FAR_FUTURE
from engine.verbs import effects, labels, states
from engine.verbs.access import Actor
from engine.verbs.errors import Conflict
from engine.verbs.history import Head, chain
from engine.verbs.labels import Labels
from engine.verbs.library import Deployed

CHUNK = 500  # bound parameters in one statement
_TASK, _CANDIDATE, _JOB = (cast(Table, model.__table__) for model in (UserTask, TaskCandidate, Job))
_SUBSCRIPTION, _INCIDENT, _ACTIVITY = (cast(Table, model.__table__) for model in (Subscription, Incident, Activity))
_VARIABLE, _EVENT, _INSTANCE = (cast(Table, model.__table__) for model in (Variable, Event, ProcessInstance))


@dataclass(frozen=True)
class Stored:
    """An instance as its row has it, locked by this transaction: what the next write starts from."""

    state: State | None  # None: it is being started
    process_key: str
    process_name: str
    labels: Labels
    head: Head = Head()
    revision: int = 0
    incident_count: int = 0


@dataclass
class Change:
    """What of one step is being written, and by whom."""

    session: Session
    library: Deployed
    before: Stored
    step: Step
    actor: Actor
    now: datetime
    completed: str | None = None  # the user task that the stimulus completed
    extra: Sequence[Entry] = ()  # what the person did, beside what the core records
    labels: Labels = field(default_factory=Labels)

    @property
    def instance_id(self) -> str:
        return self.step.state.instance_id


def apply(change: Change) -> Stored:
    """Write a step. Raises Conflict if the instance was changed since it was loaded. The result is what the next step starts from."""
    session, step, before = change.session, change.step, change.before
    change.labels = labels.renewed(session, change.library, before.labels, step, change.actor)
    rows, head = chain(before.head, change.instance_id, (*change.extra, *step.history), change.actor)
    stored = _write_instance(change, head)
    session.execute(_EVENT.insert(), rows) if rows else None
    _write_waits(change)
    _write_variables(session, change.instance_id, step.variables)
    _write_activities(change, step.history)
    if before.state is not None and change.labels != before.labels:
        session.execute(update(_TASK).where(_TASK.c.instance_id == change.instance_id).values(**change.labels.columns()))
    effects.send(session, change.instance_id, step.effects, change.now)
    if step.unfinished:
        _add_jobs(session, [effects.continue_job(change.instance_id, stored.revision, change.now)])
    return stored


def _write_instance(change: Change, head: Head) -> Stored:
    state, before, step = change.step.state, change.before, change.step
    incidents = sum(wait.kind == "incident" for wait in state.waits)
    revision = before.revision + 1
    values = {
        "status": str(state.status), "incident_count": incidents, "is_unfinished": step.unfinished, "revision": revision,
        "state": states.to_json(state), "history_head": head.hash, "history_count": head.count,
        "due_at": min((wait.due_at for wait in state.waits if wait.kind == "user" and wait.due_at), default=None),
        **change.labels.columns(),
    }  # fmt: skip
    if state.status is not Status.ACTIVE:
        values |= {"ended_at": change.now, "end_reason": _reason(step.history)}
    if before.state is None:
        values |= {
            "id": state.instance_id, "definition_id": state.definition_id, "process_key": before.process_key,
            "process_name": before.process_name, "started_at": change.now, "started_by": change.actor.id,
            "started_by_name": change.actor.name,
        }  # fmt: skip
        change.session.execute(_INSTANCE.insert(), values)
    else:
        same = (_INSTANCE.c.id == state.instance_id) & (_INSTANCE.c.revision == before.revision)
        if change.session.execute(update(_INSTANCE).where(same).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict("instance", state.instance_id)
    return Stored(state, before.process_key, before.process_name, change.labels, head, revision, incidents)


def _reason(history: Iterable[Entry]) -> str | None:
    ended = next((entry for entry in history if entry.kind == "instance_ended"), None)
    facts = ended.facts if ended else {}
    reason = facts.get("reason") or facts.get("error") or facts.get("end_name")
    return str(reason) if reason else None


# ------------------------------------------------------------------------------------------------------------------- waits


def _write_waits(change: Change) -> None:
    before = {wait.id: wait for wait in change.before.state.waits} if change.before.state else {}
    after = {wait.id: wait for wait in change.step.state.waits}
    _open(change, [wait for id_, wait in after.items() if id_ not in before])
    _close(change, [wait for id_, wait in before.items() if id_ not in after])
    for id_, wait in after.items():
        if id_ in before and before[id_] != wait:
            _alter(change, before[id_], wait)


def _of(waits: Iterable[Wait], *kinds: str) -> list[Wait]:
    return [wait for wait in waits if wait.kind in kinds]


def _open(change: Change, waits: Sequence[Wait]) -> None:
    session, instance_id = change.session, change.instance_id
    if tasks := _of(waits, "user"):
        session.execute(_TASK.insert(), [_task_row(change, wait) for wait in tasks])
        candidates = [row for wait in tasks for row in _candidate_rows(instance_id, wait)]
        session.execute(_CANDIDATE.insert(), candidates) if candidates else None
    _add_jobs(session, [_job_row(instance_id, wait) for wait in _of(waits, "job", "timer")])
    if subscriptions := _of(waits, "message", "signal"):
        session.execute(_SUBSCRIPTION.insert(), [_subscription_row(instance_id, wait) for wait in subscriptions])
    if incidents := _of(waits, "incident"):
        session.execute(_INCIDENT.insert(), [_incident_row(instance_id, wait) for wait in incidents])


def _close(change: Change, waits: Sequence[Wait]) -> None:
    session, now, actor = change.session, change.now, change.actor.id
    for ids in _chunks(_of(waits, "user")):
        done = {"closed_at": now, "closed_by": actor, "outcome": "cancelled"}
        session.execute(update(_TASK).where(_TASK.c.id.in_(ids)).values(**done))
        session.execute(update(_CANDIDATE).where(_CANDIDATE.c.task_id.in_(ids)).values(is_open=False))
        if change.completed in ids:
            # Whoever completed it held it, though they may never have claimed it.
            session.execute(update(_TASK).where(_TASK.c.id == change.completed).values(outcome="completed", assignee=actor))
    for ids in _chunks(_of(waits, "job", "timer")):
        session.execute(delete(_JOB).where(_JOB.c.id.in_(ids)))
    for ids in _chunks(_of(waits, "message", "signal")):
        session.execute(delete(_SUBSCRIPTION).where(_SUBSCRIPTION.c.id.in_(ids)))
    for ids in _chunks(_of(waits, "incident")):
        session.execute(update(_INCIDENT).where(_INCIDENT.c.id.in_(ids)).values(resolved_at=now, resolved_by=actor))


def _alter(change: Change, old: Wait, new: Wait) -> None:
    """Take over only what the core has changed: an assignee set by a claim or a retry counted down is the row's own."""
    session = change.session
    if new.kind in ("timer", "job") and old.due_at != new.due_at:
        free = {"due_at": new.due_at, "locked_by": None, "locked_until": None}
        session.execute(update(_JOB).where(_JOB.c.id == new.id).values(**free))
    elif new.kind == "user":
        names = ("name", "assignee", "due_at", "follow_up_at", "priority")
        row, was = _task_row(change, new), _task_row(change, old)
        values = {name: row[name] for name in names if row[name] != was[name]}
        if "due_at" in values:
            values["urgent_at"] = row["urgent_at"]
            session.execute(update(_CANDIDATE).where(_CANDIDATE.c.task_id == new.id).values(urgent_at=row["urgent_at"]))
        session.execute(update(_TASK).where(_TASK.c.id == new.id).values(**values)) if values else None


def _chunks(waits: Sequence[Wait]) -> Iterator[list[str]]:
    for start in range(0, len(waits), CHUNK):
        yield [wait.id for wait in waits[start : start + CHUNK]]


def _task_row(change: Change, wait: Wait) -> dict[str, Any]:
    form = change.library.form_for(wait) if wait.form_id else None
    return {
        "id": wait.id, "instance_id": change.instance_id, "definition_id": wait.definition_id, "node": wait.node,
        "name": wait.node_name or wait.node, "scope": wait.scope, "lane": wait.lane, "form_id": wait.form_id,
        "form_definition_id": form, "assignee": wait.assignee, "priority": wait.priority, "created_at": wait.created_at,
        "due_at": wait.due_at, "urgent_at": wait.due_at or FAR_FUTURE, "follow_up_at": wait.follow_up_at,
        "process_key": change.before.process_key, "process_name": change.before.process_name, **change.labels.columns(),
    }  # fmt: skip


def _candidate_rows(instance_id: str, wait: Wait) -> Iterator[dict[str, Any]]:
    offers = [("user", name) for name in wait.candidate_users] + [("group", name) for name in wait.candidate_groups]
    for kind, value in dict.fromkeys(offers):
        yield {"task_id": wait.id, "kind": kind, "value": value, "instance_id": instance_id, "is_open": True,
               "urgent_at": wait.due_at or FAR_FUTURE}  # fmt: skip


def _job_row(instance_id: str, wait: Wait) -> dict[str, Any]:
    return effects.job_row(
        wait.id, "service" if wait.kind == "job" else "timer", instance_id=instance_id, type=wait.job_type,
        definition_id=wait.definition_id, process_key=wait.process_id, node=wait.node, scope=wait.scope, due_at=wait.due_at,
        retries=wait.retries, headers=dict(wait.headers), created_at=wait.created_at,
    )  # fmt: skip


def _subscription_row(instance_id: str, wait: Wait) -> dict[str, Any]:
    return {
        "id": wait.id, "kind": wait.kind, "name": wait.name or "", "correlation_key": wait.correlation_key, "instance_id": instance_id,
        "definition_id": wait.definition_id, "process_key": wait.process_id, "node": wait.node, "node_name": wait.node_name,
        "interrupting": wait.interrupting, "created_at": wait.created_at,
    }  # fmt: skip


def _incident_row(instance_id: str, wait: Wait) -> dict[str, Any]:
    return {
        "id": wait.id, "instance_id": instance_id, "definition_id": wait.definition_id, "process_key": wait.process_id,
        "node": wait.node, "node_name": wait.node_name, "code": wait.code or "", "facts": dict(wait.facts), "created_at": wait.created_at,
    }  # fmt: skip


def _add_jobs(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(_JOB.insert(), rows)


# ------------------------------------------------------------------------------------------------- variables, activities


def _write_variables(session: Session, instance_id: str, changes: Sequence[VariableChange]) -> None:
    """Delete and insert: one way for new and changed values alike, on every database."""
    for start in range(0, len(changes), CHUNK // 2):
        part = changes[start : start + CHUNK // 2]
        for scope in {change.scope for change in part}:
            names = [change.name for change in part if change.scope == scope]
            gone = (_VARIABLE.c.instance_id == instance_id) & (_VARIABLE.c.scope == scope) & _VARIABLE.c.name.in_(names)
            session.execute(delete(_VARIABLE).where(gone))
    rows = [
        {"instance_id": instance_id, "scope": change.scope, "name": change.name, "value": change.value}
        for change in changes
        if not change.deleted
    ]
    session.execute(_VARIABLE.insert(), rows) if rows else None


_ENDS = {"completed": "completed", "cancelled": "cancelled"}


def _write_activities(change: Change, history: Sequence[Entry]) -> None:
    """One row per activation: most begin and end in the same step, so their row is written once."""
    begun: dict[str, dict[str, Any]] = {}
    ended: list[dict[str, Any]] = []
    for entry in history:
        if entry.kind == "activated" and entry.activation:
            begun[entry.activation] = {
                "id": entry.activation, "instance_id": change.instance_id, "process_key": change.before.process_key,
                **{name: getattr(entry, name) for name in ("definition_id", "node", "node_kind", "node_name", "scope")},
                "started_at": entry.at, "ended_at": None, "outcome": None, "ended_by": None,
            }  # fmt: skip
        elif entry.kind in _ENDS and entry.activation:
            facts = {"ended_at": entry.at, "outcome": _ENDS[entry.kind], "ended_by": change.actor.id}
            if entry.activation in begun:
                begun[entry.activation] |= facts
            else:
                ended.append({"of": entry.activation, **facts})
    if begun:
        change.session.execute(_ACTIVITY.insert(), list(begun.values()))
    if ended:
        values = {name: bindparam(name) for name in ("ended_at", "outcome", "ended_by")}
        change.session.connection().execute(update(_ACTIVITY).where(_ACTIVITY.c.id == bindparam("of")).values(**values), ended)
