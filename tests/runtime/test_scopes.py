from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from engine.core.runtime.step import CompleteTask, StepRefused

DAY = timedelta(days=1)


def test_a_sub_process_keeps_its_variables_and_hands_over_what_is_mapped(run):
    trial = run("sub_process").start(outer=1)
    assert trial.visible("inside")["local"] == 2
    trial.complete("inside", local=5)
    assert trial.open_tasks == ["after"] and trial.variables == {"outer": 1, "result": 10}


def test_a_non_interrupting_event_sub_process_runs_beside_the_main_path(run):
    trial = run("event_sub_process_message").start(case="A")
    trial.message("change", "A").message("change", "A")
    assert sorted(trial.open_tasks) == ["adapt", "adapt", "work"]
    trial.complete("work")
    assert trial.status == "active"
    assert trial.complete("adapt").complete("adapt").status == "completed"


def test_an_interrupting_event_sub_process_replaces_the_main_path(run):
    trial = run("event_sub_process_message").start(case="A")
    trial.message("change", "A").message("withdraw", "A")
    assert trial.open_tasks == ["confirm"]
    with pytest.raises(LookupError):
        trial.message("change", "A")
    assert trial.complete("confirm").status == "completed"


def test_a_nested_event_sub_process_interrupts_its_own_scope_only(run):
    trial = run("event_sub_process_nested").start(case="A")
    trial.message("withdraw", "A")
    assert trial.open_tasks == ["confirm"]
    assert trial.complete("confirm").open_tasks == ["after"]


def test_an_event_sub_process_timer_does_not_keep_a_finished_instance_open(run):
    trial = run("event_sub_process_timer").start()
    assert trial.complete("work").status == "completed"
    late = run("event_sub_process_timer").start().pass_time(31 * DAY)
    assert sorted(late.open_tasks) == ["urge", "work"]


def test_an_event_sub_process_catches_the_error_of_its_scope(run):
    trial = run("event_sub_process_error").start()
    assert trial.visited("clean_up") == 0
    trial.complete("inside")
    assert trial.open_tasks == ["clean_up"]
    assert trial.complete("clean_up").status == "completed"


def test_an_event_sub_process_reacts_to_a_signal(run):
    trial = run("event_sub_process_signal").start()
    trial.signal("alarm").signal("alarm")
    assert sorted(trial.open_tasks) == ["react", "react", "work"]


def test_a_called_process_sees_and_returns_only_what_is_mapped(run):
    trial = run("call", "called").start(topic="wages", secret=1)
    assert trial.visible("think") == {**trial.visible("think"), "question": "wages"}
    assert "secret" not in trial.visible("think")
    trial.complete("think")
    assert trial.open_tasks == ["after"]
    assert trial.variables == {"topic": "wages", "secret": 1, "answer": "re: wages"}


def test_parallel_items_each_have_their_own_variables_and_keep_their_order(run):
    trial = run("multi_parallel").start(people=["a", "b", "c"])
    assert trial.open_tasks == ["opinion"] * 3
    trial.complete("opinion", index=2, opinion="third").complete("opinion", opinion="first").complete("opinion", opinion="second")
    assert trial.open_tasks == ["after"]
    assert trial.variables == {"people": ["a", "b", "c"], "opinions": ["first", "second", "third"]}


def test_sequential_items_come_one_after_the_other(run):
    trial = run("multi_sequential").start(people=["a", None, "c"])
    for person in ("a", None, "c"):
        assert trial.open_tasks == ["opinion"]
        assert trial.visible("opinion")["person"] == person
        trial.complete("opinion")
    assert trial.open_tasks == ["after"] and "person" not in trial.variables


def test_a_completion_condition_cancels_the_rest(run):
    trial = run("multi_until").start(people=["a", "b", "c"])
    trial.complete("vote", vote=1)
    assert trial.open_tasks == ["vote"] * 2
    trial.complete("vote", vote=2)
    assert trial.open_tasks == ["after"] and trial.variables["votes"] == [1, 2, None]


def test_an_output_element_sees_what_its_item_was_handed_and_nothing_of_it_reaches_the_others(run):
    trial = run("multi_outputs").start(people=["a", "b"], note="of the case")
    trial.complete("opinion", amount=3, note="first").complete("opinion", amount=4, note="second")
    assert trial.variables["payments"] == [{"who": "a", "amount": 6, "note": "first"}, {"who": "b", "amount": 8, "note": "second"}]
    assert trial.variables["note"] == "of the case" and "amount" not in trial.variables
    assert trial.variables["last"] == "b"


def test_no_items_no_waiting(run):
    assert run("multi_parallel").start(people=[]).open_tasks == ["after"]
    assert run("multi_sequential").start(people=[]).open_tasks == ["after"]


def test_items_that_are_no_list_are_an_incident(run):
    assert run("multi_parallel").start(people="abc").incidents == [("opinion", "collection_not_a_list")]


def test_a_cardinality_makes_that_many_items(run):
    assert run("multi_cardinality").start(total=0).variables["total"] == 6


def test_a_sub_process_per_item(run):
    trial = run("multi_sub_process").start(items=[1, 2])
    trial.complete("check", verdict="x").complete("check", verdict="y")
    assert trial.open_tasks == ["after"] and trial.variables["results"] == ["x", "y"]


def test_closed_waits_refuse_a_second_stimulus(run):
    trial = run("sequence").start()
    task = trial.wait("user", "approve").id
    trial.complete("approve", approved=1)
    with pytest.raises(StepRefused):
        trial.send(CompleteTask(task, {}))


