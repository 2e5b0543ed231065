"""The one writer: stores what a step did to an instance, as the difference between two states.

A wait that is new becomes a row, one that is gone closes its row, one whose facts changed changes it. History is appended to the
instance's hash chain. Everything happens in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BindParameter, Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from engine.core.runtime.items import split
from engine.core.runtime.step import Entry, State, Status, Step, VariableChange, Wait
from engine.tables.instances import Event, Incident, InstanceText, ProcessInstance, Variable
from engine.tables.jobs import Job, Subscription
from engine.tables.prepared import Call, Prepared, later, upsert
from engine.tables.tasks import Draft, TaskCandidate, UserTask
from engine.tables.types import FAR_FUTURE, Encoded, encode
from engine.verbs import effects, hot, items, labels, search, states
from engine.verbs.access import SERVING_CADRES, Actor, offers
from engine.verbs.errors import Conflict
from engine.verbs.history import Head, chain
from engine.verbs.items import Read
from engine.verbs.labels import Labels
from engine.verbs.library import Deployed
from engine.verbs.lifetimes import time_to_live

_TASK, _CANDIDATE, _JOB = (cast(Table, model.__table__) for model in (UserTask, TaskCandidate, Job))
_SUBSCRIPTION, _INCIDENT = (cast(Table, model.__table__) for model in (Subscription, Incident))
_VARIABLE, _EVENT, _INSTANCE, _TEXT = (cast(Table, model.__table__) for model in (Variable, Event, ProcessInstance, InstanceText))


def _insert(table: Table, but: Collection[str] = ()) -> Prepared:
    return Prepared(table.insert().inline(), [column.name for column in table.columns if column.name not in but])


def _bound(*names: str) -> dict[str, BindParameter[Any]]:
    return {name: bindparam(name) for name in names}


_LABELS = tuple(field.name for field in fields(Labels))
_ALWAYS = ("is_unfinished", "revision", "state", "history_head", "history_count")
_SEARCHED = ("status", "incident_count", "due_at", "ended_at", "end_reason", "expires_at", *_LABELS)
_THIS = (_INSTANCE.c.id == bindparam("this")) & (_INSTANCE.c.revision == bindparam("was"))
_BEGIN, _NEW_EVENT, _NEW_TASK = _insert(_INSTANCE, ("hold_reason",)), _insert(_EVENT), _insert(_TASK, ("claimed_at", "closed_at", "closed_by", "outcome"))
_NEW_CANDIDATE, _NEW_JOB, _NEW_SUBSCRIPTION = _insert(_CANDIDATE), _insert(_JOB), _insert(_SUBSCRIPTION)
_NEW_INCIDENT = _insert(_INCIDENT, ("resolved_at", "resolved_by"))
# A column that is set is taken out of its indexes and put back, changed or not: those that people search by are set only when they change.
_GO_ON, _CHANGE = (
    Prepared(update(_INSTANCE).where(_THIS).values(_bound(*names)), if_untouched=lambda row: Conflict("instance", row["this"]))
    for names in (_ALWAYS, (*_ALWAYS, *_SEARCHED))
)
_RELABEL = Prepared(update(_TASK).where(_TASK.c.instance_id == bindparam("this")).values(_bound(*_LABELS)))
_SERVING = ("group", SERVING_CADRES)
_SERVE = Prepared(
    update(_CANDIDATE)
    .where(_CANDIDATE.c.task_id.in_(select(_TASK.c.id).where(_TASK.c.instance_id == bindparam("this"))))
    .where(_CANDIDATE.c.kind == "group", _CANDIDATE.c.value == SERVING_CADRES)
    .values(_bound("enterprise_id"))
)
_NEW_TEXT = _insert(_TEXT, ("id",))
_REWORD = Prepared(update(_TEXT).where(_TEXT.c.instance_id == bindparam("this")).values(_bound("words", "pieces")))
_COMPLETE = Prepared(update(_TASK).where(_TASK.c.id == bindparam("this")).values(_bound("closed_at", "closed_by", "outcome", "assignee")))
_CANCEL = Prepared(update(_TASK).where(_TASK.c.id == bindparam("this")).values(_bound("closed_at", "closed_by", "outcome")))
_WITHDRAW = Prepared(update(_CANDIDATE).where(_CANDIDATE.c.task_id == bindparam("this")).values(is_open=False, is_free=False))
_DROP_JOB, _DROP_SUBSCRIPTION = (Prepared(delete(table).where(table.c.id == bindparam("this"))) for table in (_JOB, _SUBSCRIPTION))
_DROP_DRAFT = Prepared(delete(Draft).where(Draft.subject == bindparam("this"), Draft.person_id == bindparam("person")))
_RESOLVE = Prepared(update(_INCIDENT).where(_INCIDENT.c.id == bindparam("this")).values(_bound("resolved_at", "resolved_by")))
_UNSET = Prepared(
    delete(_VARIABLE).where(
        _VARIABLE.c.instance_id == bindparam("instance_id"), _VARIABLE.c.scope == bindparam("scope"), _VARIABLE.c.name == bindparam("name")
    )
)
_SET = Prepared(upsert(_VARIABLE, ("value",)), ["instance_id", "scope", "name", "value"])


@dataclass(frozen=True)
class Stored:
    """An instance as its rows have it, locked by this transaction: what the next write starts from.

    `state` is the core with the items that have been read, or all (see `items`); None: it is being started.
    """

    state: State | None
    process_key: str
    process_name: str
    labels: Labels
    head: Head = Head()
    revision: int = 0
    incident_count: int = 0
    deployment_id: str = ""  # of the definition
    core: State | None = None
    read: Read = Read()


@dataclass
class Change:
    """What of one step is being written, and by whom."""

    session: Session
    library: Deployed
    before: Stored
    step: Step
    actor: Actor
    now: datetime
    by: Actor | None = None  # who changed user tasks and did what `extra` says, if not the actor
    extra: Sequence[Entry] = ()  # what the person did, beside what the core records
    labels: Labels = field(default_factory=Labels)
    calls: list[Call] = field(default_factory=list)  # what will be written, in order, at once

    def __post_init__(self) -> None:
        self.parts = split(self.step.state)

    def write(self, prepared: Prepared, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self.calls.append((prepared, rows))

    @property
    def instance_id(self) -> str:
        return self.step.state.instance_id


def apply(change: Change) -> Stored:
    """Write a step. The result is what the next step starts from.

    Conflict is raised if the instance was changed since it was loaded: here or by what comes next in the transaction, its end included.
    """
    session, step, before = change.session, change.step, change.before
    change.labels = labels.renewed(session, change.library, before.labels, step, change.actor)
    rows, head = _record(change)
    text = encode(states.to_json(change.parts.core))
    stored = _write_instance(change, head, text)
    calls, read = items.written(change.parts, before.read)
    change.calls += calls
    change.write(_NEW_EVENT, rows)
    _write_waits(change)
    _write_variables(change)
    _write_labels(change)
    if step.unfinished:
        change.write(_NEW_JOB, [effects.continue_job(change.instance_id, stored.revision, change.now)])
    later(session, change.calls)
    if step.effects:
        effects.send(session, change.instance_id, step.effects, change.now)
    if step.state.status is Status.ACTIVE:
        hot.keep(session, stored.core, stored.revision, text)
    return stored if read == stored.read else replace(stored, read=read)


def _record(change: Change) -> tuple[list[dict[str, Any]], Head]:
    """The rows of the record for a step. What an instance does after an act of the same actor stands in the act's own row."""
    head, this, history = change.before.head, change.instance_id, change.step.history
    if change.by is None or change.by.id == change.actor.id:
        return chain(head, this, (*change.extra, *history), change.actor)
    acts, head = chain(head, this, change.extra, change.by)
    rows, head = chain(head, this, history, change.actor)
    return [*acts, *rows], head


