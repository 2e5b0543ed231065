"""What goes wrong: errors and escalations find their one handler, faults stay where they are until someone removes their cause."""

from datetime import timedelta

import pytest

from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.problems import has_errors
from engine.core.runtime.formulas import property_formula, value_of
from engine.core.runtime.step import JobFailed, StepRefused
from engine.core.trial import EPOCH, Trial
from tests.runtime.conftest import restored
from tests.runtime.formulas import PLACES, VALUES

HOUR = timedelta(hours=1)
MANY = 1_000_000_000  # more than any expression may do


@pytest.mark.parametrize(("code", "ends"), [
    ("A", ["handled_a", "not_here", "fine"]), ("B", ["handled_b", "fine"]), ("C", ["handled_c"]), ("D", ["handled_all"]),
])  # fmt: skip
def test_an_error_has_one_handler_the_nearest_however_many_calls_away(run, code, ends):
    trial = run("errors_across_calls", "raiser_middle", "raiser").start(code=code)
    assert trial.status == "completed" and trial.ends == ends
    assert [entry.kind for entry in trial.history].count("event_caught") == 1
    if code in "CD":
        assert trial.variables == {"code": code, "why": f"from {code}"}


def test_an_error_that_no_caller_handles_ends_everything(run):
    trial = run("error_not_caught_above", "raiser_middle", "raiser").start(code="D")
    assert trial.status == "failed" and trial.state.tokens == () and trial.state.waits == ()


def test_an_event_sub_process_around_a_call_comes_before_the_boundary_around_it(run):
    trial = run("error_event_sub_process_first", "raiser").start(code="X")
    assert trial.open_tasks == ["help_out"] and trial.visible("help_out")["why"] == "from X"
    assert trial.complete("help_out").status == "completed" and trial.ends == ["rescue_end", "fine"]


def test_an_error_in_one_item_ends_the_others(run):
    trial = run("error_in_item", "asking_raiser", "raiser").start(codes=["A", "X", "Y"])
    trial.complete("consider")
    assert trial.open_tasks == ["consider", "consider"]
    assert trial.complete("consider").status == "completed" and trial.ends == ["handled_a", "done", "handled_x"]


@pytest.mark.parametrize(("code", "tasks", "end"), [
    ("A", ["go_on", "note_all"], "noted"), ("B", ["go_on", "note_b"], "fine"), ("C", [], "stopped"),
])  # fmt: skip
def test_an_escalation_has_one_handler_the_nearest_however_many_calls_away(run, code, tasks, end):
    trial = run("escalations_across_calls", "escalates_middle", "escalates").start(code=code)
    assert sorted(trial.open_tasks) == tasks
    for task in tasks:
        trial.complete(task)
    assert trial.status == "completed" and trial.ends[-1] == end


def test_an_escalation_that_nobody_handles_is_only_told(run):
    trial = run("escalates").start(code="Z")
    assert trial.open_tasks == ["go_on"] and trial.complete("go_on").status == "completed"


def test_a_fault_on_entry_opens_nothing_and_a_retry_opens_everything_once(run):
    trial = run("fault_on_entry").start(span="soon", case="A")
    assert trial.incidents == [("work", "timer_invalid")] and [wait.kind for wait in trial.state.waits] == ["incident"]
    assert trial.retry("work").incidents == [("work", "timer_invalid")]
    trial.set_variables(span="PT1H").retry("work")
    assert sorted(wait.kind for wait in trial.state.waits) == ["message", "timer", "user"]
    assert trial.message("ask", "A").pass_time(HOUR).ends == ["was_asked", "too_late"] and trial.status == "completed"


def test_a_fault_in_the_outputs_keeps_what_was_entered(run):
    trial = run("fault_on_leaving").start(limit=10)
    trial.complete("work", rounds=MANY)
    assert trial.incidents == [("work", "expression_budget")] and trial.open_tasks == []
    with pytest.raises(LookupError):
        trial.complete("work", rounds=1)
    trial.terminate("no use")
    assert trial.status == "terminated"


def test_a_fault_on_the_way_out_does_not_do_the_work_again(run):
    trial = run("fault_on_leaving").start(limit="ten")
    trial.complete("work", rounds=3)
    assert trial.incidents == [("is_many", "condition_not_boolean")] and trial.variables["total"] == 3
    assert trial.set_variables(limit=2).retry("is_many").ends == ["many"] and trial.visited("work") == 1


def test_a_fault_in_what_a_message_brings_keeps_the_message(run):
    trial = run("fault_in_message").start(case="A")
    trial.message("go", "A", rounds=MANY)
    assert trial.incidents == [("wait", "expression_budget")] and trial.waits("message") == []


def test_a_message_that_could_not_be_thrown_is_thrown_by_the_retry(run):
    trial = run("message_throw").start()
    assert trial.incidents == [("tell", "correlation_key_missing")]
    trial.set_variables(who="Ann").retry("tell")
    assert trial.status == "completed" and [sent[:2] for sent in trial.published] == [("greeting", "Ann")]


