from datetime import timedelta


def test_a_sequence_runs_from_start_to_end(run):
    trial = run("sequence").start()
    assert trial.open_tasks == ["approve"]

    trial.complete("approve", approved=True)

    assert trial.status == "completed" and trial.ends == ["done"]
    assert trial.variables == {"approved": True, "result": True}


def test_an_exclusive_gateway_takes_the_first_true_flow_in_document_order(run):
    assert run("exclusive_choice").start(amount=500).open_tasks == ["large"]
    assert run("exclusive_choice").start(amount=50).open_tasks == ["medium"]
    assert run("exclusive_choice").start(amount=5).open_tasks == ["small"]


def test_a_condition_on_a_missing_variable_is_an_incident_and_goes_on_once_it_is_set(run):
    trial = run("exclusive_choice").start()
    assert trial.incidents == [("is_large", "condition_not_boolean")]

    trial.set_variables(amount=50).retry("is_large")

    assert trial.open_tasks == ["medium"] and not trial.incidents


def test_two_parallel_approvers_each_keep_what_they_wrote(run):
    for order in (["legal", "finance"], ["finance", "legal"]):
        trial = run("parallel_approvals").start(legal=None, finance=None)
        for task in order:
            trial.complete(task, **{task: "approved"})

        assert trial.open_tasks == ["sign"]
        assert trial.variables == {"legal": "approved", "finance": "approved"}


def test_a_parallel_join_waits_for_every_flow_in_every_round(run):
    trial = run("parallel_loop").start(finished=False)
    for _ in range(3):
        trial.complete("left")
        assert trial.open_tasks == ["right"]
        trial.complete("right")
        assert sorted(trial.open_tasks) == ["left", "right"]

    trial.complete("right").complete("left", finished=True)

    assert trial.status == "completed"


def test_a_parallel_join_needs_a_token_on_each_flow_not_just_enough_tokens(run):
    trial = run("parallel_join_double").start()
    trial.complete("left").complete("right")
    assert trial.open_tasks == ["third"]

    trial.complete("third")

    # One token of the merged flow is left waiting for a partner that can never come: said, not hidden.
    assert trial.visited("done") == 1 and trial.status == "active"
    assert trial.incidents == [("join", "join_waits_forever")]


def test_an_inclusive_gateway_takes_all_true_flows_and_joins_them(run):
    both = run("inclusive_choice").start(a=True, b=True)
    assert both.open_tasks == ["first", "second"]
    both.complete("second")
    assert both.open_tasks == ["first"]
    assert both.complete("first").open_tasks == ["after"]

    one = run("inclusive_choice").start(a=False, b=True)
    assert one.complete("second").open_tasks == ["after"]

    none = run("inclusive_choice").start(a=False, b=False)
    assert none.open_tasks == ["otherwise"]


def test_an_inclusive_join_waits_for_tokens_far_upstream(run):
    trial = run("inclusive_upstream").start(a=True, b=True)
    trial.complete("first").complete("slow")
    assert trial.open_tasks == ["slower"] and trial.status == "active"
    assert trial.complete("slower").status == "completed"


def test_an_inclusive_block_in_a_loop_fires_once_a_round(run):
    trial = run("inclusive_loop").start(a=True, finished=False)
    trial.complete("first")
    assert trial.open_tasks == ["first"]
    trial.complete("first", a=False)
    assert trial.open_tasks == ["second"]
    assert trial.complete("second", finished=True).status == "completed"


def test_the_first_event_behind_an_event_gateway_wins(run):
    answered = run("event_gateway").start(case="A")
    assert answered.message("answer", "A", text="yes").open_tasks == ["thank"]
    assert answered.variables["text"] == "yes" and len(answered.state.waits) == 1

    silent = run("event_gateway").start(case="A")
    assert silent.pass_time(timedelta(seconds=10)).open_tasks == ["early"]


def test_conditional_flows_out_of_a_task_are_judged_one_by_one(run):
    assert run("conditional_flows").start(x=3).complete("task").open_tasks == ["a", "b"]
    assert run("conditional_flows").start(x=2).complete("task").open_tasks == ["a"]
    assert run("conditional_flows").start(x=0).complete("task").open_tasks == ["c"]


def test_a_join_that_can_never_fire_is_an_incident(run):
    trial = run("dead_join").start(x=True)
    trial.complete("a")
    assert trial.incidents == [("join", "join_waits_forever")]


def test_a_long_loop_neither_dies_nor_deepens(run):
    trial = run("script_loop").start(n=0, most=5_000)
    assert trial.status == "completed" and trial.variables["n"] == 5_000


def test_ids_that_other_engines_reserve_mean_nothing_here(run):
    trial = run("reserved_ids").start()
    assert trial.complete("End").open_tasks == ["Root"]
    assert trial.complete("Root").status == "completed"
