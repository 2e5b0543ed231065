from datetime import timedelta

import pytest

from engine.core.runtime.step import SignalThrown

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_reminder_timer_leaves_the_task_open(run):
    trial = run("timer_boundary_non_interrupting").start()
    trial.pass_time(4 * DAY)
    assert trial.open_tasks == ["approve"] and trial.visited("remind") == 1
    assert trial.complete("approve").status == "completed"


def test_an_interrupting_timer_takes_the_task_away(run):
    trial = run("timer_boundary_interrupting").start(limit="PT2H")
    trial.pass_time(HOUR)
    assert trial.open_tasks == ["approve"]
    trial.pass_time(HOUR)
    assert trial.open_tasks == ["escalate"]


def test_a_cycle_fires_as_often_as_it_says(run):
    trial = run("timer_cycle_boundary").start(reminders=0)
    trial.pass_time(2 * HOUR)
    assert trial.variables["reminders"] == 2
    trial.pass_time(10 * HOUR)
    assert trial.variables["reminders"] == 3 and trial.open_tasks == ["approve"]


@pytest.mark.parametrize("when", ["2026-03-05T09:00:00+08:00", "2026-03-05T09:00:00", "2026-03-05T01:00:00Z"])
def test_a_date_timer_fires_at_its_moment_in_china_time(run, when):
    trial = run("timer_date").start(when=when)
    trial.pass_time(3 * DAY - timedelta(seconds=1))
    assert trial.status == "active"
    assert trial.pass_time(timedelta(seconds=1)).status == "completed"


def test_a_timer_that_is_no_time_is_an_incident(run):
    trial = run("timer_date").start(when="tomorrow")
    assert trial.incidents == [("opening", "date_invalid")]
    trial.set_variables(when="2026-03-05").retry("opening")
    assert trial.pass_time(9 * DAY).status == "completed"


def test_a_message_reaches_the_instance_with_its_key_and_brings_variables(run):
    trial = run("message_catch").start(order_id=17)
    with pytest.raises(LookupError):
        trial.message("payment", "18")
    trial.message("payment", "17", amount=5)
    assert trial.open_tasks == ["ship"] and trial.variables["amount"] == 5


def test_a_correlation_key_that_is_null_is_an_incident(run):
    assert run("message_catch").start().incidents == [("paid", "correlation_key_missing")]


def test_a_non_interrupting_message_can_come_again_and_again(run):
    trial = run("message_boundary_non_interrupting").start(case="A", notes=[])
    for text in "xyz":
        trial.message("note", "A", note=text)
    assert trial.visited("count") == 3 and trial.open_tasks == ["work"]


def test_an_interrupting_message_ends_a_sub_process(run):
    trial = run("message_boundary_interrupting").start(case="A")
    trial.message("withdraw", "A")
    assert trial.status == "completed" and trial.ends == ["stopped"]


def test_a_thrown_message_carries_its_mapped_inputs_only(run):
    trial = run("message_throw").start(who="Li", secret=1)
    assert trial.published == [("greeting", "Li", {"text": "hello Li"})]


def test_a_message_goes_out_at_once_where_the_task_definition_asks_for_nothing_else(run):
    """Camunda 8 wants a task definition on everything that throws a message; here `send message` is no job to wait for."""
    trial = run("message_send").start(who="Li", notes=["a", "b"])
    sent = [(name, key, variables["text"]) for name, key, variables in trial.published]
    assert sent == [("greeting", "Li", "hello Li"), ("note", "Li/1", "a"), ("note", "Li/2", "b"), ("farewell", "Li", "bye")]
    assert trial.status == "completed" and trial.waits("job") == []


def test_a_signal_reaches_every_wait_and_leaves_the_instance(run):
    trial = run("signal_broadcast").start()
    trial.complete("go")
    assert trial.status == "completed" and trial.visited("one") == trial.visited("two") == 1
    assert [effect.name for effect in trial.effects if isinstance(effect, SignalThrown)] == ["alarm"]


def test_a_signal_end_event_throws_its_signal(run):
    trial = run("signal_end").start()
    assert [effect.name for effect in trial.effects if isinstance(effect, SignalThrown)] == ["alarm"]


