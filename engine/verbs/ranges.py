"""The rules of `access` once more, as ranges of indexes: what a list walks to find its first rows without sorting all of them.

Each rule by which a person sees rows becomes a select of its own, along one index in the order of the list, cut off after `REACH`
rows; their union holds the first `REACH` rows of the whole. A predicate with OR would make the database look at every row of all
groups first. A test holds both forms of the rules against each other.

A search enters long ranges at the instances found, and walks them only if very many are found (`search.MANY`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, bindparam, case, exists, or_, select, tuple_, union
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import Integer

from engine.tables.instances import ProcessInstance
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs import access, search
from engine.verbs.access import OWN_ENTERPRISE, SERVING_CADRES, WORKERS, ZONE_SUPERVISORS, Actor, Kind

EVERYTHING = 1_000_000_000
REACH = "reach"  # the parameter: rows that a list needs of each range, those of earlier pages included
_REACH = sql_cast(bindparam(REACH, EVERYTHING, Integer), Integer)
Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Asked:
    """What a list of tasks is narrowed to: `conditions` over UserTask, `before`: due before that moment, `words`: found by a search."""

    conditions: Conditions = ()
    before: Any = None
    words: str = ""

    @cached_property
    def hits(self) -> CTE:
        return search.found(self.words)

    def among_tasks(self, found: Select[Any]) -> Select[Any]:
        """A select over UserTask, narrowed. For ranges of hundreds of rows: each is looked at."""
        found = found.where(*self.conditions, *([UserTask.urgent_at < self.before] if self.before is not None else []))
        return found.where(or_(search.named(UserTask.name, self.words), search.of_instance(UserTask.instance_id, self.words))) if self.words else found

    def among_offers(self, found: Select[Any], *own: ColumnElement[bool]) -> Iterator[Select[Any]]:
        """A select over TaskCandidate along ix_task_candidate_offered, narrowed. `own`: more conditions over UserTask.

        Tasks themselves are looked at only if there are conditions.
        """
        if conditions := (*self.conditions, *own):
            found = found.join(UserTask, UserTask.id == TaskCandidate.task_id).where(*conditions)
        if self.before is not None:
            found = found.where(TaskCandidate.urgent_at < self.before)
        # That it is open follows from its being free; said besides, it makes the database walk the offers instead of the instances found.
        along = found.where(TaskCandidate.is_open)
        if not self.words:
            yield along
            return
        yield along.where(search.named(TaskCandidate.name, self.words))
        yield _among(found, self.hits, TaskCandidate.instance_id, TaskCandidate.started_at)
        yield _beside(along, self.hits, TaskCandidate.instance_id, self.words)


def _among(found: Select[Any], hits: CTE, instance_id: Any, started_at: Any) -> Select[Any]:
    """Only the instances found, while they are few; a range that is ordered by their start is entered at each of them."""
    some = found.where(tuple_(started_at, instance_id).in_(select(hits.c.started_at, hits.c.instance_id)))
    return some.limit(case((search.is_much(hits), 0), else_=_REACH))


def _beside(found: Select[Any], hits: CTE, instance_id: Any, words: str) -> Select[Any]:
    """The same where the instances found are many: each row's instance is looked at, and enough of them come soon."""
    return found.where(search.of_instance(instance_id, words)).limit(case((search.is_much(hits), _REACH), else_=0))


def offers(actor: Actor, asked: Asked = Asked()) -> CTE | None:
    """Free tasks that the actor may take: id, urgent_at, created_at, most urgent first; None if there can be none."""
    return _joined(_offers(actor, asked), ("urgent_at", "created_at", "id"))


def work(actor: Actor, asked: Asked = Asked()) -> CTE | None:
    """The same and the open tasks assigned to the actor: everything they can work on."""
    assigned = asked.among_tasks(_TASKS.where(access.assigned_tasks(actor)))
    return _joined([assigned, *_offers(actor, asked)], ("urgent_at", "created_at", "id"))


def _offers(actor: Actor, asked: Asked) -> Iterator[Select[Any]]:
    if actor.kind in WORKERS:
        for kind, value in _absolute(actor):
            yield from asked.among_offers(_offered(kind, value))
        yield from _relative(actor, asked)


def _absolute(actor: Actor) -> Iterator[tuple[str, str]]:
    if actor.kind is Kind.ENTERPRISE:
        return
    yield "user", actor.id
    for group in sorted(actor.groups - {OWN_ENTERPRISE, SERVING_CADRES, ZONE_SUPERVISORS}):
        yield "group", group


_TASKS = select(UserTask.id, UserTask.urgent_at, UserTask.created_at)
_OFFERS = select(TaskCandidate.task_id.label("id"), TaskCandidate.urgent_at, TaskCandidate.created_at)


