"""What a diagram's listeners have to say when people change tasks."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.core.runtime.step import CompleteJob, MessageReceived
from engine.tables.instances import Event
from engine.tables.jobs import Job, Subscription
from engine.tables.tasks import Draft, TaskCandidate, UserTask
from engine.verbs import definitions, history, stepping, tasks
from engine.verbs.access import SYSTEM
from engine.verbs.errors import NotAllowed, NotFound, StimulusRefused
from engine.verbs.stepping import InstanceFacts
from tests.access.world import World
from tests.verbs.running import DIAGRAMS, deploy


def begun(world: World, name: str, **variables: object) -> InstanceFacts:
    text = (DIAGRAMS / f"{name}.bpmn").read_text("utf-8").replace('candidateGroups="office"', 'candidateGroups="desk"')
    deploy(world.store, world.clock, {f"{name}.bpmn": text.encode()})
    with world.store.writing() as session:
        process = definitions.latest(session, name)
        return stepping.begin(session, process, {"case": "A", "first": None, "log": [], **variables}, world.actor("desk_one"), world.clock.now)


def answer(world: World, case: InstanceFacts, **variables: object) -> None:
    with world.store.writing() as session:
        job = session.scalars(select(Job.id).where(Job.instance_id == case.id, Job.kind == "service")).one()
        stepping.step(session, case.id, CompleteJob(job, variables), SYSTEM, world.clock.now)  # type: ignore[arg-type]


def acts(world: World, case: InstanceFacts) -> list[tuple[str, str]]:
    """Who changed tasks, in the record."""
    with world.store.reading() as session:
        rows = select(Event.kind, Event.actor_id).where(Event.stream == case.id, Event.kind.like("task_%")).order_by(Event.seq)
        assert history.verify(session) == []
        return [(row.kind, row.actor_id) for row in session.execute(rows)]


def of_task(world: World, case: InstanceFacts, node: str = "approve") -> tuple[str | None, str | None, str | None]:
    with world.store.reading() as session:
        columns = select(UserTask.assignee, UserTask.closed_by, UserTask.outcome)
        row = session.execute(columns.where(UserTask.instance_id == case.id, UserTask.node == node)).one()
        return row.assignee, row.closed_by, row.outcome


def test_a_task_is_mine_once_the_listener_has_been_heard(any_world: World) -> None:
    case = begun(any_world, "task_listeners_every")
    answer(any_world, case)
    with any_world.store.writing() as session:
        assert not tasks.claim(session, any_world.task(case, "approve"), any_world.actor("desk_one"), any_world.clock.now)
    with pytest.raises(StimulusRefused, match="task_changing"):
        any_world.claim(case, "approve", "desk_two")
    assert of_task(any_world, case) == (None, None, None)

    answer(any_world, case)

    assert of_task(any_world, case) == ("desk_one", None, None)
    assert acts(any_world, case) == [("task_claimed", "desk_one")]


def test_a_task_that_a_listener_closes_was_done_by_the_person(any_world: World) -> None:
    case = begun(any_world, "task_listeners_every")
    answer(any_world, case)
    any_world.complete(case, "approve", "desk_two")
    assert of_task(any_world, case) == (None, None, None)

    answer(any_world, case)

    assert of_task(any_world, case) == ("desk_two", "desk_two", "completed")
    assert acts(any_world, case) == [("task_completed", "desk_two")]


def test_what_was_typed_is_kept_until_the_listener_agrees(world: World) -> None:
    case = begun(world, "task_listeners_every")
    answer(world, case)
    task_id, desk = world.task(case, "approve"), world.actor("desk_one")
    with world.store.writing() as session:
        tasks.save_draft(session, task_id, {"note": ["long"]}, desk, world.clock.now)
    world.complete(case, "approve", "desk_one")

    answer(world, case, denied=True, deniedReason="incomplete")

    with world.store.reading() as session:
        assert session.scalars(select(Draft.raw)).one() == {"note": ["long"]}
        lines = [(line.kind, line.words) for line in history.timeline(session, case.id, desk)]
    assert ("change_denied", "incomplete") in lines
    assert of_task(world, case) == (None, None, None)


def test_what_was_typed_goes_when_the_listener_has_agreed(any_world: World) -> None:
    case = begun(any_world, "task_listeners_every")
    answer(any_world, case)
    task_id, desk, other = any_world.task(case, "approve"), any_world.actor("desk_one"), any_world.actor("desk_two")
    with any_world.store.writing() as session:
        for person, word in ((desk, "mine"), (other, "theirs")):
            tasks.save_draft(session, task_id, {"note": [word]}, person, any_world.clock.now)
    any_world.complete(case, "approve", "desk_one")

    answer(any_world, case)

    with any_world.store.reading() as session:
        assert session.scalars(select(Draft.raw)).all() == [{"note": ["theirs"]}]


def test_a_listener_that_says_no_at_once_is_told_to_the_person(world: World) -> None:
    case = begun(world, "task_listeners_feel", amount=500)

    with pytest.raises(StimulusRefused) as refused:
        world.complete(case, "approve", "desk_one")

    assert "too much" in refused.value.sentence()
    assert of_task(world, case) == (None, None, None)


def test_a_supervisor_gives_a_task_to_somebody_and_changes_it(any_world: World) -> None:
    case = any_world.start()
    boss, task_id = any_world.actor("supervisor_east"), any_world.task(case, "handle_case")
    with any_world.store.writing() as session:
        tasks.assign(session, task_id, "water_one", boss, any_world.clock.now)
        tasks.update_task(session, task_id, {"priority": 90, "candidate_groups": ["desk"]}, "先办", boss, any_world.clock.now)

    assert of_task(any_world, case, "handle_case") == ("water_one", None, None)
    assert acts(any_world, case) == [("task_assigned", "supervisor_east"), ("task_updated", "supervisor_east")]
    with any_world.store.reading() as session:
        offers = select(TaskCandidate.value, TaskCandidate.is_open, TaskCandidate.is_free).where(TaskCandidate.task_id == task_id)
        assert set(session.execute(offers.order_by(TaskCandidate.value)).all()) == {("desk", True, False), ("dept:housing", False, False)}


def test_only_supervisors_assign_and_only_to_those_who_may_hold_the_task(world: World) -> None:
    case = world.start()
    task_id = world.task(case, "handle_case")
    for who, whom, error in (("housing_one", "housing_two", NotAllowed), ("supervisor_east", "bolt_boss", NotFound),
                             ("supervisor_east", "administrator", NotFound), ("supervisor_east", "nobody", NotFound)):  # fmt: skip
        with world.store.writing() as session, pytest.raises(error):
            tasks.assign(session, task_id, whom, world.actor(who), world.clock.now)


def test_a_cancelled_task_is_closed_when_its_last_listener_is_done(world: World) -> None:
    case = begun(world, "task_listeners_every")
    answer(world, case)
    with world.store.writing() as session:
        wait = session.scalars(select(Subscription.id).where(Subscription.instance_id == case.id)).one()
        stepping.step(session, case.id, MessageReceived(wait, {}), SYSTEM, world.clock.now)
    assert of_task(world, case) == (None, None, None)

    answer(world, case)

    assert of_task(world, case) == (None, "system", "cancelled")
    assert of_task(world, case, "tidy") == (None, None, None)
