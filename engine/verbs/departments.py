"""Departments. What they are called and do stands in the reference table `departments`; which zone they belong to only in their rows."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Row, exists, or_, select, update
from sqlalchemy.orm import Session

from engine.tables.people import Department
from engine.verbs import history, reference
from engine.verbs.access import Actor
from engine.verbs.records import NameTaken, named, require_reach


def departments(session: Session, zone_id: str | None = None) -> list[Row]:
    """Departments with id, name, zone, phone and duties: all, or those of a zone and those that belong to none."""
    query = select(Department.id, Department.name, Department.zone_id, Department.phone, Department.duties)
    if zone_id is not None:
        query = query.where(or_(Department.zone_id == zone_id, Department.zone_id.is_(None)))
    return list(session.execute(query.order_by(Department.name)))


def put_department(
    session: Session, name: str, actor: Actor, now: datetime, *, id: str | None = None, zone_id: str | None = None,
    phone: str | None = None, duties: str | None = None,
) -> str:  # fmt: skip
    """Create a department, or change the one with this id; its id, the one in the candidate group `dept:<id>`.

    What is None stays as it was. Raises NotAllowed, NotFound (the zone), NameMissing, NameTaken.
    """
    before = session.scalar(select(Department.zone_id).where(Department.id == id)) if id is not None else None
    require_reach(session, actor, zone_id or before)
    require_reach(session, actor, before or zone_id)
    name, id_ = named(name, "department"), id or uuid4().hex
    if session.scalar(select(exists().where(Department.name == name, Department.id != id_))):
        raise NameTaken(name=name)
    given = {"id": id_, "name": name, "phone": phone, "duties": duties}
    reference.merge_row(session, reference.DEPARTMENTS, {name: value for name, value in given.items() if value is not None}, actor, now)
    if zone_id is not None and zone_id != before:
        session.execute(update(Department).where(Department.id == id_).values(zone_id=zone_id))
        line = history.entry("department_moved", now, id=id_, zone=zone_id)
        history.append(session, history.SYSTEM_STREAM, [line], actor, now)
    return id_
