"""Starting a process at an event that has occurred; at a parallel multiple start event, only once nothing is missing any more.

Until then the occurrence is a row of `partial_start`. Its id stands in the message's receipt and in the request's key where the
instance will: so the process has had this message, and a request that is repeated fills nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import Row, Select, Table, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.core.bpmn.model import Node
from engine.core.partial_starts import Occurrence, complete, merged, missing, room, slot_of
from engine.tables.instances import ProcessInstance
from engine.tables.jobs import MessageReceipt, PartialStart
from engine.tables.tasks import RequestKey
from engine.verbs import buffered, history, ids, stepping
from engine.verbs.access import Act, Actor, require
from engine.verbs.definitions import latest
from engine.verbs.errors import NotFound, ReasonMissing
from engine.verbs.library import Deployed
from engine.verbs.stepping import InstanceFacts
from engine.verbs.variables import checked

log = structlog.get_logger(__name__)
JOINING = 0x7A687173  # any number that only we use for this kind of lock
_TABLE = cast(Table, PartialStart.__table__)


def occur(
    session: Session, definition: Row[Any], node_id: str, occurrence: Occurrence, actor: Actor, now: datetime, *,
    message_id: str | None = None, request_key: str | None = None,
) -> InstanceFacts | None:  # fmt: skip
    """An event of the start event `node_id` has occurred: the instance that this starts, or None while others are missing.

    `message_id`: the message it is. The same `request_key` again gives the instance of the first time, if there is one yet.
    Raises StartRefused, VariableInvalid.
    """
    if not Deployed(session).process(definition.id).nodes[node_id].parallel_multiple:
        return stepping.begin(
            session, definition, occurrence.variables, actor, now, start_event=node_id, message_id=message_id, request_key=request_key
        )
    given = checked(occurrence.variables)
    occurrence = replace(occurrence, id=ids.growing(now), variables=given, brought_by=message_id or request_key)
    take_turns(session, f"{definition.key} at {node_id}")
    if request_key is not None and not _is_first(session, request_key, actor, occurrence.id, now):
        return _begun_by(session, request_key, actor)
    if message_id is not None:
        buffered.receipt(session, message_id, definition.key, occurrence.id)
    # A signal or timer may have been on its way while a new version came into force: what waits, waits for the newest.
    return _fill(session, latest(session, definition.key), node_id, occurrence, actor, now)


def _fill(
    session: Session, definition: Row[Any], node_id: str, occurrence: Occurrence, actor: Actor, now: datetime
) -> InstanceFacts | None:
    node = Deployed(session).process(definition.id).nodes.get(node_id)
    if node is None or not node.parallel_multiple or occurrence.slot not in map(slot_of, node.events):
        return None
    consumed = complete(node, [*_waiting(session, definition.key, node, now), occurrence])
    if occurrence not in consumed and occurrence.waits_at(now) and _has_room(session, definition.key, node, occurrence):
        _keep(session, definition.key, node_id, occurrence, now)
    if not consumed:
        return None
    instance = stepping.begin(session, definition, merged(consumed), actor, now, start_event=node_id)
    _begun(session, consumed, instance.id)
    return instance


def take_turns(session: Session, what: str) -> None:
    """Until this transaction ends, nobody else adds to what is joined under this name.

    Two events that occur at the same moment must see each other, or each would wait for the other for ever.
    """
    if session.get_bind().dialect.name == "postgresql":  # on SQLite a writer is alone anyway
        session.execute(select(func.pg_advisory_xact_lock(JOINING, func.hashtext(what))))


def _waiting(session: Session, process_key: str, node: Node, now: datetime) -> list[Occurrence]:
    """What has occurred and is not over, oldest first; of each kind under each key no more than one instance could use."""
    oldest_first = (_TABLE.c.created_at, _TABLE.c.id)
    rank = func.row_number().over(partition_by=(_TABLE.c.slot, _TABLE.c.correlation_key), order_by=oldest_first)
    is_open = or_(_TABLE.c.expires_at.is_(None), _TABLE.c.expires_at > now)
    here = select(_TABLE, rank.label("rank")).where(_TABLE.c.process_key == process_key, _TABLE.c.node == node.id, is_open).subquery()
    rows = session.execute(select(here).where(here.c.rank <= len(node.events)).order_by(here.c.created_at, here.c.id))
    return [Occurrence(row.slot, row.variables, row.correlation_key, row.expires_at, row.id, row.brought_by) for row in rows]


def _has_room(session: Session, process_key: str, node: Node, occurrence: Occurrence) -> bool:
    most = room(node, occurrence.slot)
    if most is None:
        return True
    like_it = (_TABLE.c.process_key == process_key, _TABLE.c.node == node.id, _TABLE.c.slot == occurrence.slot)
    if int(session.scalar(select(func.count()).select_from(_TABLE).where(*like_it)) or 0) < most:
        return True
    log.info("partial_start_not_kept", process=process_key, node=node.id, slot=occurrence.slot)
    return False


def _keep(session: Session, process_key: str, node_id: str, occurrence: Occurrence, now: datetime) -> None:
    row = {
        "id": occurrence.id, "process_key": process_key, "node": node_id, "slot": occurrence.slot, "correlation_key": occurrence.key,
        "variables": occurrence.variables, "created_at": now, "expires_at": occurrence.expires_at,
        "brought_by": occurrence.brought_by,
    }  # fmt: skip
    session.execute(_TABLE.insert(), row)


def _begun(session: Session, consumed: list[Occurrence], instance_id: str) -> None:
    """These have begun an instance: it takes their place."""
    taken, brought_by = [one.id for one in consumed], [one.brought_by for one in consumed if one.brought_by]
    session.execute(delete(PartialStart).where(PartialStart.id.in_(taken)))
    for table, source in ((MessageReceipt, MessageReceipt.message_id), (RequestKey, RequestKey.key)):
        here = (source.in_(brought_by), table.instance_id.in_(taken))
        session.execute(update(table).where(*here).values(instance_id=instance_id))


def _is_first(session: Session, key: str, actor: Actor, occurrence_id: str, now: datetime) -> bool:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"key": key, "person_id": actor.id, "instance_id": occurrence_id, "created_at": now}
    written = insert(RequestKey).values(**row).on_conflict_do_nothing()
    return session.execute(written.returning(RequestKey.key)).first() is not None


def _begun_by(session: Session, key: str, actor: Actor) -> InstanceFacts | None:
    query = select(RequestKey.instance_id).where(RequestKey.key == key, RequestKey.person_id == actor.id)
    begun = session.scalars(select(ProcessInstance.id).where(ProcessInstance.id == query.scalar_subquery())).first()
    return stepping.facts(session, begun, started_again=True) if begun is not None else None


def expire(session: Session, now: datetime) -> None:
    """Forget messages whose time is over."""
    session.execute(delete(PartialStart).where(PartialStart.expires_at <= now))


# ------------------------------------------------------------------------------------------------------------ looking on


@dataclass(frozen=True)
class Pending:
    """An occurrence that waits for the rest of its start event. `slot` and `missing` as `core.partial_starts.slot_of` writes them."""

    id: str
    process_name: str
    node_name: str
    slot: str
    correlation_key: str | None
    missing: list[str]
    created_at: datetime
    expires_at: datetime | None


def pending(actor: Actor, now: datetime) -> Select[Any]:
    """What waits for the rest of a parallel multiple start event, the oldest first: rows for `describe`. Raises NotAllowed."""
    require(actor, Act.REPAIR)
    is_open = or_(_TABLE.c.expires_at.is_(None), _TABLE.c.expires_at > now)
    names = ("id", "process_key", "node", "slot", "correlation_key", "created_at", "expires_at")
    return select(*(_TABLE.c[name] for name in names)).where(is_open).order_by(_TABLE.c.created_at, _TABLE.c.id)


def describe(session: Session, rows: Iterable[Row[Any]]) -> list[Pending]:
    """What rows of `pending` wait for."""
    return [_described(session, row) for row in rows]


def _described(session: Session, row: Row[Any]) -> Pending:
    definition = latest(session, row.process_key)
    node = Deployed(session).process(definition.id).nodes[row.node]  # a version without it has dropped the row
    here = select(_TABLE.c.slot, func.count()).where(_TABLE.c.process_key == row.process_key, _TABLE.c.node == row.node)
    if row.correlation_key is not None:  # what has none goes with any
        here = here.where(or_(_TABLE.c.correlation_key.is_(None), _TABLE.c.correlation_key == row.correlation_key))
    come = [slot for slot, count in session.execute(here.group_by(_TABLE.c.slot)) for _ in range(min(count, len(node.events)))]
    return Pending(
        row.id, definition.name, node.name or node.id, row.slot, row.correlation_key, missing(node, come), row.created_at, row.expires_at
    )


def drop(session: Session, id_: str, reason: str, actor: Actor, now: datetime) -> None:
    """Let an occurrence wait no longer; the record keeps what it was and why. Raises NotAllowed, ReasonMissing, NotFound.

    The message it came with counts as received: it does not come back.
    """
    require(actor, Act.REPAIR)
    if not reason.strip():
        raise ReasonMissing
    row = session.execute(delete(_TABLE).where(_TABLE.c.id == id_).returning(_TABLE)).first()
    if row is None:
        raise NotFound("partial_start", id_)
    line = history.entry(
        "partial_start_dropped", now, node=row.node, process=row.process_key, event=row.slot, key=row.correlation_key,
        since=row.created_at.isoformat(), reason=reason.strip(),
    )  # fmt: skip
    history.append(session, history.SYSTEM_STREAM, [line], actor, now)
