"""The rules of `access` once more, as ranges of indexes: what a list walks to find its first rows without sorting all of them.

Each rule by which a person sees rows becomes a select of its own, along one index in the order of the list, cut off after `REACH`
rows; their union holds the first `REACH` rows of the whole. A predicate with OR would make the database look at every row of all
groups first. A test holds both forms of the rules against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, bindparam, exists, or_, select, union
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import Integer

from engine.tables.instances import ProcessInstance
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs import access
from engine.verbs.access import OWN_ENTERPRISE, SERVING_CADRES, WORKERS, ZONE_SUPERVISORS, Actor, Kind

EVERYTHING = 1_000_000_000
REACH = "reach"  # the parameter: rows that a list needs of each range, those of earlier pages included
Conditions = Sequence[ColumnElement[bool]]


def offers(actor: Actor, conditions: Conditions = (), *, before: Any = None) -> CTE | None:
    """Free tasks that the actor may take: id, urgent_at, created_at, most urgent first; None if there can be none.

    `conditions` over UserTask; `before`: due before that moment.
    """
    if actor.kind not in WORKERS:
        return None
    parts = [_offered(kind, value, conditions, before) for kind, value in _absolute(actor)]
    parts += _relative(actor, conditions, before)
    return _joined(parts, ("urgent_at", "created_at", "id"))


def assigned(actor: Actor, conditions: Conditions = (), *, before: Any = None) -> Select[Any]:
    """Open tasks assigned to the actor, in the same columns."""
    found = select(UserTask.id, UserTask.urgent_at, UserTask.created_at).where(access.assigned_tasks(actor), *conditions)
    return found.where(UserTask.urgent_at < before) if before is not None else found


def work(actor: Actor, conditions: Conditions = (), *, before: Any = None) -> CTE | None:
    """Both: everything the actor can work on."""
    free = offers(actor, conditions, before=before)
    parts = [assigned(actor, conditions, before=before)]
    if free is not None:
        parts.append(select(free.c.id, free.c.urgent_at, free.c.created_at))
    return _joined(parts, ("urgent_at", "created_at", "id"))


def _absolute(actor: Actor) -> Iterator[tuple[str, str]]:
    if actor.kind is Kind.ENTERPRISE:
        return
    yield "user", actor.id
    for group in sorted(actor.groups - {OWN_ENTERPRISE, SERVING_CADRES, ZONE_SUPERVISORS}):
        yield "group", group


def _offered(kind: str, value: str, conditions: Conditions, before: Any) -> Select[Any]:
    """One range of ix_task_candidate_offered; tasks themselves are looked at only if there are conditions."""
    found = select(TaskCandidate.task_id.label("id"), TaskCandidate.urgent_at, TaskCandidate.created_at).where(
        TaskCandidate.kind == kind, TaskCandidate.value == value, TaskCandidate.is_open, TaskCandidate.is_free == True  # noqa: E712
    )  # fmt: skip
    if conditions:
        found = found.join(UserTask, UserTask.id == TaskCandidate.task_id).where(*conditions)
    return found.where(TaskCandidate.urgent_at < before) if before is not None else found


def _relative(actor: Actor, conditions: Conditions, before: Any) -> Iterator[Select[Any]]:
    """Groups whose meaning hangs on the task's own enterprise or zone."""
    if actor.kind is Kind.ENTERPRISE:
        found = select(UserTask.id, UserTask.urgent_at, UserTask.created_at).where(access.offered_tasks(actor), *conditions)
        yield found.where(UserTask.urgent_at < before) if before is not None else found
    if actor.serves:
        offered = exists().where(
            TaskCandidate.task_id == UserTask.id, TaskCandidate.kind == "group", TaskCandidate.value == SERVING_CADRES,
            TaskCandidate.is_free == True,  # noqa: E712
        )  # fmt: skip
        found = select(UserTask.id, UserTask.urgent_at, UserTask.created_at).where(
            UserTask.enterprise_id.in_(sorted(actor.serves)), UserTask.closed_at.is_(None), offered, *conditions
        )
        yield found.where(UserTask.urgent_at < before) if before is not None else found
    if actor.kind is Kind.SUPERVISOR:
        yield _offered("group", ZONE_SUPERVISORS, (*conditions, _in_zone(actor)), before)


def cases(actor: Actor, conditions: Conditions = ()) -> CTE | None:
    """Instances that the actor may see: id, started_at, newest first; None if there can be none. `conditions` over ProcessInstance."""
    return _joined([part.where(*conditions) for part in _cases(actor)], ("started_at", "id"), newest=True)


def _cases(actor: Actor) -> Iterator[Select[Any]]:
    own = select(ProcessInstance.id, ProcessInstance.started_at)
    if actor.kind in (Kind.SYSTEM, Kind.ADMINISTRATOR, Kind.ENTERPRISE):
        yield own.where(access.visible_instances(actor))
        return
    if actor.kind not in WORKERS:
        return
    if actor.serves:
        yield own.where(ProcessInstance.enterprise_id.in_(sorted(actor.serves)))
    if actor.kind is Kind.SUPERVISOR and actor.zone_id:
        yield own.where(ProcessInstance.zone_id == actor.zone_id)
    held = select(ProcessInstance.id, UserTask.started_at).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    yield held.where(UserTask.assignee == actor.id).distinct()
    offered = select(ProcessInstance.id, TaskCandidate.started_at).join(ProcessInstance, ProcessInstance.id == TaskCandidate.instance_id)
    offered = offered.distinct()
    for kind, value in _absolute(actor):
        named = offered.where(TaskCandidate.kind == kind, TaskCandidate.value == value)
        yield named if value in actor.teams else named.where(TaskCandidate.is_open)
    if actor.kind is Kind.SUPERVISOR:
        among = offered.join(UserTask, UserTask.id == TaskCandidate.task_id).where(TaskCandidate.is_open, _in_zone(actor))
        yield among.where(TaskCandidate.kind == "group", TaskCandidate.value == ZONE_SUPERVISORS)


def _in_zone(actor: Actor) -> ColumnElement[bool]:
    """Over UserTask: of the supervisor's zone, or of none."""
    nowhere = UserTask.zone_id.is_(None)
    return or_(nowhere, UserTask.zone_id == actor.zone_id) if actor.zone_id else nowhere


def _joined(parts: Iterable[Select[Any]], order: Sequence[str], *, newest: bool = False) -> CTE | None:
    """The first rows of every part, together, each row once."""
    reach = sql_cast(bindparam(REACH, EVERYTHING, Integer), Integer)
    cut = []
    for part in parts:
        columns = [part.selected_columns[name] for name in order]
        first = [columns[0].desc(), *columns[1:]] if newest else columns
        inner = part.order_by(*first).limit(reach).subquery()
        cut.append(select(*(inner.c[name] for name in sorted(order))))
    if not cut:
        return None
    # A common table expression: the rows of a page and their number are taken from it, and it is worked out once.
    return (union(*cut) if len(cut) > 1 else cut[0]).cte()
