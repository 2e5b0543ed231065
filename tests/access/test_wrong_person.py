"""Every verb that returns rows or takes an id, tried by someone whom the rows are no business of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from engine.verbs import access, attachments, audience, departments, history, instances, notifications, people, records, sources, starting, tasks
from engine.verbs.access import Actor
from engine.verbs.errors import FormInvalid, NotAllowed, NotFound
from engine.verbs.stepping import InstanceFacts
from tests.access.world import World

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def case(world: World) -> InstanceFacts:
    """A case of acme's that housing_one works on; water_one, bolt's people and the west have nothing to do with it."""
    case = world.start()
    world.complete(case, "note_case", "cadre_of_acme")
    world.claim(case, "handle_case", "housing_one")
    return case


Try = Callable[[Session, World, InstanceFacts, Actor], object]
BY_ID: dict[str, Try] = {
    "tasks.get": lambda s, w, case, who: tasks.get(s, w.task(case, "handle_case"), who),
    "tasks.form": lambda s, w, case, who: tasks.form(s, w.task(case, "handle_case"), who),
    "tasks.claim": lambda s, w, case, who: tasks.claim(s, w.task(case, "handle_case"), who, w.clock.now),
    "tasks.claim (free)": lambda s, w, case, who: tasks.claim(s, w.task(case, "answer_question"), who, w.clock.now),
    "tasks.release": lambda s, w, case, who: tasks.release(s, w.task(case, "handle_case"), who, w.clock.now),
    "tasks.save_draft": lambda s, w, case, who: tasks.save_draft(s, w.task(case, "handle_case"), {}, who, w.clock.now),
    "tasks.complete": lambda s, w, case, who: tasks.complete(s, w.task(case, "handle_case"), {"opinion": ["x"]}, who, w.clock.now),
    "tasks.complete_json": lambda s, w, case, who: tasks.complete_json(s, w.task(case, "handle_case"), {}, who, w.clock.now),
    "attachments.store": lambda s, w, case, who: attachments.store(
        s, PDF, "a.pdf", who, w.clock.now, task_id=w.task(case, "answer_question")
    ),
    "attachments.of_instance": lambda s, w, case, who: attachments.of_instance(s, case.id, who),
    "audience": lambda s, w, case, who: audience.audience(s, case.id, who, w.clock.now),
    "access.require_instance": lambda s, w, case, who: access.require_instance(s, who, case.id),
    "instances.get": lambda s, w, case, who: instances.get(s, case.id, who),
    "instances.variables": lambda s, w, case, who: instances.variables(s, case.id, who),
    "instances.terminate": lambda s, w, case, who: instances.terminate(s, case.id, "因故", who, w.clock.now),
    "history.timeline": lambda s, w, case, who: history.timeline(s, case.id, who),
    "records.enterprise": lambda s, w, case, who: records.enterprise(s, "acme", who),
    "records.assignments": lambda s, w, case, who: records.assignments(s, "acme", who),
    "people.get": lambda s, w, case, who: people.get(s, "acme_boss", who),
    "people.groups_of": lambda s, w, case, who: people.groups_of(s, "acme_boss", who),
}  # fmt: skip
STRANGERS = ("bolt_boss", "cadre_of_bolt", "supervisor_west", "designer")


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_learns_nothing_from_any_verb(world: World, case: InstanceFacts, stranger: str) -> None:
    who = world.actor(stranger)

    for attempt in BY_ID.values():
        with world.store.writing() as session, pytest.raises(NotFound):
            attempt(session, world, case, who)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_lists_show_a_stranger_nothing(world: World, case: InstanceFacts, stranger: str) -> None:
    who, now = world.actor(stranger), world.clock.now

    with world.store.reading() as session:
        boxes = [tasks.page(session, tasks.inbox(who, box, now), 1).rows for box in tasks.BOXES]
        listed = session.execute(instances.list_instances(who)).all()
        enterprises = [row.id for row in session.execute(records.enterprises(who))]
        offered = sources.my_enterprises(session, who)

    shown = [row for box in boxes for row in box if row.instance_id == case.id]
    assert shown == [] and not [row for row in listed if row.id == case.id]
    assert "acme" not in enterprises and {"label": "acme", "value": "acme"} not in offered


PEOPLE_ACTS: dict[str, Try] = {
    "people.create": lambda s, w, case, who: people.create(
        s, username="new", name="新人", kind="administrator", password=None, actor=who, now=w.clock.now
    ),
    "people.set_password": lambda s, w, case, who: people.set_password(s, "acme_clerk", "一个很长的口令短语", who, w.clock.now),
    "people.issue_password": lambda s, w, case, who: people.issue_password(s, "acme_clerk", who, w.clock.now),
    "people.change": lambda s, w, case, who: people.change(s, "acme_clerk", name="新名", kind="cadre", actor=who, now=w.clock.now),
    "people.set_groups": lambda s, w, case, who: people.set_groups(s, who.id, ["desk"], who, w.clock.now),
    "people.set_active": lambda s, w, case, who: people.set_active(s, "acme_clerk", False, who, w.clock.now),
    "people.unlock": lambda s, w, case, who: people.unlock(s, "acme_clerk", who, w.clock.now),
    "people.list_people": lambda s, w, case, who: people.list_people(who),
}
RECORD_ACTS: dict[str, Try] = {
    "records.put_zone": lambda s, w, case, who: records.put_zone(s, "north", who, w.clock.now),
    "departments.put_department": lambda s, w, case, who: departments.put_department(s, "parks", who, w.clock.now),
    "records.create_enterprise": lambda s, w, case, who: records.create_enterprise(
        s, uscc="91110000802100433B", name="new", actor=who, now=w.clock.now
    ),
    "records.assign_cadre": lambda s, w, case, who: records.assign_cadre(s, "acme", "cadre_of_bolt", who, w.clock.now),
    "records.entrust": lambda s, w, case, who: records.entrust(s, "acme", "cadre_of_bolt", who, w.clock.now),
    "records.move_enterprise": lambda s, w, case, who: records.move_enterprise(s, "acme", "west", "moved", who, w.clock.now),
    "records.end_assignment": lambda s, w, case, who: records.end_assignment(s, "x", w.clock.now, who, w.clock.now),
}


@pytest.mark.parametrize("who", ["acme_boss", "cadre_of_acme", "housing_one", "supervisor_east", "designer"])
def test_only_administrators_manage_people(world: World, case: InstanceFacts, who: str) -> None:
    for attempt in PEOPLE_ACTS.values():
        with world.store.writing() as session, pytest.raises(NotAllowed):
            attempt(session, world, case, world.actor(who))


@pytest.mark.parametrize("who", ["acme_boss", "cadre_of_acme", "housing_one", "designer"])
def test_records_are_kept_by_those_in_charge(world: World, case: InstanceFacts, who: str) -> None:
    for attempt in RECORD_ACTS.values():
        with world.store.writing() as session, pytest.raises(NotAllowed):
            attempt(session, world, case, world.actor(who))


@pytest.mark.parametrize("who", ["supervisor_west", "designer", "administrator"])
def test_a_process_is_started_only_by_those_it_names(world: World, who: str) -> None:
    actor, now = world.actor(who), world.clock.now

    for attempt in (
        lambda s: starting.start_form(s, "case", actor, now),
        lambda s: starting.save_draft(s, "case", {}, actor, now),
        lambda s: starting.start_from_form(s, "case", {"topic": ["x"]}, actor, now),
        lambda s: starting.start_json(s, "case", {"topic": "x"}, actor, now),
    ):
        with world.store.writing() as session, pytest.raises(NotAllowed):
            attempt(session)


def test_an_enterprise_sees_its_case_but_not_how_offices_discuss_it(world: World, case: InstanceFacts) -> None:
    boss = world.actor("acme_boss")

    with world.store.reading() as session:
        assert access.may_see_instance(session, boss, case.id)
        assert tasks.get(session, world.task(case, "answer_question"), boss).name == "企业补充"
        with pytest.raises(NotFound):
            tasks.get(session, world.task(case, "handle_case"), boss)
        with pytest.raises(NotFound):
            audience.audience(session, case.id, boss, world.clock.now)


def test_an_enterprise_that_withdraws_does_not_come_to_hold_the_offices_tasks(world: World, case: InstanceFacts) -> None:
    boss = world.actor("acme_boss")

    with world.store.writing() as session:
        action = instances.actions(session, case.id, boss)[0]
        instances.perform_action(session, action.wait_id, {}, boss, world.clock.now)

    with world.store.reading() as session, pytest.raises(NotFound):
        tasks.get(session, world.task(case, "handle_case"), boss)


def test_an_administrator_sees_a_case_only_while_it_needs_repair(world: World, case: InstanceFacts) -> None:
    with world.store.reading() as session:
        assert not access.may_see_instance(session, world.actor("administrator"), case.id)


def test_a_closed_account_can_do_nothing(world: World) -> None:
    with world.store.writing() as session:
        people.set_active(session, "housing_one", False, world.actor("administrator"), world.clock.now)

    with world.store.reading() as session:
        assert people.standing(session, "housing_one") is None
        with pytest.raises(NotFound):
            access.actor(session, "housing_one", world.clock.now)


def test_a_note_is_its_receiver_s_alone(world: World, case: InstanceFacts) -> None:
    with world.store.writing() as session:
        notifications.notify(session, ["acme_boss"], "进展", "已受理", world.clock.now, instance_id=case.id)

    with world.store.writing() as session:
        assert notifications.unread(session, world.actor("acme_clerk")) == []
        notifications.mark_all_read(session, world.actor("acme_clerk"), world.clock.now)
        assert len(notifications.unread(session, world.actor("acme_boss"))) == 1


def test_who_sees_a_case_is_told_with_reasons(world: World, case: InstanceFacts) -> None:
    with world.store.reading() as session:
        found = audience.audience(session, case.id, world.actor("supervisor_east"), world.clock.now)

    said = {(reason.who, reason.code) for reason in found}
    assert {("acme", "own_enterprise"), ("cadre_of_acme", "serves"), ("supervisor_east", "zone"), ("housing", "team"), ("housing_one", "held")} <= said
    assert all("—" not in reason.sentence() for reason in found)


def test_nobody_attaches_or_reads_files_of_others(world: World, case: InstanceFacts) -> None:
    with world.store.writing() as session:
        file = attachments.store(
            session, PDF, "证明.pdf", world.actor("acme_boss"), world.clock.now, task_id=world.task(case, "answer_question")
        )

    for stranger in STRANGERS:
        with world.store.reading() as session, pytest.raises(NotFound):
            attachments.open(session, file.id, world.actor(stranger))
    other = world.start("bolt_boss")
    with world.store.writing() as session, pytest.raises(FormInvalid):
        raw = {"answer": ["见附件"], "proof": [file.id]}
        tasks.complete(session, world.task(other, "answer_question"), raw, world.actor("bolt_boss"), world.clock.now)