def _write_instance(change: Change, head: Head, text: str) -> Stored:
    state, before, step = change.step.state, change.before, change.step
    revision = before.revision + 1
    values: dict[str, Any] = {
        "is_unfinished": step.unfinished, "revision": revision, "state": Encoded(text), "history_head": head.hash,
        "history_count": head.count,
    }  # fmt: skip
    due, incidents = _of_waits(state, before)
    if before.state is None:
        first = {
            "id": state.instance_id, "definition_id": state.definition_id, "process_key": before.process_key,
            "process_name": before.process_name, "started_at": change.now, "started_by": change.actor.id,
            "started_by_name": change.actor.name,
        }  # fmt: skip
        change.write(_BEGIN, [{**values, **_searched(change, due, incidents), **first}])
    else:
        row = {**values, "this": state.instance_id, "was": before.revision}
        known = (_of_waits(before.state, before)[0], before.incident_count, before.labels)
        if state.status is Status.ACTIVE and known == (due, incidents, change.labels):
            change.write(_GO_ON, [row])
        else:
            change.write(_CHANGE, [{**row, **_searched(change, due, incidents)}])
    return Stored(
        state, before.process_key, before.process_name, change.labels, head, revision, incidents, before.deployment_id, change.parts.core
    )


def _write_labels(change: Change) -> None:
    """Where the labels stand besides the instance's own row: in its tasks, and as what it is searched by."""
    if change.before.state is not None and change.labels == change.before.labels:
        return
    text, this = search.indexed(change.labels.words()), change.instance_id
    if change.before.state is None:
        change.write(_NEW_TEXT, [{"instance_id": this, "started_at": change.now, **text}])
    else:
        change.write(_RELABEL, [{"this": this, **change.labels.columns()}])
        if change.labels.enterprise_id != change.before.labels.enterprise_id:
            change.write(_SERVE, [{"this": this, "enterprise_id": change.labels.enterprise_id}])
        change.write(_REWORD, [{"this": this, **text}])


