"""The few business records: zones, enterprises, and which cadre serves which enterprise. Departments have a module of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, Select, exists, insert, or_, select, update
from sqlalchemy.orm import Session
from stdnum.cn import uscc as uscc_number
from stdnum.exceptions import ValidationError

from engine.tables.instances import ProcessInstance
from engine.tables.people import CadreAssignment, Enterprise, Person, Zone
from engine.verbs import history
from engine.verbs.access import SYSTEM, Act, Actor, Kind, in_force, require, visible_enterprises
from engine.verbs.errors import EngineError, NotAllowed, NotFound, ReasonMissing
from engine.verbs.search import contains


class UsccInvalid(EngineError):
    """Not a 统一社会信用代码 (GB 32100—2015: 18 characters, the last one a check character)."""

    code = "uscc_invalid"


class EnterpriseUnknown(EngineError):
    """No enterprise has this 统一社会信用代码."""

    code = "enterprise_unknown"


class UsccTaken(EngineError):
    code = "uscc_taken"


class NameTaken(EngineError):
    code = "name_taken"


class NameMissing(EngineError):
    """`what`: the record that has no name."""

    code = "name_missing"


class PeriodInvalid(EngineError):
    code = "period_invalid"


class AlreadyAssigned(EngineError):
    """`cadre`, `enterprise`: names."""

    code = "already_assigned"


# -------------------------------------------------------------------------------------------------------------------- zones


def zones(session: Session) -> list[Row]:
    """Every zone: id, name."""
    return list(session.execute(select(Zone.id, Zone.name).order_by(Zone.name)))


def put_zone(session: Session, name: str, actor: Actor, now: datetime, *, id: str | None = None) -> str:
    """Create a zone, or rename the one with this id; its id. Not for supervisors, who have one."""
    if actor.kind is Kind.SUPERVISOR:
        raise NotAllowed(Act.MANAGE_RECORDS.value)
    require(actor, Act.MANAGE_RECORDS)
    name = named(name, "zone")
    if session.scalar(select(exists().where(Zone.name == name, Zone.id != (id or "")))):
        raise NameTaken(name=name)
    id_ = id or uuid4().hex
    if id is not None and session.scalar(select(exists().where(Zone.id == id))):
        session.execute(update(Zone).where(Zone.id == id).values(name=name))
        _record(session, "zone_changed", actor, now, id=id, name=name)
    else:
        session.execute(insert(Zone).values(id=id_, name=name))
        _record(session, "zone_created", actor, now, id=id_, name=name)
    return id_


# ------------------------------------------------------------------------------------------------------------- enterprises


def valid_uscc(text: str) -> str:
    """The code in its standard form: capitals, no spaces or hyphens. Raises UsccInvalid."""
    try:
        return uscc_number.validate(text)
    except ValidationError:
        raise UsccInvalid(uscc=text.strip()[:40]) from None


def enterprises(actor: Actor, *, query: str = "") -> Select:
    """Enterprises the actor may see, by name."""
    found = _enterprises().where(visible_enterprises(actor)).order_by(Enterprise.name, Enterprise.id)
    if query:
        found = found.where(or_(contains(Enterprise.name, query), contains(Enterprise.uscc, query)))
    return found


def enterprise(session: Session, enterprise_id: str, actor: Actor) -> Row:
    """One enterprise's file. Raises NotFound if the actor may not see it."""
    found = session.execute(_enterprises().where(Enterprise.id == enterprise_id, visible_enterprises(actor))).one_or_none()
    if found is None:
        raise NotFound("enterprise", enterprise_id)
    return found


def without_case(
    session: Session, processes: Sequence[str], *, after: str = "", limit: int, zone_id: str | None = None
) -> list[Row]:
    """Enterprises by id, after the id `after`, of a zone if one is given, that have no running case of these processes."""
    query = _enterprises().where(Enterprise.id > after).order_by(Enterprise.id).limit(limit)
    if zone_id is not None:
        query = query.where(Enterprise.zone_id == zone_id)
    if processes:
        running = exists().where(
            ProcessInstance.enterprise_id == Enterprise.id, ProcessInstance.status == "active", ProcessInstance.process_key.in_(processes)
        )
        query = query.where(~running)
    return list(session.execute(query))


