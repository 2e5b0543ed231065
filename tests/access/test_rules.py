"""The rules as SQL, over rows and for notifications are the same rules; and they are the right ones."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.tables.instances import ProcessInstance
from engine.tables.tasks import UserTask
from engine.verbs import access, notifications
from engine.verbs.case_facts import task_facts
from engine.verbs.stepping import InstanceFacts
from tests.access.reasons import why
from tests.access.world import World


@pytest.fixture
def cases(any_world: World) -> dict[str, InstanceFacts]:
    """Cases in different states: fresh, taken, half done, of another enterprise, of no enterprise."""
    fresh, taken, done = any_world.start(), any_world.start("acme_clerk"), any_world.start("cadre_of_acme", enterprise_id="acme")
    any_world.claim(taken, "handle_case", "housing_one")
    any_world.claim(taken, "answer_question", "acme_boss")
    any_world.claim(taken, "note_case", "cadre_of_bolt")
    for node, who in (("sort_case", "desk_two"), ("note_case", "cadre_of_bolt"), ("advise_case", "tax_one"), ("supervise_case", "supervisor_east")):
        any_world.complete(done, node, who)
    return {
        "fresh": fresh, "taken": taken, "done": done, "other": any_world.start("bolt_boss"), "nobody's": any_world.start("tax_one"),
    }  # fmt: skip


def test_sql_and_reasons_agree_on_who_sees_which_case(any_world: World, cases: dict[str, InstanceFacts]) -> None:
    for actor in any_world.actors:
        with any_world.store.reading() as session:
            by_sql = set(session.scalars(select(ProcessInstance.id).where(access.visible_instances(actor))))
            by_reasons = {case.id for case in cases.values() if why(session, actor, case.id)}

        assert by_sql == by_reasons, actor.id


def test_sql_and_rows_agree_on_who_may_work_on_which_task(any_world: World, cases: dict[str, InstanceFacts]) -> None:
    for actor in any_world.actors:
        with any_world.store.reading() as session:
            by_sql = set(session.scalars(select(UserTask.id).where(access.workable_tasks(actor))))
            facts = [task for case in cases.values() for task in task_facts(session, case.id)]

        assert by_sql == {task.id for task in facts if access.may_work_on(actor, task)}, actor.id


def test_a_group_is_told_what_its_members_may_work_on(any_world: World, cases: dict[str, InstanceFacts]) -> None:
    words = ("enterprise", "cadre-of-enterprise", "supervisor", "cadre", "department", "dept:housing", "desk", "nobody")
    for case in cases.values():
        for word in words:
            with any_world.store.reading() as session:
                told = notifications.recipients(session, [word], any_world.clock.now, case.id)
                place = session.execute(
                    select(ProcessInstance.enterprise_id, ProcessInstance.zone_id).where(ProcessInstance.id == case.id)
                ).one()

            members = {actor.id for actor in any_world.actors if access.belongs(actor, word, **place._mapping)}
            assert told == members, (word, place)


def test_who_may_work_on_a_task_may_see_it_and_its_case(any_world: World, cases: dict[str, InstanceFacts]) -> None:
    for actor in any_world.actors:
        with any_world.store.reading() as session:
            work = set(session.execute(select(UserTask.id, UserTask.instance_id).where(access.workable_tasks(actor))))
            seen = set(session.scalars(select(UserTask.id).where(access.visible_tasks(actor))))
            cases_seen = set(session.scalars(select(ProcessInstance.id).where(access.visible_instances(actor))))

        assert {task for task, _ in work} <= seen
        assert {case for _, case in work} <= cases_seen


SEES = {
    "acme_boss": {"fresh", "taken", "done"},
    "acme_clerk": {"fresh", "taken", "done"},
    "bolt_boss": {"other"},
    "cadre_of_acme": {"fresh", "taken", "done", "other", "nobody's"},  # those not theirs only while note_case is open to all cadres
    "cadre_of_bolt": {"fresh", "taken", "done", "other", "nobody's"},
    "cadre_once_of_acme": {"fresh", "taken", "other", "nobody's"},
    "housing_one": {"fresh", "taken", "done", "other", "nobody's"},
    "water_one": set(),
    "tax_one": {"fresh", "taken", "done", "other", "nobody's"},
    "desk_one": {"fresh", "taken", "done", "other", "nobody's"},
    "supervisor_east": {"fresh", "taken", "done"},
    "supervisor_west": {"other", "nobody's"},
    "designer": set(),
    "administrator": set(),
}


def test_each_person_sees_the_cases_of_their_position(any_world: World, cases: dict[str, InstanceFacts]) -> None:
    found = {}
    for name in SEES:
        with any_world.store.reading() as session:
            seen = set(session.scalars(select(ProcessInstance.id).where(access.visible_instances(any_world.actor(name)))))
        found[name] = {word for word, case in cases.items() if case.id in seen}

    assert found == SEES