def _searched(change: Change, due: datetime | None, incidents: int) -> dict[str, Any]:
    """The columns by which instances are found, after the step."""
    state, has_ended = change.step.state, change.step.state.status is not Status.ACTIVE
    ended = dict.fromkeys(("ended_at", "end_reason", "expires_at"))
    if has_ended:
        expires = change.now + kept if (kept := time_to_live(change.library.process(state.definition_id))) is not None else None
        ended = {"ended_at": change.now, "end_reason": _reason(change.step.history), "expires_at": expires}
    return {"status": str(state.status), "incident_count": incidents, "due_at": due, **ended, **change.labels.columns()}


def _of_waits(state: State, before: Stored) -> tuple[datetime | None, int]:
    """When the most urgent open task is due, and how many incidents are open; items that have not been read have none."""
    dues = (items.most_urgent(state.waits), before.read.due_at)
    return min((due for due in dues if due), default=None), sum(wait.kind == "incident" for wait in state.waits)


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
    instance_id = change.instance_id
    if tasks := _of(waits, "user"):
        change.write(_NEW_TASK, [_task_row(change, wait) for wait in tasks])
        change.write(_NEW_CANDIDATE, [row for wait in tasks for row in _candidate_rows(change, wait)])
    change.write(_NEW_JOB, [_job_row(instance_id, wait) for wait in _of(waits, "job", "timer")])
    change.write(_NEW_SUBSCRIPTION, [_subscription_row(instance_id, wait) for wait in _of(waits, "message", "signal")])
    change.write(_NEW_INCIDENT, [_incident_row(instance_id, wait) for wait in _of(waits, "incident")])


