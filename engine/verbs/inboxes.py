"""Lists of user tasks, most urgent first, and lists in pages: a function gives the Select, `page` reads one page of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, and_, false, func, literal, select
from sqlalchemy.orm import Session

from engine.tables.people import Person
from engine.tables.tasks import UserTask
from engine.verbs import ranges, search
from engine.verbs.access import Actor, assigned_tasks

Box = Literal["mine", "groups", "overdue", "done"]
BOXES: tuple[Box, ...] = ("mine", "groups", "overdue", "done")
LARGEST = 200  # rows of one page


MOST = 1_000  # rows that are counted and can be paged through: nobody reads further, they search


@dataclass(frozen=True)
class Page:
    """`number` counts from 1; asking past the end gives the last page. `total`: rows on all pages together, at most MOST.

    `has_more`: there are more than MOST rows, and only the first MOST of them are on pages.
    """

    rows: Sequence[Any]
    number: int
    pages: int
    total: int
    has_more: bool = False

    @property
    def size(self) -> str:
        """The total in words: `1000+` where it was not counted to the end."""
        return in_words(self.total + self.has_more)


def in_words(count: int) -> str:
    return f"{MOST}+" if count > MOST else str(count)


def inbox(
    actor: Actor, box: Box | str, now: datetime, *, query: str = "", process: str | None = None, instance_id: str | None = None
) -> Select[Any]:
    """One box of the actor's tasks: `mine` assigned to them, `groups` free and offered to them, `overdue` of both, `done` by them.

    `query` is looked for in business key, title, task name and enterprise name; `process` is a process key. Narrow it by these
    arguments, not by conditions on the result: `page` reads no more of each range than the page needs.
    """
    found = select(
        UserTask.id, UserTask.instance_id, UserTask.definition_id, UserTask.node, UserTask.name, UserTask.process_key,
        UserTask.process_name, UserTask.business_key, UserTask.title, UserTask.enterprise_id, UserTask.enterprise_name,
        UserTask.assignee, Person.name.label("assignee_name"), UserTask.created_at, UserTask.due_at, UserTask.follow_up_at,
        UserTask.priority, UserTask.closed_at, UserTask.outcome,
    )  # fmt: skip
    asked = ranges.Asked(_conditions(process, instance_id), words=search.asked(query))
    found = found.outerjoin(Person, Person.id == UserTask.assignee)
    if box == "done":
        done = and_(UserTask.closed_by == actor.id, UserTask.closed_at.is_not(None), UserTask.outcome == "completed")
        return asked.among_tasks(found).where(done).order_by(UserTask.closed_at.desc(), UserTask.id)
    if box == "mine":
        return asked.among_tasks(found).where(assigned_tasks(actor)).order_by(UserTask.urgent_at, UserTask.created_at, UserTask.id)
    rows = _range(actor, box, now, asked)
    if rows is None:
        return found.where(false())
    return found.join(rows, rows.c.id == UserTask.id).order_by(rows.c.urgent_at, rows.c.created_at, rows.c.id)


def _conditions(process: str | None, instance_id: str | None) -> tuple[ColumnElement[bool], ...]:
    given = ((UserTask.process_key, process), (UserTask.instance_id, instance_id))
    return tuple(column == value for column, value in given if value)


def _range(actor: Actor, box: Box | str, now: datetime, asked: ranges.Asked) -> CTE | None:
    if box == "groups":
        return ranges.offers(actor, asked)
    if box == "overdue":
        return ranges.work(actor, replace(asked, before=now))
    raise ValueError(f"no such box: {box}")


def counts(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """How many tasks each box holds, in one statement; MOST + 1 stands for any number beyond MOST."""
    numbers = [_count(inbox(actor, box, now)).label(box) for box in BOXES]
    return dict(session.execute(select(*numbers), {ranges.REACH: MOST + 1}).one()._mapping)


def page(session: Session, rows: Select[Any], number: int, size: int = 20) -> Page:
    """One page of any Select, and how many rows there are, in one statement."""
    size = max(1, min(size, LARGEST))
    number = max(1, min(number, -(-MOST // size)))
    found = _read(session, rows, number, size)
    if not found and number > 1:  # past the end: the last page there is
        total = session.scalar(select(_count(rows)), {ranges.REACH: MOST + 1}) or 0
        number = max(1, -(-min(total, MOST) // size))
        found = _read(session, rows, number, size)
    total = found[0][-1] if found else 0
    counted = min(total, MOST)
    return Page(found, number, max(1, -(-counted // size)), counted, total > MOST)


def _read(session: Session, rows: Select[Any], number: int, size: int) -> Sequence[Any]:
    one = rows.add_columns(_count(rows).label("of_all")).limit(size).offset((number - 1) * size)
    return session.execute(one, {ranges.REACH: max(MOST + 1, number * size)}).all()


def _count(rows: Select[Any]) -> ScalarSelect[int]:
    """Rows of a list, counted no further than one beyond MOST."""
    some = rows.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(MOST + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
