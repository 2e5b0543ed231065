"""Messages and signals from outside an instance. A message has one receiver per process and waits for it; a signal goes to everyone now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import uuid4

from sqlalchemy import Row, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.core.bpmn.model import Process
from engine.core.partial_starts import Occurrence
from engine.core.runtime.step import MessageReceived, SignalThrown, Variables
from engine.tables.definitions import ProcessDefinition, StartSubscription
from engine.tables.instances import ProcessInstance
from engine.tables.jobs import Job, Message, Subscription
from engine.verbs import buffered, effects, partial_starts, stepping
from engine.verbs.access import Act, Actor, require
from engine.verbs.errors import StimulusRefused
from engine.verbs.library import Deployed
from engine.verbs.variables import checked

TIME_TO_LIVE = timedelta(hours=1)
LONGEST_TO_LIVE = timedelta(days=30)


@dataclass(frozen=True)
class Result:
    """What became of a message: `correlated` to waiting instances, `started` new ones (or both: then `correlated`), `buffered` until
    someone waits for it or the rest of a parallel multiple start has occurred, `duplicate` of an earlier one with the same id, or
    `unclaimed` with no time to live.
    """

    outcome: Literal["correlated", "started", "buffered", "duplicate", "unclaimed"]
    instances: tuple[str, ...] = ()


def publish(
    session: Session, name: str, correlation_key: str, variables: Variables, actor: Actor, now: datetime, *,
    ttl: timedelta = TIME_TO_LIVE, message_id: str | None = None,
) -> Result:  # fmt: skip
    """Publish a message, as a program outside or a diagram does.

    In every process exactly one instance gets it: the one that has waited longest under this key. Processes that start by it do.
    Raises NotAllowed, VariableInvalid.
    """
    require(actor, Act.PUBLISH_MESSAGE)
    id_ = uuid4().hex
    row = {
        "id": id_, "name": name, "correlation_key": correlation_key, "message_id": message_id, "variables": checked(variables),
        "created_at": now, "expires_at": now + min(max(ttl, timedelta(0)), LONGEST_TO_LIVE),
    }  # fmt: skip
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    written = insert(Message).values(**row).on_conflict_do_nothing(index_elements=["name", "correlation_key", "message_id"])
    if session.execute(written.returning(Message.id)).first() is None:
        return Result("duplicate")
    starts = _starts(session, name)
    _take_turns(session, starts, correlation_key)
    received = _correlate(session, id_, name, correlation_key, variables, actor, now)
    occurrence = Occurrence(f"message {name}", variables, correlation_key, row["expires_at"])
    started = _start(session, id_, starts, occurrence, actor, now, but={process for process, _ in received})
    instances = (*(instance for _, instance in received), *started)
    if received or started:
        return Result("correlated" if received else "started", instances)
    return Result("buffered" if ttl > timedelta(0) else "unclaimed")


def _starts(session: Session, name: str) -> Sequence[Row[Any]]:
    query = select(StartSubscription.definition_id, StartSubscription.node, StartSubscription.process_key).where(
        StartSubscription.kind == "message", StartSubscription.name == name
    )
    return session.execute(query.order_by(StartSubscription.process_key, StartSubscription.node)).all()


def _take_turns(session: Session, starts: Sequence[Row[Any]], key: str) -> None:
    """The messages of one key that a parallel instantiating gateway joins come one after the other: only one may begin the instance."""
    library = Deployed(session)
    joined = {start.process_key for start in starts if _is_joined(library.process(start.definition_id), start.node)}
    for process_key in sorted(joined):
        partial_starts.take_turns(session, f"{process_key} for {key}")


def _is_joined(process: Process, node_id: str) -> bool:
    before = [process.nodes[process.flows[flow].source] for flow in process.nodes[node_id].incoming]
    return any(gateway.instantiate and gateway.parallel for gateway in before)


def _correlate(
    session: Session, message_id: str, name: str, key: str, variables: Variables, actor: Actor, now: datetime
) -> list[tuple[str, str]]:
    """Deliver to one waiting instance of each process; (process key, instance id) of those that took it."""
    waiting = _waiting(session, name, key)
    # Locked in one order, so that two messages to the same instances cannot wait for each other.
    ids = sorted({row.instance_id for row in waiting})
    if ids:
        session.execute(select(ProcessInstance.id).where(ProcessInstance.id.in_(ids)).order_by(ProcessInstance.id).with_for_update())
    received: dict[str, str] = {}
    # Only what is still waiting now that the locks are held: another transaction may have been quicker.
    for row in _waiting(session, name, key) if ids else ():
        if row.process_key in received or buffered.has_receipt(session, message_id, row.process_key):
            continue
        buffered.receipt(session, message_id, row.process_key, row.instance_id)
        try:
            stepping.step(session, row.instance_id, MessageReceived(row.id, variables), actor, now)
        except StimulusRefused:
            # Ended by the delivery to another process just before: another instance of this one may have it.
            buffered.take_back(session, message_id, row.process_key)
            continue
        received[row.process_key] = row.instance_id
    return list(received.items())


def _waiting(session: Session, name: str, key: str) -> Sequence[Row[Any]]:
    query = select(Subscription.id, Subscription.instance_id, Subscription.process_key).where(
        Subscription.kind == "message", Subscription.name == name, Subscription.correlation_key == key
    )
    return session.execute(query.order_by(Subscription.created_at, Subscription.id)).all()


def _start(
    session: Session, message_id: str, starts: Sequence[Row[Any]], occurrence: Occurrence, actor: Actor, now: datetime, *, but: set[str]
) -> list[str]:
    """Start the processes that begin with this message, except those an instance of which has just taken it."""
    started: list[str] = []
    for start in starts:
        if start.process_key in but or buffered.has_receipt(session, message_id, start.process_key):
            continue
        definition = session.execute(select(ProcessDefinition.__table__).where(ProcessDefinition.id == start.definition_id)).one()
        instance = partial_starts.occur(session, definition, start.node, occurrence, actor, now, message_id=message_id)
        started += [instance.id] if instance else []
    return started


def broadcast(session: Session, name: str, variables: Variables, actor: Actor, now: datetime) -> int:
    """Send a signal to every instance that waits for it and every process that starts by it; how many jobs will deliver it."""
    require(actor, Act.PUBLISH_MESSAGE)
    rows = effects.signal_jobs(session, SignalThrown(name, checked(variables), ""), now)
    if rows:
        session.execute(cast(Table, Job.__table__).insert(), rows)
    return len(rows)
