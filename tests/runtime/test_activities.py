"""Loops, ad-hoc sub-processes, quantities, listeners: what an activity does besides its own work."""

from datetime import timedelta

import pytest

from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.problems import has_errors
from engine.core.trial import Trial
from tests.bpmn.builder import file, flow, node, through, zeebe


def test_a_standard_loop_asks_again_until_its_condition_fails(run):
    trial = run("standard_loop").start(enough=False)
    assert trial.visible("ask")["loopCounter"] == 1
    trial.complete("ask", enough=False)
    assert trial.visible("ask")["loopCounter"] == 2
    assert trial.complete("ask", enough=True).open_tasks == ["after"]
    assert "loopCounter" not in trial.variables


def test_a_standard_loop_stops_at_its_maximum(run):
    trial = run("standard_loop").start(enough=False)
    trial.complete("ask").complete("ask").complete("ask")
    assert trial.open_tasks == ["after"]


def test_a_loop_that_tests_before_may_not_run_at_all(run):
    assert run("standard_loop_before").start(n=0, limit=5).variables["n"] == 6
    trial = run("standard_loop_before").start(n=9, limit=5)
    assert trial.variables["n"] == 9 and trial.status == "completed"


def test_a_boundary_event_belongs_to_the_whole_loop(run):
    trial = run("standard_loop_sub_process").start(enough=False)
    trial.complete("work").pass_time(timedelta(days=2))
    trial.complete("work").pass_time(timedelta(days=1))
    assert trial.ends[-1] == "too_late" and trial.status == "completed"


def test_an_ad_hoc_sub_process_ends_when_its_condition_holds(run):
    trial = run("ad_hoc").start(enough=False)
    assert trial.open_tasks == ["look", "listen"]
    trial.complete("look")
    assert trial.open_tasks == ["listen", "follow_up"]
    assert trial.complete("listen", enough=True).status == "completed"


def test_an_ad_hoc_sub_process_may_let_its_remaining_tasks_finish(run):
    trial = run("ad_hoc_keep").start(enough=False)
    assert trial.complete("look", enough=True).open_tasks == ["listen"]
    assert trial.complete("listen").status == "completed"


def test_an_ad_hoc_sub_process_offers_its_tasks_again_until_its_condition_holds(run):
    trial = run("ad_hoc_keep").start(enough=False)
    trial.complete("look").complete("listen")
    assert trial.open_tasks == ["look", "listen"] and trial.visited("look") == 2
    assert trial.complete("listen", enough=True).complete("look").status == "completed"


def test_a_sequential_ad_hoc_sub_process_begins_again_with_its_first_task(run):
    trial = run("ad_hoc_sequential_again").start(rounds=0)
    for _ in range(2):
        assert trial.open_tasks == ["look"]
        assert trial.complete("look").open_tasks == ["listen"]
        trial.complete("listen")
    assert trial.complete("look").complete("listen", enough=True).status == "completed"


def test_once_its_condition_holds_nothing_more_begins_in_an_ad_hoc_sub_process(run):
    trial = run("ad_hoc_chain_keep").start(enough=False)
    trial.complete("listen", enough=True)
    assert trial.open_tasks == ["look"]  # which was begun before
    assert trial.complete("look").status == "completed" and trial.visited("follow_up") == 0


def test_a_sequential_ad_hoc_sub_process_runs_one_activity_at_a_time_even_behind_a_split(run):
    trial = run("ad_hoc_sequential_split").start()
    seen = []
    while trial.status == "active":
        (only,) = trial.open_tasks
        seen.append(only)
        trial.complete(only)
    assert sorted(seen) == ["after", "left", "listen", "look", "right"] and seen[-1] != "look"
    assert seen.index("after") > max(seen.index("left"), seen.index("right")) and trial.incidents == []


def test_a_list_chooses_anew_what_an_ad_hoc_sub_process_offers_in_the_next_round(run):
    trial = run("ad_hoc_chosen_again").start(wanted=["look"], enough=False)
    assert trial.complete("look", wanted=["listen", "listen"]).open_tasks == ["listen", "listen"]
    trial.complete("listen", wanted=[]).complete("listen")
    assert trial.incidents == [("checks", "ad_hoc_unfinished")]
    assert trial.set_variables(wanted=["look"]).retry("checks").open_tasks == ["look"]
    assert trial.complete("look", enough=True).status == "completed"


def test_a_condition_that_faults_in_an_ad_hoc_sub_process_is_judged_again_on_retry(run):
    trial = run("ad_hoc_faulty").start()
    trial.complete("look")
    assert trial.incidents == [("checks", "condition_not_boolean")] and trial.open_tasks == ["listen"]
    assert trial.set_variables(enough=True).retry("checks").status == "completed"


