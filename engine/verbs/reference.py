"""Changing the process owners' reference tables: from files, or on pages. What changes nothing makes no version.

Departments and days of the calendar are also rows of their own, which the newest version is taken over into.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Row as SqlRow
from sqlalchemy import Table as SqlTable
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from engine.core import reference
from engine.core.bpmn.checks import Known
from engine.core.clauses import TABLE
from engine.core.problems import Problem, Refused, has_errors
from engine.core.reference import Difference, Fault, Key, Row, Table, difference, key_text
from engine.feel import Json
from engine.tables.definitions import FileOrigin
from engine.tables.people import Department, Person
from engine.tables.reference import ReferenceVersion
from engine.tables.settings import Holiday
from engine.verbs import calendars, history, starts
from engine.verbs.access import SYSTEM, Act, Actor, require
from engine.verbs.errors import EngineError, NotFound
from engine.verbs.records import NameTaken
from engine.verbs.reference_tables import as_table, newest, newest_versions

DEPARTMENTS = "departments"
SAVING = 0x7A68717266  # any number that only we use for this lock


class ReferenceChanged(EngineError):
    """Someone saved the table while the page was open. `table`, `by` (a name), `at`."""

    code = "reference_changed"


class RowInvalid(EngineError):
    """A row does not fit its table: `faults` by column, as `reference.read_row` gives them."""

    code = "reference_row_invalid"

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__(columns="、".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Loaded:
    """What loading files did. `changed`: rows; `skipped`: files left alone because the table has been changed on its page since."""

    changed: int = 0
    skipped: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------------------------ files


def load(session: Session, files: Mapping[str, bytes], actor: Actor, now: datetime) -> Loaded:
    """Bring reference files, by name, into force. Raises Refused with every problem."""
    read = {file: reference.read(files[file], file) for file in sorted(files)}
    problems = check(files)
    if has_errors(problems):
        raise Refused(problems)
    _take_turns(session)
    changed, skipped = 0, []
    for file, (table, _) in read.items():
        sha256 = hashlib.sha256(files[file]).hexdigest()
        origin = session.scalar(select(FileOrigin.sha256).where(FileOrigin.name == file))
        before = newest(session, table.name)
        if origin == sha256 and before is not None:
            if before.source != "files" and len(_difference(before, table)):
                skipped.append(file)
            continue
        changed += len(_put(session, table, before, "files", actor, now))
        session.execute(delete(FileOrigin).where(FileOrigin.name == file))
        row = {"name": file, "sha256": sha256, "deployed_at": now}
        session.execute(cast(SqlTable, FileOrigin.__table__).insert(), row)
    return Loaded(changed, tuple(skipped))


def check(files: Mapping[str, bytes]) -> list[Problem]:
    """Everything that is wrong with these reference files."""
    read = {file: reference.read(files[file], file) for file in sorted(files)}
    return [*(problem for _, found in read.values() for problem in found), *_doubles(read)]


def known(files: Mapping[str, bytes], before: Known) -> Known:
    """What diagrams may refer to when these tables are there besides."""
    tables = {table.name: table for table, _ in (reference.read(content, file) for file, content in files.items())}
    clauses = tables.get(TABLE)
    return replace_fields(
        before,
        tables=(before.tables or frozenset()) | tables.keys() if tables else before.tables,
        clauses=frozenset(str(row["id"]) for row in clauses.rows) if clauses is not None else before.clauses,
    )


def _doubles(read: Mapping[str, tuple[Table, list[Problem]]]) -> list[Problem]:
    first: dict[str, str] = {}
    return [
        Problem("reference_in_two_files", file, facts={"table": table.name, "other": first[table.name]})
        for file, (table, _) in read.items()
        if first.setdefault(table.name, file) != file
    ]


# ------------------------------------------------------------------------------------------------------------------ looking


def tables(session: Session, actor: Actor) -> list[SqlRow[Any]]:
    """Every table's newest version by name: `table`, `version`, `size`, `created_at`, `source`, `by` (a name)."""
    require(actor, Act.SEE_DEFINITIONS)
    last = newest_versions()
    query = _versions().join(last, (ReferenceVersion.table == last.c.table) & (ReferenceVersion.version == last.c.version))
    return list(session.execute(query.order_by(ReferenceVersion.table)))


