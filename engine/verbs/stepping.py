"""Moving an instance: load it under its lock, let the core advance it, write what came of it. Every stimulus goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Select, Table, Text, bindparam, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.core.runtime.advance import SLICE, advance
from engine.core.runtime.step import (
    ActFailed, ChangeTask, CompleteJob, CompleteTask, Entry, Failing, JobFailed, MessageReceived, RestNeeded, Retry, SetVariables, SignalReceived, Start,
    State, StepRefused, Stimulus, TaskChange, ThrowError, TimerDue, Variables,
)  # fmt: skip
from engine.core.runtime.words import refusal_sentence
from engine.tables.definitions import ProcessDefinition
from engine.tables.instances import ProcessInstance, Variable
from engine.tables.prepared import Prepared
from engine.tables.tasks import RequestKey
from engine.tables.types import decode
from engine.verbs import buffered, history, hot, ids, items, labels, states
from engine.verbs.access import Actor, Kind
from engine.verbs.definitions import get, latest, may_start
from engine.verbs.errors import NotAllowed, NotFound, StartRefused, StimulusRefused
from engine.verbs.history import Head
from engine.verbs.labels import Labels
from engine.verbs.library import Deployed
from engine.verbs.opinions import opinion
from engine.verbs.variables import checked
from engine.verbs.writing import Change, Stored, apply


@dataclass(frozen=True)
class InstanceFacts:
    """What a caller wants to know of an instance it has moved. `started_again`: a repeated request got the first one's instance."""

    id: str
    definition_id: str
    process_key: str
    process_name: str
    status: str
    business_key: str | None
    title: str | None
    enterprise_id: str | None
    enterprise_name: str | None
    incident_count: int
    started_again: bool = False


def start(
    session: Session, definition: str, variables: Variables, actor: Actor, now: datetime, *, start_event: str | None = None,
    request_key: str | None = None,
) -> InstanceFacts:  # fmt: skip
    """Start a process by hand: a definition id, or a process key for its latest version.

    `request_key` names one request: its repetition gets the instance of the first. Raises NotFound, NotAllowed, StartRefused.
    """
    row = get(session, definition) if ":" in definition else latest(session, definition)
    if not may_start(row, actor):
        raise NotAllowed("start")
    return begin(session, row, variables, actor, now, start_event=start_event, request_key=request_key)


def begin(
    session: Session, definition: Row[Any], variables: Variables, actor: Actor, now: datetime, *, start_event: str | None = None,
    request_key: str | None = None, message_id: str | None = None,
) -> InstanceFacts:  # fmt: skip
    """Start a definition whatever the cause: a person, a message, a signal, a timer. `start_event` None: its none start event.

    `message_id`: the message that starts it, which the process has had by that: its own waits do not take it once more.
    """
    instance_id = ids.growing(now)
    if request_key is not None:
        first = _first_answer(session, request_key, actor, instance_id, now)
        if first != instance_id:
            return facts(session, first, started_again=True)
    library = Deployed(session)
    process = library.process(definition.id)
    own = labels.reserved(session, process, variables, actor, now)
    before = Stored(None, definition.key, definition.name, Labels(), deployment_id=definition.deployment_id)
    stimulus = Start(instance_id, definition.id, checked(variables), start_event, own)
    try:
        step = advance(library, None, stimulus, now)
    except StepRefused as refused:
        raise StartRefused(process=definition.name, reason=refusal_sentence(refused.code, refused.facts)) from refused
    stored = apply(Change(session, library, before, step, actor, now))
    if message_id is not None:
        buffered.receipt(session, message_id, definition.key, instance_id)
    return _facts_of(_take_buffered(session, library, stored, actor, now))


