"""Parallel multiple start events: an instance begins once all of their events have occurred, with what they bring together."""

from datetime import timedelta

from engine.core.files import read
from engine.core.partial_starts import Occurrence, complete
from engine.core.world import World
from tests.runtime.conftest import DIAGRAMS, library

HOUR = timedelta(hours=1)


def world(*changes):
    """The tiny diagram, with texts of it replaced."""
    text = (DIAGRAMS / "parallel_multiple_start.bpmn").read_text("utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return World(read({"parallel_multiple_start.bpmn": text.encode()}).library())


def test_an_instance_begins_when_every_event_has_occurred_whatever_their_order():
    place = world()
    place.broadcast("season opened", season="spring")
    place.publish("payment", "A1", amount=5)
    assert place.instances == []

    [begun] = place.publish("application", "A1", item="x")

    assert begun.path == ["all_in", "work"]
    assert begun.variables == {"season": "spring", "amount": 5, "item": "x"}


def test_messages_of_two_keys_are_never_mixed():
    place = world()
    place.publish("application", "A1", item="one")
    place.publish("payment", "A2", amount=2)
    place.broadcast("season opened")
    place.broadcast("season opened")
    assert place.instances == []

    place.publish("application", "A2", item="two")
    place.publish("payment", "A1", amount=1)

    found = [(trial.variables["item"], trial.variables["amount"]) for trial in place.instances]
    assert found == [("two", 2), ("one", 1)]


def test_each_occurrence_is_used_once_and_the_oldest_first():
    place = world()
    for item in ("first", "second"):
        place.publish("application", "A1", item=item)
    place.publish("payment", "A1", amount=1)
    place.broadcast("season opened")
    place.broadcast("season opened")
    assert [trial.variables["item"] for trial in place.instances] == ["first"]

    place.publish("payment", "A1", amount=2)

    assert [trial.variables["item"] for trial in place.instances] == ["first", "second"]


def test_of_one_name_the_event_that_is_written_later_wins():
    place = world()
    place.broadcast("season opened", who="signal")
    place.publish("payment", "A1", who="payment")
    place.publish("application", "A1", who="application")

    assert [trial.variables for trial in place.instances] == [{"who": "signal"}]


def test_output_mappings_decide_what_arrives():
    mapping = '<bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="=amount * 2" target="twice"/></zeebe:ioMapping></bpmn:extensionElements>'
    place = world(('parallelMultiple="true">', f'parallelMultiple="true">{mapping}'))
    place.publish("application", "A1", item="x")
    place.publish("payment", "A1", amount=5)
    place.broadcast("season opened")

    assert [trial.variables for trial in place.instances] == [{"twice": 10}]


def test_a_message_waits_until_its_time_is_over_and_a_signal_for_ever():
    place = world()
    place.broadcast("season opened")
    place.publish("application", "A1", ttl=HOUR)
    place.publish("application", "A1", ttl=timedelta(0))
    place.pass_time(1000 * HOUR)
    assert place.publish("payment", "A1") == []

    assert len(place.publish("application", "A1")) == 1


def test_two_definitions_of_one_message_need_two_messages():
    place = world(('name="payment"', 'name="application"'))
    place.broadcast("season opened")
    assert place.publish("application", "A1", first=1) == []

    [begun] = place.publish("application", "A1", second=2)

    assert begun.variables == {"first": 1, "second": 2}


def test_timers_and_conditions_take_part():
    timer = '<bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R/P1D</bpmn:timeCycle></bpmn:timerEventDefinition>'
    other = timer.replace("P1D", "P2D")
    condition = '<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">=level &gt; 3</bpmn:condition></bpmn:conditionalEventDefinition>'
    place = world(('<bpmn:messageEventDefinition messageRef="m1"/><bpmn:messageEventDefinition messageRef="m2"/>', timer + other + condition))
    assert place.evaluate_conditions(level=4) == [] == place.evaluate_conditions(level=2)
    place.broadcast("season opened")
    place.pass_time(25 * HOUR)
    assert place.instances == []  # two days of the first timer are not one of the second

    place.pass_time(24 * HOUR)

    assert [trial.variables for trial in place.instances] == [{"level": 4}]


def test_of_two_complete_keys_the_one_heard_of_first_is_taken():
    [node] = library("parallel_multiple_start").process("parallel_multiple_start").start_events
    signal = Occurrence("signal season opened", {})
    parts = [Occurrence(f"message {name}", {}, key) for name in ("payment", "application") for key in ("B", "A")]

    assert complete(node, [*parts, signal]) == [parts[2], parts[0], signal]
    assert complete(node, parts) == []


def test_a_parallel_multiple_start_of_an_event_sub_process_waits_for_every_part_each_time():
    text = (DIAGRAMS / "multiple_event_sub_process.bpmn").read_text("utf-8")
    text = text.replace('isInterrupting="false"', 'isInterrupting="false" parallelMultiple="true"')
    text = text.replace('<bpmn:escalationEventDefinition escalationRef="x1"/><bpmn:timer', "<bpmn:timer", 1)
    trial = World(read({"multiple_event_sub_process.bpmn": text.encode()}).library()).start("multiple_event_sub_process", case="A")

    trial.message("answer", "A", text="x")
    assert trial.open_tasks == ["work"] and trial.waits("message") == []
    trial.pass_time(24 * HOUR)
    assert sorted(trial.open_tasks) == ["look", "work"]
    trial.pass_time(24 * HOUR)
    trial.message("answer", "A", text="y")
    assert sorted(trial.open_tasks) == ["look", "look", "work"]


def test_an_interrupting_one_ends_the_work_only_with_its_last_part():
    text = (DIAGRAMS / "multiple_event_sub_process.bpmn").read_text("utf-8")
    text = text.replace('isInterrupting="false"', 'parallelMultiple="true"')
    text = text.replace('<bpmn:escalationEventDefinition escalationRef="x1"/><bpmn:timer', "<bpmn:timer", 1)
    trial = World(read({"multiple_event_sub_process.bpmn": text.encode()}).library()).start("multiple_event_sub_process", case="A")

    trial.pass_time(24 * HOUR)
    assert trial.open_tasks == ["work"]
    trial.message("answer", "A", text="x")
    assert trial.open_tasks == ["look"] and trial.visible("look")["text"] == "x"
    assert trial.complete("look").status == "completed"


def test_a_parallel_instantiating_gateway_joins_the_messages_of_one_key_whatever_comes_between():
    place = World(library("instantiating_parallel_gateway"))
    place.publish("order", "A", order_id="A")
    place.publish("payment", "B", order_id="B")
    assert [trial.open_tasks for trial in place.instances] == [[], []]

    place.publish("payment", "A", order_id="A")
    place.publish("order", "B", order_id="B")

    assert [(trial.variables["order_id"], trial.open_tasks) for trial in place.instances] == [("A", ["ship"]), ("B", ["ship"])]


def test_a_second_message_of_the_same_kind_begins_another_instance_behind_a_parallel_gateway():
    place = World(library("instantiating_parallel_gateway"))
    for _ in range(2):
        place.publish("order", "A", order_id="A")
    for _ in range(2):
        place.publish("payment", "A", order_id="A")

    assert [trial.open_tasks for trial in place.instances] == [["ship"], ["ship"]]


def test_a_parallel_multiple_event_behind_an_instantiating_gateway_begins_with_its_last_part():
    text = (DIAGRAMS / "instantiating_gateway.bpmn").read_text("utf-8")
    text = text.replace('id="by_mail"', 'id="by_mail" parallelMultiple="true"', 1)
    at = text.index("</bpmn:intermediateCatchEvent>", text.index('id="by_mail"'))
    text = f'{text[:at]}<bpmn:signalEventDefinition signalRef="extra"/>{text[at:]}'
    text = text.replace("<bpmndi:BPMNDiagram", '<bpmn:signal id="extra" name="extra"/><bpmndi:BPMNDiagram')
    place = World(read({"instantiating_gateway.bpmn": text.encode()}).library())
    name = text.split('<bpmn:message id="m1" name="')[1].split('"')[0]

    place.publish(name)
    assert place.instances == []
    place.broadcast("extra")

    assert [trial.open_tasks for trial in place.instances] == [["work"]]
