"""The rules of `access.visible_instances` said a second time, over loaded rows: what the SQL is held against."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from engine.verbs.access import Actor, Kind, is_candidate
from engine.verbs.case_facts import instance_facts, task_facts


def why(session: Session, actor: Actor, instance_id: str) -> list[str]:
    """Every reason why this person may see the instance; empty if they may not."""
    instance = instance_facts(session, instance_id)
    if instance is None or actor.kind is Kind.DESIGNER:
        return []
    if actor.kind is Kind.SYSTEM:
        return ["system"]
    if actor.kind is Kind.ADMINISTRATOR:
        return ["incident"] if instance.incident_count else []
    if actor.kind is Kind.ENTERPRISE:
        return ["own enterprise"] if actor.enterprise_id is not None and actor.enterprise_id == instance.enterprise_id else []
    found = ["serves"] if instance.enterprise_id is not None and instance.enterprise_id in actor.serves else []
    if actor.kind is Kind.SUPERVISOR and actor.zone_id is not None and actor.zone_id == instance.zone_id:
        found.append("zone")
    return [*found, *_by_tasks(session, actor, instance_id)]


def _by_tasks(session: Session, actor: Actor, instance_id: str) -> Iterator[str]:
    for task in task_facts(session, instance_id):
        if actor.id == task.assignee:
            yield "held"
        elif task.candidate_groups & actor.teams:
            yield "team"
        elif task.closed_at is None and is_candidate(actor, task):
            yield "offered"
