"""Opening waits for events: of catch events, boundary events and event sub-processes (BPMN 2.0.2 §10.5, §13.5).

Expressions are evaluated before anything opens, in the scope of the activation that waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import cast

from engine.core.bpmn.model import ACTIVITIES, EventDefinition, Kind, Node
from engine.core.runtime import limits, timers
from engine.core.runtime.kernel import Activation, Fault
from engine.core.runtime.step import Wait


_WAITABLE = ("message", "timer", "signal", "conditional")


def make_waits(owner: Activation, node: Node) -> list[Wait]:
    """The waits for all events of a node that come from outside, expressions evaluated at `owner`; not yet open."""
    waits = []
    for index, event in enumerate(node.events):
        if event.kind in _WAITABLE:
            wait = _make_wait(owner, node, event)
            waits.append(replace(wait, facts={**wait.facts, "definition": index}) if len(node.events) > 1 else wait)
    return waits


def definition_of(node: Node, wait: Wait) -> EventDefinition:
    """Which of its node's event definitions a wait is for."""
    return node.events[int(wait.facts.get("definition", 0))]  # type: ignore[arg-type]


def _make_wait(owner: Activation, node: Node, event: EventDefinition) -> Wait:
    execution = owner.workflow
    if event.kind == "message":
        return execution.new_wait(
            owner, node, "message", name=name_of(owner, node, event), correlation_key=correlation_key(owner, event),
            interrupting=node.interrupting,
        )  # fmt: skip
    if event.kind == "signal":
        return execution.new_wait(owner, node, "signal", name=name_of(owner, node, event), interrupting=node.interrupting)
    if event.kind == "conditional":
        execution.unseen_condition = True
        return execution.new_wait(owner, node, "condition", interrupting=node.interrupting, facts={"was": False})
    assert event.kind == "timer" and event.value is not None and event.timer is not None
    if limits.follows(event) and limits.stands_still(owner):
        return execution.new_wait(owner, node, "timer", due_at=None, interrupting=node.interrupting)
    firing = timers.first_firing(event.timer, execution.value(event.value, owner), event.value.text, execution.now)
    return execution.new_wait(
        owner, node, "timer", due_at=firing.due_at, remaining=firing.remaining, interval=firing.interval,
        interrupting=node.interrupting,
    )  # fmt: skip


def subscribe(owner: Activation, node: Node) -> None:
    """Let `owner` wait for the events of `node`."""
    for wait in make_waits(owner, node):
        owner.workflow.open_wait(wait)


def catch_up(node: Node) -> timers.CatchUp:
    """What its owner wants of a cycle's missed firings."""
    return cast(timers.CatchUp, node.properties.get("catchUp", "once"))


def timer_due(owner: Activation, event: EventDefinition) -> datetime | None:
    """When a timer that follows a deadline fires as things are now."""
    assert event.value is not None and event.timer is not None
    if limits.stands_still(owner):
        return None
    value = owner.workflow.value(event.value, owner)
    return timers.first_firing(event.timer, value, event.value.text, owner.workflow.now).due_at


def name_of(task: Activation, node: Node, event: EventDefinition) -> str:
    """The evaluated name or code of an event. Raises Fault if it is no text: nobody could mean such an event."""
    value = task.workflow.json(event.name, task) if event.name else None
    if not isinstance(value, str) or not value:
        raise Fault("event_name_missing", node=node.name or node.id)
    return value


def correlation_key(task: Activation, event: EventDefinition) -> str:
    """The evaluated key as text. Raises Fault if it is neither text nor number: such a wait could never be reached."""
    assert event.correlation_key is not None
    value = task.workflow.json(event.correlation_key, task)
    if value is None or value == "" or isinstance(value, bool | list | dict):
        raise Fault("correlation_key_missing", expression=event.correlation_key.text, value=str(value))
    return str(value)


def boundary_events(task: Activation) -> list[Node]:
    node, process = task.task_spec.node, task.process
    if task.scope is None or node.kind not in ACTIVITIES:
        return []
    return [process.nodes[id_] for id_ in process.scopes[node.scope].boundary_events.get(node.id, ())]


def open_boundaries(task: Activation) -> None:
    """Arm the boundary events of an activity; all expressions are evaluated before the first wait opens."""
    if task.workflow.waits_of(task.id):
        return  # entered again after an incident
    for wait in [wait for node in boundary_events(task) for wait in make_waits(task, node)]:
        task.workflow.open_wait(wait)


def event_sub_process_starts(scope: Activation) -> Iterator[tuple[str, Node]]:
    """(event sub-process id, its start event) of those directly in this scope."""
    process = scope.process
    inside = process.scopes.get(scope.task_spec.node.id)
    for esp_id in inside.event_sub_processes if inside else ():
        nodes = (process.nodes[node_id] for node_id in process.scopes[esp_id].nodes)
        start = next(node for node in nodes if node.kind is Kind.START_EVENT)
        yield esp_id, start


def open_event_sub_processes(scope: Activation) -> None:
    for wait in [wait for _, start in event_sub_process_starts(scope) for wait in make_waits(scope, start)]:
        scope.workflow.open_wait(wait)


def close_event_sub_processes(scope: Activation) -> None:
    """After an interrupting event sub-process has started, no other can start in its scope (BPMN §10.3.5)."""
    starts = {start.id for _, start in event_sub_process_starts(scope)}
    for wait in scope.workflow.waits_of(scope.id):
        if wait.node in starts:
            scope.workflow.close_wait(wait.id)