# ----------------------------------------------------------------------------------------------------------------- limits


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_a_limit_gives_the_deadline_of_everything_inside(run):
    trial = run("limit").start(days=5, case="7")  # Monday 2 March 2026, 09:00
    assert trial.wait("user", "handle").due_at == local("2026-03-09T18:00:00")
    assert trial.wait("timer", "soon").due_at == local("2026-03-06T18:00:00")
    assert trial.labels == {"title": "案 7", "businessKey": "7"}


def test_the_clock_stands_still_while_the_enterprise_must_answer(run):
    trial = run("limit").start(days=5, case="7")
    trial.pass_time(2 * DAY).complete("handle", choice="ask")  # Wednesday: 3 working days are left
    assert trial.wait("user", "supplement").due_at is None and trial.wait("timer", "soon").due_at is None

    trial.pass_time(7 * DAY).complete("supplement")  # Wednesday a week later

    assert trial.wait("user", "handle").due_at == local("2026-03-16T18:00:00")
    assert trial.wait("timer", "soon").due_at == local("2026-03-13T18:00:00")
    assert trial.visited("remind") == 0


def test_an_extension_moves_the_deadline_and_arms_the_reminder_again(run):
    trial = run("limit").start(days=5, case="7")
    trial.pass_time(5 * DAY)
    assert sorted(trial.open_tasks) == ["handle", "remind"]

    trial.complete("handle", choice="extend")

    assert trial.wait("user", "handle").due_at == local("2026-03-12T18:00:00")
    trial.pass_time(5 * DAY)
    assert trial.visited("remind") == 2


def test_an_extension_before_a_fault_counts_once(run):
    trial = run("ad_hoc_extends").start(rounds=3)
    trial.complete("listen", rounds=1_000_000_000)
    assert trial.incidents == [("listen", "expression_budget")]

    trial.retry("listen").set_variables(rounds=3).retry("listen")

    assert [entry.kind for entry in trial.history].count("deadline_moved") == 1
    assert trial.incidents == [] and trial.visible("look")["found"] == [3]
    assert trial.wait("user", "look").due_at == local("2026-03-12T18:00:00")


def test_a_clock_that_cannot_go_on_is_told_and_goes_on_by_a_retry_as_of_its_moment(run):
    straight, trial = (run("limit_resumes").start(limit="5 workdays", ahead=1).complete("handle", choice="ask") for _ in range(2))
    straight.pass_time(2 * DAY).complete("supplement")
    trial.pass_time(2 * DAY).complete("supplement", ahead="none")
    assert trial.incidents == [("handling", "clock_failed")] and trial.open_tasks == ["handle"]

    trial.pass_time(DAY).retry("handling")
    assert trial.incidents == [("handling", "clock_failed")]
    trial.set_variables(ahead=1).retry("handling")

    assert trial.incidents == [] and trial.wait("timer", "soon").due_at == straight.wait("timer", "soon").due_at
    assert [entry.kind for entry in trial.history].count("clock_resumed") == 1


def test_a_limit_beyond_the_calendar_stands_still_and_stops_nobody(run):
    trial = run("limit_resumes").start(limit="10000 workdays", ahead=0).complete("handle", choice="extend")

    trial.complete("handle", choice="ask").complete("supplement")

    assert trial.incidents == [("handling", "clock_failed")]
    assert trial.complete("handle", choice="ask").incidents == []
    trial.complete("supplement").complete("handle", choice="done")
    assert trial.status == "completed"


# ----------------------------------------------------------------------------------------------------------------- errors


def test_the_nearest_handler_wins_even_if_it_catches_anything(run):
    trial = run("error_nearest").start()
    trial.complete("work")
    assert trial.open_tasks == ["near"]
    assert trial.complete("near").status == "completed" and trial.visited("far") == 0


def test_an_error_in_an_event_sub_process_belongs_to_the_scope_around(run):
    trial = run("error_in_event_sub_process").start()
    assert trial.open_tasks == ["right"] and trial.visited("second") == 0


def test_an_error_stops_what_runs_beside_it_at_once(run):
    trial = run("error_stops_siblings").start()
    assert trial.status == "completed" and trial.variables == {}


def test_called_processes_of_parallel_items_do_not_mix_up_their_results(run):
    trial = run("multi_call").start(numbers=[1, 2, 3])
    assert trial.variables == {"numbers": [1, 2, 3], "results": [2, 4, 6]} and trial.status == "completed"


def test_a_conditional_event_sub_process_reacts_each_time_its_condition_becomes_true(run):
    trial = run("event_sub_process_conditional").start(level=0, alarms=0)
    trial.set_variables(level=11).set_variables(level=12).set_variables(level=1).set_variables(level=20)
    assert trial.variables["alarms"] == 2 and trial.open_tasks == ["work"]


def test_each_item_has_an_event_sub_process_of_its_own(run):
    trial = run("event_sub_process_items").start()
    trial.message("note", "2").message("note", "2")
    trial.complete("work").complete("work")
    assert trial.open_tasks == ["read", "read"]
    assert trial.complete("read").complete("read").status == "completed"


def test_terminate_ends_its_own_item_only(run):
    trial = run("multi_terminate").start()
    trial.complete("stop")
    assert sorted(trial.open_tasks) == ["slow", "stop"]
    assert trial.complete("stop").open_tasks == ["after"]


def test_numbers_and_dates_are_kept_exactly(run):
    trial = run("exact_values").start(amount=10, withFunction=False)
    assert trial.variables["found"]["third"] == Decimal("3.333333333333333333333333333333333")
    assert trial.complete("look").variables["same"] == [True] * 6
    assert trial.status == "completed"


def test_a_function_is_no_process_variable(run):
    trial = run("exact_values").start(amount=10, withFunction=True).complete("look")
    assert trial.incidents == [("define", "value_not_storable")]
    assert "rule" not in trial.variables
