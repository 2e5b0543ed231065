"""Statements of hot paths: written with SQLAlchemy Core, compiled once per kind of database, run without SQLAlchemy's execution.

What SQLAlchemy does for every execution (cache keys, contexts, result objects) costs more than SQLite needs to answer. A `Prepared`
keeps what is of use: the typed columns' conversions and the dialect's SQL. On PostgreSQL `together` sends several statements in one
round trip, and what is to be written `later` goes with whatever is sent next, at last with the commit. Whoever listens to the engine's
statements is told of these too.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from engine.tables.store import connection_of, pipeline_of
from engine.tables.types import Utc, Words, sqlite_moment, storable

if TYPE_CHECKING:
    from engine.tables.pipelines import Answer, Pipeline

_POSTGRESQL = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
Convert = Callable[[Any], Any]
Values = Mapping[str, Any]


class _Form(NamedTuple):
    """A statement as one database takes it, and the values that it binds, in order."""

    sql: str
    binds: tuple[tuple[str, Convert | None], ...]
    fixed: Mapping[str, Any]
    row: Callable[[Iterable[Any]], Any] | None
    results: tuple[tuple[int, Convert], ...]

    def bound(self, values: Values) -> list[Any]:
        given = {**self.fixed, **values} if self.fixed else values
        return [given[name] if convert is None else convert(given[name]) for name, convert in self.binds]

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

    A bound parameter without a value of its own is one of every call. `if_untouched` makes the error, from the values, of a write that
    must touch a row and has not.
    """

    def __init__(
        self, statement: Executable | Callable[[str], Executable], columns: Iterable[str] | None = None, *,
        if_untouched: Callable[[Values], Exception] | None = None,
    ) -> None:  # fmt: skip
        self._statement = statement
        self.if_untouched = if_untouched
        self._columns = list(columns) if columns is not None else None
        self._forms: dict[str, _Form] = {}

    def rows(self, session: Session, **values: Any) -> list[Any]:
        """The rows found, as named tuples."""
        return together(session, [(self, values)])[0]

    def first(self, session: Session, **values: Any) -> Any | None:
        found = self.rows(session, **values)
        return found[0] if found else None

    def run(self, session: Session, values: Values | Sequence[Values]) -> int:
        """Write; the number of rows touched."""
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
    bound = _bound(connection, calls)
    if (pipeline := pipeline_of(connection)) is None:
        return [_run(connection, *one) for one in bound]
    for one in bound:
        _put(pipeline, *one)
    answers = pipeline.run()
    own = iter(answers[len(answers) - sum(len(rows) for _, _, rows in bound) :])  # what waited before comes first
    return [_result(form, [next(own) for _ in rows]) for _, form, rows in bound]


def later(session: Session, calls: Sequence[Call]) -> None:
    """Write in this transaction, in order, before anything else happens in it: on PostgreSQL with the next round trip.

    What goes wrong is raised there; by the commit at the latest, which then does not come about. Inside a savepoint nothing waits: it is
    undone with what has gone wrong in it.
    """
    connection = connection_of(session)
    if (pipeline := pipeline_of(connection)) is None or session.in_nested_transaction():
        together(session, calls)
        return
    for one in _bound(connection, calls):
        _put(pipeline, *one)


_Bound = tuple[Prepared, _Form, Sequence[Values]]


def _bound(connection: Connection, calls: Sequence[Call]) -> list[_Bound]:
    bound = [
        (prepared, prepared.form(connection.dialect), [values] if isinstance(values, Mapping) else values) for prepared, values in calls
    ]
    if connection.dispatch.before_cursor_execute:
        _announce(connection, bound)
    return bound


def _announce(connection: Connection, bound: Iterable[_Bound]) -> None:
    for _, form, rows in bound:
        params: Any = form.bound(rows[0]) if len(rows) == 1 else list(map(form.bound, rows))
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, None, form.sql, params, None, len(rows) > 1)


def _run(connection: Connection, prepared: Prepared, form: _Form, rows: Sequence[Values]) -> Any:
    """On SQLite."""
    cursor: Any = connection.connection.dbapi_connection.cursor()  # type: ignore[union-attr]
    try:
        if len(rows) == 1:
            cursor.execute(form.sql, form.bound(rows[0]))
        else:
            cursor.executemany(form.sql, map(form.bound, rows))
    except sqlite3.Error as error:
        raise DBAPIError.instance(form.sql, None, error, sqlite3.Error) from error
    if prepared.if_untouched is not None and cursor.rowcount == 0:
        raise prepared.if_untouched(rows[0])
    return form.read(cursor.fetchall()) if form.row is not None else cursor.rowcount


def _put(pipeline: Pipeline, prepared: Prepared, form: _Form, rows: Sequence[Values]) -> None:
    for values in rows:
        pipeline.put(form.sql, form.bound(values), prepared.if_untouched and partial(prepared.if_untouched, values))


def _result(form: _Form, answers: Sequence[Answer]) -> Any:
    if form.row is None:
        return sum(answer.count for answer in answers)
    return form.read(row for answer in answers for row in answer.rows)


def _compiled(statement: Executable, dialect: Dialect, columns: list[str] | None) -> _Form:
    if dialect.name == "postgresql":
        dialect = _POSTGRESQL
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    binds, values = dict(compiled.binds), compiled.construct_params(_check=False)
    for name, each in (compiled._post_compile_expanded_state.parameter_expansion if compiled.post_compile_params else {}).items():
        binds |= dict.fromkeys(each, binds[name])  # a list of values is as many parameters
    fixed = {name: values[name] for name in compiled.positiontup if not binds[name].required and not (columns and name in columns)}
    entries = compiled._result_columns
    processors = [entry.type._cached_result_processor(dialect, None) for entry in entries]
    return _Form(
        sql=str(compiled),
        binds=tuple(
            (name, _bind(binds[name].type, compiled._bind_processors.get(name), dialect)) for name in compiled.positiontup
        ),
        fixed=fixed,
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