def test_an_ad_hoc_sub_process_collects_what_its_paths_bring(run):
    trial = run("ad_hoc_collect").start(count=0)
    assert trial.complete("listen", result="birds").open_tasks == ["look"]
    trial.complete("look", result="nothing")
    assert "result" not in trial.variables
    trial.complete("follow_up", result="trees")
    assert trial.status == "completed" and trial.variables["found"] == ["birds", "trees"] and "result" not in trial.variables


def test_a_sequential_ad_hoc_sub_process_does_one_thing_at_a_time(run):
    trial = run("ad_hoc_sequential").start()
    assert trial.open_tasks == ["look"]
    assert trial.complete("look").open_tasks == ["listen"]
    assert trial.complete("listen").status == "completed" and trial.visited("note") == 1


def test_a_list_can_choose_what_an_ad_hoc_sub_process_starts(run):
    assert run("ad_hoc_active").start(wanted=["smell", "look"]).open_tasks == ["smell", "look"]
    assert run("ad_hoc_active").start(wanted=[]).status == "completed"
    assert run("ad_hoc_active").start(wanted=["taste"]).incidents == [("checks", "ad_hoc_element_unknown")]


def test_an_activity_can_wait_for_several_tokens(run):
    trial = run("start_quantity").start()
    trial.complete("a")
    assert trial.open_tasks == ["b"]
    assert trial.complete("b").open_tasks == ["together"]
    assert trial.complete("together").status == "completed"


def test_an_activity_that_lacks_a_token_for_ever_is_an_incident_not_a_silence(run):
    trial = run("start_quantity_short").start()
    assert trial.status == "active" and trial.incidents == [("together", "tokens_never_come")]
    assert trial.retry("together").incidents == [("together", "tokens_never_come")]
    assert trial.terminate().status == "terminated"


def test_an_activity_can_make_several_tokens(run):
    trial = run("completion_quantity").start()
    assert trial.open_tasks == ["read"] * 3
    trial.complete("read").complete("read")
    assert trial.status == "active"
    assert trial.complete("read").status == "completed"


def test_items_can_come_from_data_objects_as_the_standard_writes_them(run):
    trial = run("multi_by_data").start(parcels=["a", "b"])
    assert trial.visible("weigh")["parcel"] == "a"
    trial.complete("weigh", weight=3).complete("weigh", weight=4)
    assert trial.open_tasks == ["after"]
    assert trial.variables == {"parcels": ["a", "b"], "weights": [3, 4]}


def test_each_item_that_completes_can_throw_an_event_to_the_border(run):
    trial = run("multi_behavior_none").start(people=["a", "b"])
    trial.complete("vote", vote="yes").complete("vote", vote="no")
    assert trial.visited("note") == 2 and trial.status == "completed"


def test_the_first_item_that_completes_can_throw_an_event_to_the_border(run):
    trial = run("multi_behavior_one").start(people=["a", "b"])
    trial.complete("vote", vote="yes").complete("vote", vote="no")
    assert trial.visited("note") == 1 and trial.status == "completed"


def test_items_can_throw_an_event_when_a_condition_holds(run):
    trial = run("multi_behavior_complex").start(people=["a", "b", "c"])
    trial.complete("vote", vote="yes")
    assert trial.visited("note") == 0
    trial.complete("vote", vote="no").complete("vote", vote="no")
    assert trial.visited("note") == 2 and trial.status == "completed"


def test_a_completion_condition_may_count_the_items_by_either_name(run):
    trial = run("multi_counts").start(people=["a", "b", "c", "d"])
    trial.complete("vote")
    assert trial.open_tasks == ["vote"] * 3
    assert trial.complete("vote").open_tasks == ["after"]


def test_execution_listeners_are_jobs_in_the_order_written(run):
    trial = run("execution_listeners").start(case="A")
    assert [wait.job_type for wait in trial.waits("job")] == ["first"]
    trial.job("work", seen=1)
    assert [wait.job_type for wait in trial.waits("job")] == ["second"]
    trial.job("work")
    assert [wait.job_type for wait in trial.waits("job")] == ["third"]
    trial.job("work", kept=2)
    assert trial.variables == {"case": "A", "kept": 2}
    assert [wait.job_type for wait in trial.waits("job")] == ["before"]
    trial.job("wait").message("go", "A").job("wait")
    assert [wait.job_type for wait in trial.waits("job")] == ["archive"]
    assert trial.job("execution_listeners").status == "completed"