def test_of_two_error_handlers_the_specific_one_wins_and_only_it(run):
    trial = run("error_boundary").start()
    trial.complete("try_it", bad=True)
    assert trial.open_tasks == ["repair"] and trial.visited("anything") == 0


def test_an_error_nobody_catches_ends_the_instance_as_failed(run):
    trial = run("error_uncaught").start()
    assert trial.status == "failed" and trial.open_tasks == []


def test_a_worker_can_report_an_error_that_the_diagram_handles(run):
    trial = run("job_error").start()
    trial.throw_error("call", "REFUSED", reason="x")
    assert trial.open_tasks == ["repair"] and trial.variables["reason"] == "x"


def test_a_worker_error_nobody_handles_is_an_incident_that_can_be_retried(run):
    trial = run("job_error").start()
    trial.throw_error("call", "OTHER")
    assert trial.incidents == [("call", "error_uncaught")]
    trial.retry("call")
    assert trial.job("call").status == "completed"


def test_a_failed_job_is_an_incident_and_a_retry_makes_a_new_job(run):
    trial = run("service_job").start(path="a")
    wait = trial.wait("job", "call")
    assert (wait.job_type, wait.retries) == ("remote", 2)
    trial.fail_job("call", "no answer")
    assert trial.incidents == [("call", "job_failed")]
    trial.retry("call").job("call", answer={"status": 200})
    assert trial.status == "completed" and trial.variables == {"path": "a", "status": 200}


def test_terminate_ends_everything_in_its_scope(run):
    trial = run("terminate_end").start()
    trial.complete("stop")
    assert trial.status == "completed" and trial.open_tasks == []


def test_a_cancelled_script_never_runs(run):
    trial = run("terminate_scripts").start()
    assert trial.status == "completed" and "ran" not in trial.variables


def test_terminate_in_a_sub_process_ends_only_that(run):
    trial = run("terminate_sub_process").start()
    assert trial.complete("stop").open_tasks == ["after"]


def test_escalation_informs_without_stopping(run):
    trial = run("escalation_boundary").start()
    trial.complete("inside")
    assert sorted(trial.open_tasks) == ["look", "more"]
    assert trial.complete("more").complete("look").status == "completed"


def test_a_condition_is_seen_from_a_parallel_branch_each_time_it_becomes_true(run):
    trial = run("conditional_boundary").start(level=0)
    trial.set_variables(level=11)
    trial.set_variables(level=12)
    assert trial.visited("react") == 1
    trial.set_variables(level=1).set_variables(level=20)
    assert trial.visited("react") == 2 and sorted(trial.open_tasks) == ["measure", "watch"]


def test_a_conditional_catch_waits_for_the_variable_and_passes_at_once_if_it_is_there(run):
    trial = run("conditional_catch").start()
    trial.complete("measure", level=50)
    assert trial.open_tasks == ["after"]
    assert sorted(run("conditional_catch").start(level=11).open_tasks) == ["after", "measure"]


def test_a_link_is_a_jump(run):
    trial = run("link").start()
    assert trial.complete("one").open_tasks == ["two"]
    assert trial.complete("two").status == "completed"


def test_each_start_event_starts_on_its_own(run):
    for event in ("by_hand", "by_message", "by_timer"):
        trial = run("start_events").start(event if event != "by_hand" else None, x=1)
        assert trial.open_tasks == ["work"] and trial.path[0] == event


def test_what_a_message_brings_to_a_start_event_arrives_whole_or_as_its_outputs_say(run):
    assert run("start_events").start("by_message", x=1, y=2).variables == {"x": 1, "y": 2}

    trial = run("message_start_mapped").start("begin", order={"number": 7}, secret="no")
    assert trial.variables == {"number": 7, "customer": {"next": 8}}
    assert trial.wait("message", "changed").correlation_key == "7"
    assert trial.message("change", "7").visited("changed_end") == 1


def test_an_output_of_a_start_event_that_goes_wrong_can_be_tried_again(run):
    trial = run("start_mapping_fails").start("begin", order={})
    assert trial.incidents == [("start_mapping_fails", "expression_budget")] and trial.open_tasks == []
    assert trial.set_variables(rounds=1).retry("start_mapping_fails").open_tasks == ["work"]
    assert trial.variables == {"rounds": 1, "number": 1}
