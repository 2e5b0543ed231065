"""A step costs what it must, at any age: statements and bytes are counted, never time."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context

import pytest
from sqlalchemy import event, func, select

from engine.core.runtime.step import CompleteTask
from engine.tables.instances import Event, ProcessInstance
from engine.tables.store import Store
from engine.verbs import access, history, hot, jobs, stepping
from engine.verbs.access import SYSTEM
from tests.performance.counting import statements
from webapp.bench.worlds import World, made

NEVER = 10**9


@pytest.fixture
def world(any_store: Store) -> World:
    return made("any", any_store)


def step(world: World, instance: str, values: dict[str, object] | None = None) -> list[str]:
    (task,) = world.open_tasks(instance)
    with statements(world.store) as seen:
        world.complete(task, **(values or {}))  # type: ignore[arg-type]
    return seen


def state_size(world: World, instance: str) -> int:
    with world.store.reading() as session:
        return int(session.scalar(select(func.length(ProcessInstance.state)).where(ProcessInstance.id == instance)) or 0)


@cache
def elsewhere(url: str) -> World:
    """The same database as another process sees it; it stays open from one call to the next, as a server would."""
    store, now = Store(url), datetime.now(UTC)
    with store.reading() as session:
        return World("elsewhere", store, access.actor(session, "bench", now), now)


def complete_elsewhere(url: str, instance: str) -> None:
    step(elsewhere(url), instance)


def complete_item_elsewhere(url: str, instance: str) -> None:
    world = elsewhere(url)
    world.complete(world.open_tasks(instance)[-1])


def rounds(world: World, instance: str) -> list[object]:
    """How often it has gone round: as this process remembers it, and as the database has it."""
    found: list[object] = []
    with world.store.reading() as session:
        for _ in range(2):
            state = stepping.load(session, instance, lock=False).state
            assert state is not None
            found.append(state.variables[instance]["round"])
            hot.forget(session)
    return found


def test_a_completion_is_four_reads_and_one_write_per_table(world: World) -> None:
    instance = world.start("bench_ring", round=0, last=NEVER)
    step(world, instance)

    seen = step(world, instance)

    assert sum(statement.startswith("SELECT") for statement in seen) == 4
    assert len(seen) == len(set(seen)) <= 11, seen


def test_a_form_costs_no_statement_more(world: World) -> None:
    plain, with_form = world.start("bench_ring", round=0, last=NEVER), world.start("bench_form", round=0, last=NEVER)
    values: dict[str, object] = {"round": 1, "opinion": "同意"}
    step(world, plain), step(world, with_form, values)

    assert len(step(world, with_form, values)) == len(step(world, plain))


def test_the_hundredth_step_is_as_small_as_the_second(world: World) -> None:
    instance = world.start("bench_ring", round=0, last=NEVER)
    second, size = len(step(world, instance)), state_size(world, instance)
    for _ in range(97):
        step(world, instance)

    assert len(step(world, instance)) <= second and state_size(world, instance) <= size + 10


def test_a_task_among_many_items_costs_no_statement_more(world: World) -> None:
    costs = []
    for count in (10, 60):
        instance = world.start("bench_items", people=list(range(count)))
        with statements(world.store) as seen:
            world.complete(world.open_tasks(instance)[0])
        costs.append(len(seen))

    assert costs[0] == costs[1]


def test_what_an_instance_does_by_itself_takes_few_rows_and_still_proves_itself(world: World) -> None:
    instance = world.start("bench_scripts", total=0)

    with world.store.reading() as session:
        rows = session.scalar(select(func.count()).select_from(Event).where(Event.stream == instance)) or 0
        assert rows < 20 and len(list(history.entries(session, instance))) > 3_000
        assert history.verify(session) == []


def test_two_processes_take_turns_on_one_instance(world: World) -> None:
    instance = world.start("bench_ring", round=0, last=NEVER)
    url = world.store.url.render_as_string(hide_password=False)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        for _ in range(4):
            step(world, instance)
            other.submit(complete_elsewhere, url, instance).result(timeout=60)

    assert rounds(world, instance) == [8, 8]


def test_two_processes_take_turns_on_the_items_of_one_instance(world: World) -> None:
    instance = world.start("bench_collect", people=list(range(9)))
    url = world.store.url.render_as_string(hide_password=False)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        for _ in range(4):
            world.complete(world.open_tasks(instance)[0])
            other.submit(complete_item_elsewhere, url, instance).result(timeout=60)
    world.complete(world.open_tasks(instance)[0])

    with world.store.reading() as session:
        state = stepping.load(session, instance, lock=False).state
    assert state is not None and state.status == "completed" and state.variables[instance]["done"] == list(range(9))


def test_a_step_that_was_rolled_back_is_not_remembered(world: World) -> None:
    instance = world.start("bench_ring", round=0, last=NEVER)
    step(world, instance)
    with pytest.raises(ZeroDivisionError), world.store.writing() as session:
        stepping.step(session, instance, CompleteTask(world.open_tasks(instance)[0], {}), SYSTEM, world.now)
        raise ZeroDivisionError

    step(world, instance)

    assert rounds(world, instance) == [2, 2]


def test_a_state_is_decoded_once_in_a_process_that_keeps_working_on_it(world: World) -> None:
    instance = world.start("bench_ring", round=0, last=NEVER)

    with world.store.reading() as session:
        first = stepping.load(session, instance, lock=False).state
        assert stepping.load(session, instance, lock=False).state is first


def test_of_many_jobs_due_at_one_moment_the_first_are_found_without_sorting_them(store: Store) -> None:
    seen: list[tuple[str, object]] = []
    with store.writing() as session:
        event.listen(store.engine, "before_cursor_execute", lambda c, cursor, sql, values, *rest: seen.append((sql, values)))
        jobs.lock(session, "worker", datetime.now(UTC), with_own=True)
        sql, values = seen[0]
        plan = [row.detail for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]  # type: ignore[arg-type]

    assert len(plan) == 1 and "ix_job_due" in plan[0], plan
