"""What travels to PostgreSQL, and how often: counted on the wire."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Text, bindparam, cast, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from engine.core.runtime.step import CompleteTask
from engine.tables.people import Department
from engine.tables.prepared import Prepared, later, together
from engine.tables.store import Store
from engine.verbs import stepping
from engine.verbs.access import SYSTEM
from engine.verbs.errors import Conflict
from tests.performance.round_trips import counted
from tests.test_lost_connections import end_others
from webapp.bench.worlds import made

pytestmark = pytest.mark.postgresql
NEVER = 10**9
NAME = Prepared(select(Department.name).where(Department.id == bindparam("of")))
NAMES = Prepared(select(Department.name).order_by(Department.id))
ECHO = Prepared(select(cast(bindparam("said"), Text).label("said")))
NEW = Prepared(insert(Department).inline(), ["id", "name"])
RENAME = Prepared(
    update(Department).where(Department.id == bindparam("of")).values(name=bindparam("name")),
    if_untouched=lambda row: LookupError(row["of"]),
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a socket lies in it."""
    path = Path(tempfile.mkdtemp(prefix="zhuqi-"))
    yield path
    shutil.rmtree(path)


def names(store: Store) -> list[str]:
    with store.reading() as session:
        return [row.name for row in NAMES.rows(session)]


@pytest.mark.parametrize(("diagram", "values"), [("bench_ring", {}), ("bench_form", {"round": 1, "opinion": "同意"})])
def test_completing_a_task_takes_two_round_trips(postgresql_store: Store, folder: Path, diagram: str, values: dict[str, object]) -> None:
    world = made("any", postgresql_store)
    instance = world.start(diagram, round=0, last=NEVER)
    with counted(str(postgresql_store.url.render_as_string(False)), folder) as (address, wire):
        world.store = Store(address)
        taken = []
        for _ in range(3):  # the first prepares the statements and reads the definition
            (task,) = world.open_tasks(instance)
            before = wire.trips
            world.complete(task, **values)  # type: ignore[arg-type]
            taken.append(wire.trips - before)
        world.store.close()

    assert taken[1:] == [2, 2]


def test_what_is_written_later_is_there_for_whoever_asks_next(postgresql_store: Store) -> None:
    with postgresql_store.writing() as session:
        later(session, [(NEW, {"id": "a", "name": "甲"})])
        seen_by_prepared = NAME.first(session, of="a")
        later(session, [(RENAME, {"of": "a", "name": "乙"})])
        seen_by_sqlalchemy = session.scalar(select(Department.name))
        later(session, [(RENAME, {"of": "a", "name": "丙"})])

    assert seen_by_prepared.name == "甲" and seen_by_sqlalchemy == "乙"
    assert names(postgresql_store) == ["丙"]


def test_a_write_that_finds_nothing_to_change_commits_nothing(postgresql_store: Store) -> None:
    with pytest.raises(LookupError, match="nobody"), postgresql_store.writing() as session:
        later(session, [(NEW, {"id": "a", "name": "甲"}), (RENAME, {"of": "nobody", "name": "乙"}), (NEW, {"id": "b", "name": "丙"})])

    assert names(postgresql_store) == []


def test_an_instance_moved_twice_from_one_reading_is_a_conflict_and_stays_as_it_was(postgresql_store: Store) -> None:
    world = made("any", postgresql_store)
    instance = world.start("bench_ring", round=0, last=NEVER)
    (task,) = world.open_tasks(instance)

    with pytest.raises(Conflict), postgresql_store.writing() as session:
        stored, act = stepping.load(session, instance), CompleteTask(task, {}, {"id": "bench", "name": "测量员", "kind": "department"})
        for _ in range(2):
            stepping.move(session, stored, act, SYSTEM, world.now)

    assert world.open_tasks(instance) == [task]


def test_what_the_database_refuses_at_the_end_is_an_error_there(postgresql_store: Store) -> None:
    with pytest.raises(DBAPIError, match="duplicate key"), postgresql_store.writing() as session:
        later(session, [(NEW, [{"id": "a", "name": "甲"}, {"id": "a", "name": "乙"}])])

    assert names(postgresql_store) == []


def test_an_error_that_is_passed_over_is_not_taken_for_a_commit(postgresql_store: Store) -> None:
    with pytest.raises(DBAPIError, match="nothing was committed"), postgresql_store.writing() as session:
        NEW.run(session, {"id": "a", "name": "甲"})
        with pytest.raises(LookupError):
            RENAME.run(session, {"of": "nobody", "name": "乙"})

    assert names(postgresql_store) == []


def test_a_savepoint_undoes_what_waits_since_then_and_nothing_before(postgresql_store: Store) -> None:
    with postgresql_store.writing() as session:
        later(session, [(NEW, {"id": "a", "name": "甲"})])
        with pytest.raises(KeyError), session.begin_nested():
            later(session, [(NEW, {"id": "b", "name": "乙"})])
            raise KeyError
        with pytest.raises(LookupError), session.begin_nested():
            later(session, [(RENAME, {"of": "nobody", "name": "乙"})])
        later(session, [(NEW, {"id": "c", "name": "丙"})])

    assert names(postgresql_store) == ["甲", "丙"]


@pytest.mark.parametrize("by_driver", [0, 10])
def test_statements_work_after_a_rollback_in_which_the_driver_forgets_its_own(postgresql_store: Store, by_driver: int) -> None:
    for _ in range(3):
        with pytest.raises(KeyError), postgresql_store.writing() as session:
            for _ in range(by_driver):  # so often that the driver prepares it
                session.scalar(text("SELECT 1"))
            NEW.run(session, {"id": "a", "name": "甲"})
            raise KeyError

    assert names(postgresql_store) == []


def test_one_exchange_may_be_larger_than_what_fits_on_the_wire(postgresql_store: Store) -> None:
    long = "长" * 1_000_000

    with postgresql_store.reading() as session:
        found = together(session, [(ECHO, {"said": long})] * 5)

    assert [row.said for (row,) in found] == [long] * 5


def test_a_connection_that_ends_between_two_exchanges_is_an_error_and_the_next_one_works(
    postgresql_url: str, migrated_postgresql: Store
) -> None:
    store = Store(postgresql_url)

    with pytest.raises(DBAPIError), store.writing() as session:
        NEW.run(session, {"id": "lost", "name": "甲"})
        end_others(postgresql_url)
        NAMES.rows(session)

    with store.writing() as session:
        assert NAME.rows(session, of="lost") == []
    store.close()
