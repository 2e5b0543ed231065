from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.core.forms.reader import read
from engine.tables.instances import Event, Variable
from engine.tables.tasks import Draft, UserTask
from engine.verbs import history, instances, tasks
from engine.verbs.errors import AlreadyClaimed, EngineError, FormInvalid, NotAllowed, TaskNotOpen
from engine.verbs.stepping import InstanceFacts
from tests.access.world import FILES, World
from tests.verbs.running import deploy

OPINION = {"topic": "路灯不亮", "opinion": "已修复"}


def variable(world: World, case: InstanceFacts, name: str) -> object:
    with world.store.reading() as session:
        return session.scalar(select(Variable.value).where(Variable.instance_id == case.id, Variable.name == name))


def kinds(world: World, case: InstanceFacts) -> list[str]:
    with world.store.reading() as session:
        return list(session.scalars(select(Event.kind).where(Event.stream == case.id).order_by(Event.seq)))


def test_a_completed_task_sets_its_variables_and_stands_in_the_record(any_world: World) -> None:
    case = any_world.start()

    any_world.complete(case, "handle_case", "housing_one", **OPINION)

    assert variable(any_world, case, "opinion") == "已修复"
    assert "task_completed" in kinds(any_world, case)
    with any_world.store.reading() as session:
        task = tasks.get(session, any_world.task(case, "handle_case"), any_world.actor("housing_two"))
        assert (task.assignee, task.closed_by_name, task.outcome, task.version) == ("housing_one", "housing_one", "completed", 1)
        assert history.verify(session) == []


def test_what_is_wrong_with_a_form_is_told_and_changes_nothing(world: World) -> None:
    case = world.start()

    with pytest.raises(FormInvalid) as refused:
        world.complete(case, "handle_case", "housing_one", topic="别的", opinion="", salary="9")

    assert {name: error.code for name, error in refused.value.submission.errors.items()} == {
        "topic": "form.read_only", "opinion": "form.required", "salary": "form.unknown_field",
    }  # fmt: skip
    with world.store.reading() as session:
        assert tasks.get(session, world.task(case, "handle_case"), world.actor("housing_one")).closed_at is None


def test_a_second_person_is_told_who_was_faster_and_keeps_what_they_typed(any_world: World) -> None:
    case = any_world.start()
    task_id, typed = any_world.task(case, "handle_case"), {"opinion": ["我也写了很多"]}
    any_world.complete(case, "handle_case", "housing_one", **OPINION)
    any_world.clock.now += timedelta(minutes=3)

    with pytest.raises(TaskNotOpen) as late:
        any_world.complete(case, "handle_case", "housing_two", opinion="我也写了很多")
    with any_world.store.writing() as session:
        tasks.save_draft(session, task_id, typed, any_world.actor("housing_two"), any_world.clock.now)

    assert late.value.facts["closed_by"] == "housing_one" and "09:00" in late.value.sentence()
    with any_world.store.reading() as session:
        shown = tasks.form(session, task_id, any_world.actor("housing_two"))
    assert shown.draft == typed and shown.form is not None
    assert variable(any_world, case, "opinion") == "已修复"


def test_the_same_person_twice_is_told_that_it_is_done(world: World) -> None:
    case = world.start()
    world.complete(case, "handle_case", "housing_one", **OPINION)

    with pytest.raises(tasks.TaskDoneByYou) as again:
        world.complete(case, "handle_case", "housing_one", **OPINION)

    assert again.value.sentence().startswith("您已于 2026-03-02 09:00 办结")
    with world.store.writing() as session:  # the page saves itself once more: nothing comes back to life
        tasks.save_draft(session, world.task(case, "handle_case"), {"opinion": ["x"]}, world.actor("housing_one"), world.clock.now)
        assert session.scalars(select(Draft.subject)).all() == []


def test_a_task_that_the_process_ended_says_so(world: World) -> None:
    case = world.start()
    boss = world.actor("acme_boss")
    with world.store.writing() as session:
        action = instances.actions(session, case.id, boss)[0]
        instances.perform_action(session, action.wait_id, {}, boss, world.clock.now)

    with pytest.raises(tasks.TaskCancelled) as ended:
        world.complete(case, "handle_case", "housing_one", **OPINION)

    assert "自动结束" in ended.value.sentence()


def test_a_taken_task_is_completed_only_by_its_holder(world: World) -> None:
    case = world.start()
    world.claim(case, "handle_case", "housing_one")

    with pytest.raises(AlreadyClaimed) as taken:
        world.complete(case, "handle_case", "housing_two", **OPINION)
    with pytest.raises(AlreadyClaimed):
        world.claim(case, "handle_case", "housing_two")
    with pytest.raises(NotAllowed):
        world.complete(case, "handle_case", "supervisor_east", **OPINION)

    assert taken.value.facts["assignee"] == "housing_one"


def test_a_released_task_is_free_again_and_both_stand_in_the_record(world: World) -> None:
    case = world.start()
    world.claim(case, "handle_case", "housing_one")
    world.claim(case, "handle_case", "housing_one")

    with world.store.writing() as session:
        tasks.release(session, world.task(case, "handle_case"), world.actor("housing_one"), world.clock.now)

    world.complete(case, "handle_case", "housing_two", **OPINION)
    assert [kind for kind in kinds(world, case) if kind.startswith("task_")] == ["task_claimed", "task_released", "task_completed"]


