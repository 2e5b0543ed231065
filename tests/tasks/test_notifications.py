from __future__ import annotations

from datetime import timedelta

from engine.verbs import notifications
from tests.access.world import World


def test_notes_reach_the_people_meant_once_per_cause(any_world: World) -> None:
    case, now = any_world.start(), any_world.clock.now
    with any_world.store.writing() as session:
        to = ["enterprise", "cadre-of-enterprise", "dept:housing", "tax_one", "nobody", "tax_one"]
        first = notifications.notify(session, to, "催办", "请尽快办理", now, instance_id=case.id, cause="job-1")
        again = notifications.notify(session, [*to, "supervisor"], "催办", "请尽快办理", now, instance_id=case.id, cause="job-1")

    assert (first, again) == (6, 1)
    with any_world.store.reading() as session:
        told = {actor.id for actor in any_world.actors if notifications.count_unread(session, actor)}
    assert told == {"acme_boss", "acme_clerk", "cadre_of_acme", "housing_one", "housing_two", "tax_one", "supervisor_east"}


def test_another_enterprise_s_people_never_hear_of_a_case(world: World) -> None:
    case = world.start()
    with world.store.reading() as session:
        told = notifications.recipients(session, ["bolt_boss", "desk", "enterprise"], world.clock.now, case.id)

    assert "bolt_boss" not in told and {"acme_boss", "acme_clerk", "desk_one", "desk_two"} <= told


def test_reading_notes_takes_them_off_the_count(world: World) -> None:
    person, now = world.actor("housing_one"), world.clock.now
    with world.store.writing() as session:
        for number in range(3):
            notifications.notify(session, ["housing_one"], f"第{number}条", "…", now + timedelta(seconds=number))

    with world.store.writing() as session:
        newest = notifications.unread(session, person)[0]
        assert (newest.subject, notifications.count_unread(session, person)) == ("第2条", 3)

        notifications.mark_all_read(session, person, now)
        notifications.mark_all_read(session, person, now + timedelta(days=1))

        assert notifications.unread(session, person) == []
        assert session.execute(notifications.all_of(person)).first().read_at == now
