"""Listeners: what is heard at fixed points of a node's life, and before a change of a user task takes effect."""

import pytest

from engine.core.runtime.step import StepRefused
from tests.runtime.conftest import library
from engine.core.trial import Trial

LI, BOSS = ({"id": name, "name": name, "kind": "department"} for name in ("li", "boss"))


def test_an_expression_that_gives_a_context_is_the_listener_itself(run):
    trial = run("execution_listeners_feel").start(n=1)
    assert trial.variables == {"n": 1, "sum": 5, "closed": 50} and trial.status == "completed"


def test_an_expression_that_gives_a_text_names_the_handler(run):
    trial = run("execution_listeners_feel").start(n=101)
    assert trial.wait("job", "work").job_type == "audit"
    assert trial.job("work", audited=True).variables == {"n": 101, "sum": 205, "audited": True, "closed": 2050}


def test_a_task_appears_when_it_is_made_and_assigned(run):
    trial = run("task_listeners_every").start(case="A", first="li")
    assert trial.wait("job", "approve").job_type == "ask creating" and trial.open_tasks == []
    trial.job("approve", corrections={"candidateGroups": ["board"], "dueDate": "2026-04-01T09:00:00+08:00"}, opened=True)
    assert trial.wait("job", "approve").job_type == "ask assigning" and trial.open_tasks == []
    assert trial.wait("job", "approve").headers["io.camunda.zeebe:assignee"] == "li"
    trial.job("approve")
    task = trial.wait("user", "approve")
    assert (task.assignee, task.candidate_groups, str(task.due_at)) == ("li", ("board",), "2026-04-01 01:00:00+00:00")
    assert trial.visible("approve")["opened"] is True and trial.waits("job") == []


def test_a_task_whose_first_assignment_is_denied_is_nobody_s(run):
    trial = run("task_listeners_every").start(case="A", first="li")
    trial.job("approve").job("approve", denied=True, deniedReason="on leave")
    assert trial.wait("user", "approve").assignee is None and trial.waits("job") == []


@pytest.fixture
def opened(run):
    trial = run("task_listeners_every").start(case="A", first=None)
    return trial.job("approve")


def test_an_assignment_waits_for_its_listener_and_may_be_denied(opened):
    opened.change("approve", assignee="li", actor=LI)
    assert opened.wait("job", "approve").job_type == "ask assigning" and opened.wait("user", "approve").assignee is None
    for stimulus in (lambda: opened.complete("approve"), lambda: opened.change("approve", priority=1)):
        with pytest.raises(StepRefused, match="task_changing"):
            stimulus()
    opened.job("approve", denied=True, deniedReason="on leave")
    assert opened.wait("user", "approve").assignee is None
    denied = next(entry for entry in opened.history if entry.kind == "change_denied")
    assert denied.facts == {"event": "assigning", "reason": "on leave"}

    opened.change("approve", assignee="li", actor=LI).job("approve")
    assert opened.wait("user", "approve").assignee == "li"
    opened.change("approve", assignee=None, actor=LI).job("approve", corrections={"priority": 7})
    assert (opened.wait("user", "approve").assignee, opened.wait("user", "approve").priority) == (None, 7)


def test_an_update_waits_for_its_listener_which_may_correct_it(opened):
    opened.change("approve", priority=99, candidate_groups=["board"], actor=BOSS)
    assert opened.wait("user", "approve").priority == 50
    opened.job("approve", corrections={"priority": 60})
    task = opened.wait("user", "approve")
    assert (task.priority, task.candidate_groups) == (60, ("board",))


def test_a_completion_waits_for_its_listener_and_comes_back_if_it_is_denied(opened):
    opened.complete("approve", amount=5)
    assert opened.open_tasks == ["approve"] and opened.wait("job", "approve").job_type == "ask completing"
    opened.job("approve", denied=True)
    assert opened.open_tasks == ["approve"] and opened.waits("job") == []
    opened.complete("approve", amount=6).job("approve", checked=True)
    assert opened.status == "completed" and opened.variables == {"case": "A", "first": None, "amount": 6, "checked": True}


def test_what_comes_instead_of_a_task_waits_for_its_last_listener(opened):
    opened.message("stop", "A")
    assert opened.open_tasks == ["approve"] and opened.wait("job", "approve").job_type == "ask canceling"
    with pytest.raises(StepRefused, match="task_changing"):
        opened.complete("approve")
    assert opened.job("approve", why="stopped").open_tasks == ["tidy"]
    assert opened.complete("tidy").status == "completed" and opened.variables["why"] == "stopped"


def test_a_change_that_waits_is_dropped_when_the_task_is_cancelled(opened):
    opened.complete("approve", amount=5).message("stop", "A")
    assert [wait.job_type for wait in opened.waits("job")] == ["ask canceling"]
    assert opened.job("approve").open_tasks == ["tidy"]