def served(session: Session, since: datetime, until: datetime) -> list[str]:
    """Ids of the enterprises that had a case under way at some time from `since` up to but not including `until`."""
    under_way = or_(ProcessInstance.ended_at.is_(None), ProcessInstance.ended_at >= since)
    query = select(ProcessInstance.enterprise_id).where(ProcessInstance.enterprise_id.is_not(None), ProcessInstance.started_at < until, under_way)
    return [str(id_) for id_ in session.scalars(query.distinct())]


def enterprise_by_uscc(session: Session, uscc: str) -> str:
    """The id of the enterprise with this code. Raises EnterpriseUnknown."""
    found = session.scalar(select(Enterprise.id).where(Enterprise.uscc == uscc.strip().upper()))
    if found is None:
        raise EnterpriseUnknown(uscc=uscc.strip()[:40])
    return found


def create_enterprise(
    session: Session, *, uscc: str, name: str, actor: Actor, now: datetime, zone_id: str | None = None, contact: str | None = None,
    phone: str | None = None, address: str | None = None, attributes: Mapping[str, Any] | None = None, id: str | None = None,
) -> str:  # fmt: skip
    """A new enterprise; its id. Raises UsccInvalid, UsccTaken, NotAllowed, NotFound (the zone)."""
    require(actor, Act.MANAGE_RECORDS)
    uscc, name = valid_uscc(uscc), named(name, "enterprise")
    require_reach(session, actor, zone_id)
    taken = session.scalar(select(Enterprise.name).where(Enterprise.uscc == uscc))
    if taken is not None:
        raise UsccTaken(uscc=uscc, name=taken)
    enterprise_id = id or uuid4().hex
    session.execute(insert(Enterprise).values(
        id=enterprise_id, uscc=uscc, name=name, zone_id=zone_id, contact=contact, phone=phone, address=address,
        attributes=dict(attributes or {}), created_at=now,
    ))  # fmt: skip
    _record(session, "enterprise_created", actor, now, enterprise=enterprise_id, uscc=uscc, name=name)
    return enterprise_id


def move_enterprise(session: Session, enterprise_id: str, zone_id: str, reason: str, actor: Actor, now: datetime) -> bool:
    """The enterprise belongs to another zone from now on; whether that is news. Its cases under way stay with the zone they began in.

    Not for supervisors, who act in their own zone only. Raises NotAllowed, ReasonMissing, NotFound.
    """
    if actor.kind is Kind.SUPERVISOR:
        raise NotAllowed(Act.MANAGE_RECORDS.value)
    require_reach(session, actor, zone_id)
    before = enterprise(session, enterprise_id, actor)
    if zone_id == before.zone_id:
        return False
    if not reason.strip():
        raise ReasonMissing
    session.execute(update(Enterprise).where(Enterprise.id == enterprise_id).values(zone_id=zone_id))
    _record(session, "enterprise_moved", actor, now, enterprise=enterprise_id, before=before.zone_id, zone=zone_id, reason=reason.strip())
    return True


# ------------------------------------------------------------------------------------------------------- cadre assignments


def entrust(session: Session, enterprise_id: str, person_id: str, actor: Actor, now: datetime, *, reason: str = "") -> bool:
    """The enterprise is served by this cadre from now on and by nobody else; whether that is news. Raises as `assign_cadre`."""
    require(actor, Act.MANAGE_RECORDS)
    serving = assignments(session, enterprise_id, actor, now)
    for assignment in serving:
        if assignment.person_id != person_id:
            end_assignment(session, assignment.id, now, actor, now, reason=reason)
    is_new = all(assignment.person_id != person_id for assignment in serving)
    if is_new:
        assign_cadre(session, enterprise_id, person_id, actor, now, reason=reason)
    return is_new or len(serving) > 1