def _close(change: Change, waits: Sequence[Wait]) -> None:
    now, actor = change.now, change.actor.id
    tasks, completed = _of(waits, "user"), {one.task_id for one in change.step.changed if one.event == "completing"}
    # Whoever completed it held it, though they may never have claimed it.
    by = (change.by or change.actor).id
    done = {"closed_at": now, "closed_by": by, "outcome": "completed", "assignee": by}
    gone = {"closed_at": now, "closed_by": actor, "outcome": "cancelled"}
    change.write(_COMPLETE, [{"this": wait.id, **done} for wait in tasks if wait.id in completed])
    change.write(_CANCEL, [{"this": wait.id, **gone} for wait in tasks if wait.id not in completed])
    if by != actor:  # a completion that waited for a listener, with the draft; whoever completes at once drops their own
        change.write(_DROP_DRAFT, [{"this": wait.id, "person": by} for wait in tasks if wait.id in completed])
    change.write(_WITHDRAW, [{"this": wait.id} for wait in tasks])
    change.write(_DROP_JOB, [{"this": wait.id} for wait in _of(waits, "job", "timer")])
    change.write(_DROP_SUBSCRIPTION, [{"this": wait.id} for wait in _of(waits, "message", "signal")])
    change.write(_RESOLVE, [{"this": wait.id, "resolved_at": now, "resolved_by": actor} for wait in _of(waits, "incident")])


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
        if "name" in values:
            session.execute(update(_CANDIDATE).where(_CANDIDATE.c.task_id == new.id).values(name=row["name"]))
        if "assignee" in values:
            values["claimed_at"] = change.now if new.assignee is not None else None
        session.execute(update(_TASK).where(_TASK.c.id == new.id).values(**values)) if values else None
        if offers(new.assignee, new.candidate_users, new.candidate_groups) != offers(old.assignee, old.candidate_users, old.candidate_groups):
            _offer_anew(change, new)
        elif "assignee" in values:
            session.execute(update(_CANDIDATE).where(_CANDIDATE.c.task_id == new.id).values(is_free=values["assignee"] is None))


def _offer_anew(change: Change, wait: Wait) -> None:
    """Other candidates: the earlier ones are kept as those of the past."""
    holder = change.session.scalar(select(_TASK.c.assignee).where(_TASK.c.id == wait.id))  # claimed, perhaps: the core does not know
    rows = [{**row, "is_free": holder is None} for row in _candidate_rows(change, wait)]
    change.session.execute(update(_CANDIDATE).where(_CANDIDATE.c.task_id == wait.id).values(is_open=False, is_free=False))
    for row in rows:
        again = (_CANDIDATE.c.task_id == wait.id) & (_CANDIDATE.c.kind == row["kind"]) & (_CANDIDATE.c.value == row["value"])
        change.session.execute(delete(_CANDIDATE).where(again))
    if rows:
        change.session.execute(_CANDIDATE.insert(), rows)


def _task_row(change: Change, wait: Wait) -> dict[str, Any]:
    form = change.library.form_for(wait) if wait.form_id else None
    return {
        "id": wait.id, "instance_id": change.instance_id, "definition_id": wait.definition_id, "node": wait.node,
        "name": wait.node_name or wait.node, "scope": wait.scope, "lane": wait.lane, "form_id": wait.form_id,
        "form_definition_id": form, "assignee": wait.assignee, "priority": wait.priority, "created_at": wait.created_at,
        "due_at": wait.due_at, "urgent_at": wait.due_at or FAR_FUTURE, "follow_up_at": wait.follow_up_at,
        "process_key": change.before.process_key, "process_name": change.before.process_name, "started_at": _started(change), **change.labels.columns(),
    }  # fmt: skip


def _started(change: Change) -> datetime:
    return change.step.state.started_at or change.now


def _candidate_rows(change: Change, wait: Wait) -> Iterator[dict[str, Any]]:
    for kind, value in offers(wait.assignee, wait.candidate_users, wait.candidate_groups):
        yield {
            "task_id": wait.id, "kind": kind, "value": value, "instance_id": change.instance_id, "is_open": True,
            "is_free": wait.assignee is None, "urgent_at": wait.due_at or FAR_FUTURE, "created_at": wait.created_at,
            "started_at": _started(change), "name": wait.node_name or wait.node,
            "enterprise_id": change.labels.enterprise_id if (kind, value) == _SERVING else None,
        }  # fmt: skip


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


# --------------------------------------------------------------------------------------------------------------- variables


def _write_variables(change: Change) -> None:
    changes: Iterable[VariableChange] = change.step.variables
    was, core = change.before.core, change.parts.core
    if core.absent or (was is not None and was.absent):
        changes = items.variables(was.variables if was else {}, core.variables, changes)
    rows = [
        {"instance_id": change.instance_id, "scope": one.scope, "name": one.name, "value": one.value, "deleted": one.deleted}
        for one in changes
    ]
    change.write(_UNSET, [row for row in rows if row["deleted"]])
    change.write(_SET, [row for row in rows if not row["deleted"]])