def _first_answer(session: Session, key: str, actor: Actor, instance_id: str, now: datetime) -> str:
    """The instance of the first request with this key: this one's, unless there was one before."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"key": key, "person_id": actor.id, "instance_id": instance_id, "created_at": now}
    session.execute(insert(RequestKey).values(**row).on_conflict_do_nothing())
    query = select(RequestKey.instance_id).where(RequestKey.key == key, RequestKey.person_id == actor.id)
    return str(session.scalars(query).one())


def step(
    session: Session, instance_id: str, stimulus: Stimulus, actor: Actor, now: datetime, *, extra: Sequence[Entry] = (),
    slice_size: int = SLICE,
) -> InstanceFacts:  # fmt: skip
    """Move an instance. `extra` are lines for its history about what the person did. Raises NotFound, StimulusRefused, Conflict.

    What is allowed is the caller's question, not this one's. Other movers of the same instance wait until this transaction ends.
    """
    return move(session, load(session, instance_id, reach=_address(stimulus)), stimulus, actor, now, extra=extra, slice_size=slice_size)


def move(
    session: Session, stored: Stored, stimulus: Stimulus, actor: Actor, now: datetime, *, extra: Sequence[Entry] = (),
    slice_size: int = SLICE,
) -> InstanceFacts:  # fmt: skip
    """`step` for an instance that the caller has loaded and locked in this transaction. Raises StimulusRefused, Conflict."""
    library = Deployed(session)
    library.know(cast(State, stored.state).definition_id, stored.deployment_id)
    stored = _move(session, library, stored, stimulus, actor, now, extra, slice_size)
    return _facts_of(_take_buffered(session, library, stored, actor, now))


def load(session: Session, instance_id: str, *, lock: bool = True, reach: str | None = None) -> Stored:
    """An instance as it stands, by default locked until the transaction ends. Raises NotFound.

    `reach`: the id of the wait or activation that is all it is about; the items of multi-instance activities that it is not in may
    then be left out.
    """
    row = (_LOCKED if lock else _READ).first(session, id=instance_id)
    if row is None:
        raise NotFound("instance", instance_id)
    return reaching(session, restored(session, row), reach)


def reaching(session: Session, stored: Stored, reach: str | None) -> Stored:
    """An instance of which only the core has been read, with what `reach` is in, or whole."""
    core = cast(State, stored.core)
    if not core.absent:
        return stored
    state, read = items.everything(session, core) if reach is None else items.around(session, core, reach)
    return replace(stored, state=state, read=read)


def _address(stimulus: Stimulus) -> str | None:
    """The wait that a stimulus is for; "" for what only the core can hear. None: any could be meant."""
    match stimulus:
        case CompleteTask(id_, _, _) | ChangeTask(id_, _, _) | CompleteJob(id_, _) | JobFailed(id_, _) | ThrowError(id_, _, _, _):
            return id_
        case ActFailed(id_, _, _) | TimerDue(id_) | MessageReceived(id_, _) | Retry(id_) | SetVariables(id_, _):
            return id_
        case SignalReceived() | Failing():
            return ""
    return None


def restored(session: Session, row: Any, variables: Iterable[tuple[str, str, str]] | None = None) -> Stored:
    """The core of an instance from its row as `INSTANCE` names its columns; `variables` as `variables_of` gives them, read here if
    not given.
    """
    state = hot.find(session, row.id, row.revision, row.state)
    if state is None:
        found = _VARIABLES.rows(session, id=row.id) if variables is None else variables
        state = states.from_json(
            decode(row.state), instance_id=row.id, definition_id=row.definition_id, status=row.status, started_at=row.started_at,
            variables=states.by_scope((scope, name, decode(value)) for scope, name, value in found),
        )  # fmt: skip
    known = Labels(row.business_key, row.title, row.enterprise_id, row.enterprise_name, row.zone_id)
    head = Head(row.history_head, row.history_count)
    return Stored(state, row.process_key, row.process_name, known, head, row.revision, row.incident_count, row.deployment_id, state)


_INSTANCE = cast(Table, ProcessInstance.__table__)
INSTANCE = (
    select(
        *(_INSTANCE.c[name] for name in (
            "id", "definition_id", "process_key", "process_name", "status", "business_key", "title", "enterprise_id",
            "enterprise_name", "zone_id", "started_at", "incident_count", "revision", "history_head", "history_count",
        )),
        type_coerce(_INSTANCE.c.state, Text).label("state"), ProcessDefinition.deployment_id,
    )
    .join(ProcessDefinition, ProcessDefinition.id == _INSTANCE.c.definition_id)
)  # fmt: skip
_READ = Prepared(INSTANCE.where(_INSTANCE.c.id == bindparam("id")))
_LOCKED = Prepared(INSTANCE.where(_INSTANCE.c.id == bindparam("id")).with_for_update(of=_INSTANCE))


def variables_of(instance_id: Any) -> Select[Any]:
    """Scope, name and JSON text of an instance's variables."""
    return select(Variable.scope, Variable.name, type_coerce(Variable.value, Text)).where(Variable.instance_id == instance_id)


