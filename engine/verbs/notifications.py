"""Notes to people, shown in the application: each person sees their own and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, func, insert, or_, select, update
from sqlalchemy.orm import Session

from engine.tables.instances import ProcessInstance
from engine.tables.people import CadreAssignment, Membership, Notification, Person
from engine.tables.prepared import Prepared
from engine.verbs.access import DEPARTMENT, OWN_ENTERPRISE, SERVING_CADRES, ZONE_SUPERVISORS, Actor, Kind, in_force

SUBJECT = 200  # characters
BODY = 4_000
_BY_KIND = {Kind.CADRE.value, Kind.DEPARTMENT.value}


def all_of(actor: Actor) -> Select:
    """The actor's notifications, newest first."""
    return (
        select(
            Notification.id, Notification.subject, Notification.body, Notification.instance_id, Notification.task_id,
            Notification.created_at, Notification.read_at,
        )
        .where(Notification.person_id == actor.id)
        .order_by(Notification.created_at.desc(), Notification.id)
    )  # fmt: skip


def unread(session: Session, actor: Actor, limit: int = 20) -> list[Row]:
    """The newest that the actor has not read."""
    return list(session.execute(all_of(actor).where(Notification.read_at.is_(None)).limit(limit)))


def count_unread(session: Session, actor: Actor) -> int:
    return int(UNREAD.rows(session, person_id=actor.id)[0].n)


UNREAD = Prepared(
    select(func.count().label("n")).where(Notification.person_id == bindparam("person_id"), Notification.read_at.is_(None))
)


def mark_all_read(session: Session, actor: Actor, now: datetime) -> None:
    unread_ones = and_(Notification.person_id == actor.id, Notification.read_at.is_(None))
    session.execute(update(Notification).where(unread_ones).values(read_at=now))


def notify(
    session: Session, to: Iterable[str], subject: str, body: str, now: datetime, *, instance_id: str | None = None,
    task_id: str | None = None, cause: str | None = None,
) -> int:  # fmt: skip
    """Write a note to each person meant by `to`: ids of people and candidate groups, relative to the instance.

    The number of notes written. The same `cause` (a job's id) writes a person's note only once.
    """
    receivers = recipients(session, to, now, instance_id)
    if cause is not None and receivers:
        had = select(Notification.person_id).where(Notification.cause == cause, Notification.person_id.in_(receivers))
        receivers -= set(session.scalars(had))
    rows = [
        {
            "id": uuid4().hex, "person_id": person_id, "subject": subject[:SUBJECT], "body": body[:BODY], "instance_id": instance_id,
            "task_id": task_id, "cause": cause, "created_at": now, "read_at": None,
        }
        for person_id in sorted(receivers)
    ]  # fmt: skip
    if rows:
        session.execute(insert(Notification), rows)
    return len(rows)


def recipients(session: Session, to: Iterable[str], now: datetime, instance_id: str | None = None) -> set[str]:
    """Ids of the active people whom the words mean. A word that means nobody is no error: a team may be empty today."""
    place = session.execute(
        select(ProcessInstance.enterprise_id, ProcessInstance.zone_id).where(ProcessInstance.id == instance_id)
    ).one_or_none()  # fmt: skip
    enterprise_id, zone_id = place or (None, None)
    meant = [_meant(word, now, enterprise_id, zone_id) for word in dict.fromkeys(to)]
    if not meant:
        return set()
    return set(session.scalars(select(Person.id).where(Person.is_active, or_(*meant))))


def _meant(word: str, now: datetime, enterprise_id: str | None, zone_id: str | None) -> ColumnElement[bool]:
    """Over Person: the same people who are candidates when a user task names this word."""
    if word == OWN_ENTERPRISE:
        own = and_(Person.kind == Kind.ENTERPRISE.value, Person.enterprise_id == enterprise_id)
        return own if enterprise_id is not None else false()
    if word == SERVING_CADRES:
        serving = select(CadreAssignment.person_id).where(CadreAssignment.enterprise_id == enterprise_id, in_force(now))
        return and_(Person.kind == Kind.CADRE.value, Person.id.in_(serving)) if enterprise_id is not None else false()
    if word == ZONE_SUPERVISORS:
        supervisors = Person.kind == Kind.SUPERVISOR.value
        return and_(supervisors, Person.zone_id == zone_id) if zone_id is not None else supervisors
    if word.startswith(DEPARTMENT):
        return and_(Person.kind == Kind.DEPARTMENT.value, Person.department_id == word.removeprefix(DEPARTMENT))
    if word in _BY_KIND:
        return Person.kind == word
    bound = Person.id.in_(select(Membership.person_id).where(Membership.group == word))
    # The people of an enterprise hear of their own enterprise's cases only, even as members of a team.
    staff = Person.kind != Kind.ENTERPRISE.value
    mine = or_(staff, Person.enterprise_id == enterprise_id) if enterprise_id is not None else staff
    return and_(or_(Person.id == word, bound), mine)
