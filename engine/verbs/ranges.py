"""The rules of `access` once more, as ranges of indexes: what a list walks to find its first rows without sorting all of them.

Each rule by which a person sees rows becomes a select of its own, along one index in the order of the list, cut off after `REACH`
rows; their union holds the first `REACH` rows of the whole. A predicate with OR would make the database look at every row of all
groups first. A test holds both forms of the rules against each other.

A list that is narrowed enters long ranges at the instances found, and walks them only if very many are found (`search.MANY`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, bindparam, case, exists, false, func, literal, or_, select, tuple_, union
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import Integer

from engine.tables.instances import ProcessInstance
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs import access, search
from engine.verbs.access import OWN_ENTERPRISE, SERVING_CADRES, WORKERS, ZONE_SUPERVISORS, Actor, Kind

EVERYTHING = 1_000_000_000
REACH = "reach"  # the parameter: rows that a list needs of each range, those of earlier pages included
SIZE, SKIPPED = "size", "skipped"  # parameters: rows of the page, and before it
ROWS = "zhuqi_rows"  # the option of a list that names the rows it has, on all pages together
_CUT = "zhuqi_cut"  # the option of a range that has a limit of its own
_REACH = sql_cast(bindparam(REACH, EVERYTHING, Integer), Integer)
Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Found:
    """Instances that a list is narrowed to. `rows`: their instance_id and started_at along an index of their own, of very many the first
    MANY + 1 (`search.limited`). `rule`: the same, looked up for one instance by its id.
    """

    rows: CTE
    rule: Callable[[Any], ColumnElement[bool]]


def found_by(words: str) -> Found:
    return Found(search.found(words), lambda instance_id: search.of_instance(instance_id, words))


@dataclass(frozen=True)
class Asked:
    """What a list of tasks is narrowed to: `conditions` over UserTask, `before`: due before that moment, `words`: found by a search."""

    conditions: Conditions = ()
    before: Any = None
    words: str = ""

    @cached_property
    def found(self) -> Found:
        return found_by(self.words)

    def among_tasks(self, found: Select[Any]) -> Select[Any]:
        """A select over UserTask, narrowed. For ranges of hundreds of rows: each is looked at."""
        found = found.where(*self.conditions, *([UserTask.urgent_at < self.before] if self.before is not None else []))
        return found.where(or_(search.named(UserTask.name, self.words), search.of_instance(UserTask.instance_id, self.words))) if self.words else found

    def among_held(self, along: Select[Any], held: Select[Any]) -> Iterator[Select[Any]]:
        """Two selects of the same rows of UserTask, narrowed: one in the order of the list, the other along ix_user_task_held for words."""
        along, held = along.where(*self.conditions), held.where(*self.conditions)
        yield from self._with_words(along, held, UserTask)

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
        yield from self._with_words(along, found, TaskCandidate)

    def _with_words(self, along: Select[Any], entered: Select[Any], row: type[UserTask] | type[TaskCandidate]) -> Iterator[Select[Any]]:
        """`along` the list as it is; where words are looked for, what has them in its own name, and what is of the instances found."""
        if not self.words:
            yield along
            return
        yield along.where(search.named(row.name, self.words))
        yield _among(entered, self.found, row.instance_id, row.started_at)
        yield _beside(along, self.found, row.instance_id)


def _among(along: Select[Any], found: Found, instance_id: Any, started_at: Any) -> Select[Any]:
    """Only the instances found, while they are few; a range that is ordered by their start is entered at each of them."""
    some = along.where(tuple_(started_at, instance_id).in_(select(found.rows.c.started_at, found.rows.c.instance_id)))
    return _cut(some, case((search.is_much(found.rows), 0), else_=_REACH))


def _beside(along: Select[Any], found: Found, instance_id: Any) -> Select[Any]:
    """The same where the instances found are many: each row's instance is looked at, and enough of them come soon."""
    return _cut(along.where(found.rule(instance_id)), case((search.is_much(found.rows), _REACH), else_=0))


def mine(actor: Actor, asked: Asked = Asked()) -> CTE | None:
    """Open tasks assigned to the actor: id, urgent_at, created_at, most urgent first."""
    assigned = _TASKS.where(access.assigned_tasks(actor))
    return _joined(asked.among_held(assigned, assigned), ("urgent_at", "created_at", "id"))


def done(actor: Actor, asked: Asked = Asked()) -> CTE | None:
    """Tasks completed by the actor: id, closed_at, the last one first."""
    closed = select(UserTask.id, UserTask.closed_at).where(UserTask.outcome == "completed")
    along = closed.where(UserTask.closed_by == actor.id, UserTask.closed_at.is_not(None))
    # Whoever completes a task is its assignee from then on; who closed it is hidden from the index that has it.
    held = closed.where(UserTask.assignee == actor.id, func.coalesce(UserTask.closed_by, "") == actor.id)
    return _joined(asked.among_held(along, held), ("closed_at", "id"), newest=True)


def offers(actor: Actor, asked: Asked = Asked()) -> CTE | None:
    """Free tasks that the actor may take: id, urgent_at, created_at, most urgent first; None if there can be none."""
    return _joined(_offers(actor, asked), ("urgent_at", "created_at", "id"))


def work(actor: Actor, asked: Asked = Asked()) -> CTE | None:
    """The same and the open tasks assigned to the actor: everything they can work on."""
    return _joined(_work(actor, asked), ("urgent_at", "created_at", "id"))


def count_offers(actor: Actor, asked: Asked, most: int) -> ScalarSelect[int]:
    """How many rows `offers` has, counted no further than to `most`."""
    return _counted(list(_offers(actor, asked)), most)


