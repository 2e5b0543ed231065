"""Messages, timers, signals, errors, escalations and conditions: whether an event knows what it waits for or throws.

Source: BPMN 2.0.2 §10.5.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.core import reference
from engine.core.bpmn.finding import finding
from engine.core.bpmn.model import EventDefinition, Job, Kind, Node, Process
from engine.core.bpmn.supported import EVENTS, ONLY_INTERRUPTING, Place, event_words, place_of
from engine.core.bpmn.timers import is_cycle, is_date, is_duration
from engine.core.calendar import FUNCTION_NAMES
from engine.core.problems import Problem

_THROWS = frozenset({"throw", "end"})
_FORMS = {"date": is_date, "duration": is_duration, "cycle": is_cycle}


def check_events(process: Process) -> Iterator[Problem]:
    """Every finding about event definitions, send and receive tasks."""
    for node in process.nodes.values():
        if node.kind in (Kind.SEND_TASK, Kind.RECEIVE_TASK):
            yield from _check_message_task(process, node)
        place = place_of(node, process)
        if place is None:
            continue
        if place == "catch" and _starts_instance(process, node):
            place = "process_start"
        for event in node.events:
            if event.kind in EVENTS[place]:
                yield from _check_event(process, node, place, event)
        yield from _check_catch_up(process, node)
        if place == "catch" and _behind_parallel_start(process, node):
            yield from _check_names_of_first(process, node)
    yield from _check_caught_twice(process)


def _starts_instance(process: Process, node: Node) -> bool:
    """Whether an instance is begun by this event alone: a parallel gateway's other events are awaited in the instance."""
    gateways = [process.nodes[process.flows[flow].source] for flow in node.incoming]
    return bool(gateways) and all(gateway.instantiate and not gateway.parallel for gateway in gateways)


def _behind_parallel_start(process: Process, node: Node) -> bool:
    gateways = [process.nodes[process.flows[flow].source] for flow in node.incoming]
    return any(gateway.instantiate and gateway.parallel for gateway in gateways)


def _check_names_of_first(process: Process, node: Node) -> Iterator[Problem]:
    """Any event behind a parallel instantiating gateway may be the first: there is no instance then that could evaluate its name."""
    for event in node.events:
        if event.kind in ("message", "signal") and event.name is not None and event.name.text.startswith("="):
            yield finding(process, node, "start_name_is_expression", line=event.name.line, text=event.name.text)


def _check_event(process: Process, node: Node, place: Place, event: EventDefinition) -> Iterator[Problem]:
    if event.kind in ONLY_INTERRUPTING and not node.interrupting:
        yield finding(process, node, "must_interrupt", event=event_words(place, event.kind))
    match event.kind:
        case "message":
            yield from _check_message(process, node, event, place)
        case "signal":
            yield from _check_signal(process, node, event, place)
        case "timer":
            yield from _check_timer(process, node, event, place)
        case "error" | "escalation":
            # Without a code, a throw says nothing, and a catch catches everything (BPMN 2.0.2 Tables 10.90, 10.93).
            if event.name is None and place in _THROWS:
                yield finding(process, node, f"{event.kind}_without_code", line=event.line)
            elif event.name is not None and place not in _THROWS and event.name.text.startswith("="):
                yield finding(process, node, "caught_code_is_expression", line=event.name.line, text=event.name.text)
        case "conditional":
            if event.value is None:
                yield finding(process, node, "condition_missing", line=event.line)
            elif not event.value.text.startswith("="):
                yield finding(process, node, "condition_without_equals", line=event.value.line, text=event.value.text)


def _check_message_task(process: Process, node: Node) -> Iterator[Problem]:
    if not node.events and isinstance(node.detail, Job) and not node.detail.sends_message:
        return
    if not node.events:
        code = "send_without_message" if node.kind is Kind.SEND_TASK else "message_missing"
        yield finding(process, node, code)
        return
    place: Place = "throw" if node.kind is Kind.SEND_TASK else "catch"
    if node.instantiate or (node.kind is Kind.RECEIVE_TASK and _starts_instance(process, node)):
        place = "process_start"
    yield from _check_message(process, node, node.events[0], place)


def _check_message(process: Process, node: Node, event: EventDefinition, place: Place) -> Iterator[Problem]:
    if place in _THROWS and isinstance(node.detail, Job) and not node.detail.sends_message:
        return  # the job does the sending, as in Camunda 8
    if event.reference is None:
        yield finding(process, node, "message_missing", line=event.line)
    elif event.name is None:
        yield finding(process, node, "message_without_name", line=event.line, message=event.reference)
    elif place == "process_start":
        if event.name.text.startswith("="):
            yield finding(process, node, "start_name_is_expression", line=event.name.line, text=event.name.text)
    elif place not in _THROWS and event.correlation_key is None:
        yield finding(process, node, "correlation_key_missing", message=event.name.text)
    key = event.correlation_key
    if key is not None and not key.text.startswith("="):
        yield finding(process, node, "correlation_key_without_equals", line=key.line, text=key.text)


def _check_signal(process: Process, node: Node, event: EventDefinition, place: Place) -> Iterator[Problem]:
    if event.reference is None:
        yield finding(process, node, "signal_missing", line=event.line)
    elif event.name is None:
        yield finding(process, node, "signal_without_name", line=event.line, signal=event.reference)
    elif place == "process_start" and event.name.text.startswith("="):
        yield finding(process, node, "start_name_is_expression", line=event.name.line, text=event.name.text)


def _check_timer(process: Process, node: Node, event: EventDefinition, place: Place) -> Iterator[Problem]:
    if event.timer is None or event.value is None:
        return  # the reader has reported it
    text, line = event.value.text, event.value.line
    if event.timer == "cycle" and place == "catch":
        yield finding(process, node, "timer_cycle_not_here", line=line)
    if event.value.expression is not None:
        # Nothing runs yet when a process waits for its start: there are no variables to read.
        names = event.value.expression.names - {*FUNCTION_NAMES, reference.FUNCTION_NAME}
        if place == "process_start" and names:
            yield finding(process, node, "timer_start_variables", line=line, names=", ".join(sorted(names)))
    elif text.startswith("=") or _FORMS[event.timer](text):
        return
    else:
        yield finding(process, node, f"timer_{event.timer}_invalid", line=line, text=text)


def _check_catch_up(process: Process, node: Node) -> Iterator[Problem]:
    if "catchUp" in node.properties and not any(event.timer == "cycle" for event in node.events):
        yield finding(process, node, "catch_up_without_cycle")


def _check_caught_twice(process: Process) -> Iterator[Problem]:
    """Two boundary events of one activity, or two event sub-processes of one scope, that catch the same error, escalation or cancel."""
    seen: set[tuple[str, str, str]] = set()
    for node in process.nodes.values():
        place = place_of(node, process)
        if place == "boundary":
            host = node.attached_to or ""
        elif place == "event_sub_process_start":
            host = f"in {process.nodes[node.scope].scope}"
        else:
            continue
        for event in node.events:
            code = event.name.text if event.name else ""
            if event.kind in ("error", "escalation", "cancel") and (host, event.kind, code) in seen:
                yield finding(process, node, "caught_twice", caught=code or "*")
            seen.add((host, event.kind, code))
