"""Figures about what was done in a period, counted from the record: for reviews, evaluations and reports. Facts only, no judgement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, cast, func, or_, select, text, true
from sqlalchemy.orm import Session

from engine.core.runtime.step import Json
from engine.tables.instances import ACTS, Event, ProcessInstance, Variable
from engine.tables.people import Department, Person
from engine.tables.tasks import UserTask


def figures(
    session: Session, since: datetime, until: datetime, *, processes: Sequence[str] = (), rating: str = "", rating_default: str = "",
    bad: float | None = None,
) -> dict[str, Json]:  # fmt: skip
    """What happened from `since` up to but not including `until`, in all processes or those with these keys.

    `rating` names the variable that holds a grade (a number), `rating_default` the one that is true where nobody had rated, `bad` is
    the highest grade that counts as bad.
    Keys: started, completed, terminated, failed, open, ends (end event's name → count), tasks, completed_on_time, overdue (tasks
    closed after their due moment), open_overdue, extended, actions (label → count), ratings (count, default_count, average, bad),
    by_process, by_department.
    """
    ours = ProcessInstance.process_key.in_(processes) if processes else true()
    tasks = UserTask.process_key.in_(processes) if processes else true()
    ended = and_(ours, ProcessInstance.ended_at >= since, ProcessInstance.ended_at < until)
    by_status = dict(session.execute(select(ProcessInstance.status, func.count()).where(ended).group_by(ProcessInstance.status)).all())
    ends = select(ProcessInstance.end_reason, func.count()).where(ended, ProcessInstance.status == "completed")
    found: dict[str, Json] = {
        "started": _count(session, ProcessInstance, ours, ProcessInstance.started_at >= since, ProcessInstance.started_at < until),
        "completed": by_status.get("completed", 0), "terminated": by_status.get("terminated", 0), "failed": by_status.get("failed", 0),
        "open": _count(session, ProcessInstance, ours, ProcessInstance.status == "active"),
        "ends": {name or "": count for name, count in session.execute(ends.group_by(ProcessInstance.end_reason))},
        "open_overdue": _count(session, UserTask, tasks, UserTask.closed_at.is_(None), UserTask.due_at < until),
        "ratings": _ratings(session, ended, rating, rating_default, bad) if rating else None,
    }  # fmt: skip
    found |= _tasks(session, tasks, since, until)
    found |= _acts(session, ours, since, until)
    return found


def count_cases(
    session: Session, process: str, since: datetime, *, enterprise_id: str | None = None, variable: str = "", value: Json = None,
) -> int:  # fmt: skip
    """How many cases of a process were started since then: of an enterprise, and with this value of an instance's variable."""
    query = select(func.count()).select_from(ProcessInstance).where(ProcessInstance.process_key == process, ProcessInstance.started_at >= since)
    if enterprise_id is not None:
        query = query.where(ProcessInstance.enterprise_id == enterprise_id)
    if variable:
        of = and_(Variable.instance_id == ProcessInstance.id, Variable.scope == ProcessInstance.id, Variable.name == variable)
        query = query.join(Variable, of).where(Variable.value == value)
    return session.scalar(query) or 0


def _count(session: Session, table: Any, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _on_time() -> ColumnElement[int]:
    return func.sum(cast(or_(UserTask.due_at.is_(None), UserTask.closed_at <= UserTask.due_at), Integer))


def _tasks(session: Session, tasks: ColumnElement[bool], since: datetime, until: datetime) -> dict[str, Json]:
    """User tasks completed in the period, on time and late: in all, per process, per department of who completed them.

    The tasks are read once, in the order in which they lie; by person after person it would take ten times as long.
    """
    closed_at = func.coalesce(UserTask.closed_at, UserTask.created_at)  # hidden from the index that has the persons
    done = and_(tasks, UserTask.outcome == "completed", closed_at >= since, closed_at < until)
    query = select(UserTask.process_key, UserTask.process_name, UserTask.closed_by, func.count(), _on_time()).where(done)
    counted = session.execute(query.group_by(UserTask.process_key, UserTask.process_name, UserTask.closed_by).order_by(UserTask.process_key)).all()
    people = select(Person.id, Department.id, Department.name).join(Department, Department.id == Person.department_id)
    offices = {person: (id_, name) for person, id_, name in session.execute(people.order_by(Department.name))}
    by_process = _rows((key, name, count, on_time) for key, name, _, count, on_time in counted)
    places = {place: number for number, place in enumerate(dict.fromkeys(offices.values()))}
    by_department = _rows((*offices[who], count, on_time) for _, _, who, count, on_time in counted if who in offices)
    return {
        "tasks": sum(row["tasks"] for row in by_process), "completed_on_time": sum(row["on_time"] for row in by_process),
        "overdue": sum(row["overdue"] for row in by_process), "by_process": by_process,
        "by_department": sorted(by_department, key=lambda row: places[row["id"], row["name"]]),
    }  # type: ignore[dict-item]  # fmt: skip


def _rows(counted: Iterable[tuple[str, str, int, int | None]]) -> list[dict[str, Any]]:
    """Id, name, how many tasks, how many on time: added up for each id and name, in the order in which they come."""
    found: dict[tuple[str, str], list[int]] = {}
    for id_, name, count, on_time in counted:
        sums = found.setdefault((id_, name), [0, 0])
        sums[0] += count
        sums[1] += int(on_time or 0)
    return [
        {"id": id_, "name": name, "tasks": tasks, "on_time": on_time, "overdue": tasks - on_time}
        for (id_, name), (tasks, on_time) in found.items()
    ]


def _acts(session: Session, ours: ColumnElement[bool], since: datetime, until: datetime) -> dict[str, Json]:
    """Extensions, and what people did by the actions of the diagrams, by their labels."""
    events = select(Event.kind, Event.facts).join(ProcessInstance, ProcessInstance.id == Event.stream)
    events = events.where(ours, text(ACTS), Event.at >= since, Event.at < until)
    actions: dict[str, int] = {}
    extended = 0
    for kind, facts in session.execute(events):
        if kind == "deadline_moved":
            extended += 1
        else:
            label = str(facts.get("action", ""))
            actions[label] = actions.get(label, 0) + 1
    return {"extended": extended, "actions": actions}  # type: ignore[dict-item]


def _ratings(session: Session, ended: ColumnElement[bool], rating: str, rating_default: str, bad: float | None) -> dict[str, Json]:
    """Grades of the cases that ended in the period; those nobody gave are counted apart and do not enter the average."""
    of = and_(Variable.instance_id == ProcessInstance.id, Variable.scope == ProcessInstance.id)
    graded = select(ProcessInstance.id, Variable.value).join(Variable, and_(of, Variable.name == rating)).where(ended)
    grades = {id_: value for id_, value in session.execute(graded) if isinstance(value, int | float) and not isinstance(value, bool)}
    default: set[str] = set()
    if rating_default:
        unrated = select(ProcessInstance.id).join(Variable, and_(of, Variable.name == rating_default)).where(ended, Variable.value == True)  # noqa: E712
        default = set(session.scalars(unrated))
    given = [grade for id_, grade in grades.items() if id_ not in default]
    return {
        "count": len(given), "default_count": len(default & grades.keys()),
        "average": round(sum(given) / len(given), 2) if given else None,
        "bad": None if bad is None else sum(grade <= bad for grade in given),
    }  # fmt: skip