def get(session: Session, name: str, actor: Actor, *, version: int | None = None) -> tuple[Table, int]:
    """A table and its version: the newest, or the one asked for. Raises NotFound."""
    require(actor, Act.SEE_DEFINITIONS)
    row = newest(session, name, version=version)
    if row is None:
        raise NotFound("reference_table", name)
    return as_table(row), row.version


def versions(session: Session, name: str, actor: Actor) -> list[SqlRow[Any]]:
    """All versions of a table, newest first, as in `tables`."""
    require(actor, Act.SEE_DEFINITIONS)
    return list(session.execute(_versions().where(ReferenceVersion.table == name).order_by(ReferenceVersion.version.desc())))


def _versions() -> Any:
    return select(
        ReferenceVersion.table, ReferenceVersion.version, ReferenceVersion.size, ReferenceVersion.source, ReferenceVersion.created_at,
        Person.name.label("by"),
    ).outerjoin(Person, Person.id == ReferenceVersion.created_by)  # fmt: skip


def search(table: Table, query: str) -> list[Row]:
    """The rows with a cell that contains every word of `query`, in the order of the table."""
    words = query.lower().split()
    return [row for row in table.rows if all(any(word in reference.cell_text(cell).lower() for cell in row.values()) for word in words)]


# ----------------------------------------------------------------------------------------------------------------- changing


def put_row(
    session: Session, name: str, cells: Mapping[str, str], key: Key | None, version: int, actor: Actor, now: datetime
) -> Difference:
    """Add a row (`key` None) or change the one with this key, given as texts, to the `version` that the actor saw.

    Raises NotAllowed, NotFound, ReferenceChanged and RowInvalid.
    """
    table = _seen(session, name, version, actor)
    row, faults = reference.read_row(table.schema, cells)
    own = table.schema.key_of(row)
    if not faults and own != key and any(table.schema.key_of(other) == own for other in table.rows):
        faults = {table.schema.key[-1]: ("twice", {"column": ", ".join(table.schema.key), "value": key_text(own)})}
    if not faults and key is None and len(table.rows) >= reference.ROWS:
        faults = {table.schema.key[-1]: ("too_large", {"rows": reference.ROWS, "columns": reference.COLUMNS})}
    if faults:
        raise RowInvalid(faults)
    rows = [*table.rows, row] if key is None else [row if table.schema.key_of(old) == key else old for old in table.rows]
    return _save(session, table, rows, actor, now)


def merge_row(session: Session, name: str, cells: Row, actor: Actor, now: datetime) -> Difference:
    """Add a row, or change these columns of the one with its key, whatever version is in force; the caller has checked the right."""
    _take_turns(session)
    before = newest(session, name)
    table = as_table(before) if before is not None else Table(name, reference.schema_for(name))
    key = table.schema.key_of(cells)
    old: Row = next((row for row in table.rows if table.schema.key_of(row) == key), dict.fromkeys(table.schema.names))
    merged: Row = {**old, **cells}
    rows = [merged if row is old else row for row in table.rows]
    return _save(session, table, rows if any(row is old for row in table.rows) else [*table.rows, merged], actor, now)


def delete_row(session: Session, name: str, key: Key, version: int, actor: Actor, now: datetime) -> Difference:
    """Take a row out. Raises NotAllowed, NotFound, ReferenceChanged."""
    table = _seen(session, name, version, actor)
    return _save(session, table, [row for row in table.rows if table.schema.key_of(row) != key], actor, now)


def preview(session: Session, name: str, content: bytes, actor: Actor) -> tuple[Table, Difference, int]:
    """The table in an uploaded CSV, what it would change, and the version it would change. Raises Refused, NotAllowed."""
    require(actor, Act.SET_REFERENCE)
    table, problems = reference.read(content, f"{name}.csv")
    if has_errors(problems):
        raise Refused(problems)
    before = newest(session, name)
    return table, _difference(before, table), before.version if before is not None else 0


def replace(session: Session, name: str, content: bytes, version: int, actor: Actor, now: datetime) -> Difference:
    """Put the rows of a CSV in the place of `version`. Raises Refused, NotAllowed, ReferenceChanged."""
    _take_turns(session)
    table, _, current = preview(session, name, content, actor)
    if current:
        _seen(session, name, version, actor)
    return _put(session, table, newest(session, name), "page", actor, now)


