"""Events: what waits for them, what happens when they occur, and how errors and escalations find their handler.

Source: BPMN 2.0.2 §10.5, §13.5; for messages, timers and signals the conventions of the zeebe extension elements.
"""

from __future__ import annotations

from engine.core.bpmn.model import EventDefinition, Flow, Job, Kind, Node
from engine.core.runtime import compensation, deadlines, timers
from engine.core.runtime.execution import Execution
from engine.core.runtime.jobs import open_job, publish_message
from engine.core.runtime.kernel import Activation, Fault, FlowNode
from engine.core.runtime.mappings import map_inputs, map_outputs
from engine.core.runtime.step import SignalThrown, Status, Variables, Wait
from engine.core.runtime.subscriptions import (
    boundary_events, catch_up, close_event_sub_processes, definition_of, event_sub_process_starts, name_of, subscribe,
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------ events happening


def happen(execution: Execution, wait: Wait, payload: Variables) -> None:
    """The event that `wait` was waiting for has occurred. A fault in what it sets off stays with the activation that waited."""
    owner = execution.tasks[wait.owner]
    try:
        _occur(execution, owner, wait, payload)
    except Fault as fault:
        execution.open_incident(owner, fault.code, fault.facts)


def _occur(execution: Execution, owner: Activation, wait: Wait, payload: Variables) -> None:
    node = owner.process.nodes[wait.node]
    kind = definition_of(node, wait).kind
    if kind == "timer" and _is_left_out(execution, node, wait):
        return
    if node.parallel_multiple:
        all_of_it = _all_occurred(owner, node, wait, payload)
        if all_of_it is None:
            return
        payload = all_of_it
    elif not node.interrupting:
        _rearm(execution, node, wait)
    if node.kind is Kind.BOUNDARY_EVENT:
        catch_at_boundary(owner, node, kind, payload)
    elif node.kind is Kind.START_EVENT:
        execution.record("event_caught", owner, node, event=kind)
        _start_event_sub_process(owner, node, payload)
    elif owner.task_spec.node.kind is Kind.EVENT_BASED_GATEWAY:
        owner.task_spec.happened(owner, node.id, kind, payload)
    else:
        execution.record("event_caught", owner, event=kind)
        for other in execution.waits_of(owner.id):
            if other.node == node.id:  # of a multiple event, one part is enough
                execution.close_wait(other.id)
        owner.facts["payload"] = payload
        execution.resume(owner, "leave")


def _all_occurred(owner: Activation, node: Node, wait: Wait, payload: Variables) -> Variables | None:
    """Of a parallel multiple event: note that one part has occurred; once all have, what they brought together."""
    execution = owner.workflow
    occurred = owner.facts.setdefault("occurred", {}).setdefault(node.id, {"parts": [], "payload": {}})
    occurred["parts"].append(wait.facts.get("definition", 0))
    occurred["payload"] = {**occurred["payload"], **payload}
    execution.close_wait(wait.id)
    if len(occurred["parts"]) < len(node.events):
        return None
    del owner.facts["occurred"][node.id]
    if not node.interrupting:
        subscribe(owner, node)
    return dict(occurred["payload"])


def catch_at_boundary(owner: Activation, node: Node, kind: str, payload: Variables) -> None:
    """A boundary event of `owner` catches; an interrupting one ends the activity."""
    execution, scope = owner.workflow, owner.scope
    assert scope is not None
    caught = execution.activate(execution.spec_of(scope, node.id), scope, {"phase": "caught", "payload": payload})
    execution.record("event_caught", caught, event=kind)
    if node.interrupting:
        execution.cancel_task(owner)
        execution.wait_for_dying(caught, owner)


def _start_event_sub_process(scope: Activation, start: Node, payload: Variables) -> None:
    """Run the event sub-process of a start event; an interrupting one first ends everything else in the scope."""
    execution = scope.workflow
    spec = execution.spec_of(scope, start.scope)
    task = execution.activate(spec, scope, {"trigger": start.id, "payload": payload})
    if start.interrupting:
        execution.cancel_inside(scope, but=task)
        execution.wait_for_dying(task, *scope.children)
        close_event_sub_processes(scope)
        scope.facts["interrupted"] = True


def _is_left_out(execution: Execution, node: Node, wait: Wait) -> bool:
    """A cycle that does not catch up passes over what it has missed, whether it interrupts or not."""
    if wait.interval is None or catch_up(node) != "none" or wait.due_at is None or not timers.is_missed(wait.due_at, execution.now):
        return False
    _rearm(execution, node, wait)
    return True


def _rearm(execution: Execution, node: Node, wait: Wait) -> None:
    """A non-interrupting event may occur again: messages, signals and conditions stay armed, a cycle goes to its next date."""
    if wait.kind != "timer":
        return
    firing = None
    if wait.interval is not None and wait.due_at is not None:
        firing = timers.next_firing(wait.interval, wait.due_at, execution.now, wait.remaining, catch_up(node))
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
            start = match(starts, kind, code)
            if start is not None:
                execution.record("event_caught", current, start, event=kind, code=code)
                _start_event_sub_process(current, start, payload)
                return True
        if "item" not in current.facts:
            node = match(boundary_events(current), kind, code)
            if node is not None:
                catch_at_boundary(current, node, kind, payload)
                return True
        came_from, current = current, current.scope
    return False


def catch_thrown_at(activity: Activation, event: EventDefinition) -> None:
    """An event thrown to the boundary of one activity only, whatever its kind; without a matching boundary event it is lost."""
    node = match(boundary_events(activity), event.kind, event.name.text if event.name else "")
    if node is not None:
        catch_at_boundary(activity, node, event.kind, {})


def match(nodes: list[Node], kind: str, code: str) -> Node | None:
    """The one of these catching nodes that catches an event: one that names its code before one that catches all."""
    events = [(node, event) for node in nodes for event in node.events if event.kind == kind]
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
        subscribe(task, self.node)
        return False

    def leave(self, task: Activation) -> None:
        map_outputs(task)


class ThrowEvent(FlowNode, kinds=(Kind.INTERMEDIATE_THROW_EVENT,)):
    def enter(self, task: Activation) -> None:
        map_inputs(task)

    def work(self, task: Activation) -> bool:
        """Throw all events of the node in document order; one that takes time is waited for before the next."""
        if self._lets_others_catch_up(task):
            return False
        if isinstance(self.node.detail, Job) and not self.node.detail.sends_message:
            open_job(task, self.node.detail)  # which stands for the node's one message
            return False
        for index in range(task.facts.get("thrown", 0), len(self.node.events)):
            goes_on = self.throw(task, self.node.events[index])
            task.facts["thrown"] = index + 1  # not before: what could not be thrown is thrown by a retry
            if not goes_on:
                return False
        return True

    def _lets_others_catch_up(self, task: Activation) -> bool:
        """A signal reaches whoever is waiting: tokens of parallel branches that are on their way come to their waits first, once.

        Which branch is written first must not decide whether a signal is heard (BPMN §10.5.1: branches are concurrent).
        """
        ready = task.workflow.ready
        if "yielded" in task.facts or not ready or not any(event.kind == "signal" for event in self.node.events):
            return False
        task.facts["yielded"] = True
        task.workflow.steps_back = task
        return True

    def leave(self, task: Activation) -> None:
        map_outputs(task)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        chosen = super().choose(task)
        deadlines.extend(task)
        return chosen

    def throw(self, task: Activation, event: EventDefinition) -> bool:
        """True: go on. False: the activation is gone, or waits until what it has set off is done."""
        if event.kind == "message":
            publish_message(task, event)
        elif event.kind == "signal":
            self._signal(task, event)
        elif event.kind == "escalation":
            self._escalate(task, event)
        elif event.kind == "compensation":
            return compensation.begin(task, event)
        elif event.kind == "link":
            return self._jump(task, event)
        return task.alive

    def _signal(self, task: Activation, event: EventDefinition) -> None:
        execution = task.workflow
        name, variables = name_of(task, self.node, event), dict(execution.scopes.local(task.id))
        execution.record("event_thrown", task, event="signal", name=name)
        execution.effects.append(SignalThrown(name, variables, self.node.id))
        throw_signal(execution, name, variables)

    def _escalate(self, task: Activation, event: EventDefinition) -> None:
        code = name_of(task, self.node, event)
        caught = throw_escalation(task, code, dict(task.workflow.scopes.local(task.id)))
        if task.alive:
            task.workflow.record("event_thrown", task, event="escalation", code=code, caught=caught)

    def _jump(self, task: Activation, event: EventDefinition) -> bool:
        execution, scope = task.workflow, task.scope
        assert scope is not None and event.name is not None
        target = self.process.scopes[self.node.scope].links[event.name.text]
        execution.activate(execution.spec_of(scope, target), scope)
        return True


class EndEvent(ThrowEvent, kinds=(Kind.END_EVENT,)):
    """Ends its path. Of several events those that end more than the path (error, cancel, terminate) are written last."""

    def throw(self, task: Activation, event: EventDefinition) -> bool:
        execution, scope = task.workflow, task.scope
        assert scope is not None
        if event.kind == "terminate":
            close_event_sub_processes(scope)
            execution.cancel_inside(scope, but=task)
            return True
        if event.kind == "error":
            code = name_of(task, self.node, event)
            execution.record("event_thrown", task, event="error", code=code)
            if not throw_error(task, code, dict(execution.scopes.local(task.id))) and task.alive:
                execution.record("incident_opened", task, code="error_uncaught", error=code)
                execution.end(Status.FAILED, error=code)
            return False
        if event.kind == "cancel":
            self._cancel(task)
            return False
        return super().throw(task, event)

    def _cancel(self, task: Activation) -> None:
        """Cancel the transaction around; this path is done with, whatever else runs in it is ended."""
        transaction = task.scope
        while transaction is not None and transaction.task_spec.node.kind is not Kind.TRANSACTION:
            transaction = transaction.scope
        assert transaction is not None
        task.workflow.record("event_thrown", task, event="cancel")
        task.workflow.retire(task)
        compensation.cancel(transaction)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        deadlines.extend(task)
        if _ends_the_instance(task):
            task.workflow.end_node = self.node
        return ()


def _ends_the_instance(task: Activation) -> bool:
    """Whether an end event is one of the instance itself: on its main path, or in an event sub-process that took over."""
    scope = task.scope
    while scope is not None and scope.task_spec.node.kind is Kind.EVENT_SUB_PROCESS:
        scope = scope.scope
    return scope is task.workflow.task_tree
