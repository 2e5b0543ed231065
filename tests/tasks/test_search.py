"""A search finds what contains the words, whichever way the database looks for them."""

from __future__ import annotations

from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select, text

from engine.tables.instances import InstanceText
from engine.tables.store import Store
from engine.tables.tasks import TaskName, UserTask
from engine.verbs import instances, search, tasks
from engine.verbs.instances import Filter
from tests.access.world import World, populate
from tests.verbs.running import Clock

TITLES = (
    "永昌路段积水", "昌永路", "ＳＱ全角１２３", "Straße ABC-abc", "100% 完成", "a_b", r"反斜\杠", "“引号”与'撇号'", "𠮷野家", "问题问题", "题问", "İstanbul", "NOT AND OR *",
)  # fmt: skip
QUERIES = (
    "永", "永昌", "昌路", "路段积水", "永昌路段积", "sq", "ＳＱ", "全角123", "１２", "strasse", "abc-A", "%", "0%", "_", "a_", "\\", "斜\\杠", "“引", "'", "撇号'", "𠮷", "𠮷野",
    "题问", "问题问", "istanbul", "OR *", "and", '"', "没有", "acme", "段昌",
)  # fmt: skip


@pytest.fixture
def titled(any_world: World) -> dict[str, str]:
    """Business key → title."""
    cases = [any_world.start(topic=title) for title in TITLES]
    return {str(case.business_key): str(case.title) for case in cases}


def expected(titled: dict[str, str], query: str) -> set[str]:
    return {title for key, title in titled.items() if any(search.fold(query) in search.fold(label) for label in (key, title, "acme"))}


def found_in_box(world: World, query: str) -> set[str]:
    with world.store.reading() as session:
        page = tasks.page(session, tasks.inbox(world.actor("desk_one"), "groups", world.clock.now, query=query), 1, 100)
    assert page.total == len(page.rows) == len({row.id for row in page.rows})
    return {row.title for row in page.rows}


def found_among_cases(world: World, who: str, query: str) -> set[str]:
    with world.store.reading() as session:
        page = tasks.page(session, instances.list_instances(world.actor(who), Filter(query=query), world.clock.now), 1, 100)
    assert page.total == len(page.rows) == len({row.id for row in page.rows})
    return {row.title for row in page.rows}


@pytest.mark.parametrize("many", [search.MANY, 0, 2])
def test_boxes_and_lists_find_exactly_what_contains_the_words(
    any_world: World, titled: dict[str, str], many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`many` decides which way a search goes; what it finds must not depend on it."""
    monkeypatch.setattr(search, "MANY", many)
    for query in QUERIES:
        wanted = expected(titled, query)
        assert found_in_box(any_world, query) == wanted, query
        assert found_among_cases(any_world, "supervisor_east", query) == wanted, query
        assert found_among_cases(any_world, "desk_two", query) == wanted, query
        assert found_among_cases(any_world, "supervisor_west", query) == set(), query


def test_what_is_mine_overdue_or_done_is_searched_in_the_same_way(any_world: World, titled: dict[str, str]) -> None:
    case = any_world.start(topic="ＸＹ永昌")
    any_world.claim(case, "sort_case", "desk_one")
    with any_world.store.reading() as session:
        for query, count in (("xy永", 1), ("昌永", 0), ("ＸＹ", 1)):
            assert tasks.page(session, tasks.inbox(any_world.actor("desk_one"), "mine", any_world.clock.now, query=query), 1).total == count

    any_world.complete(case, "sort_case", "desk_one")

    with any_world.store.reading() as session:
        assert tasks.page(session, tasks.inbox(any_world.actor("desk_one"), "done", any_world.clock.now, query="xy永昌"), 1).total == 1


def test_the_name_of_a_task_is_searched_too_as_typed_or_made_plain(any_world: World) -> None:
    any_world.start()

    assert found_in_box(any_world, "归类") == {"路灯不亮"}
    assert found_in_box(any_world, "归路") == set()


def test_a_case_is_found_by_its_new_labels_and_no_longer_by_the_old(any_world: World) -> None:
    case = any_world.start(topic="旧标题")
    with any_world.store.writing() as session:
        labels = search.indexed(("BJ1", "新标题", None))
        session.execute(InstanceText.__table__.update().where(InstanceText.instance_id == case.id).values(**labels))

    assert found_among_cases(any_world, "supervisor_east", "旧标") == set()
    assert found_among_cases(any_world, "supervisor_east", "新标") == {"旧标题"}  # the row itself was left alone


def test_every_instance_has_one_text(any_world: World, titled: dict[str, str]) -> None:
    with any_world.store.reading() as session:
        found = list(session.scalars(select(InstanceText.words)))

    assert sorted(found) == sorted("\n".join(map(search.fold, (key, title, "acme"))) for key, title in titled.items())


def test_cases_from_before_the_index_are_brought_into_it(any_world: World, titled: dict[str, str]) -> None:
    revision = import_module("engine.tables.migrations.versions.0008_search")
    with any_world.store.writing() as session:
        before = session.execute(select(InstanceText.words, InstanceText.pieces).order_by(InstanceText.id)).all()
        session.execute(InstanceText.__table__.delete())
        with Operations.context(MigrationContext.configure(session.connection())):
            revision._fill()
        after = session.execute(select(InstanceText.words, InstanceText.pieces)).all()

    assert sorted(after) == sorted(before) and len(after) == len(TITLES)
    assert found_in_box(any_world, "段积水") == {"永昌路段积水"}


def test_the_names_that_tasks_have_are_known_from_deployment_and_from_the_diagrams_of_before(any_world: World) -> None:
    revision = import_module("engine.tables.migrations.versions.0014_task_names")
    any_world.start()
    with any_world.store.reading() as session:
        known = set(session.scalars(select(TaskName.name)))
        in_use = set(session.scalars(select(UserTask.name)))
        with Operations.context(MigrationContext.configure(session.connection())):
            before = revision._deployed()

    assert in_use and in_use <= known == before


@pytest.mark.postgresql
def test_a_narrowed_list_leaves_no_plan_that_was_made_for_other_values(postgresql_store: Store, clock: Clock) -> None:
    world = populate(postgresql_store, clock)
    world.start()
    with world.store.reading() as session:
        for number in range(10):  # the driver prepares what it has run five times
            tasks.page(session, tasks.inbox(world.actor("desk_one"), "groups", clock.now, query=f"BJ{number}"), 1)
            tasks.page(session, instances.list_instances(world.actor("desk_one"), Filter(overdue=True), clock.now), 1)
            tasks.page(session, instances.list_instances(world.actor("desk_one")), 1)
        kept = [row.statement for row in session.execute(text("SELECT statement FROM pg_prepared_statements"))]

    assert not [statement for statement in kept if "FROM instance_text" in statement or "due_at <" in statement]
    assert [statement for statement in kept if "process_instance" in statement]
