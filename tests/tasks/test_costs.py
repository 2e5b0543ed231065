"""What a list costs: one statement a page however long it is, each along an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from engine.verbs import tasks
from tests.access.world import World


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(world.store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.store.engine, "before_cursor_execute", note)


def test_a_page_is_one_statement_and_all_counts_are_one(world: World) -> None:
    for _ in range(5):
        world.start()
    actor = world.actor("desk_two")

    with statements(world) as seen, world.store.reading() as session:
        tasks.page(session, tasks.inbox(actor, "groups", world.clock.now), 1, size=3)
        tasks.counts(session, actor, world.clock.now)

    assert len([statement for statement in seen if statement.startswith(("SELECT", "WITH"))]) == 2


def test_opening_and_completing_a_task_costs_the_same_on_an_old_case(world: World) -> None:
    young, old = world.start(), world.start()
    for node, who in (("sort_case", "desk_one"), ("note_case", "desk_two"), ("advise_case", "tax_one"), ("supervise_case", "supervisor_east")):
        world.complete(old, node, who)
    spent = []
    for case in (young, old):
        actor, task_id = world.actor("housing_one"), world.task(case, "handle_case")
        with statements(world) as seen, world.store.writing() as session:
            tasks.complete(session, task_id, {"topic": ["路灯不亮"], "opinion": ["好"]}, actor, world.clock.now)
        spent.append(len(seen))

    assert spent[1] <= spent[0] <= 40


@pytest.mark.parametrize("who", ["housing_one", "acme_boss", "cadre_of_acme", "supervisor_east"])
@pytest.mark.parametrize("box", tasks.BOXES)
def test_no_box_reads_a_whole_table(world: World, who: str, box: str) -> None:
    query = tasks.inbox(world.actor(who), box, world.clock.now).limit(20)
    sql = str(query.compile(world.store.engine, compile_kwargs={"literal_binds": True}))

    with world.store.reading() as session:
        plan = [row.detail for row in session.execute(text("EXPLAIN QUERY PLAN " + sql.replace(":", "\\:")))]

    assert plan and not [step for step in plan if step.startswith(("SCAN user_task", "SCAN task_candidate", "SCAN person"))], plan


def test_the_names_of_tasks_are_searched_in_an_index_alone(world: World) -> None:
    query = tasks.inbox(world.actor("desk_two"), "groups", world.clock.now, query="归类").limit(20)
    sql = str(query.compile(world.store.engine, compile_kwargs={"literal_binds": True}))

    with world.store.reading() as session:
        plan = [row.detail for row in session.execute(text("EXPLAIN QUERY PLAN " + sql.replace(":", "\\:")))]

    offers = [step for step in plan if "ix_task_candidate_offered" in step]
    assert offers and any("COVERING INDEX" in step for step in offers), plan