def test_a_throw_by_a_job_that_has_failed_asks_for_the_job_again(run):
    trial = run("message_throw_by_job").start(who="Ann")
    trial.fail_job("tell", "no connection")
    assert [wait.job_type for wait in trial.retry("tell").waits("job")] == ["mail"]
    assert trial.job("tell").status == "completed"


def test_a_fault_after_an_item_has_given_its_result_keeps_the_result(run):
    trial = run("multi_undecided").start(people=["a", "b"])
    trial.complete("vote", vote=7)
    assert trial.incidents == [("vote", "condition_not_boolean")]
    assert trial.set_variables(enough=True).retry("vote").open_tasks == ["after"] and trial.variables["last"] == 7


def test_a_condition_that_costs_too_much_holds_up_only_its_event_until_it_can_be_judged(run):
    trial = run("conditional_costly").start(rounds=MANY)
    assert trial.incidents == [("ready", "condition_failed")] and trial.open_tasks == ["measure"] and "title" not in trial.labels
    assert trial.retry("ready").incidents == [("ready", "condition_failed")]
    trial.complete("measure", rounds=20)
    assert trial.incidents == [] and trial.open_tasks == ["after"] and trial.labels["title"] == "20"


def test_a_property_that_costs_too_much_has_no_value():
    formula = property_formula(f"=count(for i in 1..{MANY} return i)")
    assert value_of(formula, {}, EPOCH) is None and value_of(property_formula("plain"), {}, EPOCH) == "plain"


@pytest.mark.parametrize("count", ["²", "-1", "9" * 5000, 1.5, True])
def test_a_count_that_is_none_is_an_incident(run, count):
    assert run("multi_count").start(count=count).incidents == [("work", "cardinality_not_a_count")]


@pytest.mark.parametrize(("which", "code"), [("nothing", "process_unknown"), (None, "process_unknown"), ([1], "process_unknown")])
def test_a_call_of_what_is_not_there_waits_until_it_is(run, which, code):
    trial = run("fault_in_call", "raiser").start(which=which, code="A")
    assert trial.incidents == [("ask", code)]
    assert trial.set_variables(which="raiser").retry("ask").status == "completed"


def test_a_decision_that_is_not_there_is_an_incident(run):
    trial = run("fault_in_decision").start(which="nothing")
    assert trial.incidents == [("decide", "decision_unknown")]
    assert trial.retry("decide").incidents == [("decide", "decision_unknown")]


def test_a_fault_in_an_event_sub_process_keeps_its_scope_from_beginning(run):
    trial = run("fault_in_scope").start(span="soon")
    assert trial.incidents == [("part", "timer_invalid")] and trial.open_tasks == []
    trial.set_variables(span="PT1H").retry("part")
    assert trial.open_tasks == ["work"] and len(trial.waits("timer")) == 1
    assert trial.pass_time(HOUR).complete("work").status == "completed" and trial.ends[0] == "reminded"


def test_a_timer_that_fails_is_told_once_and_stops_nothing(run):
    trial = run("timer_boundary_interrupting").start(limit="P3D")
    timer = trial.waits("timer")[0].id
    for _ in range(2):
        trial.send(JobFailed(timer, "boom"))
    assert trial.incidents == [("approve", "timer_failed")] and trial.open_tasks == ["approve"]
    assert trial.retry("approve").incidents == [] and trial.open_tasks == ["approve"]

    trial.send(JobFailed(timer, "boom"))
    assert trial.pass_time(timedelta(days=3)).open_tasks == ["escalate"] and trial.incidents == []


def test_an_incident_can_be_tried_again_only_once_at_a_time(run):
    trial = run("fault_in_call", "raiser").start(which=None, code="A")
    incident = trial.wait("incident", "ask").id
    trial.set_variables(which="raiser").retry("ask")
    with pytest.raises((StepRefused, LookupError)):
        trial.retry("ask")
    assert incident not in {wait.id for wait in trial.state.waits}


@pytest.mark.parametrize("place", PLACES)
def test_no_value_that_an_expression_gives_breaks_a_step(place):
    """Whatever comes, the step is made or refused, an incident says what is wrong, and the instance can be ended."""
    for value in VALUES:
        diagram, problems = read(PLACES[place](value), "p.bpmn")
        if diagram is None or has_errors(problems):
            continue
        trial = Trial(InMemory(diagram.processes), "p", after_step=restored).start(v="k")
        for _ in range(4):
            _do_something(trial)
        for _ in range(2):  # the second time without waiting for listeners
            if trial.status == "active":
                trial.terminate("enough")
        assert trial.status != "active" and trial.state.tokens == ()


def _do_something(trial: Trial) -> None:
    """Whatever the instance waits for first."""
    if trial.status != "active" or not trial.state.waits:
        return
    wait = trial.state.waits[0]
    acts = {
        "user": lambda: trial.complete(wait.node, y=1), "job": lambda: trial.job(wait.node, x=1), "incident": lambda: trial.retry(wait.node),
        "timer": lambda: trial.pass_time(timedelta(days=1)), "message": lambda: trial.message(str(wait.name)),
    }  # fmt: skip
    try:
        acts.get(wait.kind, lambda: trial.set_variables(v=1))()
    except StepRefused:
        pass  # a listener said no
