from __future__ import annotations

from datetime import timedelta

import pytest

from engine.core.runtime.step import SetVariables
from engine.verbs import access, definitions, inboxes, stepping, tasks
from engine.verbs.inboxes import Page
from tests.access.world import World
from tests.verbs.running import DIAGRAMS, deploy


def box(world: World, who: str, name: str, number: int = 1, size: int = 20, **options: str) -> Page:
    with world.store.reading() as session:
        return tasks.page(session, tasks.inbox(world.actor(who), name, world.clock.now, **options), number, size)


def names(page: Page) -> list[str]:
    return [row.name for row in page.rows]


def test_a_task_moves_from_the_group_s_box_to_mine_and_to_done(any_world: World) -> None:
    case = any_world.start()
    assert names(box(any_world, "housing_one", "groups")) == ["部门承办"]

    any_world.claim(case, "handle_case", "housing_one")
    assert names(box(any_world, "housing_one", "mine")) == ["部门承办"] and names(box(any_world, "housing_two", "groups")) == []

    any_world.complete(case, "handle_case", "housing_one", topic="路灯不亮", opinion="已修复")
    done = box(any_world, "housing_one", "done").rows[0]
    assert (done.name, done.outcome, done.closed_at) == ("部门承办", "completed", any_world.clock.now)
    assert names(box(any_world, "housing_one", "mine")) == []


def test_a_task_that_names_nobody_lies_with_the_supervisors_of_its_zone(any_world: World) -> None:
    deploy(any_world.store, any_world.clock, {"nobody_named.bpmn": (DIAGRAMS / "nobody_named.bpmn").read_bytes()})
    with any_world.store.writing() as session:
        process = definitions.latest(session, "nobody_named")
        case = stepping.begin(session, process, {"who": None}, any_world.actor("desk_one"), any_world.clock.now)

    boxes = {who: names(box(any_world, who, "groups")) for who in ("supervisor_east", "supervisor_west", "housing_one")}
    any_world.complete(case, "nobody", "supervisor_east")

    assert boxes == {"supervisor_east": ["nobody"], "supervisor_west": [], "housing_one": []}
    assert names(box(any_world, "supervisor_east", "groups")) == ["perhaps"]


def test_a_row_has_what_a_list_shows(world: World) -> None:
    case = world.start()
    world.claim(case, "handle_case", "housing_one")

    row = box(world, "housing_one", "mine").rows[0]

    assert (row.process_name, row.business_key, row.title, row.enterprise_name) == ("办件", "BJ20260001", "路灯不亮", "acme")
    assert (row.assignee, row.assignee_name, row.due_at) == ("housing_one", "housing_one", world.clock.now + timedelta(days=3))


def test_overdue_holds_what_is_mine_or_my_group_s_and_late(world: World) -> None:
    taken = world.start()
    world.start()
    world.claim(taken, "handle_case", "housing_one")
    assert box(world, "housing_one", "overdue").total == 0

    world.clock.now += timedelta(days=4)

    assert box(world, "housing_one", "overdue").total == 2
    assert box(world, "housing_two", "overdue").total == 1


def test_the_most_urgent_comes_first_and_what_has_no_limit_last(world: World) -> None:
    world.start()
    world.clock.now += timedelta(hours=1)
    world.start(topic="第二件")

    rows = box(world, "desk_one", "groups").rows + box(world, "housing_one", "groups").rows

    assert [row.business_key for row in rows] == ["BJ20260001", "BJ20260002"] * 2
    assert [row.due_at is None for row in rows] == [True, True, False, False]


FOUND = {
    "路灯": 1, "bj20260001": 1, "归类": 2, "ACME": 2, "BOLT": 0, "%": 1, "_": 0, "100%": 1, "' OR 1=1 --": 0, "\\": 0, "  ": 2, "\0": 2, "\ud800": 2,
}  # fmt: skip


def test_search_looks_at_number_title_task_and_enterprise_literally(any_world: World) -> None:
    any_world.start()
    any_world.start(topic="涨价100%")

    found = {query: box(any_world, "desk_one", "groups", query=query, process="case").total for query in FOUND}

    assert found == FOUND
    assert box(any_world, "desk_one", "groups", process="another").total == 0


def test_pages_do_not_lose_or_repeat_rows_and_a_page_too_far_is_the_last(world: World) -> None:
    for _ in range(7):
        world.start()

    pages = [box(world, "desk_one", "groups", number, size=3) for number in (1, 2, 3, 99)]

    assert [len(page.rows) for page in pages] == [3, 3, 1, 1]
    assert len({row.id for page in pages[:3] for row in page.rows}) == 7
    assert (pages[3].number, pages[3].pages, pages[3].total) == (3, 3, 7)
    assert box(world, "desk_one", "mine", -5).number == 1


def test_counts_are_those_of_the_boxes(any_world: World) -> None:
    first = any_world.start()
    any_world.start()
    any_world.claim(first, "handle_case", "housing_one")
    any_world.clock.now += timedelta(days=9)

    for who in ("housing_one", "desk_two", "acme_boss", "designer"):
        with any_world.store.reading() as session:
            counted = tasks.counts(session, any_world.actor(who), any_world.clock.now)
        assert counted == {name: box(any_world, who, name).total for name in tasks.BOXES}


@pytest.mark.parametrize("who", ["housing_one", "desk_two", "acme_boss", "cadre_of_acme", "supervisor_east"])
def test_a_box_that_is_opened_shows_the_counts_and_the_page_in_one_round_trip(any_world: World, who: str) -> None:
    case = any_world.start()
    for _ in range(4):
        any_world.start()
    any_world.claim(case, "handle_case", "housing_one")
    actor, now = any_world.actor(who), any_world.clock.now + timedelta(days=9)

    with any_world.store.reading() as session:
        for name in tasks.BOXES:
            for number in (1, 2, 99):
                counted, page = inboxes.opened(session, actor, name, now, number, size=2)
                same = tasks.page(session, tasks.inbox(actor, name, now), number, 2)
                assert counted == tasks.counts(session, actor, now)
                assert [tuple(row) for row in page.rows] == [tuple(row)[: len(page.rows[0])] for row in same.rows]
                assert (page.number, page.pages, page.total, page.has_more) == (same.number, same.pages, same.total, same.has_more)


def test_a_case_that_turns_out_to_be_of_another_enterprise_is_offered_to_the_cadres_of_that_one(any_world: World) -> None:
    case = any_world.start(enterprise_id="acme")
    before = {who: names(box(any_world, who, "groups")) for who in ("cadre_of_acme", "cadre_of_bolt")}

    with any_world.store.writing() as session:
        stepping.step(session, case.id, SetVariables(case.id, {"enterprise_id": "bolt"}), access.SYSTEM, any_world.clock.now)

    assert before == {"cadre_of_acme": ["干部走访", "干部知悉"], "cadre_of_bolt": ["干部知悉"]}
    assert [names(box(any_world, who, "groups")) for who in before] == [["干部知悉"], ["干部走访", "干部知悉"]]