def _offered(kind: str, value: str) -> Select[Any]:
    """One range of ix_task_candidate_offered."""
    free = TaskCandidate.is_free == True  # noqa: E712
    return _OFFERS.where(TaskCandidate.kind == kind, TaskCandidate.value == value, free)


def _relative(actor: Actor, asked: Asked) -> Iterator[Select[Any]]:
    """Groups whose meaning hangs on the task's own enterprise or zone."""
    if actor.kind is Kind.ENTERPRISE:
        yield asked.among_tasks(_TASKS.where(access.offered_tasks(actor)))
    if actor.serves:
        offered = exists().where(
            TaskCandidate.task_id == UserTask.id, TaskCandidate.kind == "group", TaskCandidate.value == SERVING_CADRES,
            TaskCandidate.is_free == True,  # noqa: E712
        )  # fmt: skip
        yield asked.among_tasks(_TASKS.where(UserTask.enterprise_id.in_(sorted(actor.serves)), UserTask.closed_at.is_(None), offered))
    if actor.kind is Kind.SUPERVISOR:
        yield from asked.among_offers(_offered("group", ZONE_SUPERVISORS), _in_zone(actor))


def cases(actor: Actor, conditions: Conditions = (), words: str = "") -> CTE | None:
    """Instances that the actor may see: id, started_at, newest first; None if there can be none.

    `conditions` over ProcessInstance; `words`: found by a search.
    """
    parts = [(found.where(*conditions), *where) for found, *where in _cases(actor)]
    if not words:
        return _joined([found for found, *_ in parts], ("started_at", "id"), newest=True)
    hits = search.found(words)
    few = [_among(found, hits, id_, started_at) for found, id_, started_at in parts]
    many = [_beside(found, hits, id_, words) for found, id_, _ in parts]
    return _joined([*few, *many], ("started_at", "id"), newest=True)


def _cases(actor: Actor) -> Iterator[tuple[Select[Any], Any, Any]]:
    """Each range with its columns of the instance's id and start."""
    own = select(ProcessInstance.id, ProcessInstance.started_at), ProcessInstance.id, ProcessInstance.started_at
    if actor.kind in (Kind.SYSTEM, Kind.ADMINISTRATOR, Kind.ENTERPRISE):
        yield own[0].where(access.visible_instances(actor)), *own[1:]
        return
    if actor.kind not in WORKERS:
        return
    if actor.serves:
        yield own[0].where(ProcessInstance.enterprise_id.in_(sorted(actor.serves))), *own[1:]
    if actor.kind is Kind.SUPERVISOR and actor.zone_id:
        yield own[0].where(ProcessInstance.zone_id == actor.zone_id), *own[1:]
    held = select(ProcessInstance.id, UserTask.started_at).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    yield held.where(UserTask.assignee == actor.id).distinct(), UserTask.instance_id, UserTask.started_at
    offered = select(ProcessInstance.id, TaskCandidate.started_at).join(ProcessInstance, ProcessInstance.id == TaskCandidate.instance_id)
    offered, where = offered.distinct(), (TaskCandidate.instance_id, TaskCandidate.started_at)
    for kind, value in _absolute(actor):
        named = offered.where(TaskCandidate.kind == kind, TaskCandidate.value == value)
        yield named if value in actor.teams else named.where(TaskCandidate.is_open), *where
    if actor.kind is Kind.SUPERVISOR:
        among = offered.join(UserTask, UserTask.id == TaskCandidate.task_id).where(TaskCandidate.is_open, _in_zone(actor))
        yield among.where(TaskCandidate.kind == "group", TaskCandidate.value == ZONE_SUPERVISORS), *where


def _in_zone(actor: Actor) -> ColumnElement[bool]:
    """Over UserTask: of the supervisor's zone, or of none."""
    nowhere = UserTask.zone_id.is_(None)
    return or_(nowhere, UserTask.zone_id == actor.zone_id) if actor.zone_id else nowhere


def _joined(parts: Iterable[Select[Any]], order: Sequence[str], *, newest: bool = False) -> CTE | None:
    """The first rows of every part, together, each row once."""
    cut = []
    for part in parts:
        columns = [part.selected_columns[name] for name in order]
        first = [columns[0].desc(), *columns[1:]] if newest else columns
        limited = part if part._limit_clause is not None else part.limit(_REACH)
        inner = limited.order_by(*first).subquery()
        cut.append(select(*(inner.c[name] for name in sorted(order))))
    if not cut:
        return None
    # A common table expression: the rows of a page and their number are taken from it, and it is worked out once.
    return (union(*cut) if len(cut) > 1 else cut[0]).cte()