def test_an_instance_ends_when_the_last_words_are_said(opened):
    assert opened.terminate("enough").status == "active"
    assert opened.open_tasks == ["approve"]
    assert opened.job("approve").status == "terminated" and opened.history[-1].facts["reason"] == "enough"


def test_a_second_termination_waits_no_longer(opened):
    assert opened.terminate("enough").terminate("now").status == "terminated"
    assert opened.state.tokens == () and opened.state.waits == ()


def test_a_listener_that_fails_is_an_incident_and_can_be_tried_again(opened):
    opened.complete("approve", amount=5).fail_job("approve", "no network")
    assert opened.incidents == [("approve", "job_failed")] and opened.open_tasks == ["approve"]
    opened.retry("approve").job("approve")
    assert opened.status == "completed" and opened.variables["amount"] == 5


def test_an_error_thrown_by_a_task_listener_is_nobody_s_but_an_incident(opened):
    opened.complete("approve").throw_error("approve", "oops")
    assert opened.incidents == [("approve", "error_uncaught")]
    assert opened.retry("approve").job("approve").status == "completed"


def test_expressions_judge_a_task_at_once(run):
    trial = run("task_listeners_feel").start(case="A", first="wang", log=[])
    task = trial.wait("user", "approve")
    assert (task.assignee, task.priority, task.candidate_users) == (None, 80, ("li", "wu"))
    assert trial.visible("approve")["opened"] == 50

    with pytest.raises(StepRefused, match="change_denied"):
        trial.change("approve", assignee="wang", actor=LI)
    assert trial.change("approve", assignee="wang", actor=BOSS).wait("user", "approve").assignee == "wang"
    assert trial.change("approve", priority=99).wait("user", "approve").priority == 90
    with pytest.raises(StepRefused, match="change_denied"):
        trial.complete("approve", amount=101)
    assert trial.complete("approve", amount=7).variables["checked"] == 8 and trial.status == "completed"


def test_an_expression_is_heard_as_the_process_goes_another_way(run):
    trial = run("task_listeners_feel").start(case="A", first=None, log=[])
    assert trial.message("stop", "A").open_tasks == ["tidy"]
    assert trial.variables["log"] == ["cancelled"]


def test_what_a_listener_may_not_answer_is_an_incident(run):
    trial = run("task_listeners_broken").start(case="A", level=200)
    trial.complete("approve", amount=1)
    assert trial.incidents == [("approve", "correction_invalid")] and trial.open_tasks == ["approve"]
    assert trial.set_variables(level=20).retry("approve").status == "completed"

    trial = run("task_listeners_broken").start(case="A", level=2, kind=5)
    trial.message("stop", "A")
    assert trial.incidents == [("approve", "job_type_missing")] and trial.open_tasks == ["approve"]
    trial.set_variables(kind="farewell").retry("approve")
    assert trial.incidents == [] and trial.job("approve").open_tasks == ["tidy"]


def test_a_scope_ends_when_everyone_in_it_has_had_the_last_word(run):
    trial = run("last_words").start(case="A")
    trial.complete("leave_room")
    assert trial.ends == ["out"] and trial.open_tasks == ["talk"]
    assert trial.job("talk").open_tasks == ["after"]

    trial = run("last_words").start(case="A")
    trial.message("stop", "A")
    assert trial.open_tasks == ["talk"] and trial.ends == []
    assert trial.job("talk").status == "completed" and trial.ends == ["gone"]


def test_no_stimulus_changes_a_state_it_was_given():
    trial = Trial(library("task_listeners_every"), "task_listeners_every").start(case="A", first=None).job("approve")
    before = repr(trial.state)
    state = trial.state
    trial.complete("approve", amount=5)
    assert repr(state) == before


def test_the_other_items_have_the_last_word_before_their_activity_ends(run):
    trial = run("last_words_items").start(case="A", people=["a", "b", "c"])
    trial.complete("ask", index=1)
    assert trial.open_tasks == ["ask"] * 3
    trial.job("ask")
    assert [wait.assignee for wait in trial.waits("user")] == ["a", "c"] and len(trial.waits("job")) == 2
    trial.job("ask")
    assert trial.open_tasks == ["ask"]
    assert trial.job("ask").open_tasks == ["after"]
    assert trial.complete("after").status == "completed"


def test_a_boundary_event_of_many_items_waits_for_all_their_last_words(run):
    trial = run("last_words_items").start(case="A", people=["a", "b", "c"])
    trial.message("stop", "A").job("ask").job("ask")
    assert trial.ends == [] and trial.open_tasks == ["ask"]
    assert trial.job("ask").ends == ["gone"] and trial.status == "completed"
