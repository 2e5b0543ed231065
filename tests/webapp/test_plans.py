"""What pages ask of the database is answered along indexes: no page becomes slower because others have filed more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from engine.tables.store import Store
from tests.webapp.conftest import Visitor
from webapp.bench import pages

# Tables with a row for each case, task, file or note; and of each firm.
GROWING = "process_instance|user_task|task_candidate|event|variable|instance_text|incident|attachment|notification|job|subscription|archive|draft|enterprise"
WHOLE = re.compile(rf"SCAN ({GROWING})( USING |$)")


@contextmanager
def questions(store: Store) -> Iterator[dict[str, tuple[object, ...]]]:
    """Every statement that reads meanwhile, with the values of one run."""
    seen: dict[str, tuple[object, ...]] = {}

    def note(connection: object, cursor: object, statement: str, values: object, *rest: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen[statement] = tuple(values)  # type: ignore[call-overload]

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("who", ["zhao", "wang", "li", "zhou", "wu", "admin"])
def test_no_page_reads_the_whole_of_a_table_that_grows(
    who: str, app: Flask, town: Store, visit: Callable[[str], Visitor], file_request: Callable[..., str]
) -> None:
    file_request()
    visitor = pages.Visitor(visit(who).client)
    with questions(town) as asked:
        pages.explore(app, visitor)

    assert len(visitor.paths) > 10 and len(asked) > 15
    with town.engine.connect() as connection:
        # Whoever has no such rows at all is asked for none, under a condition that is never true.
        for statement, values in ((sql, values) for sql, values in asked.items() if "0 = 1" not in sql):
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert not [step for step in plan if WHOLE.match(step)], (statement, plan)
