"""Who can see a case, and why: the rules of `access` told for everyone at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from engine.tables.people import CadreAssignment, Department, Person
from engine.tables.tasks import TaskCandidate, UserTask
from engine.texts import text
from engine.verbs import access, people
from engine.verbs.access import Actor, Kind
from engine.verbs.case_facts import instance_facts
from engine.verbs.errors import NotFound

_RELATIVE = {access.OWN_ENTERPRISE, access.SERVING_CADRES, access.ZONE_SUPERVISORS}


@dataclass(frozen=True)
class Reason:
    """`code` of the sentence `access.<code>`, filled with `facts`; `who`: a name of a person, department, enterprise or group."""

    code: str
    who: str
    facts: dict[str, object] = field(default_factory=dict)

    def sentence(self, language: str = "zh") -> str:
        return text(f"access.{self.code}", language, who=self.who, **self.facts)


def audience(session: Session, instance_id: str, actor: Actor, now: datetime, language: str = "zh") -> list[Reason]:
    """Everyone who can see the instance, by name where rights hang on a person. For staff: raises NotFound for all others."""
    access.require_instance(session, actor, instance_id)
    instance = instance_facts(session, instance_id)
    if instance is None or actor.kind is Kind.ENTERPRISE:
        raise NotFound("instance", instance_id)
    found = [*_record_audience(session, instance, now), *_task_audience(session, instance_id, language)]
    return list({(reason.code, reason.who): reason for reason in found}.values())


def _record_audience(session: Session, instance: Row, now: datetime) -> Iterator[Reason]:
    if instance.enterprise_id:
        yield Reason("own_enterprise", instance.enterprise_name or "—", {"enterprise": instance.enterprise_name or "—"})
        cadres = select(Person.name).join(CadreAssignment, CadreAssignment.person_id == Person.id).where(
            CadreAssignment.enterprise_id == instance.enterprise_id, access.in_force(now), Person.is_active
        )  # fmt: skip
        for name in session.scalars(cadres.order_by(Person.name)):
            yield Reason("serves", name, {"enterprise": instance.enterprise_name or "—"})
    if instance.zone_id:
        supervisors = select(Person.name).where(
            Person.kind == Kind.SUPERVISOR, Person.zone_id == instance.zone_id, Person.is_active
        )
        for name in session.scalars(supervisors.order_by(Person.name)):
            yield Reason("zone", name, {"zone": instance.zone_name or "—"})


def _task_audience(session: Session, instance_id: str, language: str) -> Iterator[Reason]:
    rows = session.execute(_involved(instance_id)).all()
    named = {row.assignee for row in rows if row.assignee} | {row.value for row in rows if row.kind == "user"}
    names = people.names(session, named)
    departments = dict(session.execute(select(Department.id, Department.name)).all())
    for row in rows:
        facts: dict[str, object] = {"task": row.name}
        if row.assignee in names:
            yield Reason("held", names[row.assignee], facts)
        if row.kind == "user" and row.is_open and row.value in names:
            yield Reason("offered", names[row.value], facts)
        if row.kind == "group" and row.value not in _RELATIVE:
            if row.value not in set(Kind):
                department = row.value.startswith(access.DEPARTMENT) and departments.get(row.value.removeprefix(access.DEPARTMENT))
                yield Reason("team", department or row.value, facts)
            elif row.is_open:
                yield Reason("offered", text(f"access.group.{row.value}", language), facts)


def _involved(instance_id: str) -> Select[Any]:
    """Who holds tasks of an instance or was offered them, each once however often it has gone round; by the last such task."""
    is_open = UserTask.closed_at.is_(None).label("is_open")
    who = (UserTask.name, UserTask.assignee, is_open, TaskCandidate.kind, TaskCandidate.value)
    found = select(*who).outerjoin(TaskCandidate, TaskCandidate.task_id == UserTask.id).where(UserTask.instance_id == instance_id)
    return found.group_by(*who).order_by(func.max(UserTask.created_at), func.max(UserTask.id), TaskCandidate.kind.desc(), TaskCandidate.value)
