"""Undoing what has been done: compensation and cancelled transactions."""


def test_compensation_undoes_what_has_completed_the_last_first(run):
    trial = run("compensation_throw").start(log=[])
    assert trial.open_tasks == ["after"]
    assert trial.variables["log"] == ["one", "two", "undo two", "undo one"]
    assert trial.complete("after").status == "completed"


def test_one_activity_is_undone_once(run):
    trial = run("compensation_one").start(log=[])
    assert trial.variables["log"] == ["one", "two", "undo one"]
    trial.complete("after")
    assert trial.variables["log"] == ["one", "two", "undo one", "undo two"] and trial.status == "completed"


def test_a_throw_waits_for_its_handlers_unless_told_otherwise(run):
    waiting = run("compensation_wait").start(wait=True)
    assert waiting.open_tasks == ["give_back"]
    assert waiting.complete("give_back").open_tasks == ["after"]

    going_on = run("compensation_wait").start(wait=False)
    assert sorted(going_on.open_tasks) == ["after", "give_back"]
    going_on.complete("after")
    assert going_on.status == "active"
    assert going_on.complete("give_back").status == "completed"


def test_a_completed_sub_process_is_undone_from_the_inside(run):
    trial = run("compensation_nested").start(log=[])
    assert trial.status == "completed"
    assert trial.variables["log"] == ["one", "two", "three", "undo three", "undo two", "undo one"]


def test_a_compensation_event_sub_process_sees_the_variables_as_they_were(run):
    trial = run("compensation_event_sub_process").start(log=[], price=100)
    trial.set_variables(price=999).complete("decide")
    assert trial.open_tasks == ["refund"] and trial.visible("refund")["paid"] == 100
    assert trial.variables["log"] == ["one", "two", "paid 100", "undo two"]
    assert trial.complete("refund").status == "completed"


def test_every_item_of_a_multi_instance_is_undone(run):
    trial = run("compensation_multi").start(log=[], items=["a", "b"])
    assert trial.variables["log"] == ["a", "b", "undo b", "undo a"] and trial.status == "completed"


def test_an_event_sub_process_can_undo_what_was_done_around_it(run):
    trial = run("compensation_in_error").start(log=[])
    assert trial.variables["log"] == ["one", "two", "undo two", "undo one"] and trial.status == "completed"


def test_a_cancelled_transaction_is_undone_and_left_by_its_cancel_event(run):
    trial = run("transaction").start(log=[])
    trial.complete("book_flight").complete("pay", paid=False)
    assert trial.variables["log"] == ["hotel", "no flight", "no hotel"]
    assert trial.open_tasks == ["apologise"] and trial.visited("done") == 0
    assert trial.complete("apologise").status == "completed" and trial.ends[-1] == "sorry"


def test_a_transaction_that_is_not_cancelled_is_a_sub_process(run):
    trial = run("transaction").start(log=[])
    trial.complete("book_flight").complete("pay", paid=True)
    assert trial.open_tasks == ["wait_for_visa"]
    assert trial.complete("wait_for_visa").open_tasks == ["travel"]
    assert trial.variables["log"] == ["hotel"]


def test_a_cancel_deep_inside_cancels_the_transaction_around(run):
    trial = run("transaction_nested_cancel").start(log=[])
    assert trial.complete("agree").status == "completed"
    assert trial.ends == ["no", "over"] and trial.variables["log"] == ["reserve", "release"]


def test_a_throw_inside_a_sub_process_undoes_that_sub_process_only(run):
    trial = run("compensation_inner_scope").start(log=[])
    assert trial.variables["log"] == ["outside", "inside", "undo inside"] and trial.status == "completed"


def test_what_an_event_sub_process_did_is_undone_with_its_own_variables(run):
    trial = run("compensation_of_event_sub_process").start(case="A", log=[])
    trial.message("extra", "A", what="key").complete("work")
    assert trial.variables["log"] == ["key", "back key"] and trial.status == "completed"


def test_handlers_that_nobody_waits_for_still_come_one_after_the_other(run):
    trial = run("compensation_no_wait_in_event").start(case="A", log=[])
    trial.message("stop", "A")
    assert trial.ends == ["stop_end"] and trial.open_tasks == ["return_it"]
    assert trial.complete("return_it").open_tasks == ["give_back"]
    assert trial.complete("give_back").status == "completed"


