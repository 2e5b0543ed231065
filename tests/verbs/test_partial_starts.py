"""A parallel multiple start event in a deployment: what has occurred is kept until nothing is missing, and used once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.core import partial_starts as core
from engine.tables.instances import ProcessInstance
from engine.tables.jobs import MessageReceipt, PartialStart
from engine.tables.store import Store
from engine.verbs import conditional_starts, housekeeping, messages
from engine.verbs.access import SYSTEM
from engine.verbs.messages import Result
from tests.verbs.invariants import check_invariants
from tests.verbs.running import Clock, Running, deploy, diagram, work
from tests.verbs.test_concurrency import EIGHT, at_once

DAY = timedelta(days=1)
CONDITION = (
    '<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">=level &gt; 3</bpmn:condition>'
    "</bpmn:conditionalEventDefinition>"
)
TIMER = (
    '<bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R/P{}D</bpmn:timeCycle></bpmn:timerEventDefinition>'
)
APPLICATION, PAYMENT = (f'<bpmn:messageEventDefinition messageRef="{id_}"/>' for id_ in ("m1", "m2"))
MESSAGES = APPLICATION + PAYMENT


def bring(store: Store, clock: Clock, *changes: tuple[str, str]) -> None:
    """Deploy the tiny diagram, with texts of it replaced."""
    text = diagram("parallel_multiple_start").decode()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    deploy(store, clock, {"parallel_multiple_start.bpmn": text.encode()})


def publish(store: Store, clock: Clock, name: str, key: str, **options: Any) -> Result:
    clock.now += timedelta(seconds=1)
    variables = options.pop("variables", {})
    with store.writing() as session:
        return messages.publish(session, name, key, variables, SYSTEM, clock.now, **options)


def broadcast(store: Store, clock: Clock, **variables: Any) -> None:
    clock.now += timedelta(seconds=1)
    with store.writing() as session:
        messages.broadcast(session, "season opened", variables, SYSTEM, clock.now)
    work(store, clock)


def instances(store: Store, clock: Clock) -> list[Running]:
    with store.reading() as session:
        return [Running(store, clock, id_) for id_ in session.scalars(select(ProcessInstance.id).order_by(ProcessInstance.started_at))]


def brought(instance: Running) -> dict[str, Any]:
    return {name: value for name, value in instance.variables.items() if name not in ("started_at", "started_by")}


def kept(store: Store) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(PartialStart)) or 0


def test_an_instance_begins_when_every_event_has_occurred(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock)
    assert publish(any_store, clock, "payment", "A1", variables={"who": "payment", "amount": 5}).outcome == "buffered"
    broadcast(any_store, clock, who="signal")
    assert instances(any_store, clock) == [] and kept(any_store) == 2

    result = publish(any_store, clock, "application", "A1", variables={"who": "application"})

    assert result.outcome == "started" and kept(any_store) == 0
    begun = Running(any_store, clock, result.instances[0])
    assert begun.open_tasks == ["work"] and brought(begun) == {"who": "signal", "amount": 5}
    with any_store.reading() as session:
        assert session.scalars(select(MessageReceipt.instance_id)).all() == [begun.id, begun.id]
    check_invariants(any_store)


def test_messages_of_two_keys_are_never_mixed(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock)
    publish(any_store, clock, "application", "A1", variables={"item": 1})
    publish(any_store, clock, "payment", "A2", variables={"paid": 2})
    broadcast(any_store, clock)
    broadcast(any_store, clock)
    assert instances(any_store, clock) == []

    publish(any_store, clock, "application", "A2", variables={"item": 2})
    publish(any_store, clock, "payment", "A1", variables={"paid": 1})

    assert [brought(one) for one in instances(any_store, clock)] == [{"item": 2, "paid": 2}, {"item": 1, "paid": 1}]


def test_a_message_that_is_sent_twice_fills_one_place(store: Store, clock: Clock) -> None:
    bring(store, clock, ('name="payment"', 'name="application"'))
    broadcast(store, clock)

    sent = [publish(store, clock, "application", "A1", message_id=id_).outcome for id_ in ("m-1", "m-1", "m-2")]

    assert sent == ["buffered", "duplicate", "started"] and len(instances(store, clock)) == 1


def test_a_message_that_waits_for_a_start_is_not_given_to_an_instance_of_the_process_too(store: Store, clock: Clock) -> None:
    catch = '<bpmn:receiveTask id="work" name="work" messageRef="m3">'
    text = diagram("parallel_multiple_start").decode()
    head, rest = text.split("<bpmn:userTask", 1)
    task, tail = rest.split("</bpmn:userTask>", 1)
    flows = task.split("</bpmn:extensionElements>")[1]
    text = f"{head}{catch}{flows}</bpmn:receiveTask>{tail}".replace('<bpmn:message id="m1" name="application"/>', (
        '<bpmn:message id="m1" name="application"/><bpmn:message id="m3" name="application"><bpmn:extensionElements>'
        '<zeebe:subscription correlationKey="=number"/></bpmn:extensionElements></bpmn:message>'
    ))  # fmt: skip
    deploy(store, clock, {"parallel_multiple_start.bpmn": text.encode()})
    for name in ("application", "application", "payment"):
        publish(store, clock, name, "A1", variables={"number": "A1"})
    broadcast(store, clock)

    assert [one.status for one in instances(store, clock)] == ["active"] and kept(store) == 1


def test_a_message_is_forgotten_when_its_time_is_over_and_a_signal_never(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock)
    broadcast(any_store, clock)
    publish(any_store, clock, "application", "A1", ttl=DAY)
    assert publish(any_store, clock, "application", "A1", ttl=timedelta(0)).outcome == "unclaimed"
    clock.now += 2 * DAY

    assert publish(any_store, clock, "payment", "A1", ttl=DAY).outcome == "buffered"
    housekeeping.tidy(any_store, clock.now)
    assert kept(any_store) == 2
    assert publish(any_store, clock, "application", "A1").outcome == "started"


def test_a_new_version_keeps_what_its_start_event_still_waits_for(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock)
    publish(any_store, clock, "application", "A1", ttl=DAY)
    broadcast(any_store, clock)

    bring(any_store, clock, ('name="work"', 'name="more work"'), (MESSAGES, PAYMENT + APPLICATION))
    assert kept(any_store) == 2
    result = publish(any_store, clock, "payment", "A1")

    assert result.outcome == "started"
    with any_store.reading() as session:
        assert session.scalars(select(ProcessInstance.definition_id)).all() == ["parallel_multiple_start:2"]


def test_what_has_occurred_is_dropped_with_its_start_event(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock)
    publish(any_store, clock, "application", "A1", ttl=DAY)
    broadcast(any_store, clock)

    bring(any_store, clock, ('"all_in"', '"all_there"'))

    assert kept(any_store) == 0
    assert publish(any_store, clock, "payment", "A1").outcome == "buffered"


def test_a_signal_that_was_on_its_way_to_a_start_event_that_is_gone_is_dropped(store: Store, clock: Clock) -> None:
    bring(store, clock)
    with store.writing() as session:
        assert messages.broadcast(session, "season opened", {}, SYSTEM, clock.now) == 1

    bring(store, clock, ('"all_in"', '"all_there"'))
    work(store, clock)

    assert kept(store) == 0


def test_a_signal_that_was_on_its_way_waits_in_the_new_version(store: Store, clock: Clock) -> None:
    bring(store, clock)
    publish(store, clock, "payment", "A1")
    publish(store, clock, "application", "A1")
    with store.writing() as session:
        messages.broadcast(session, "season opened", {}, SYSTEM, clock.now)

    bring(store, clock, ('name="work"', 'name="more work"'))
    work(store, clock)

    with store.reading() as session:
        assert session.scalars(select(ProcessInstance.definition_id)).all() == ["parallel_multiple_start:2"]


def test_an_event_that_the_new_version_no_longer_waits_for_is_dropped_alone(store: Store, clock: Clock) -> None:
    bring(store, clock)
    publish(store, clock, "payment", "A1", ttl=DAY)
    broadcast(store, clock)

    bring(store, clock, (MESSAGES, APPLICATION))

    assert kept(store) == 1
    assert publish(store, clock, "application", "A2").outcome == "started"


def test_two_timers_are_told_apart(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock, (MESSAGES, TIMER.format(1) + TIMER.format(3)))
    broadcast(any_store, clock)
    for _ in range(2):
        clock.now += DAY
        work(any_store, clock)
    assert instances(any_store, clock) == [] and kept(any_store) == 2

    clock.now += DAY
    work(any_store, clock)

    assert len(instances(any_store, clock)) == 1


def test_facts_that_are_reported_twice_fill_one_place_and_get_the_instance_later(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock, (MESSAGES, CONDITION))

    def report(key: str, level: int) -> list[str]:
        with any_store.writing() as session:
            return [one.id for one in conditional_starts.evaluate(session, {"level": level}, SYSTEM, clock.now, request_key=key)]

    assert report("r1", 4) == [] == report("r1", 4) and report("r2", 1) == [] and kept(any_store) == 1
    broadcast(any_store, clock)

    assert report("r1", 4) == [one.id for one in instances(any_store, clock)]
    assert kept(any_store) == 0


def test_parts_that_arrive_at_the_same_moment_see_each_other(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock)
    for _ in range(EIGHT // 2):
        broadcast(any_store, clock)

    def send(number: int) -> str:
        with any_store.writing() as session:
            name = ("application", "payment")[number % 2]
            return messages.publish(session, name, f"A{number // 2}", {}, SYSTEM, clock.now).outcome

    assert at_once(send) == {"buffered": 4, "started": 4}
    assert len(instances(any_store, clock)) == 4 and kept(any_store) == 0
    check_invariants(any_store)


def test_a_timer_that_fires_again_and_again_does_not_pile_up(any_store: Store, clock: Clock) -> None:
    bring(any_store, clock, (MESSAGES, APPLICATION + TIMER.format(1)))
    for _ in range(3):
        clock.now += DAY
        work(any_store, clock)
    assert kept(any_store) == 1

    publish(any_store, clock, "application", "A1")
    broadcast(any_store, clock)

    assert len(instances(any_store, clock)) == 1 and kept(any_store) == 0


def test_only_so_many_signals_wait_for_the_rest(any_store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "MOST", 2)
    bring(any_store, clock)
    for number in range(4):
        broadcast(any_store, clock, number=number)
    assert kept(any_store) == 2

    for key in ("A1", "A2", "A3"):
        publish(any_store, clock, "application", key)
        publish(any_store, clock, "payment", key)

    assert [brought(one) for one in instances(any_store, clock)] == [{"number": 0}, {"number": 1}]
