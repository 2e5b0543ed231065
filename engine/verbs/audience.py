"""Who can see a case, and why: the rules of `access` told for everyone at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.tables.people import CadreAssignment, Department, Person
from engine.texts import text
from engine.verbs import access, people
from engine.verbs.access import Actor, Kind
from engine.verbs.case_facts import TaskFacts, instance_facts, task_facts
from engine.verbs.errors import NotFound


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
    tasks = task_facts(session, instance_id)
    found = [*_record_audience(session, instance, now), *_task_audience(session, tasks, language)]
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


def _task_audience(session: Session, tasks: Sequence[TaskFacts], language: str) -> Iterator[Reason]:
    involved = {id_ for task in tasks for id_ in (task.assignee, *task.candidate_users) if id_}
    names = people.names(session, involved)
    departments = dict(session.execute(select(Department.id, Department.name)).all())
    relative = {access.OWN_ENTERPRISE, access.SERVING_CADRES, access.ZONE_SUPERVISORS}
    for task in tasks:
        facts: dict[str, object] = {"task": task.name}
        if task.assignee in names:
            yield Reason("held", names[task.assignee], facts)
        if task.closed_at is None:
            for id_ in task.candidate_users & names.keys():
                yield Reason("offered", names[id_], facts)
        for group in sorted(task.candidate_groups - relative):
            department = departments.get(group.removeprefix(access.DEPARTMENT)) if group.startswith(access.DEPARTMENT) else None
            word = text(f"access.group.{group}", language) if group in set(Kind) else group
            if group not in set(Kind):
                yield Reason("team", department or group, facts)
            elif task.closed_at is None:
                yield Reason("offered", word, facts)