def test_what_a_called_process_did_is_undone_with_its_own_variables(run):
    trial = run("compensate_call", "booking").start(guest="Li", log=[])
    trial.set_variables(guest="Wu").complete("decide")
    assert trial.open_tasks == ["cancel_car"] and trial.visible("cancel_car") == {
        "guest": "Li", "log": [], "room": "room Li", "car": "car Li", **_given(trial, "cancel_car"),
    }  # fmt: skip
    assert trial.variables["log"] == ["paid", "paid back"]
    assert trial.complete("cancel_car", fee=5).open_tasks == ["cancel_room"]
    assert trial.complete("cancel_room").open_tasks == ["after"]
    assert trial.variables == {"guest": "Wu", "log": ["paid", "paid back"]}
    assert trial.complete("after").status == "completed"


def _given(trial, node):
    """What every instance in a database starts with."""
    return {name: value for name, value in trial.visible(node).items() if name in ("started_by", "started_at", "business_key")}


def test_a_call_with_a_handler_is_undone_by_it_alone(run):
    trial = run("compensate_call_handler", "booking").start(guest="Li")
    assert trial.open_tasks == ["say_sorry"]
    assert trial.complete("say_sorry").status == "completed" and trial.visited("cancel_room") == 0


def test_one_call_of_two_can_be_undone(run):
    trial = run("compensate_call_one", "booking").start(guest="Li")
    trial.complete("cancel_car").complete("cancel_room")
    assert trial.open_tasks == ["after"] and trial.visited("cancel_car") == 1
    assert trial.complete("after").status == "completed"


def test_the_calls_of_several_items_are_undone_the_last_first(run):
    trial = run("compensate_call_items", "booking").start(guests=["Li", "Wu"])
    seen = []
    while trial.open_tasks:
        (node,) = trial.open_tasks
        seen.append((node, trial.visible(node)["guest"]))
        trial.complete(node)
    assert seen == [("cancel_car", "Wu"), ("cancel_room", "Wu"), ("cancel_car", "Li"), ("cancel_room", "Li")]
    assert trial.status == "completed"


def test_a_throw_in_a_called_process_stays_inside_and_a_later_one_outside_reaches_through_all_calls(run):
    trial = run("compensate_call_deep", "compensate_inside", "booking").start(guest="Li")
    trial.complete("ask")
    assert trial.open_tasks == ["unask"]
    trial.complete("unask")
    assert trial.open_tasks == ["cancel_car"]  # what was undone inside is not undone again
    assert trial.complete("cancel_car").complete("cancel_room").status == "completed"


def test_a_called_process_may_undo_itself_by_an_event_sub_process(run):
    trial = run("compensate_call_event", "regretful").start(word="yes")
    assert trial.open_tasks == ["apologise"] and trial.visible("apologise")["promised"] == "yes!"
    assert trial.complete("apologise").status == "completed"
    assert run("regretful").start(word="yes").status == "completed"


def test_a_cancelled_transaction_undoes_what_it_has_called(run):
    trial = run("compensate_call_transaction", "booking").start(guest="Li")
    assert trial.complete("travel").open_tasks == ["cancel_car"]
    assert trial.complete("cancel_car").complete("cancel_room").ends[-1] == "gone" and trial.status == "completed"


# The standard says of a transaction that a cancel end event ends what runs in it, undoes what is done, and leaves by the cancel
# boundary event (BPMN 2.0.2 §10.3.5, §13.3.4); of a boundary event that it stands for the activity, whose instances an interrupting one
# ends together. It says nothing of one item being cancelled. One boundary event and one way out for all items mean that the
# transaction is the activity, not the item: so the others are ended and undone too, or what left as cancelled would be half done.


def test_a_cancelled_item_cancels_the_whole_transaction_and_undoes_every_item(run):
    trial = run("transaction_items").start(items=[1, 2, 3], log=[])
    trial.complete("confirm", index=0, ok=True)
    assert trial.status == "active" and trial.variables["log"] == [1, 2, 3]

    trial.complete("confirm", index=0, ok=False)

    assert trial.status == "completed" and trial.ends == ["kept", "dropped", "sorry"] and trial.open_tasks == []
    assert trial.variables["log"] == [1, 2, 3, -2, -3, -1]  # what was running first, the finished item last


def test_a_transaction_one_by_one_undoes_the_items_before_the_one_that_was_cancelled(run):
    trial = run("transaction_one_by_one").start(items=[1, 2, 3], log=[])
    trial.complete("confirm", ok=True).complete("confirm", ok=False)
    assert trial.status == "completed" and trial.ends[-1] == "sorry"
    assert trial.variables["log"] == [1, 2, -2, -1]


def test_a_transaction_of_many_items_that_all_succeed_is_left_as_usual(run):
    trial = run("transaction_items").start(items=[1, 2], log=[])
    trial.complete("confirm", ok=True).complete("confirm", ok=True)
    assert trial.status == "completed" and trial.ends[-1] == "done" and trial.variables["log"] == [1, 2]
