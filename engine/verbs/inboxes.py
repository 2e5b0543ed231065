"""Lists of user tasks, most urgent first, and lists in pages: a function gives the Select, `page` reads one page of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, bindparam, false, func, literal, select
from sqlalchemy.orm import Session

from engine.tables.people import Person
from engine.tables.prepared import Prepared, together
from engine.tables.store import PLAN_ANEW
from engine.tables.tasks import UserTask
from engine.tables.types import Utc
from engine.verbs import ranges, search
from engine.verbs.access import Actor

Box = Literal["mine", "groups", "overdue", "done"]
BOXES: tuple[Box, ...] = ("mine", "groups", "overdue", "done")
LARGEST = 200  # rows of one page
KEPT = 500  # statements of each kind that a process remembers
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
    if search.asked(query) or instance_id is not None:
        return _inbox(actor, box, now, query, process, instance_id).execution_options(**{PLAN_ANEW: True})
    usual = _usual(actor, box, process)
    return usual.params(now=now) if box == "overdue" else usual


# With a value of its own: SQLAlchemy spells out a list of values, such as enterprises, only where every parameter has one.
_NOW: Any = bindparam("now", datetime.min.replace(tzinfo=UTC), type_=Utc())


@lru_cache(maxsize=KEPT)
def _usual(actor: Actor, box: Box | str, process: str | None) -> Select[Any]:
    """A box as most people open it, built once for a person with these rights: putting it together takes longer than asking it.

    Whoever gains or loses a right is another Actor.
    """
    return _inbox(actor, box, _NOW, "", process, None)


def _inbox(actor: Actor, box: Box | str, now: Any, query: str, process: str | None, instance_id: str | None) -> Select[Any]:
    if box not in BOXES:
        raise ValueError(f"no such box: {box}")
    columns = (
        UserTask.id, UserTask.instance_id, UserTask.definition_id, UserTask.node, UserTask.name, UserTask.process_key,
        UserTask.process_name, UserTask.business_key, UserTask.title, UserTask.enterprise_id, UserTask.enterprise_name,
        UserTask.assignee, Person.name.label("assignee_name"), UserTask.created_at, UserTask.due_at, UserTask.follow_up_at,
        UserTask.priority, UserTask.closed_at, UserTask.outcome,
    )  # fmt: skip
    rows = _rows(actor, box, now, ranges.Asked(_conditions(process, instance_id), words=search.asked(query)))
    if rows is None:
        return select(*columns).outerjoin(Person, Person.id == UserTask.assignee).where(false())
    order = ("closed_at", "id") if box == "done" else ("urgent_at", "created_at", "id")
    found = ranges.listed(rows, columns, UserTask, order, newest=box == "done")
    return found.outerjoin(Person, Person.id == UserTask.assignee)


def _conditions(process: str | None, instance_id: str | None) -> tuple[ColumnElement[bool], ...]:
    given = ((UserTask.process_key, process), (UserTask.instance_id, instance_id))
    return tuple(column == value for column, value in given if value)


def _rows(actor: Actor, box: Box | str, now: Any, asked: ranges.Asked) -> CTE | None:
    match box:
        case "mine":
            return ranges.mine(actor, asked)
        case "groups":
            return ranges.offers(actor, asked)
        case "overdue":
            return ranges.work(actor, replace(asked, before=now))
        case _:
            return ranges.done(actor, asked)


def counts(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """How many tasks each box holds, in one statement; MOST + 1 stands for any number beyond MOST."""
    return dict(session.execute(_numbers(actor), {"now": now, ranges.REACH: MOST + 1}).one()._mapping)


def opened(session: Session, actor: Actor, box: Box, now: datetime, number: int, size: int = 20) -> tuple[dict[str, int], Page]:
    """A box as most people open it, with nothing asked for: the numbers of all boxes and one page of this one, in one round trip."""
    number = max(1, min(number, -(-MOST // size)))
    paging = {"now": now, ranges.REACH: number * size, ranges.SIZE: size, ranges.SKIPPED: (number - 1) * size}
    (counted,), rows = together(session, [(_numbers_at_once(actor), {"now": now, ranges.REACH: MOST + 1}), (_box_at_once(actor, box), paging)])
    numbers = counted._asdict()
    if not rows and number > 1:  # past the end
        return numbers, page(session, inbox(actor, box, now), number, size, numbers[box])
    total = min(numbers[box], MOST)
    return numbers, Page(rows, number, max(1, -(-total // size)), total, numbers[box] > MOST)


@lru_cache(maxsize=KEPT)
def _numbers_at_once(actor: Actor) -> Prepared:
    return Prepared(_numbers(actor))


@lru_cache(maxsize=KEPT)
def _box_at_once(actor: Actor, box: Box) -> Prepared:
    return Prepared(_usual(actor, box, None))


@lru_cache(maxsize=KEPT)
def _numbers(actor: Actor) -> Select[Any]:
    numbers = {
        "mine": _count(_usual(actor, "mine", None)),
        "groups": ranges.count_offers(actor, ranges.Asked(), MOST + 1),
        "overdue": ranges.count_work(actor, ranges.Asked(before=_NOW), MOST + 1),
        "done": _count(_usual(actor, "done", None)),
    }
    return select(*(number.label(box) for box, number in numbers.items()))


def page(session: Session, rows: Select[Any], number: int, size: int = 20, total: int | None = None) -> Page:
    """One page of any Select, and how many rows there are, in one statement. `total`: their number as `counts` gave it, if it is known."""
    size = max(1, min(size, LARGEST))
    number = max(1, min(number, -(-MOST // size)))
    found = _read(session, rows, number, size, total)
    if not found and number > 1:  # past the end: the last page there is
        total = session.scalar(select(_count(rows)), {ranges.REACH: MOST + 1}) or 0
        number = max(1, -(-min(total, MOST) // size))
        found = _read(session, rows, number, size, total)
    if total is None:
        total = found[0][-1] if found else 0
    counted = min(total, MOST)
    return Page(found, number, max(1, -(-counted // size)), counted, total > MOST)


def _read(session: Session, rows: Select[Any], number: int, size: int, total: int | None) -> Sequence[Any]:
    reach = number * size if total is not None else max(MOST + 1, number * size)
    found = rows if total is not None else rows.add_columns(_count(rows).label("of_all"))
    if ranges.ROWS not in rows.get_execution_options():
        return session.execute(found.limit(size).offset((number - 1) * size)).all()
    return session.execute(found, {ranges.REACH: reach, ranges.SIZE: size, ranges.SKIPPED: (number - 1) * size}).all()


def _count(found: Select[Any]) -> ScalarSelect[int]:
    """Rows of a list, counted no further than one beyond MOST."""
    rows = found.get_execution_options().get(ranges.ROWS)
    if rows is None:
        some = found.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(MOST + 1).subquery()
    else:
        some = select(literal(1)).select_from(rows).limit(MOST + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
