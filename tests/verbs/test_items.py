"""Items of multi-instance activities in rows of their own: what the database holds is what the core decided, whoever reads it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from engine.core.runtime.advance import advance
from engine.core.runtime.step import CompleteTask, State, StepRefused
from engine.tables.instances import MultiInstanceItem, OutputElement, ProcessInstance
from engine.tables.store import Store
from engine.verbs import instances, messages, stepping
from engine.verbs.access import SYSTEM
from engine.verbs.library import Deployed
from tests.runtime.blocks import Block
from tests.runtime.item_blocks import BLOCKS
from tests.runtime.test_items import due, files, is_over, stimulus
from tests.verbs.invariants import check_instance, check_invariants
from tests.verbs.running import Clock, Running, deploy

pytestmark = pytest.mark.usefixtures("items_apart")
SIGNING = ("each", ("sequence", ("user",), ("user",)), "collect", "", "")


def state_of(store: Store, instance: Running) -> State:
    with store.reading() as session:
        found = stepping.load(session, instance.id).state
    assert found is not None
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(BLOCKS, st.integers(2, 3), st.integers(0, 10**6))
def test_the_database_holds_what_the_core_decides_from_the_whole_state(any_store: Store, block: Block, count: int, seed: int) -> None:
    chance, clock = random.Random(seed), Clock()
    deploy(any_store, clock, files(block))
    instance = Running.start(any_store, clock, "p", n=0, choice=chance.randint(0, 2), numbers=list(range(count)), log=[])
    for _ in range(15):
        before = state_of(any_store, instance)
        if is_over(before):
            break
        happens = stimulus(before, chance)
        clock.now = due(before, happens, clock.now)
        with any_store.writing() as session:
            try:
                expected = advance(Deployed(session), before, happens, clock.now).state
            except StepRefused:
                continue  # a task that is being changed takes no other change
            stepping.step(session, instance.id, happens, SYSTEM, clock.now)
            assert stepping.load(session, instance.id).state == expected
            check_instance(session, instance.id)
    check_invariants(any_store) if seed % 10 == 0 else None


def test_outputs_are_gathered_in_the_order_of_the_items(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, files(SIGNING))
    instance = Running.start(any_store, clock, "p", n=0, numbers=[1, 2, 3])
    for number, task in enumerate([*reversed(open_tasks(any_store, instance))]):
        complete(any_store, clock, task, n=number)
        complete(any_store, clock, open_tasks(any_store, instance)[-1], n=number)

    assert instance.status == "completed" and instance.variables["results"] == [[1, 2], [2, 1], [3, 0]]
    assert rows(any_store) == (0, 0)


def test_each_item_and_each_output_has_a_row_while_the_others_are_awaited(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, files(SIGNING))
    instance = Running.start(any_store, clock, "p", n=0, numbers=[1, 2, 3])
    for _ in range(2):
        complete(any_store, clock, open_tasks(any_store, instance)[0], n=1)
    complete(any_store, clock, open_tasks(any_store, instance)[0], n=1)

    assert rows(any_store)[0] + rows(any_store)[1] == 3
    with any_store.reading() as session:
        state = stepping.load(session, instance.id).state
        _, counts = instances.marks(session, instance.id)
        seen = instances.variables(session, instance.id, SYSTEM)
    assert state is not None and seen == state.variables
    assert set(counts.values()) == {3}  # the items, and the task in each


def test_the_rows_go_with_the_instance_when_it_is_ended(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, files(SIGNING))
    instance = Running.start(any_store, clock, "p", n=0, numbers=list(range(20)))
    for _ in range(4):
        complete(any_store, clock, open_tasks(any_store, instance)[0])

    with any_store.writing() as session:
        instances.terminate(session, instance.id, "enough", SYSTEM, clock.now)

    assert rows(any_store) == (0, 0) and instance.open_tasks == []
    check_invariants(any_store)


def test_a_message_finds_the_item_that_waits_for_it(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, files(("each", ("sequence", ("user",), ("message",)), "", "", "")))
    instance = Running.start(any_store, clock, "p", n=0, choice=7, numbers=[1, 2])
    complete(any_store, clock, open_tasks(any_store, instance)[0])

    with any_store.writing() as session:
        messages.publish(session, "answered", "7", {}, SYSTEM, clock.now)

    assert len(open_tasks(any_store, instance)) == 1
    check_invariants(any_store)


def test_a_message_that_came_early_is_kept_for_the_item(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, files(("each", ("sequence", ("user",), ("message",)), "", "", "")))
    instance = Running.start(any_store, clock, "p", n=0, choice=7, numbers=[1, 2])
    with any_store.writing() as session:
        messages.publish(session, "answered", "7", {}, SYSTEM, clock.now, ttl=timedelta(hours=1))
    complete(any_store, clock, open_tasks(any_store, instance)[0])

    assert len(state_of(any_store, instance).tokens) == 4  # the process, the body, the other item with its task
    check_invariants(any_store)


def test_a_timer_of_an_item_fires_alone(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, files(("each", ("timed",), "", "", "")))
    instance = Running.start(any_store, clock, "p", n=0, numbers=[1, 2])
    clock.now += timedelta(minutes=30)
    complete(any_store, clock, open_tasks(any_store, instance)[0])

    instance.pass_time(timedelta(hours=1))

    assert instance.status == "completed"
    check_invariants(any_store)


@pytest.mark.parametrize("count", [3, 60])
def test_what_an_instance_s_own_row_holds_does_not_grow_with_the_items(store: Store, clock: Clock, count: int) -> None:
    deploy(store, clock, files(SIGNING))
    instance = Running.start(store, clock, "p", n=0, numbers=list(range(count)))
    complete(store, clock, open_tasks(store, instance)[0])

    with store.reading() as session:
        assert session.scalar(select(func.length(ProcessInstance.state)).where(ProcessInstance.id == instance.id)) < 600


def open_tasks(store: Store, instance: Running) -> list[str]:
    """In the order of their items."""
    return [wait.id for wait in state_of(store, instance).waits if wait.kind == "user"]


def complete(store: Store, clock: Clock, task_id: str, **values: int) -> None:
    with store.writing() as session:
        stepping.step(session, task_id.split(".")[0], CompleteTask(task_id, dict(values)), SYSTEM, clock.now)


def rows(store: Store) -> tuple[int, int]:
    """How many items and how many outputs are kept apart."""
    with store.reading() as session:
        items, outputs = (session.scalar(select(func.count()).select_from(model)) for model in (MultiInstanceItem, OutputElement))
    return items or 0, outputs or 0