def test_a_failed_listener_is_an_incident_and_a_retry_calls_it_again(run):
    trial = run("execution_listeners").start(case="A")
    trial.fail_job("work", "no answer")
    assert trial.incidents == [("work", "job_failed")]
    trial.retry("work")
    assert [wait.job_type for wait in trial.waits("job")] == ["first"]


def test_task_listeners_come_before_the_task_and_before_its_results(run):
    trial = run("task_listeners").start()
    assert trial.open_tasks == []
    assert trial.job("approve").open_tasks == ["approve"]
    trial.complete("approve", approved=True)
    assert trial.status == "active" and "approved" not in trial.variables
    assert trial.job("approve", reviewed=True).status == "completed"
    assert trial.variables == {"approved": True, "reviewed": True}


def test_data_associations_carry_data_between_objects_and_tasks(run):
    trial = run("data_objects").start(order={"amount": 5})
    assert trial.visible("fill")["amount"] == 10
    trial.complete("fill", filled="x", other=1)
    assert trial.visible("check")["draft"] == "x"
    trial.complete("check")
    assert trial.variables == {"order": {"amount": 5}, "ledger": {"last": "x"}}


def test_data_that_is_only_drawn_changes_nothing(run):
    trial = run("drawn_data").start(amount=7)
    assert trial.visible("fill") == {**trial.visible("fill"), "amount": 7}
    assert trial.complete("fill", amount=8).variables == {"amount": 8}


def test_a_global_task_is_called_like_a_process(run):
    trial = run("global_tasks").start(n=1)
    assert trial.open_tasks == ["ask_task"]
    assert trial.complete("ask_task", answer=True).status == "completed"
    assert trial.variables == {"n": 2, "answer": True}


def test_a_script_task_may_be_work_for_a_program(run):
    trial = run("script_job").start()
    assert trial.wait("job", "compute").job_type == "python_worker"
    assert trial.job("compute", result=1).variables == {"result": 1}


def test_a_call_with_data_inputs_and_outputs_passes_those_only(run):
    trial = run("call_by_data").start(order={"topic": "wages"}, secret=1)
    assert trial.visible("think") == {**trial.visible("think"), "question": "wages"} and "secret" not in trial.visible("think")
    trial.complete("think", answer="yes", scribble="x")
    assert trial.variables == {"order": {"topic": "wages"}, "secret": 1, "reply": "yes"}


@pytest.mark.parametrize(("tag", "status"), [("2.0", "completed"), ("1.0", "active")])
def test_a_called_process_can_be_bound_by_its_version_tag(tag, status):
    called = zeebe(f'<zeebe:calledElement processId="callee" bindingType="versionTag" versionTag="{tag}"/>')
    tagged = zeebe('<zeebe:versionTag value="2.0"/>')
    inside = node("startEvent", "in") + node("endEvent", "out") + flow("in", "out")
    callee = f'<process id="callee" isExecutable="true">{tagged}{inside}</process>'
    content = file(through(node("callActivity", "a", called)), callee)
    diagram, found = read(content, "x.bpmn")
    assert diagram is not None and not has_errors(found)
    trial = Trial(InMemory(diagram.processes), "p").start()
    assert trial.status == status and trial.incidents == ([] if status == "completed" else [("a", "process_unknown")])


def test_a_process_that_declares_its_data_gets_and_gives_nothing_else(run):
    trial = run("call_declared", "declared").start(topic="fees", secret="hidden")
    assert trial.status == "completed"
    assert trial.variables == {"topic": "fees", "secret": "hidden", "answer": "fees!"}


def test_a_call_waits_as_an_incident_for_the_inputs_that_are_required(run):
    trial = run("call_declared", "declared").start(note="only that")
    assert trial.incidents == [("ask", "data_input_missing")]
    assert trial.set_variables(topic="fees").retry("ask").variables["answer"] == "fees!"


def test_a_declared_process_started_by_itself_has_its_inputs_as_variables(run):
    assert run("declared").start(topic="fees").variables["answer"] == "fees!"


def test_a_global_task_that_declares_its_data_gets_and_gives_nothing_else(run):
    trial = run("call_declared_task").start(topic="fees", secret="hidden")
    (task,) = trial.open_tasks
    assert {name: trial.visible(task).get(name) for name in ("topic", "note", "secret")} == {"topic": "fees", "note": None, "secret": None}
    trial.complete(task, answer="yes", scratch="x")
    assert trial.status == "completed" and trial.variables == {"topic": "fees", "secret": "hidden", "answer": "yes"}
