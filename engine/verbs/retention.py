"""What is kept for how long: ended instances are packed into an archive and removed when their time is over, unless they are held.

A process says with `timeToLive` how long its ended instances stay. The pack holds everything there was, the hash chain too; its
stream's head stays here, and in the `system` stream under that stream's own chain, so the record can be proved for ever.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, Table, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from engine.tables.definitions import Content, ProcessDefinition
from engine.tables.instances import Archive, Event, ProcessInstance, Variable
from engine.tables.schema import metadata
from engine.tables.tasks import Attachment, Draft, RequestKey, TaskCandidate, UserTask
from engine.tables.types import encode
from engine.verbs import attachments, history
from engine.verbs.access import SYSTEM, Act, Actor, require, require_instance
from engine.verbs.errors import Conflict, NotFound
from engine.verbs.file_types import clean_name

BATCH = 20  # instances in one round of the worker; each has a transaction of its own
LEFT_OVER = timedelta(days=7)  # how long files that were handed in for nothing, and drafts of closed tasks, lie about
_INSTANCE = cast(Table, ProcessInstance.__table__)


@dataclass(frozen=True)
class Pack:
    """An instance as a zip file. `revision` and `head`: what it was made from, so that nothing is removed that it does not hold."""

    instance_id: str
    name: str
    content: bytes
    revision: int
    head: history.Head

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def held(session: Session, instance_id: str) -> str | None:
    """Why an instance is kept beyond its time; None if it is not."""
    return session.scalar(select(ProcessInstance.hold_reason).where(ProcessInstance.id == instance_id))


def hold(session: Session, instance_id: str, reason: str, actor: Actor, now: datetime) -> None:
    """Keep an instance beyond its time, for a reason that stands in its record. Raises NotFound, NotAllowed."""
    _mark(session, instance_id, reason.strip() or "—", "hold_set", actor, now)


def release(session: Session, instance_id: str, actor: Actor, now: datetime) -> None:
    """The reason is gone. Raises NotFound, NotAllowed."""
    _mark(session, instance_id, None, "hold_released", actor, now)


def _mark(session: Session, instance_id: str, reason: str | None, kind: str, actor: Actor, now: datetime) -> None:
    require_instance(session, actor, instance_id)
    require(actor, Act.SUPERVISE)
    history.append(session, instance_id, [history.entry(kind, now, reason=reason or "")], actor, now)
    session.execute(update(_INSTANCE).where(_INSTANCE.c.id == instance_id).values(hold_reason=reason))


def expired(now: datetime) -> Select[tuple[str]]:
    """Ids of the instances whose time is over and that nobody holds, the longest overdue first."""
    over = and_(ProcessInstance.expires_at <= now, ProcessInstance.hold_reason.is_(None))
    return select(ProcessInstance.id).where(over).order_by(ProcessInstance.expires_at)


def kept(session: Session, now: datetime) -> dict[str, int]:
    """For the gauge: instances still here although their time is over; `held` for a reason, `waiting` for the worker."""
    over = select(ProcessInstance.hold_reason.is_not(None), func.count()).where(ProcessInstance.expires_at <= now)
    found = {bool(is_held): count for is_held, count in session.execute(over.group_by(ProcessInstance.hold_reason.is_not(None)))}
    return {"held": found.get(True, 0), "waiting": found.get(False, 0)}


# -------------------------------------------------------------------------------------------------------------- packing


def pack(session: Session, instance_id: str) -> Pack:
    """Everything about an ended instance. Raises NotFound."""
    row = session.execute(select(_INSTANCE).where(_INSTANCE.c.id == instance_id, _INSTANCE.c.ended_at.is_not(None))).mappings().first()
    if row is None:
        raise NotFound("instance", instance_id)
    definition = session.execute(
        select(ProcessDefinition.resource, Content.content)
        .join(Content, Content.sha256 == ProcessDefinition.sha256)
        .where(ProcessDefinition.id == row["definition_id"])
    ).one()
    files = session.execute(select(Attachment.__table__).where(Attachment.instance_id == instance_id).order_by(Attachment.id)).mappings().all()
    own = {"instance.json": [row], "events.jsonl": _rows(session, Event, Event.stream == instance_id, Event.seq)}
    own |= {
        name: _rows(session, table, table.instance_id == instance_id, *order)
        for name, table, order in (
            ("variables.jsonl", Variable, (Variable.scope, Variable.name)),
            ("tasks.jsonl", UserTask, (UserTask.created_at, UserTask.id)), ("candidates.jsonl", TaskCandidate, (TaskCandidate.task_id,)),
        )
    }  # fmt: skip
    own["attachments.jsonl"] = [{name: value for name, value in file.items() if name != "content"} for file in files]
    contents = {name: "\n".join(map(_line, rows)).encode() for name, rows in own.items()}
    contents[f"diagram/{definition.resource.rpartition('/')[2]}"] = definition.content
    contents |= {f"attachments/{file['id']}/{clean_name(file['filename'])}": file["content"] for file in files}
    name = f"{row['process_key']}/{row['ended_at']:%Y-%m}/{instance_id}.zip"
    head = history.Head(row["history_head"], row["history_count"])
    return Pack(instance_id, name, _zipped(contents, row["ended_at"]), row["revision"], head)


def _rows(session: Session, table: Any, condition: Any, *order: Any) -> list[Mapping[str, Any]]:
    return [dict(row) for row in session.execute(select(table.__table__).where(condition).order_by(*order)).mappings()]


def _line(row: Mapping[str, Any]) -> str:
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    return encode(plain)


def _zipped(contents: Mapping[str, bytes], at: datetime) -> bytes:
    """The same contents give the same bytes: a pack that is written twice, after a crash, is the same file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


