"""Events: what waits for them, what happens when they occur, and how errors and escalations find their handler.

Source: BPMN 2.0.2 §10.5, §13.5; for messages, timers and signals the conventions of the zeebe extension elements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.bpmn.model import EventDefinition, Flow, Job, Kind, Node
from engine.core.runtime import deadlines, timers
from engine.core.runtime.jobs import open_job, publish_message
from engine.core.runtime.kernel import Activation, Fault, FlowNode
from engine.core.runtime.mappings import map_inputs, map_outputs
from engine.core.runtime.step import SignalThrown, Status, Variables, Wait
from engine.core.runtime.subscriptions import boundary_events, close_event_sub_processes, event_sub_process_starts, subscribe

if TYPE_CHECKING:
    from engine.core.runtime.execution import Execution


# ------------------------------------------------------------------------------------------------------ events happening


def happen(execution: Execution, wait: Wait, payload: Variables) -> None:
    """The event that `wait` was waiting for has occurred."""
    owner = execution.tasks[wait.owner]
    node = owner.process.nodes[wait.node]
    if node.kind is Kind.BOUNDARY_EVENT:
        if not node.interrupting:
            _rearm(execution, wait)
        _boundary(owner, node, payload)
    elif node.kind is Kind.START_EVENT:
        execution.record("event_caught", owner, node, event=node.event.kind if node.event else None)
        if not node.interrupting:
            _rearm(execution, wait)
        _start_event_sub_process(owner, node, payload)
    elif owner.task_spec.node.kind is Kind.EVENT_BASED_GATEWAY:
        owner.task_spec.happened(owner, node.id, payload)  # type: ignore[attr-defined]
    else:
        execution.record("event_caught", owner, event=node.event.kind if node.event else None)
        execution.close_wait(wait.id)
        owner.facts["payload"] = payload
        execution.resume(owner, "leave")


def _boundary(owner: Activation, node: Node, payload: Variables) -> None:
    execution, scope = owner.workflow, owner.scope
    assert scope is not None
    caught = execution.activate(execution.spec_of(scope, node.id), scope, {"phase": "leave", "payload": payload})
    execution.record("event_caught", caught, event=node.event.kind if node.event else None)
    if node.interrupting:
        execution.cancel_task(owner)


def _start_event_sub_process(scope: Activation, start: Node, payload: Variables) -> None:
    """Run the event sub-process of a start event; an interrupting one first ends everything else in the scope."""
    execution = scope.workflow
    spec = execution.spec_of(scope, start.scope)
    task = execution.activate(spec, scope, {"trigger": start.id, "payload": payload})
    if start.interrupting:
        execution.cancel_inside(scope, but=task)
        close_event_sub_processes(scope)


def _rearm(execution: Execution, wait: Wait) -> None:
    """A non-interrupting event may occur again: messages, signals and conditions stay armed, a cycle goes to its next date."""
    if wait.kind != "timer":
        return
    firing = None
    if wait.interval is not None and wait.due_at is not None:
        firing = timers.next_firing(wait.interval, wait.due_at, execution.now, wait.remaining)
    if firing is None:
        execution.close_wait(wait.id)
    else:
        execution.change_wait(wait, due_at=firing.due_at, remaining=firing.remaining)


def throw_signal(execution: Execution, name: str, variables: Variables) -> None:
    """Broadcast inside this instance: every open wait for the signal, as it was when the signal was thrown."""
    for wait in [wait for wait in execution.waits.values() if wait.kind == "signal" and wait.name == name]:
        if wait.id in execution.waits:
            happen(execution, execution.waits[wait.id], variables)


# ------------------------------------------------------------------------------------------------- errors, escalations


def throw_error(task: Activation, code: str, payload: Variables) -> bool:
    """Find the one handler of an error, nearest scope first, a matching code before a catch-all. False: there is none."""
    return _throw(task, "error", code, payload)


def throw_escalation(task: Activation, code: str, payload: Variables) -> bool:
    return _throw(task, "escalation", code, payload)


def _throw(task: Activation, kind: str, code: str, payload: Variables) -> bool:
    came_from: Activation | None = None
    current: Activation | None = task
    while current is not None:
        execution = current.workflow
        # An event sub-process does not handle what is thrown inside itself or a sibling: that belongs to the scope around.
        if came_from is not None and came_from.task_spec.node.kind is not Kind.EVENT_SUB_PROCESS:
            starts = [start for _, start in event_sub_process_starts(current)]
            start = _match(starts, kind, code)
            if start is not None:
                execution.record("event_caught", current, start, event=kind, code=code)
                _start_event_sub_process(current, start, payload)
                return True
        if "item" not in current.facts:
            node = _match(boundary_events(current), kind, code)
            if node is not None:
                _boundary(current, node, payload)
                return True
        came_from, current = current, current.scope
    return False


def _match(nodes: list[Node], kind: str, code: str) -> Node | None:
    events = [(node, node.event) for node in nodes if node.event is not None and node.event.kind == kind]
    for node, event in events:
        if event.name is not None and event.name.text == code:
            return node
    return next((node for node, event in events if event.name is None), None)


# ----------------------------------------------------------------------------------------------------------- behaviours


class PassedEvent(FlowNode, kinds=(Kind.START_EVENT, Kind.BOUNDARY_EVENT)):
    """A start or boundary event: by the time its token is here, the event has happened."""

    def leave(self, task: Activation) -> None:
        map_outputs(task)


class CatchEvent(FlowNode, kinds=(Kind.INTERMEDIATE_CATCH_EVENT,)):
    def work(self, task: Activation) -> bool:
        if self.node.event is None or self.node.event.kind in ("link", "none"):
            return True
        subscribe(task, self.node, self.node.event)
        return False

    def leave(self, task: Activation) -> None:
        map_outputs(task)


class ThrowEvent(FlowNode, kinds=(Kind.INTERMEDIATE_THROW_EVENT,)):
    def enter(self, task: Activation) -> None:
        map_inputs(task)

    def work(self, task: Activation) -> bool:
        event = self.node.event
        return self.throw(task, event) if event is not None else True

    def leave(self, task: Activation) -> None:
        map_outputs(task)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        chosen = super().choose(task)
        deadlines.extend(task)
        return chosen

    def throw(self, task: Activation, event: EventDefinition) -> bool:
        """True: go on. False: the activation is gone, or waits for a job."""
        execution = task.workflow
        if isinstance(self.node.detail, Job):
            open_job(task, self.node.detail)
            return False
        if event.kind == "message":
            publish_message(task)
        elif event.kind == "signal":
            name, variables = self._name(task, event), dict(execution.scopes.local(task.id))
            execution.record("event_thrown", task, event="signal", name=name)
            execution.effects.append(SignalThrown(name, variables, self.node.id))
            throw_signal(execution, name, variables)
        elif event.kind == "escalation":
            code = self._name(task, event)
            caught = throw_escalation(task, code, dict(execution.scopes.local(task.id)))
            if task.alive:
                execution.record("event_thrown", task, event="escalation", code=code, caught=caught)
        elif event.kind == "link":
            return self._jump(task, event)
        return task.alive

    def _name(self, task: Activation, event: EventDefinition) -> str:
        value: Any = task.workflow.json(event.name, task) if event.name else None
        if not isinstance(value, str) or not value:
            raise Fault("event_name_missing", node=self.node.name or self.node.id)
        return value

    def _jump(self, task: Activation, event: EventDefinition) -> bool:
        execution, scope = task.workflow, task.scope
        assert scope is not None and event.name is not None
        target = self.process.scopes[self.node.scope].links[event.name.text]
        execution.activate(execution.spec_of(scope, target), scope)
        return True


class EndEvent(ThrowEvent, kinds=(Kind.END_EVENT,)):
    def throw(self, task: Activation, event: EventDefinition) -> bool:
        execution, scope = task.workflow, task.scope
        assert scope is not None
        if event.kind == "terminate":
            close_event_sub_processes(scope)
            execution.cancel_inside(scope, but=task)
            return True
        if event.kind == "error":
            code = self._name(task, event)
            execution.record("event_thrown", task, event="error", code=code)
            if not throw_error(task, code, dict(execution.scopes.local(task.id))) and task.alive:
                execution.record("incident_opened", task, code="error_uncaught", error=code)
                execution.end(Status.FAILED, error=code)
            return False
        return super().throw(task, event)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        deadlines.extend(task)
        if task._parent == task.workflow.task_tree.id:
            task.workflow.end_node = self.node.id
        return ()
