"""Statements of hot paths: written with SQLAlchemy Core, compiled once per kind of database, run on the driver's own cursor.

What SQLAlchemy does for every execution (cache keys, contexts, result objects) costs more than SQLite needs to answer. A `Prepared`
keeps what is of use: the typed columns' conversions and the dialect's SQL. On PostgreSQL `together` sends several statements in one
round trip. Whoever listens to the engine's statements is told of these too.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from engine.tables.store import connection_of
from engine.tables.types import Utc, Words, sqlite_moment, storable

Convert = Callable[[Any], Any]
Values = Mapping[str, Any]


class Untouched(Exception):
    """A write that must change a row has found none."""


class _Form(NamedTuple):
    """A statement as one driver takes it: by position (SQLite) or by name (PostgreSQL)."""

    sql: str
    binds: tuple[tuple[str, Convert | None], ...]
    fixed: Mapping[str, Any]
    is_positional: bool
    row: Callable[[Iterable[Any]], Any] | None
    results: tuple[tuple[int, Convert], ...]

    def bound(self, values: Values) -> Any:
        given = {**self.fixed, **values} if self.fixed else values
        if self.is_positional:
            return [given[name] if convert is None else convert(given[name]) for name, convert in self.binds]
        return {name: given[name] if convert is None else convert(given[name]) for name, convert in self.binds}

    def read(self, found: Iterable[Sequence[Any]]) -> list[Any]:
        made, results = self.row, self.results
        rows = []
        for line in found:
            cells = list(line)
            for i, convert in results:
                cells[i] = convert(cells[i])
            rows.append(made(cells))  # type: ignore[misc]
        return rows


class Prepared:
    """One Core statement, or what makes it for a dialect. `columns`: the columns that an insert is given.

    A bound parameter without a value of its own is one of every call. `touches_one`: a write that touches no row raises Untouched.
    """

    def __init__(
        self, statement: Executable | Callable[[str], Executable], columns: Iterable[str] | None = None, *, touches_one: bool = False
    ) -> None:  # fmt: skip
        self._statement = statement
        self.touches_one = touches_one
        self._columns = list(columns) if columns is not None else None
        self._forms: dict[str, _Form] = {}

    def rows(self, session: Session, **values: Any) -> list[Any]:
        """The rows found, as named tuples."""
        return together(session, [(self, values)])[0]

    def first(self, session: Session, **values: Any) -> Any | None:
        found = self.rows(session, **values)
        return found[0] if found else None

    def run(self, session: Session, values: Values | Sequence[Values]) -> int:
        """Write; the number of rows touched by the (last) execution."""
        found: int = together(session, [(self, values)])[0]
        return found

    def form(self, dialect: Dialect) -> _Form:
        form = self._forms.get(dialect.name)
        if form is None:
            statement = self._statement if isinstance(self._statement, Executable) else self._statement(dialect.name)
            form = self._forms[dialect.name] = _compiled(statement, dialect, self._columns)
        return form


def upsert(table: Table, changed: Iterable[str]) -> Callable[[str], Executable]:
    """Insert a row, or change these columns of the one with its primary key."""
    keys, changed = [column.name for column in table.primary_key], tuple(changed)

    def made(dialect: str) -> Executable:
        insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
        return insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in changed})

    return made


Call = tuple[Prepared, Values | Sequence[Values]]


def together(session: Session, calls: Sequence[Call]) -> list[Any]:
    """Run statements in order, in one round trip where the driver can: rows of each that reads, the count of each that writes."""
    connection = connection_of(session)
    if connection.dispatch.before_cursor_execute:
        _announce(connection, calls)
    if connection.dialect.driver == "psycopg" and len(calls) > 1:
        return _at_once(connection, calls)
    driver: Any = connection.connection.dbapi_connection
    return [_result(prepared, *_executed(connection, driver, prepared, values)) for prepared, values in calls]


def _at_once(connection: Connection, calls: Sequence[Call]) -> list[Any]:
    driver: Any = connection.connection.dbapi_connection
    done: list[tuple[_Form, Any]] = []
    try:
        with driver.pipeline():
            for prepared, values in calls:
                done.append(_executed(connection, driver, prepared, values))
    except DBAPIError:
        raise
    except connection.dialect.dbapi.Error as error:  # type: ignore[union-attr]
        for (prepared, _), (form, cursor) in zip(calls, done, strict=False):
            _check(prepared, form, cursor)  # what failed may have failed because the one before it found nothing
        raise _told(connection, "; ".join(form.sql for form, _ in done), error) from error
    return [_result(prepared, form, cursor) for (prepared, _), (form, cursor) in zip(calls, done, strict=True)]


def _executed(connection: Connection, driver: Any, prepared: Prepared, values: Values | Sequence[Values]) -> tuple[_Form, Any]:
    """The statement's form and the cursor that has run it."""
    form = prepared.form(connection.dialect)
    params, is_many = _params(form, values)
    cursor = driver.cursor()
    try:
        (cursor.executemany if is_many else cursor.execute)(form.sql, params)
    except connection.dialect.dbapi.Error as error:  # type: ignore[union-attr]
        raise _told(connection, form.sql, error) from error
    return form, cursor


def _told(connection: Connection, sql: str, error: Exception) -> DBAPIError:
    """The driver's error as SQLAlchemy tells it."""
    dialect: Any = connection.dialect
    return DBAPIError.instance(sql, None, error, dialect.dbapi.Error, dialect=dialect)  # type: ignore[return-value]


def _result(prepared: Prepared, form: _Form, cursor: Any) -> Any:
    _check(prepared, form, cursor)
    return form.read(cursor.fetchall()) if form.row is not None else cursor.rowcount


def _check(prepared: Prepared, form: _Form, cursor: Any) -> None:
    if prepared.touches_one and cursor.rowcount == 0:
        raise Untouched(form.sql)


def _params(form: _Form, values: Values | Sequence[Values]) -> tuple[Any, bool]:
    """Parameters of one execution, or of several."""
    if isinstance(values, Mapping):
        return form.bound(values), False
    return (form.bound(values[0]), False) if len(values) == 1 else (list(map(form.bound, values)), True)


def _announce(connection: Connection, calls: Sequence[Call]) -> None:
    for prepared, values in calls:
        form = prepared.form(connection.dialect)
        params, is_many = _params(form, values)
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, None, form.sql, params, None, is_many)


def _compiled(statement: Executable, dialect: Dialect, columns: list[str] | None) -> _Form:
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)  # type: ignore[attr-defined]
    fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required and not (columns and name in columns)}
    names = tuple(compiled.positiontup if compiled.positional else compiled.bind_names.values())
    entries = compiled._result_columns
    processors = [entry.type._cached_result_processor(dialect, None) for entry in entries]
    return _Form(
        sql=str(compiled),
        binds=tuple((name, _bind(compiled.binds[name].type, compiled._bind_processors.get(name), dialect)) for name in names),
        fixed=fixed,
        is_positional=bool(compiled.positional),
        row=namedtuple("Row", [entry.keyname for entry in entries], rename=True)._make if entries else None,
        results=tuple((i, convert) for i, convert in enumerate(processors) if convert is not None),
    )


def _bind(type_: TypeEngine[Any], convert: Convert | None, dialect: Dialect) -> Convert | None:
    """The conversion of a bound value: our own types' without SQLAlchemy's layers around it."""
    if isinstance(type_, Words):
        return storable
    if isinstance(type_, Utc) and dialect.name == "sqlite":
        return sqlite_moment
    return convert
