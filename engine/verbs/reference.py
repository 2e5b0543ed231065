"""Loading the process owners' reference tables; rows that are already so stay untouched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.core.problems import Problem, Refused
from engine.core.reference import Row, read
from engine.tables.people import Department
from engine.tables.settings import Holiday
from engine.verbs import calendars, records
from engine.verbs.access import Actor


def load(session: Session, files: Mapping[str, bytes], actor: Actor, now: datetime) -> int:
    """Take over the rows of reference files by name; how many were new or changed. Raises Refused with every problem."""
    tables: list[tuple[str, list[Row]]] = []
    problems: list[Problem] = []
    for file in sorted(files):
        rows, found = read(files[file], file)
        tables.append((file.rpartition("/")[2], rows))
        problems += found
    if problems:
        raise Refused(problems)
    return sum(_TAKE_OVER[table](session, rows, actor, now) for table, rows in tables)


def _departments(session: Session, rows: list[Row], actor: Actor, now: datetime) -> int:
    known = {row.id: row for row in session.execute(select(Department.id, Department.name, Department.phone, Department.duties))}
    changed = 0
    for row in rows:
        old: Any = known.get(str(row["id"]))
        if old is None or (old.name, old.phone, old.duties) != (row["name"], row["phone"], row["duties"]):
            records.put_department(
                session, str(row["name"]), actor, now, id=str(row["id"]), phone=_text(row["phone"]), duties=_text(row["duties"])
            )
            changed += 1
    return changed


def _holidays(session: Session, rows: list[Row], actor: Actor, now: datetime) -> int:
    known = {row.day: row.is_workday for row in session.execute(select(Holiday.day, Holiday.is_workday))}
    changed = 0
    for row in rows:
        day: Any = row["day"]
        if known.get(day) != row["is_workday"]:
            calendars.set_day(session, day, bool(row["is_workday"]), actor, now, _text(row["name"]))
            changed += 1
    return changed


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_TAKE_OVER: Mapping[str, Callable[[Session, list[Row], Actor, datetime], int]] = {
    "departments.csv": _departments, "holidays.csv": _holidays,
}  # fmt: skip
