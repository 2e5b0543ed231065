"""What a list costs: one statement a page however long it is, each along an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from engine.verbs import instances, tasks
from engine.verbs.instances import Filter
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


@pytest.mark.parametrize("chosen", [{"incident": True}, {"overdue": True}, {"status": "terminated"}, {"process": "case"}, {"department": "water"}])
def test_a_narrowed_list_enters_the_index_of_what_narrows_it(world: World, chosen: dict[str, Any]) -> None:
    query = instances.list_instances(world.actor("desk_two"), Filter(**chosen), world.clock.now).limit(20)
    sql = str(query.compile(world.store.engine, compile_kwargs={"literal_binds": True}))

    with world.store.reading() as session:
        plan = [row.detail for row in session.execute(text("EXPLAIN QUERY PLAN " + sql.replace(":", "\\:")))]

    index = {"incident": "with_incidents", "overdue": "overdue", "status": "by_status", "process": "by_process", "department": "ix_task_candidate"}
    assert "MATERIALIZE found" in plan and index[next(iter(chosen))] in plan[plan.index("MATERIALIZE found") + 1], plan
    assert not [step for step in plan if step.startswith(("SCAN process_instance", "SCAN user_task", "SCAN task_candidate"))], plan


def test_what_is_counted_for_a_page_is_not_looked_up(world: World) -> None:
    for _ in range(3):
        world.start()
    with statements(world) as seen, world.store.reading() as session:
        page = tasks.page(session, instances.list_instances(world.actor("desk_two")), 2, size=2)
        with world.store.reading() as other:
            plan = [row.detail for row in other.execute(text("EXPLAIN QUERY PLAN " + _filled(seen[-1])))]

    assert (page.total, len(page.rows)) == (3, 1)
    looked_up = [step for step in plan if step.startswith("SEARCH process_instance") and "LEFT-JOIN" in step]
    assert len(looked_up) == 1, plan


def _filled(sql: str) -> str:
    """The statement with a value for each parameter; which one makes no difference to its plan."""
    return sql.replace("?", "1").replace(":", "\\:")
