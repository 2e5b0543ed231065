"""What the rules of `access` ask of a case: its owner, and its tasks with everyone who holds or may take them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.tables.instances import ProcessInstance
from engine.tables.people import Enterprise, Zone
from engine.tables.tasks import TaskCandidate, UserTask


@dataclass(frozen=True)
class TaskFacts:
    """A user task as the rules see it."""

    id: str
    name: str
    assignee: str | None
    closed_at: datetime | None
    enterprise_id: str | None
    zone_id: str | None
    candidate_users: frozenset[str]
    candidate_groups: frozenset[str]


def task_facts(session: Session, instance_id: str) -> list[TaskFacts]:
    """Every user task of an instance, open or not, with its candidates: two statements."""
    candidates: dict[tuple[str, str], set[str]] = {}
    rows = select(TaskCandidate.task_id, TaskCandidate.kind, TaskCandidate.value).where(
        TaskCandidate.task_id.in_(select(UserTask.id).where(UserTask.instance_id == instance_id))
    )
    for task_id, kind, value in session.execute(rows):
        candidates.setdefault((task_id, kind), set()).add(value)
    tasks = session.execute(
        select(
            UserTask.id, UserTask.name, UserTask.assignee, UserTask.closed_at, UserTask.enterprise_id, UserTask.zone_id
        )
        .where(UserTask.instance_id == instance_id)
        .order_by(UserTask.created_at, UserTask.id)
    )  # fmt: skip
    return [
        TaskFacts(*task, frozenset(candidates.get((task.id, "user"), ())), frozenset(candidates.get((task.id, "group"), ())))
        for task in tasks
    ]


def candidates_of(session: Session, task_id: str) -> tuple[frozenset[str], frozenset[str]]:
    """Ids of the people, and the groups, that a task is or was offered to."""
    rows = session.execute(select(TaskCandidate.kind, TaskCandidate.value).where(TaskCandidate.task_id == task_id)).all()
    return frozenset(value for kind, value in rows if kind == "user"), frozenset(value for kind, value in rows if kind == "group")


def instance_facts(session: Session, instance_id: str) -> Row | None:
    """What the rules ask of an instance, with the names of its enterprise and zone."""
    return session.execute(
        select(
            ProcessInstance.enterprise_id, Enterprise.name.label("enterprise_name"), ProcessInstance.zone_id,
            Zone.name.label("zone_name"), ProcessInstance.incident_count,
        )
        .outerjoin(Enterprise, Enterprise.id == ProcessInstance.enterprise_id)
        .outerjoin(Zone, Zone.id == ProcessInstance.zone_id)
        .where(ProcessInstance.id == instance_id)
    ).one_or_none()  # fmt: skip