# -------------------------------------------------------------------------------------------------------------- removing


def purge(session: Session, made: Pack, now: datetime) -> None:
    """Remove an instance whose pack is safe. Raises Conflict if it has changed since, or is now held."""
    query = select(_INSTANCE).where(_INSTANCE.c.id == made.instance_id).with_for_update()
    row = session.execute(query).mappings().first()
    unchanged = row is not None and (row["revision"], row["history_head"]) == (made.revision, made.head.hash)
    if row is None or not unchanged or row["hold_reason"] is not None or row["expires_at"] is None or row["expires_at"] > now:
        raise Conflict("instance", made.instance_id)
    facts = {
        "instance_id": made.instance_id, "process_key": row["process_key"], "business_key": row["business_key"], "file": made.name,
        "sha256": made.sha256, "head": made.head.hash, "count": made.head.count,
    }  # fmt: skip
    history.append(session, history.SYSTEM_STREAM, [history.entry("instance_archived", now, **facts)], SYSTEM, now)
    dates = {"title": row["title"], "started_at": row["started_at"], "ended_at": row["ended_at"], "archived_at": now}
    session.execute(cast(Table, Archive.__table__).insert(), {**facts, **dates})
    _remove(session, made.instance_id)


def _remove(session: Session, instance_id: str) -> None:
    """The instance with everything that refers to it, whichever table that is in."""
    tasks = select(UserTask.id).where(UserTask.instance_id == instance_id)
    session.execute(delete(Draft).where(Draft.subject.in_(tasks)))
    session.execute(delete(RequestKey).where(RequestKey.instance_id == instance_id))
    session.execute(delete(Event).where(Event.stream == instance_id))
    for table in reversed(metadata.sorted_tables):
        ways = []
        for key in table.foreign_keys:
            if key.column.table is _INSTANCE:
                ways.append(key.parent == instance_id)
            elif key.column.table.name == UserTask.__tablename__:
                ways.append(key.parent.in_(tasks))
        if ways:
            session.execute(delete(table).where(or_(*ways)))
    session.execute(delete(_INSTANCE).where(_INSTANCE.c.id == instance_id))


def tidy(session: Session, now: datetime) -> None:
    """Once a day: files that were handed in for something never started, and drafts of tasks that are closed."""
    before = now - LEFT_OVER
    attachments.purge(session, before)
    closed = select(UserTask.id).where(UserTask.id == Draft.subject, UserTask.closed_at < before)
    session.execute(delete(Draft).where(closed.exists()))
