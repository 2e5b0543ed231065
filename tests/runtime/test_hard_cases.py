"""Small things that are easy to get wrong without a word: names without a value, order within one instant, what can never go on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.core.runtime import timers, turns
from engine.core.trial import EPOCH, Trial
from tests.runtime.conftest import library

HOUR = timedelta(hours=1)


def test_a_signal_is_heard_by_a_parallel_branch_whichever_is_written_first(run):
    trial = run("signal_beside").start()
    assert sorted(trial.ends) == ["heard", "said"] and trial.status == "completed"


def test_an_event_that_refers_to_something_without_a_code_catches_everything(run):
    trial = run("caught_without_code").start()
    assert sorted(trial.open_tasks) == ["answer", "repair"]


def test_what_can_never_go_on_is_an_incident_even_while_something_else_is_awaited(run):
    trial = run("complex_never_with_reminder").start(case="1", needed=3)
    assert trial.incidents == [("three", "tokens_never_come")]
    assert trial.message("news", "1").incidents == [("three", "tokens_never_come")]
    trial.set_variables(needed=2)
    assert trial.retry("three").status == "completed"


def test_a_name_without_a_value_is_an_incident_at_its_element(run):
    trial = run("names_by_expression", "called").start(case=True)
    assert sorted(trial.incidents) == [
        ("call", "process_unknown"), ("get", "event_name_missing"), ("hear", "event_name_missing"), ("work", "job_type_missing"),
    ]  # fmt: skip
    trial.set_variables(signal_name="s", message_name="m", kind="k", target="called")
    assert trial.retry("get").incidents[-1] == ("get", "correlation_key_missing")  # true is no key
    trial.set_variables(case=12)
    trial.retry("get").retry("hear").retry("work").retry("call")
    trial.message("m", "12").signal("s").job("work")
    assert trial.incidents == []


def test_a_process_that_calls_itself_without_end_stops_with_an_incident(run):
    trial = run("calls_itself").start()
    assert trial.incidents == [("again", "calls_too_deep")]
    assert trial.terminate("enough").status == "terminated"


def test_feel_needs_no_equals_sign_where_the_file_says_its_language(run):
    trial = run("feel_by_language").start(rounds=2, amount=2000)
    trial.complete("ask").complete("ask")
    assert trial.wait("timer", "rest").due_at == trial.now + HOUR
    assert trial.pass_time(2 * HOUR).ends == ["big"]


def test_throwing_and_end_events_can_write_variables(run):
    assert run("outputs_of_throws").start().variables == {"told": 2, "outcome": "finished"}


@pytest.mark.parametrize("who", [None, "li"])
def test_a_task_for_which_nobody_is_named_is_open_all_the_same(run, who):
    trial = run("nobody_named").start(who=who)
    trial.complete("nobody")
    wait = trial.wait("user", "perhaps")
    assert (wait.assignee, wait.candidate_users, wait.candidate_groups) == (who, (), ())


def test_parallel_calls_each_put_their_result_in_its_place(run):
    trial = run("multi_call_collect", "compute_one").start()
    for _ in range(3):
        trial.complete("check")
    assert trial.variables == {"results": [10, 20, 30]}


def test_a_called_process_does_not_hand_back_what_it_has_not_changed(run):
    trial = run("call_beside_work", "compute_one").start(note="old", item=1)
    trial.complete("check")
    assert trial.variables == {"note": "new", "item": 1, "tenfold": 10}


def test_events_that_keep_triggering_themselves_are_one_incident(monkeypatch):
    monkeypatch.setattr(turns, "MOST_TOKENS", 200)
    trial = Trial(library("event_triggers_itself"), "event_triggers_itself").start()
    assert [code for _, code in trial.incidents] == ["too_many_tokens"]
    assert [code for _, code in trial.signal("called out").incidents] == ["too_many_tokens"]
    assert trial.terminate("enough").status == "terminated"


def test_a_cycle_without_end_may_be_written_as_minus_one():
    firing = timers.first_firing("cycle", "R-1/PT1H", "", EPOCH)
    assert firing.remaining is None and firing.due_at == EPOCH + HOUR
