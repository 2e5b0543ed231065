"""Messages have one receiver per process and wait for it; signals go to everyone who waits now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.tables.instances import ProcessInstance
from engine.tables.jobs import Job, Message, MessageReceipt
from engine.tables.store import Store
from engine.verbs import jobs, messages, stepping, worker
from engine.verbs.access import SYSTEM, Actor, Kind
from engine.verbs.errors import NotAllowed, VariableInvalid
from engine.verbs.messages import Result
from tests.bpmn.builder import event, file, flow, node, prop, through, zeebe
from tests.verbs.invariants import check_invariants
from tests.verbs.running import Clock, Running, deploy, deploy_diagrams, diagram, work

# Its boundary event waits for what the called process waits for too, and ends that.
CALLER = (
    prop("candidateStarterGroups", "clerks") + through(node("callActivity", "a", zeebe('<zeebe:calledElement processId="message_catch"/>')))
    + node("boundaryEvent", "paid_above", event("message", messageRef="m"), attachedToRef="a") + node("endEvent", "done") + flow("paid_above", "done")
)  # fmt: skip
PAYMENT = '<message id="m" name="payment"><extensionElements><zeebe:subscription correlationKey="=order_id"/></extensionElements></message>'


def publish(store: Store, clock: Clock, name: str, key: str, actor: Actor = SYSTEM, **options: Any) -> Result:
    variables = options.pop("variables", {})
    with store.writing() as session:
        return messages.publish(session, name, key, variables, actor, clock.now, **options)


def waiting(store: Store, clock: Clock, *keys: str) -> list[Running]:
    deploy_diagrams(store, clock, "message_catch")
    found = []
    for key in keys:
        found.append(Running.start(store, clock, "message_catch", order_id=key))
        clock.now += timedelta(seconds=1)
    return found


def count(store: Store, table: Any) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def open_tasks(instances: Iterable[Running]) -> list[list[str]]:
    return [instance.open_tasks for instance in instances]


def test_a_message_reaches_the_instance_with_its_key(any_store: Store, clock: Clock) -> None:
    instances = waiting(any_store, clock, "A1", "A2")

    result = publish(any_store, clock, "payment", "A2", variables={"paid": 5})

    assert result == Result("correlated", (instances[1].id,))
    assert open_tasks(instances) == [[], ["ship"]] and instances[1].variables["paid"] == 5
    check_invariants(any_store)


def test_of_two_that_wait_under_one_key_the_elder_gets_it(store: Store, clock: Clock) -> None:
    instances = waiting(store, clock, "A1", "A1")

    publish(store, clock, "payment", "A1")
    assert open_tasks(instances) == [["ship"], []]
    publish(store, clock, "payment", "A1")
    assert open_tasks(instances) == [["ship"], ["ship"]]


def test_each_process_has_its_own_receiver(store: Store, clock: Clock) -> None:
    [first] = waiting(store, clock, "A1")
    deploy(store, clock, {"other.bpmn": diagram("message_catch").replace(b'"message_catch"', b'"other"')})
    second = Running.start(store, clock, "other", order_id="A1")

    result = publish(store, clock, "payment", "A1")

    assert set(result.instances) == {first.id, second.id}
    assert open_tasks([first, second]) == [["ship"], ["ship"]]


def test_what_the_delivery_to_a_caller_has_ended_leaves_the_message_to_another_instance(store: Store, clock: Clock) -> None:
    deploy(store, clock, {"message_catch.bpmn": diagram("message_catch"), "caller.bpmn": file(CALLER, PAYMENT)})
    caller = Running.start(store, clock, "p", order_id="A1")
    clock.now += timedelta(seconds=1)
    other = Running.start(store, clock, "message_catch", order_id="A1")

    publish(store, clock, "payment", "A1")

    assert caller.status == "completed" and other.open_tasks == ["ship"]


def test_an_early_message_waits_for_its_receiver(any_store: Store, clock: Clock) -> None:
    assert publish(any_store, clock, "payment", "A1", variables={"paid": 1}).outcome == "buffered"

    [instance] = waiting(any_store, clock, "A1")

    assert instance.open_tasks == ["ship"] and instance.variables["paid"] == 1
    assert waiting(any_store, clock, "A1")[0].open_tasks == []  # one receiver per process
    check_invariants(any_store)


def test_early_messages_are_taken_in_order(store: Store, clock: Clock) -> None:
    for number in (1, 2):
        publish(store, clock, "payment", "A1", variables={"paid": number})
        clock.now += timedelta(seconds=1)

    assert [instance.variables["paid"] for instance in waiting(store, clock, "A1", "A1")] == [1, 2]


def test_a_message_whose_time_is_over_is_forgotten(store: Store, clock: Clock) -> None:
    publish(store, clock, "payment", "A1", ttl=timedelta(minutes=1))
    clock.now += timedelta(minutes=2)

    assert waiting(store, clock, "A1")[0].open_tasks == []
    work(store, clock)
    assert count(store, Message) == 0


def test_a_message_without_time_to_live_is_not_kept(store: Store, clock: Clock) -> None:
    assert publish(store, clock, "payment", "A1", ttl=timedelta(0)).outcome == "unclaimed"

    assert waiting(store, clock, "A1")[0].open_tasks == []


def test_the_same_message_id_counts_once(any_store: Store, clock: Clock) -> None:
    instances = waiting(any_store, clock, "A1", "A1")

    outcomes = [publish(any_store, clock, "payment", "A1", message_id="m-1").outcome for _ in range(2)]

    assert outcomes == ["correlated", "duplicate"]
    assert open_tasks(instances) == [["ship"], []]


def test_a_message_starts_the_latest_version_of_a_process(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "start_events")
    deploy(store, clock, {"start_events.bpmn": diagram("start_events").replace(b'name="work"', b'name="more work"')})

    result = publish(store, clock, "order", "", variables={"item": "x"}, message_id="m-1")
    again = publish(store, clock, "order", "", variables={"item": "x"}, message_id="m-1")

    assert result.outcome == "started" and again.outcome == "duplicate"
    with store.reading() as session:
        assert session.scalars(select(ProcessInstance.definition_id)).all() == ["start_events:2"]
    assert Running(store, clock, result.instances[0]).variables["item"] == "x"


def test_a_message_thrown_by_a_diagram_reaches_another_instance(any_store: Store, clock: Clock) -> None:
    thrower = diagram("message_throw").replace(b'name="greeting"', b'name="payment"')
    [instance] = waiting(any_store, clock, "A1")
    deploy(any_store, clock, {"message_throw.bpmn": thrower})

    sender = Running.start(any_store, clock, "message_throw", who="A1")
    assert sender.status == "completed"
    work(any_store, clock)

    assert instance.open_tasks == ["ship"] and instance.variables["text"] == "hello A1"
    check_invariants(any_store)


def test_a_message_boundary_that_leaves_the_task_open_takes_every_message(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "message_boundary_non_interrupting")
    text = diagram("message_boundary_non_interrupting").decode()
    name = text.split('<bpmn:message id="m1" name="')[1].split('"')[0]
    key = text.split('correlationKey="=')[1].split('"')[0]
    instance = Running.start(store, clock, "message_boundary_non_interrupting", **{key: "A1"})

    for _ in range(2):
        assert publish(store, clock, name, "A1").outcome == "correlated"

    assert "work" in instance.open_tasks and count(store, MessageReceipt) == 2
    check_invariants(store)


def test_a_signal_reaches_all_who_wait(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "signal_broadcast")
    instances = [Running.start(any_store, clock, "signal_broadcast") for _ in range(3)]

    instances[0].complete("go")
    assert instances[0].status == "completed"
    work(any_store, clock)
    for other in instances[1:]:
        other.complete("go")

    assert [instance.status for instance in instances] == ["completed"] * 3
    assert count(any_store, Job) == 0
    check_invariants(any_store)


def test_a_signal_from_outside_is_broadcast(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "signal_broadcast")
    instance = Running.start(store, clock, "signal_broadcast")

    with store.writing() as session:
        assert messages.broadcast(session, "alarm", {"level": 1}, SYSTEM, clock.now) == 1
    work(store, clock)

    assert instance.variables["level"] == 1


def test_people_do_not_publish_and_names_must_be_sound(store: Store, clock: Clock) -> None:
    with pytest.raises(NotAllowed):
        publish(store, clock, "payment", "A1", Actor("x", "X", Kind.CADRE))
    with pytest.raises(VariableInvalid):
        publish(store, clock, "payment", "A1", variables={"a b": 1})
    assert count(store, Message) == 0


@pytest.fixture
def prompt(any_store: Store) -> Iterable[Store]:
    """A store whose transactions are followed up at once, as in a running server."""
    store = Store(any_store.url, worker.follow_up)
    yield store
    store.close()


def test_what_a_diagram_throws_is_there_as_soon_as_its_step_is(prompt: Store, clock: Clock) -> None:
    thrower = diagram("message_throw").replace(b'name="greeting"', b'name="payment"')
    [instance] = waiting(prompt, clock, "A1")
    deploy(prompt, clock, {"message_throw.bpmn": thrower})
    deploy_diagrams(prompt, clock, "signal_broadcast")
    listening = [Running.start(prompt, clock, "signal_broadcast") for _ in range(3)]

    Running.start(prompt, clock, "message_throw", who="A1")
    listening[0].complete("go")

    assert instance.open_tasks == ["ship"] and [one.open_tasks for one in listening] == [[], ["go"], ["go"]]
    assert count(prompt, Job) == 0
    check_invariants(prompt)


def test_what_is_thrown_in_a_transaction_that_fails_is_never_handed_on(prompt: Store, clock: Clock) -> None:
    thrower = diagram("message_throw").replace(b'name="greeting"', b'name="payment"')
    [instance] = waiting(prompt, clock, "A1")
    deploy(prompt, clock, {"message_throw.bpmn": thrower})

    with pytest.raises(ZeroDivisionError), prompt.writing() as session:
        stepping.start(session, "message_throw", {"who": "A1"}, SYSTEM, clock.now)
        raise ZeroDivisionError

    assert instance.open_tasks == [] and count(prompt, Message) == 0


def test_a_job_that_a_worker_holds_is_left_to_it(prompt: Store, any_store: Store, clock: Clock) -> None:
    thrower = diagram("message_throw").replace(b'name="greeting"', b'name="payment"')
    [instance] = waiting(any_store, clock, "A1")
    deploy(any_store, clock, {"message_throw.bpmn": thrower})
    Running.start(any_store, clock, "message_throw", who="A1")
    with any_store.writing() as session:
        held = jobs.lock(session, "another", clock.now, with_own=True)

    worker.follow_up(prompt, [job.id for job in held])

    assert instance.open_tasks == [] and count(prompt, Job) == 1


def test_two_instances_that_send_to_each_other_for_ever_do_not_hold_up_whoever_began_it(prompt: Store, clock: Clock) -> None:
    deploy_diagrams(prompt, clock, "ping")

    Running.start(prompt, clock, "ping")

    with prompt.reading() as session:
        started = session.scalar(select(func.count()).select_from(ProcessInstance))
    assert started == 1 + worker.PROMPT and count(prompt, Job) == 1
