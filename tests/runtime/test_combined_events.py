"""Multiple and parallel multiple events, referred definitions, instantiating gateways and receive tasks, complex gateways."""

from datetime import timedelta

import pytest

from engine.core.runtime import conditions
from engine.core.runtime.step import SignalThrown, StepRefused
from engine.core.trial import EPOCH
from tests.runtime.conftest import library

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_any_part_of_a_multiple_event_will_do_and_only_once(run):
    assert run("multiple_catch").start(case="A").message("answer", "A", text="x").open_tasks == ["after"]
    assert run("multiple_catch").start(case="A").signal("alarm").open_tasks == ["after"]
    late = run("multiple_catch").start(case="A").pass_time(2 * HOUR)
    assert late.open_tasks == ["after"] and len(late.state.waits) == 1


def test_a_parallel_multiple_event_waits_for_every_part(run):
    trial = run("parallel_multiple_catch").start(case="A", level=0)
    trial.signal("alarm").message("answer", "A", text="x")
    assert trial.open_tasks == [] and trial.waits("signal") == []
    trial.set_variables(level=5)
    assert trial.open_tasks == ["after"] and trial.variables["text"] == "x"


@pytest.mark.parametrize("what", ["message", "signal", "error"])
def test_a_multiple_boundary_event_catches_each_of_its_kinds(run, what):
    trial = run("multiple_boundary").start(case="A")
    if what == "message":
        trial.message("stop", "A")
    elif what == "signal":
        trial.signal("alarm")
    else:
        trial.complete("work", bad=True)
    assert trial.open_tasks == ["repair"]
    assert trial.complete("repair").ends[-1] == "repaired" and trial.status == "completed"


def test_a_non_interrupting_parallel_multiple_event_is_armed_again(run):
    trial = run("parallel_multiple_boundary").start(case="A")
    for _ in range(2):
        trial.message("answer", "A")
        trial.signal("alarm")
    assert trial.visited("note") == 2 and trial.open_tasks == ["work"]
    assert trial.complete("work").status == "completed"


def test_an_event_sub_process_may_start_by_several_kinds_of_event(run):
    trial = run("multiple_event_sub_process").start(case="A")
    assert sorted(trial.open_tasks) == ["look", "work"]
    trial.message("answer", "A").pass_time(DAY)
    assert sorted(trial.open_tasks) == ["look", "look", "look", "work"]


def test_a_multiple_throw_throws_everything_in_order(run):
    trial = run("multiple_throw").start(case="A", log=[])
    assert sorted(trial.open_tasks) == ["after", "other"]
    assert [effect.name for effect in trial.effects] == ["alarm", "news"]
    trial.complete("after")
    assert trial.status == "completed" and trial.visited("done") == 0
    assert [effect.name for effect in trial.effects if isinstance(effect, SignalThrown)] == ["alarm", "all clear"]


def test_event_definitions_may_be_shared(run):
    trial = run("event_definition_reference").start(case="A").pass_time(HOUR)
    assert trial.open_tasks == ["work"]
    assert trial.message("stop", "A").ends == ["gone"]


@pytest.mark.parametrize("start", ["by_mail", "by_phone", "by_signal"])
def test_the_first_event_behind_an_instantiating_gateway_starts_the_instance(run, start):
    trial = run("instantiating_gateway").start(start, subject="x")
    assert trial.open_tasks == ["work"] and len(trial.state.waits) == 1
    assert trial.complete("work").status == "completed"


def test_a_parallel_instantiating_gateway_waits_for_the_other_events(run):
    trial = run("instantiating_parallel_gateway").start("payment", order_id=7)
    assert trial.open_tasks == [] and [wait.name for wait in trial.waits("message")] == ["order"]
    assert trial.message("order", "7").open_tasks == ["ship"]


def test_a_receive_task_can_start_an_instance(run):
    assert run("instantiating_receive_task").start("take", subject="x").open_tasks == ["work"]


def test_a_process_that_needs_an_event_is_not_started_without_one(run):
    with pytest.raises(StepRefused, match="start_event_needed"):
        run("instantiating_receive_task").start()
    with pytest.raises(StepRefused, match="start_event_unknown"):
        run("instantiating_receive_task").start("work")


def test_a_condition_can_start_a_process(run):
    assert run("conditional_start").start("too_hot", level=11).path == ["too_hot", "work"]


def test_the_conditions_of_start_events_are_asked_of_variables_that_are_offered():
    model = library("conditional_start").process("conditional_start")
    found = [conditions.starts(model, {"level": level}, {}, EPOCH).holding for level in (11, 10, None)]
    assert [[node.id for node, _ in each] for each in found] == [["too_hot"], [], []]


def test_a_complex_gateway_goes_on_with_two_of_three_and_swallows_the_third(run):
    trial = run("complex_gateway").start()
    trial.complete("a")
    assert trial.open_tasks == ["b", "c"]
    trial.complete("c")
    assert sorted(trial.open_tasks) == ["after", "b"]
    assert trial.complete("b").open_tasks == ["after"]
    assert trial.complete("after").status == "completed"
    assert trial.visited("two_of_three") == trial.visited("after") == 1


def test_a_complex_gateway_can_tell_its_reset_from_its_first_firing(run):
    trial = run("complex_gateway_reset").start()
    trial.complete("c")
    assert trial.open_tasks == ["a", "b"]
    trial.complete("a")
    assert sorted(trial.open_tasks) == ["b", "go_on"]
    trial.complete("b")
    assert sorted(trial.open_tasks) == ["go_on", "late"]
    assert trial.complete("late").complete("go_on").status == "completed"


def test_a_complex_gateway_splits_like_an_inclusive_one(run):
    assert run("complex_split").start(x=3).visited("b") == 1
    trial = run("complex_split").start(x=0)
    assert trial.visited("c") == 1 and trial.visited("a") == 0 and trial.status == "completed"


def test_a_cron_cycle_fires_at_chinese_times_and_makes_up_for_missed_ones_once(run):
    trial = run("cron_boundary").start()  # Monday 2 March 2026, 09:00
    trial.pass_time(timedelta(minutes=30))
    assert trial.visited("remind") == 1
    trial.pass_time(7 * DAY)
    assert trial.visited("remind") == 6 and trial.open_tasks == ["work"]