def assign_cadre(
    session: Session, enterprise_id: str, person_id: str, actor: Actor, now: datetime, *, valid_from: datetime | None = None,
    valid_until: datetime | None = None, reason: str = "",
) -> str:  # fmt: skip
    """A cadre serves an enterprise from `valid_from` (now) until before `valid_until` (further notice); the assignment's id.

    Raises PeriodInvalid, AlreadyAssigned if another assignment of the two overlaps, NotFound.
    """
    require(actor, Act.MANAGE_RECORDS)
    start = valid_from or now
    if valid_until is not None and valid_until <= start:
        raise PeriodInvalid
    company = enterprise(session, enterprise_id, actor)
    cadre = session.scalar(select(Person.name).where(Person.id == person_id, Person.kind == Kind.CADRE.value, Person.is_active))
    if cadre is None:
        raise NotFound("person", person_id)
    overlapping = exists().where(
        CadreAssignment.enterprise_id == enterprise_id, CadreAssignment.person_id == person_id,
        or_(CadreAssignment.valid_until.is_(None), CadreAssignment.valid_until > start),
        *([CadreAssignment.valid_from < valid_until] if valid_until else []),
    )  # fmt: skip
    if session.scalar(select(overlapping)):
        raise AlreadyAssigned(cadre=cadre, enterprise=company.name)
    assignment_id = uuid4().hex
    session.execute(insert(CadreAssignment).values(
        id=assignment_id, enterprise_id=enterprise_id, person_id=person_id, valid_from=start, valid_until=valid_until,
        assigned_by=None if actor.id == SYSTEM.id else actor.id,
    ))  # fmt: skip
    _record(session, "cadre_assigned", actor, now, enterprise=enterprise_id, person=person_id, reason=reason)
    return assignment_id


def end_assignment(
    session: Session, assignment_id: str, valid_until: datetime, actor: Actor, now: datetime, *, reason: str = ""
) -> None:
    """The cadre stops serving the enterprise at `valid_until`; the assignment stays on record. Raises PeriodInvalid, NotFound."""
    require(actor, Act.MANAGE_RECORDS)
    found = session.execute(
        select(CadreAssignment.valid_from, CadreAssignment.enterprise_id).where(CadreAssignment.id == assignment_id)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound("assignment", assignment_id)
    enterprise(session, found.enterprise_id, actor)
    if valid_until < found.valid_from:
        raise PeriodInvalid
    session.execute(update(CadreAssignment).where(CadreAssignment.id == assignment_id).values(valid_until=valid_until))
    _record(session, "cadre_released", actor, now, assignment=assignment_id, reason=reason)


def assignments(session: Session, enterprise_id: str, actor: Actor, now: datetime | None = None) -> list[Row]:
    """Who serves an enterprise and since when, newest first; with `now` only those in force. Raises NotFound."""
    enterprise(session, enterprise_id, actor)
    query = (
        select(
            CadreAssignment.id, CadreAssignment.person_id, Person.name, Person.phone, Person.position, CadreAssignment.valid_from,
            CadreAssignment.valid_until,
        )
        .join(Person, Person.id == CadreAssignment.person_id)
        .where(CadreAssignment.enterprise_id == enterprise_id)
        .order_by(CadreAssignment.valid_from.desc(), Person.name)
    )  # fmt: skip
    return list(session.execute(query if now is None else query.where(in_force(now))))


def _enterprises() -> Select:
    return select(
        Enterprise.id, Enterprise.uscc, Enterprise.name, Enterprise.zone_id, Zone.name.label("zone_name"), Enterprise.contact,
        Enterprise.phone, Enterprise.address, Enterprise.attributes, Enterprise.created_at,
    ).outerjoin(Zone, Zone.id == Enterprise.zone_id)  # fmt: skip


def named(name: str, what: str) -> str:
    """The name without spaces around it. Raises NameMissing."""
    if not name.strip():
        raise NameMissing(what=what)
    return name.strip()


def require_reach(session: Session, actor: Actor, zone_id: str | None) -> None:
    """The zone exists and is the supervisor's own. Raises NotAllowed, NotFound."""
    require(actor, Act.MANAGE_RECORDS)
    if actor.kind is Kind.SUPERVISOR and zone_id != actor.zone_id:
        raise NotAllowed(Act.MANAGE_RECORDS.value)
    if zone_id is not None and not session.scalar(select(exists().where(Zone.id == zone_id))):
        raise NotFound("zone", zone_id)


def _record(session: Session, kind: str, actor: Actor, now: datetime, **facts: object) -> None:
    history.append(session, history.SYSTEM_STREAM, [history.entry(kind, now, **facts)], actor, now)