def test_a_task_given_to_one_person_cannot_be_dropped(world: World) -> None:
    case = world.start()

    with world.store.writing() as session, pytest.raises(NotAllowed):
        tasks.release(session, world.task(case, "sign_case"), world.actor("housing_two"), world.clock.now)


def test_a_draft_comes_back_exactly_and_goes_with_the_submit(any_world: World) -> None:
    case = any_world.start()
    task_id, raw = any_world.task(case, "handle_case"), {"opinion": ["写到一半 \r\n  …"], "colleague": ["", "water_one"]}
    with any_world.store.writing() as session:
        tasks.save_draft(session, task_id, {"opinion": ["早先的"]}, any_world.actor("housing_one"), any_world.clock.now)
        tasks.save_draft(session, task_id, raw, any_world.actor("housing_one"), any_world.clock.now)

    with any_world.store.reading() as session:
        mine = tasks.form(session, task_id, any_world.actor("housing_one"))
        theirs = tasks.form(session, task_id, any_world.actor("housing_two"))
    assert (mine.draft, mine.saved_at, theirs.draft) == (raw, any_world.clock.now, None)

    any_world.complete(case, "handle_case", "housing_one", **OPINION)
    with any_world.store.reading() as session:
        assert session.scalars(select(Draft.subject)).all() == []


def test_a_draft_without_bounds_is_refused(world: World) -> None:
    case = world.start()

    with world.store.writing() as session, pytest.raises(EngineError, match="draft_too_large"):
        raw = {"opinion": ["长" * 1_000_001]}
        tasks.save_draft(session, world.task(case, "handle_case"), raw, world.actor("housing_one"), world.clock.now)


def test_a_task_keeps_the_form_it_was_deployed_with(world: World) -> None:
    old = world.start()
    form = (FILES / "handle.form").read_text("utf-8").replace('"maxLength": 200', '"maxLength": 3')
    assert read(form.encode(), "handle.form")[1] == []
    deploy(world.store, world.clock, {"handle.form": form.encode()})
    new = world.start()

    world.complete(old, "handle_case", "housing_one", topic="路灯不亮", opinion="比三个字长")
    with pytest.raises(FormInvalid):
        world.complete(new, "handle_case", "housing_one", topic="路灯不亮", opinion="比三个字长")


def test_a_program_is_held_to_the_same_form(world: World) -> None:
    case = world.start()
    task_id, actor = world.task(case, "handle_case"), world.actor("housing_one")

    with world.store.writing() as session, pytest.raises(FormInvalid):
        tasks.complete_json(session, task_id, {"opinion": "", "salary": 9}, actor, world.clock.now)
    with world.store.writing() as session, pytest.raises(FormInvalid):  # a task without a form takes no values
        tasks.complete_json(session, world.task(case, "sort_case"), {"salary": 9}, world.actor("desk_one"), world.clock.now)
    with world.store.writing() as session:
        tasks.complete_json(session, task_id, {"opinion": "好", "colleague": "water_one"}, actor, world.clock.now)

    assert variable(world, case, "colleague") == "water_one"


def test_choices_of_people_stay_within_the_zone(world: World) -> None:
    case = world.start()

    with pytest.raises(FormInvalid):
        world.complete(case, "handle_case", "housing_one", **OPINION, colleague="tax_one")
    world.complete(case, "handle_case", "housing_one", **OPINION, colleague="water_one")


def test_eight_people_at_once_complete_a_task_once(any_world: World) -> None:
    case = any_world.start()
    task_id = any_world.task(case, "handle_case")
    outcomes: list[str] = []

    def attempt(number: int) -> None:
        who = any_world.actor(("housing_one", "housing_two")[number % 2])
        try:
            with any_world.store.writing() as session:
                raw = {"topic": ["路灯不亮"], "opinion": [f"第{number}人"]}
                tasks.complete(session, task_id, raw, who, any_world.clock.now)
            outcomes.append("done")
        except TaskNotOpen:
            outcomes.append("late")

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done"] + ["late"] * 7
    assert kinds(any_world, case).count("task_completed") == 1


def test_two_people_at_once_claim_a_task_once(any_world: World) -> None:
    case = any_world.start()
    task_id = any_world.task(case, "handle_case")
    outcomes: list[str] = []

    def attempt(name: str) -> None:
        try:
            with any_world.store.writing() as session:
                tasks.claim(session, task_id, any_world.actor(name), any_world.clock.now)
            outcomes.append(name)
        except AlreadyClaimed as taken:
            outcomes.append(f"taken by {taken.facts['assignee']}")

    threads = [threading.Thread(target=attempt, args=(name,)) for name in ("housing_one", "housing_two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with any_world.store.reading() as session:
        winner = session.scalar(select(UserTask.assignee).where(UserTask.id == task_id))
    assert sorted(outcomes) == sorted([str(winner), f"taken by {winner}"])
