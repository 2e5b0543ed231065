"""Files that people hand in: kept with the task or the start they were handed in for, seen by those who see the case."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, true, update
from sqlalchemy.orm import Session

from engine.core.forms.file_kinds import LARGEST
from engine.core.forms.model import Attachment, Form
from engine.core.runtime.step import Json
from engine.tables.instances import ProcessInstance
from engine.tables.people import Person
from engine.tables.tasks import Attachment as Stored
from engine.tables.tasks import UserTask
from engine.verbs import history
from engine.verbs.access import Act, Actor, Kind, may_see_instance, may_work_on, require, visible_instances, visible_tasks
from engine.verbs.case_facts import task_facts
from engine.verbs.errors import EngineError, NotAllowed, NotFound
from engine.verbs.file_types import clean_name, media_type

MANY = 50  # files of one person for one task or start
MANY_WAITING, MOST_WAITING = 200, 500 * 1024 * 1024  # files of one person that belong to no case yet, and their bytes


class FileEmpty(EngineError):
    code = "file_empty"


class FileTooLarge(EngineError):
    """`limit` in MB."""

    code = "file_too_large"


class TooManyFiles(EngineError):
    code = "too_many_files"


class TooMuchWaiting(EngineError):
    """What a person has handed in for things not yet started. `count` files, `limit` in MB."""

    code = "too_much_waiting"


def store(
    session: Session, content: bytes, filename: str, actor: Actor, now: datetime, *, task_id: str | None = None,
    request_key: str | None = None,
) -> Attachment:  # fmt: skip
    """Keep a file for a task the actor works on, or for something they are about to start or do (`request_key`).

    Raises FileEmpty, FileTooLarge, FileTypeRefused, FileTypeDiffers, TooManyFiles, TooMuchWaiting; NotFound or NotAllowed for others' tasks.
    """
    if (task_id is None) == (request_key is None):
        raise ValueError("an attachment belongs to a task or to a request")
    name = clean_name(filename)
    instance_id = _instance_of(session, task_id, actor) if task_id is not None else None
    if request_key is not None:
        require(actor, Act.START)
    _check_size(content, name)
    kind = media_type(content, name)
    place = Stored.task_id == task_id if task_id is not None else Stored.request_key == request_key
    count = session.scalar(select(func.count()).where(Stored.uploaded_by == actor.id, place)) or 0
    if count >= MANY:
        raise TooManyFiles(limit=MANY)
    if instance_id is None:
        _check_waiting(session, len(content), actor)
    attachment_id, digest = uuid4().hex, hashlib.sha256(content).hexdigest()
    session.execute(insert(Stored).values(
        id=attachment_id, instance_id=instance_id, task_id=task_id, request_key=request_key, filename=name, media_type=kind,
        size=len(content), sha256=digest, content=content, uploaded_by=actor.id, uploaded_at=now,
    ))  # fmt: skip
    return Attachment(attachment_id, name, len(content), kind)


def open(session: Session, attachment_id: str, actor: Actor, shown: Collection[str] = ()) -> tuple[Row, bytes]:
    """The facts (id, filename, media_type, size, sha256, …) and the content of a file.

    `shown`: ids of the files in a form that the actor has before them, whichever case they were handed in for. Raises NotFound for
    any other file that `of_instance` would not list to the actor; before it belongs to a case, only its uploader sees it.
    """
    columns = (
        Stored.id, Stored.filename, Stored.media_type, Stored.size, Stored.sha256, Stored.instance_id, Stored.task_id,
        Stored.uploaded_by, Stored.uploaded_at, Stored.content,
    )  # fmt: skip
    own = and_(Stored.instance_id.is_(None), Stored.uploaded_by == actor.id)
    of_case = select(ProcessInstance.id).where(Stored.instance_id == ProcessInstance.id, visible_instances(actor), _of_case(actor))
    seen = true() if attachment_id in shown else or_(own, of_case.exists())
    found = session.execute(select(*columns).where(Stored.id == attachment_id, seen)).one_or_none()
    if found is None:
        raise NotFound("attachment", attachment_id)
    return found, found.content


def of_instance(session: Session, instance_id: str, actor: Actor) -> list[Row]:
    """The files of a case, oldest first: for staff all of them, for an enterprise those of `_of_case`. Raises NotFound."""
    if not may_see_instance(session, actor, instance_id):
        raise NotFound("instance", instance_id)
    query = (
        select(Stored.id, Stored.filename, Stored.media_type, Stored.size, Stored.task_id, Stored.uploaded_by, Stored.uploaded_at)
        .join(ProcessInstance, ProcessInstance.id == Stored.instance_id)
        .where(Stored.instance_id == instance_id, _of_case(actor))
        .order_by(Stored.uploaded_at, Stored.id)
    )
    return list(session.execute(query))


def _of_case(actor: Actor) -> ColumnElement[bool]:
    """Over Attachment and its ProcessInstance, which the actor sees: the files that are theirs to see besides.

    An enterprise has what its own people handed in, what belongs to its tasks, and what its case was filed with; papers that offices
    exchange about it are shown to it only by a form.
    """
    if actor.kind is not Kind.ENTERPRISE:
        return true()
    colleagues = select(Person.id).where(Person.enterprise_id == actor.enterprise_id)
    of_own_task = select(UserTask.id).where(UserTask.id == Stored.task_id, visible_tasks(actor)).exists()
    filed = and_(Stored.task_id.is_(None), Stored.uploaded_at <= ProcessInstance.started_at)
    return or_(Stored.uploaded_by.in_(colleagues), of_own_task, filed)


def for_form(
    session: Session, form: Form | None, variables: Mapping[str, Json], actor: Actor, *, task_id: str | None = None,
    instance_id: str | None = None, request_key: str | None = None,
) -> dict[str, Attachment]:  # fmt: skip
    """The files that a submission of this form may name, by id: those already in its fields, and those handed in for it.

    Any other id is as good as none: nobody can attach a file of someone else's case to their own and read it there.
    """
    if form is None or not any(component.kind == "filepicker" for component in form.walk()):
        return {}
    places: list[ColumnElement[bool]] = []
    if task_id is not None:
        places.append(Stored.task_id == task_id)
    if request_key is not None:
        places.append(and_(Stored.request_key == request_key, Stored.uploaded_by == actor.id))
    elif task_id is None and instance_id is None:
        places.append(and_(Stored.instance_id.is_(None), Stored.uploaded_by == actor.id))
    if instance_id is not None:
        tops = {component.path[0] for component in form.walk() if component.path}
        shown = sorted({id_ for name in tops & variables.keys() for id_ in mentioned(variables[name])})
        places.append(and_(Stored.instance_id == instance_id, Stored.id.in_(shown)))
    rows = session.execute(select(Stored.id, Stored.filename, Stored.size, Stored.media_type).where(or_(*places)))
    return {row.id: Attachment(*row) for row in rows}


def mentioned(value: Json) -> Iterator[str]:
    """The ids of files in a submitted value: objects as a file field gives them."""
    if isinstance(value, dict):
        if {"id", "name", "size", "mediaType"} <= value.keys() and isinstance(value["id"], str):
            yield value["id"]
        else:
            for inner in value.values():
                yield from mentioned(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from mentioned(inner)


def settle(
    session: Session, instance_id: str, values: Mapping[str, Json], actor: Actor, now: datetime, *, task_id: str | None = None,
    request_key: str | None = None,
) -> None:  # fmt: skip
    """After a submission: its files belong to the instance and stand in its record; what the actor took back is deleted."""
    ids = sorted(set(mentioned(dict(values))))
    place = Stored.task_id == task_id if task_id is not None else Stored.instance_id.is_(None)
    if request_key is not None:
        place = and_(place, Stored.request_key == request_key)
    handed_in = and_(place, Stored.uploaded_by == actor.id)
    if task_id is not None or request_key is not None:
        session.execute(delete(Stored).where(handed_in, Stored.id.not_in(ids)))
    kept = session.execute(select(Stored.id, Stored.filename, Stored.size, Stored.sha256).where(handed_in, Stored.id.in_(ids))).all()
    session.execute(update(Stored).where(handed_in, Stored.id.in_(ids)).values(instance_id=instance_id))
    lines = [
        history.entry("attachment_added", now, activation=task_id, file=row.id, filename=row.filename, size=row.size, sha256=row.sha256)
        for row in kept
    ]
    if lines:
        history.append(session, instance_id, lines, actor, now)


def purge(session: Session, before: datetime) -> int:
    """Delete files handed in for something that was never started, older than `before`; how many."""
    orphans = and_(Stored.instance_id.is_(None), Stored.uploaded_at < before)
    return session.execute(delete(Stored).where(orphans)).rowcount  # type: ignore[attr-defined]


def _instance_of(session: Session, task_id: str, actor: Actor) -> str:
    instance_id = session.scalar(select(UserTask.instance_id).where(UserTask.id == task_id, visible_tasks(actor)))
    if instance_id is None:
        raise NotFound("task", task_id)
    task = next(task for task in task_facts(session, instance_id) if task.id == task_id)
    if not may_work_on(actor, task):
        raise NotAllowed("work_on_task")
    return instance_id


def _check_size(content: bytes, name: str) -> None:
    if not content:
        raise FileEmpty(filename=name)
    if len(content) > LARGEST:
        raise FileTooLarge(filename=name, limit=LARGEST // 1024 // 1024)


def _check_waiting(session: Session, size: int, actor: Actor) -> None:
    """Anyone can make up request keys: what waits under all of them together is bounded too."""
    waiting = select(func.count(), func.coalesce(func.sum(Stored.size), 0)).where(Stored.instance_id.is_(None), Stored.uploaded_by == actor.id)
    count, bytes_ = session.execute(waiting).one()
    if count >= MANY_WAITING or bytes_ + size > MOST_WAITING:
        raise TooMuchWaiting(count=MANY_WAITING, limit=MOST_WAITING // 1024 // 1024)