def _seen(session: Session, name: str, version: int, actor: Actor) -> Table:
    """The newest version, which must be the one that the actor saw."""
    require(actor, Act.SET_REFERENCE)
    _take_turns(session)
    row = newest(session, name)
    if row is None:
        raise NotFound("reference_table", name)
    if row.version != version:
        by = session.scalar(select(Person.name).where(Person.id == row.created_by)) or SYSTEM.name
        raise ReferenceChanged(table=name, by=by, at=row.created_at)
    return as_table(row)


def _take_turns(session: Session) -> None:
    # Versions are counted up; on SQLite the writing transaction is alone anyway.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(SAVING)))


def _save(session: Session, table: Table, rows: Sequence[Row], actor: Actor, now: datetime) -> Difference:
    return _put(session, Table(table.name, table.schema, tuple(rows)), newest(session, table.name), "page", actor, now)


def _difference(before: SqlRow[Any] | None, table: Table) -> Difference:
    return difference(table.schema, before.rows if before is not None else (), table.rows)


def _put(session: Session, table: Table, before: SqlRow[Any] | None, source: str, actor: Actor, now: datetime) -> Difference:
    """Make a version of a table, unless nothing has changed, and take it over where it has rows of its own."""
    changes = _difference(before, table)
    same_columns = before is not None and list(table.schema.names) == before.columns
    if len(changes) == 0 and same_columns:
        return changes
    text = reference.write(table.schema, table.rows)
    row = {
        "table": table.name, "version": before.version + 1 if before is not None else 1, "columns": list(table.schema.names),
        "rows": list(table.rows), "size": len(table.rows), "sha256": hashlib.sha256(text.encode()).hexdigest(), "source": source,
        "created_at": now, "created_by": actor.id,
    }  # fmt: skip
    session.execute(cast(SqlTable, ReferenceVersion.__table__).insert(), row)
    facts = {
        "table": table.name, "version": row["version"], "source": source, "added": [key_text(key) for key in changes.added[:50]],
        "changed": [key_text(key) for key in changes.changed[:50]], "removed": [key_text(key) for key in changes.removed[:50]],
    }  # fmt: skip
    history.append(session, history.SYSTEM_STREAM, [history.entry("reference_changed", now, **facts)], actor, now)
    if table.name in _TAKE_OVER:
        _TAKE_OVER[table.name](session, table, changes, actor, now)
    starts.rearm(session, now)
    return changes


# --------------------------------------------------------------------------------------------------- rows of their own


def _departments(session: Session, table: Table, changes: Difference, actor: Actor, now: datetime) -> None:
    """The names by which people find a department follow the table; one that has left it stays, because cases point to it."""
    known = {row.id: row for row in session.execute(select(Department.id, Department.name, Department.phone, Department.duties))}
    for row in table.rows:
        id_, old = str(row["id"]), known.get(str(row["id"]))
        values = {"name": str(row["name"]), "phone": _text(row["phone"]), "duties": _text(row["duties"])}
        if any(other.name == values["name"] and other.id != id_ for other in known.values()):
            raise NameTaken(name=values["name"])
        if old is None:
            session.execute(insert(Department).values(id=id_, zone_id=None, **values))
        elif (old.name, old.phone, old.duties) != tuple(values.values()):
            session.execute(update(Department).where(Department.id == id_).values(values))


def _holidays(session: Session, table: Table, changes: Difference, actor: Actor, now: datetime) -> None:
    known = {row.day: (row.is_workday, row.name) for row in session.execute(select(Holiday.day, Holiday.is_workday, Holiday.name))}
    for row in table.rows:
        day = date.fromisoformat(str(row["day"]))
        if known.get(day) != (row["is_workday"], row["name"]):
            calendars.set_day(session, day, bool(row["is_workday"]), SYSTEM, now, _text(row["name"]))
    for (day_text,) in changes.removed:
        calendars.set_day(session, date.fromisoformat(str(day_text)), None, SYSTEM, now)


def _text(value: Json) -> str | None:
    return None if value is None else str(value)


_TAKE_OVER: Mapping[str, Callable[[Session, Table, Difference, Actor, datetime], None]] = {
    DEPARTMENTS: _departments, "holidays": _holidays,
}  # fmt: skip