_VARIABLES = Prepared(variables_of(bindparam("id")))


def _move(
    session: Session, library: Deployed, stored: Stored, stimulus: Stimulus, actor: Actor, now: datetime,
    extra: Sequence[Entry] = (), slice_size: int = SLICE,
) -> Stored:  # fmt: skip
    try:
        made = advance(library, stored.state, stimulus, now, slice_size)
    except RestNeeded:
        return _move(session, library, reaching(session, stored, None), stimulus, actor, now, extra, slice_size)
    except StepRefused as refused:
        raise StimulusRefused(refused.code, dict(refused.facts), cast(State, stored.state).instance_id) from None
    lines = [_line(library, cast(State, stored.state), stimulus, change, now) for change in made.changed]
    # A change that had to wait for a listener is still the act of whoever asked for it.
    asked = () if isinstance(stimulus, CompleteTask | ChangeTask) else made.changed
    by = next((_person(change.by) for change in asked if change.by), actor)
    return apply(Change(session, library, stored, made, actor, now, by=by, extra=(*extra, *lines)))


def _line(library: Deployed, state: State, stimulus: Stimulus, change: TaskChange, now: datetime) -> Entry:
    """The line that says who did what to a task, and with what opinion; what they entered follows in the core's own lines."""
    wait = next(wait for wait in state.waits if wait.id == change.task_id)
    node = library.process(wait.definition_id).nodes[wait.node]
    facts: dict[str, Any] = dict(change.values)
    if change.by and "reason" in change.by:
        facts["reason"] = change.by["reason"]
    if change.event == "completing":
        entered = stimulus.variables if isinstance(stimulus, CompleteTask) else _entered(state, change.task_id)
        facts = {"opinion": opinion(node, entered, now), "clause": node.properties.get("clause")}
    return history.entry(
        _act(change), now, definition_id=wait.definition_id, node=wait.node, node_name=wait.node_name, activation=wait.id, **facts
    )


def _act(change: TaskChange) -> str:
    if change.event == "completing":
        return "task_completed"
    if "assignee" not in change.values:
        return "task_updated"
    assignee = change.values["assignee"]
    return "task_released" if assignee is None else "task_claimed" if assignee == (change.by or {}).get("id") else "task_assigned"


def _entered(state: State, task_id: str) -> Variables:
    """What a person entered into a task whose completion waited for a listener."""
    facts: Any = next(token[5] for token in state.tokens if token[0] == task_id)
    entered: Variables = facts.get("payload", {})
    return entered


def _person(by: Variables) -> Actor:
    return Actor(str(by["id"]), str(by["name"]), Kind(str(by["kind"])))


def _take_buffered(session: Session, library: Deployed, stored: Stored, actor: Actor, now: datetime) -> Stored:
    """Give the instance what was published before it began to wait for it, oldest first."""
    while (found := buffered.first_for(session, stored.state, now)) is not None:
        wait, message = found
        buffered.receipt(session, message.id, wait.process_id, cast(State, stored.state).instance_id)
        stored = _move(session, library, stored, MessageReceived(wait.id, message.variables), actor, now)
    return stored


def _facts_of(stored: Stored) -> InstanceFacts:
    state, labels = cast(State, stored.state), stored.labels
    return InstanceFacts(
        state.instance_id, state.definition_id, stored.process_key, stored.process_name, str(state.status), labels.business_key,
        labels.title, labels.enterprise_id, labels.enterprise_name, stored.incident_count,
    )  # fmt: skip


def facts(session: Session, instance_id: str, *, started_again: bool = False) -> InstanceFacts:
    """Raises NotFound."""
    names = [name for name in InstanceFacts.__dataclass_fields__ if name != "started_again"]
    row = session.execute(select(*(getattr(ProcessInstance, name) for name in names)).where(ProcessInstance.id == instance_id)).first()
    if row is None:
        raise NotFound("instance", instance_id)
    return InstanceFacts(*row, started_again)

