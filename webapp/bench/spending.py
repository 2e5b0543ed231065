"""What a page asks of the database: how many statements, and how long the driver was busy with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy import event

from engine.tables.store import Store

_FETCHING = ("execute", "executemany", "fetchone", "fetchmany", "fetchall")


@dataclass
class Spent:
    """Statements run and seconds spent on them since `begin`: waiting for the answer, and reading its rows."""

    statements: int = 0
    seconds: float = 0.0

    def begin(self) -> None:
        self.statements, self.seconds = 0, 0.0


def watch(store: Store) -> Spent:
    """Count from now on. For a store that has no connection yet: each one it opens gets cursors that look at the clock."""
    spent = Spent()

    def timed(dialect: object, record: object, arguments: object, options: dict[str, Any]) -> None:
        options |= _sqlite(spent) if store.is_sqlite else _postgresql(spent)

    event.listen(store.engine, "do_connect", timed)
    return spent


def _sqlite(spent: Spent) -> dict[str, Any]:
    own = _timed(sqlite3.Cursor, spent)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = own) -> Any:
            return super().cursor(factory)

    return {"factory": Connection}


def _postgresql(spent: Spent) -> dict[str, Any]:
    import psycopg

    return {"cursor_factory": _timed(psycopg.Cursor, spent)}


def _timed(cursor: type, spent: Spent) -> type:
    """The driver's class of cursors, but for the clock."""
    return type("TimedCursor", (cursor,), {name: _measured(getattr(cursor, name), name, spent) for name in _FETCHING})


def _measured(method: Callable[..., Any], name: str, spent: Spent) -> Callable[..., Any]:
    def measured(self: Any, *arguments: Any, **options: Any) -> Any:
        begun = perf_counter()
        try:
            return method(self, *arguments, **options)
        finally:
            spent.seconds += perf_counter() - begun
            spent.statements += name.startswith("execute") and not str(arguments[0]).startswith("BEGIN")

    return measured
