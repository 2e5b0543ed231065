"""Lists of user tasks, most urgent first, and lists in pages: a function gives the Select, `page` reads one page of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.tables.people import Person
from engine.tables.tasks import UserTask
from engine.verbs.access import Actor, assigned_tasks, offered_tasks, workable_tasks
from engine.verbs.search import contains

Box = Literal["mine", "groups", "overdue", "done"]
BOXES: tuple[Box, ...] = ("mine", "groups", "overdue", "done")
LARGEST = 200  # rows of one page


@dataclass(frozen=True)
class Page:
    """`number` counts from 1; asking past the end gives the last page. `total`: rows on all pages together."""

    rows: Sequence[Any]
    number: int
    pages: int
    total: int


def inbox(actor: Actor, box: Box | str, now: datetime, *, query: str = "", process: str | None = None) -> Select[Any]:
    """One box of the actor's tasks: `mine` assigned to them, `groups` free and offered to them, `overdue` of both, `done` by them.

    `query` is looked for in business key, title, task name and enterprise name; `process` is a process key.
    """
    found = (
        select(
            UserTask.id, UserTask.instance_id, UserTask.definition_id, UserTask.node, UserTask.name, UserTask.process_key,
            UserTask.process_name, UserTask.business_key, UserTask.title, UserTask.enterprise_id, UserTask.enterprise_name,
            UserTask.assignee, Person.name.label("assignee_name"), UserTask.created_at, UserTask.due_at, UserTask.follow_up_at,
            UserTask.priority, UserTask.closed_at, UserTask.outcome,
        )
        .outerjoin(Person, Person.id == UserTask.assignee)
        .where(_in_box(actor, box, now))
    )  # fmt: skip
    if process:
        found = found.where(UserTask.process_key == process)
    if query.strip():
        searched = (UserTask.business_key, UserTask.title, UserTask.name, UserTask.enterprise_name)
        found = found.where(or_(*(contains(column, query) for column in searched)))
    if box == "done":
        return found.order_by(UserTask.closed_at.desc(), UserTask.id)
    return found.order_by(UserTask.urgent_at, UserTask.created_at, UserTask.id)


def counts(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """How many tasks each box holds, in one statement."""
    numbers = [select(func.count()).where(_in_box(actor, box, now)).scalar_subquery().label(box) for box in BOXES]
    return dict(session.execute(select(*numbers)).one()._mapping)


def page(session: Session, rows: Select[Any], number: int, size: int = 20) -> Page:
    """One page of any Select: a count and a read."""
    size = max(1, min(size, LARGEST))
    total = session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
    pages = max(1, -(-total // size))
    number = max(1, min(number, pages))
    found = session.execute(rows.limit(size).offset((number - 1) * size)).all() if total else []
    return Page(found, number, pages, total)


def _in_box(actor: Actor, box: Box | str, now: datetime) -> ColumnElement[bool]:
    match box:
        case "mine":
            return assigned_tasks(actor)
        case "groups":
            return offered_tasks(actor)
        case "overdue":
            return and_(workable_tasks(actor), UserTask.due_at < now)
        case "done":
            return and_(UserTask.closed_by == actor.id, UserTask.outcome == "completed")
    raise ValueError(f"no such box: {box}")