def count_work(actor: Actor, asked: Asked, most: int) -> ScalarSelect[int]:
    """How many rows `work` has, counted no further than to `most`."""
    return _counted(list(_work(actor, asked)), most)


def _work(actor: Actor, asked: Asked) -> Iterator[Select[Any]]:
    yield asked.among_tasks(_TASKS.where(access.assigned_tasks(actor)))
    yield from _offers(actor, asked)


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
_FREE = TaskCandidate.is_free == True  # noqa: E712
_OFFERS = select(TaskCandidate.task_id.label("id"), TaskCandidate.urgent_at, TaskCandidate.created_at)


def _offered(kind: str, value: str) -> Select[Any]:
    """One range of ix_task_candidate_offered."""
    return _OFFERS.where(TaskCandidate.kind == kind, TaskCandidate.value == value, _FREE)


def _relative(actor: Actor, asked: Asked) -> Iterator[Select[Any]]:
    """Groups whose meaning hangs on the task's own enterprise or zone."""
    if actor.kind is Kind.ENTERPRISE:
        yield asked.among_tasks(_TASKS.where(access.offered_tasks(actor)))
    if actor.serves:
        # Not by the group as well, which follows from it: an index of all that the city's cadres are offered would be taken.
        serving = _OFFERS.where(TaskCandidate.enterprise_id.in_(sorted(actor.serves)), _FREE, TaskCandidate.is_open)
        yield from asked.among_offers(serving)
    if actor.kind is Kind.SUPERVISOR:
        yield from asked.among_offers(_offered("group", ZONE_SUPERVISORS), _in_zone(actor))


def cases(actor: Actor, conditions: Conditions = (), found: Found | None = None) -> CTE | None:
    """Instances that the actor may see: id, started_at, newest first; None if there can be none.

    `conditions` over ProcessInstance; `found`: one of them, or a search, that may leave few.
    """
    parts = [(along.where(*conditions), *where) for along, *where in _cases(actor)]
    if found is None:
        return _joined([along for along, *_ in parts], ("started_at", "id"), newest=True)
    few = [_among(along, found, id_, started_at) for along, id_, started_at in parts]
    many = [_beside(along, found, id_) for along, id_, _ in parts]
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
        # Those of the supervisor's own zone are all there already.
        of_none = offered.where(TaskCandidate.is_open, ProcessInstance.zone_id.is_(None))
        yield of_none.where(TaskCandidate.kind == "group", TaskCandidate.value == ZONE_SUPERVISORS), *where


def _in_zone(actor: Actor) -> ColumnElement[bool]:
    """Over UserTask: of the supervisor's zone, or of none."""
    nowhere = UserTask.zone_id.is_(None)
    return or_(nowhere, UserTask.zone_id == actor.zone_id) if actor.zone_id else nowhere


def listed(rows: CTE, columns: Iterable[Any], table: Any, order: Sequence[str], *, newest: bool = False) -> Select[Any]:
    """`columns` of `table`, and of what the caller joins to it, for the rows of one page, in this order of `rows`.

    SIZE and SKIPPED choose the page before anything is looked up for it; without them it is all rows. The option ROWS says what to count.
    """
    chosen = select(rows).order_by(*_first(rows.c, order, newest)).limit(bindparam(SIZE, EVERYTHING, Integer)).offset(bindparam(SKIPPED, 0, Integer)).cte()
    # An outer join, though each row is there: the database then begins with the page.
    found = select(*columns).select_from(chosen).outerjoin(table, table.id == chosen.c.id)
    return found.order_by(*_first(chosen.c, order, newest)).execution_options(**{ROWS: rows})


def _joined(parts: Iterable[Select[Any]], order: Sequence[str], *, newest: bool = False) -> CTE | None:
    """The first rows of every part, together, each row once."""
    cut = []
    for part in parts:
        first = _first(part.selected_columns, order, newest)
        limited = part if part.get_execution_options().get(_CUT) else part.limit(_REACH)
        inner = limited.order_by(*first).subquery()
        cut.append(select(*(inner.c[name] for name in sorted(order))))
    if not cut:
        return None
    # Common table expressions: the rows of a page and their number are taken from them, and they are worked out once.
    if len(cut) == 1:
        return cut[0].cte()
    together = union(*cut).subquery()
    # Cut once more: that there are few is then known to whoever plans what is joined with them.
    return select(together).order_by(*_first(together.c, order, newest)).limit(_REACH).cte()


def _cut(part: Select[Any], most: ColumnElement[Any]) -> Select[Any]:
    """A range that `_joined` shall cut there, and not at the reach of the page."""
    return part.limit(most).execution_options(**{_CUT: True})


def _first(columns: Any, order: Sequence[str], newest: bool) -> list[ColumnElement[Any]]:
    found = [columns[name] for name in order]
    return [found[0].desc(), *found[1:]] if newest else found


def _counted(parts: Sequence[Select[Any]], most: int) -> ScalarSelect[int]:
    """How many rows the ranges hold together, each row once, counted no further than to `most`."""
    cut = [part.with_only_columns(part.selected_columns.id).limit(most).subquery() for part in parts]
    if len(cut) < 2:
        return select(func.count()).select_from(*cut or [select(literal(1)).where(false()).subquery()]).scalar_subquery()
    # Telling the rows of several ranges apart takes ten times as long as counting one: a range that is long enough speaks for all.
    is_enough = or_(*(select(func.count()).select_from(part).scalar_subquery() == most for part in cut))
    apart = union(*(select(part.c.id) for part in cut)).limit(most).subquery()
    return select(case((is_enough, most), else_=select(func.count()).select_from(apart).scalar_subquery())).scalar_subquery()
