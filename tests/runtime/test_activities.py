"""Loops, ad-hoc sub-processes, quantities, listeners: what an activity does besides its own work."""

from datetime import timedelta


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


def test_an_ad_hoc_sub_process_that_can_do_no_more_is_an_incident_until_its_condition_holds(run):
    trial = run("ad_hoc_keep").start(enough=False)
    trial.complete("look").complete("listen")
    assert trial.incidents == [("checks", "ad_hoc_unfinished")]
    assert trial.set_variables(enough=True).retry("checks").status == "completed"


def test_a_sequential_ad_hoc_sub_process_does_one_thing_at_a_time(run):
    trial = run("ad_hoc_sequential").start()
    assert trial.open_tasks == ["look"]
    assert trial.complete("look").open_tasks == ["listen"]
    assert trial.complete("listen").status == "completed" and trial.visited("note") == 1


def test_a_list_can_choose_what_an_ad_hoc_sub_process_starts(run):
    assert run("ad_hoc_active").start(wanted=["smell", "look"]).open_tasks == ["smell", "look"]
    assert run("ad_hoc_active").start(wanted=[]).status == "completed"
    assert run("ad_hoc_active").start(wanted=["taste"]).incidents == [("checks", "ad_hoc_element_unknown")]
