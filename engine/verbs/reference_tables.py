"""Reference tables in force: looked up by name, their newest version, for expressions and for pages."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from engine.core.reference import Rows, Table, schema_for
from engine.tables.reference import ReferenceVersion

LAST = 2**31 - 1  # the largest number that a version can have
KEPT = 200  # contents kept in memory by one server process

_contents: dict[tuple[str, str], Rows] = {}
_lock = Lock()


def newest(session: Session, name: str, *, version: int | None = None) -> Row[Any] | None:
    """The version in force, or an older one; None if there is none."""
    query = select(ReferenceVersion.__table__).where(ReferenceVersion.table == name)
    if version is not None:
        if not 0 < version <= LAST:  # the database would not even compare it
            return None
        query = query.where(ReferenceVersion.version == version)
    return session.execute(query.order_by(ReferenceVersion.version.desc()).limit(1)).first()


def as_table(row: Row[Any]) -> Table:
    return Table(row.table, schema_for(row.table, row.columns), tuple(row.rows))


def rows_in_force(session: Session) -> Callable[[str], Rows | None]:
    """What `engine.core.reference.function` asks, for one transaction: a table looked at twice reads the same."""
    seen: dict[str, Rows | None] = {}

    def look(name: str) -> Rows | None:
        if name not in seen:
            seen[name] = _rows(session, name)
        return seen[name]

    return look


def all_in_force(session: Session) -> Callable[[str], Rows | None]:
    """The same, read at once: for whoever evaluates expressions when the transaction is over, as a page does with its form."""
    last = newest_versions()
    query = select(ReferenceVersion.table, ReferenceVersion.version, ReferenceVersion.sha256)
    joined = query.join(last, (ReferenceVersion.table == last.c.table) & (ReferenceVersion.version == last.c.version))
    found = {row.table: _content(session, row.table, row.version, row.sha256) for row in session.execute(joined).all()}
    return found.get


def _rows(session: Session, name: str) -> Rows | None:
    query = select(ReferenceVersion.version, ReferenceVersion.sha256).where(ReferenceVersion.table == name)
    found = session.execute(query.order_by(ReferenceVersion.version.desc()).limit(1)).first()
    return _content(session, name, found.version, found.sha256) if found is not None else None


def _content(session: Session, name: str, version: int, sha256: str) -> Rows:
    """The rows with this hash; what is cached cannot go stale."""
    rows = _contents.get((name, sha256))
    if rows is None:
        row = newest(session, name, version=version)
        assert row is not None
        rows = Rows(row.rows)
        with _lock:
            while len(_contents) >= KEPT:
                del _contents[next(iter(_contents))]
            _contents[name, sha256] = rows
    return rows


def newest_versions() -> Any:
    """(table, version) of what is in force, as a subquery."""
    return select(ReferenceVersion.table, func.max(ReferenceVersion.version).label("version")).group_by(ReferenceVersion.table).subquery()


def names(session: Session) -> frozenset[str]:
    """The names of all tables."""
    return frozenset(session.scalars(select(ReferenceVersion.table).distinct()))
