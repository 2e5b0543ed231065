"""Several instances in memory: what passes between them, and the clock they share."""

from datetime import timedelta

import pytest

from engine.core.files import judge, read
from engine.core.problems import has_errors
from engine.core.runtime.step import CompleteJob
from engine.core.world import World
from tests.bpmn.builder import event, file, flow, node, timer
from tests.runtime.conftest import DIAGRAMS, library, restored

DAY = timedelta(days=1)


@pytest.fixture(params=[None, restored], ids=["straight", "restored"])
def after_step(request):
    return request.param


def test_a_set_of_files_is_read_judged_and_played_in_five_lines():
    reading = read({"conversation.bpmn": (DIAGRAMS / "conversation.bpmn").read_bytes()})
    assert not has_errors(judge(reading))
    world = World(reading.library())
    world.start("asking", number="A1")
    assert [trial.open_tasks for trial in world.instances] == [[], ["think"]]


def test_a_message_of_one_instance_starts_another_which_answers_the_first(after_step):
    world = World(library("conversation"), after_step=after_step)
    first, second = world.start("asking", number="A1"), world.start("asking", number="A2")
    for_first, for_second = world.of("answering")

    for_second.complete("think")

    assert (first.open_tasks, second.open_tasks, for_second.status) == ([], ["read"], "completed")
    assert for_first.open_tasks == ["think"]


def test_a_message_is_kept_until_somebody_waits_for_it_or_its_time_is_over(after_step):
    world = World(library("message_catch"), after_step=after_step)
    assert world.publish("payment", "A1", paid=5) == [] == world.publish("payment", "A2", ttl=DAY)

    soon = world.start("message_catch", order_id="A1")
    again = world.start("message_catch", order_id="A1")
    world.pass_time(2 * timedelta(hours=1))
    in_time, too_late = world.start("message_catch", order_id="A2"), world.start("message_catch", order_id="A1")

    assert [trial.open_tasks for trial in (soon, again, in_time, too_late)] == [["ship"], [], ["ship"], []]
    assert soon.variables["paid"] == 5


def test_of_two_that_wait_under_one_key_the_elder_gets_the_message(after_step):
    world = World(library("message_catch"), after_step=after_step)
    elder, younger = world.start("message_catch", order_id="A1"), world.start("message_catch", order_id="A1")
    assert world.publish("payment", "A1") == [elder]
    assert world.publish("payment", "A1") == [younger]


def test_a_signal_reaches_everyone_who_waits_for_it_at_that_moment(after_step):
    world = World(library("signal_broadcast"), after_step=after_step)
    thrower, other = world.start("signal_broadcast"), world.start("signal_broadcast")
    thrower.complete("go")
    late = world.start("signal_broadcast")
    assert (thrower.status, other.open_tasks, len(other.waits("signal")), len(late.waits("signal"))) == ("completed", ["go"], 0, 2)


def test_the_clock_starts_processes_and_fires_timers_in_the_order_of_their_moments(after_step):
    world = World(library("start_events", "timer_boundary_interrupting"), after_step=after_step)
    approval = world.start("timer_boundary_interrupting", limit="P2DT1H")

    world.pass_time(2 * DAY)
    assert [trial.open_tasks for trial in world.instances] == [["approve"], ["work"], ["work"]]
    world.pass_time(DAY)
    assert approval.open_tasks == ["escalate"] and len(world.of("start_events")) == 3


@pytest.mark.parametrize("past", [timer("Date", "2001-01-01"), timer("Cycle", "R3/2001-01-01T00:00:00Z/P1D")], ids=["day", "cycle"])
def test_a_timer_whose_days_have_all_passed_starts_nothing_as_in_a_deployment(past):
    xml = file(node("startEvent", "s", past) + node("endEvent", "end") + flow("s", "end"))
    world = World(read({"p.bpmn": xml}).library())
    world.pass_time(9 * DAY)
    assert world.instances == []


def test_only_processes_that_are_named_start_by_themselves():
    world = World(library("conversation", "start_events"), starting=["start_events"], clocks=False)
    world.start("asking", number="A1")
    world.pass_time(9 * DAY)
    assert [trial.process_id for trial in world.instances] == ["asking"]
    assert [trial.process_id for trial in world.publish("order")] == ["start_events"]


def test_a_start_condition_that_costs_too_much_is_told():
    world = World(library("conditional_start_costly"))
    assert world.evaluate_conditions(level=1_000_000_000) == []
    assert [(entry.kind, entry.node, entry.facts["code"]) for entry in world.history] == [("warning", "too_hot", "condition_failed")]


def test_a_condition_starts_a_process_when_it_holds_for_what_is_known():
    world = World(library("conditional_start"))
    assert world.evaluate_conditions(level=3) == []
    assert [trial.open_tasks for trial in world.evaluate_conditions(level=30)] == [["work"]]


def test_a_worker_answers_jobs_or_leaves_them_open():
    world = World(library("service_job"), worker=lambda trial, job: CompleteJob(job.id, {}) if trial.instance_id == "i1" else None)
    done, left = world.start("service_job"), world.start("service_job")
    assert done.waits("job") == [] and len(left.waits("job")) == 1


def test_a_multiple_start_with_two_conditions_that_hold_begins_once():
    both = "".join(event("conditional", f"<condition>=level &gt; {level}</condition>") for level in (1, 2))
    xml = file(node("startEvent", "s", both) + node("endEvent", "end") + flow("s", "end"))
    world = World(read({"p.bpmn": xml}).library())
    assert [trial.status for trial in world.evaluate_conditions(level=3)] == ["completed"]
