"""Containers of tokens: the process body, embedded sub-processes and event sub-processes (BPMN 2.0.2 §10.3.5, §13.3.4, §13.5.4)."""

from __future__ import annotations

from engine.core.bpmn.model import Flow, Kind
from engine.core.runtime import compensation, subscriptions
from engine.core.runtime.activities import Activity
from engine.core.runtime.events import catch_at_boundary, match
from engine.core.runtime.kernel import COMPLETED, Activation, Fault, FlowNode
from engine.core.runtime.mappings import map_start
from engine.core.runtime.step import Variables


def start_inside(task: Activation) -> bool:
    """Open the event sub-processes of a scope and put tokens at its starts, or at the one start event that was triggered.

    True: there was nothing to start, the scope is done.
    """
    execution, scope = task.workflow, task.process.scopes[task.task_spec.node.id]
    for name in scope.data_objects:
        if name not in execution.scopes.local(task.id):
            execution.scopes.set_local(task.id, name, None)
    subscriptions.open_event_sub_processes(task)
    if "trigger" in task.facts:
        trigger = task.facts.pop("trigger")
        facts = {"phase": "caught", "payload": task.facts.pop("payload", {})}
        if task.facts.pop("mapped", False):
            facts["mapped"] = True
        execution.activate(execution.spec_of(task, trigger), task, facts)
        for other in _awaited_with(task, trigger):
            execution.activate(execution.spec_of(task, other), task)
    else:
        for node_id in scope.starts:
            execution.activate(execution.spec_of(task, node_id), task)
    return not task._children


def _awaited_with(task: Activation, trigger: str) -> list[str]:
    """What else must happen when an instance was started by one event of a parallel event-based gateway (BPMN §10.6.6)."""
    process = task.process
    for flow_id in process.nodes[trigger].incoming:
        gateway = process.nodes[process.flows[flow_id].source]
        if gateway.kind is Kind.EVENT_BASED_GATEWAY and gateway.instantiate and gateway.parallel:
            return [process.flows[flow].target for flow in gateway.outgoing if process.flows[flow].target != trigger]
    return []


class Body(FlowNode, kinds=(Kind.PROCESS,)):
    """A process as the outermost scope: of the instance, or inside a call activity."""

    def listens(self, task: Activation) -> bool:
        return "replays" not in task.facts and super().listens(task)

    def work(self, task: Activation) -> bool:
        if "replays" in task.facts:
            return compensation.replay(task)
        if "payload" in task.facts:
            map_start(task, self.process.nodes[task.facts["trigger"]])
            task.facts["mapped"] = True
        return start_inside(task)

    def left(self, task: Activation) -> None:
        """The last token is gone: the instance ends, or the caller goes on with the callee's variables."""
        execution, caller = task.workflow, task.scope
        if caller is not None and task.state == COMPLETED and "replays" in task.facts:
            execution.resume(caller, "leave")
        elif caller is not None and task.state == COMPLETED:
            compensation.remember_call(task, caller)
            variables: Variables = dict(execution.scopes.local(task.id))
            if self.process.interface is not None:
                variables = {name: variables.get(name) for name in self.process.interface.outputs}
            caller.task_spec.returned(caller, variables, task.facts.get("given", {}))


class SubProcess(Activity, kinds=(Kind.SUB_PROCESS, Kind.TRANSACTION)):
    """An embedded sub-process. A transaction differs in what its cancel end event does."""

    def work(self, task: Activation) -> bool:
        if "cancelled" in task.facts:
            self._leave_cancelled(task)
            return False
        return compensation.replay(task) if "replays" in task.facts else super().work(task)

    def emptied(self, task: Activation) -> None:
        if "cancelled" not in task.facts:
            super().emptied(task)

    def _leave_cancelled(self, task: Activation) -> None:
        """What was done in the transaction is undone: its cancel boundary event takes over."""
        activity = task.scope if "item" in task.facts else task
        assert activity is not None
        node = match(subscriptions.boundary_events(activity), "cancel", "")
        if node is None:
            raise Fault("cancel_uncaught", node=self.node.name or self.node.id)
        catch_at_boundary(activity, node, "cancel", {})

    def perform(self, task: Activation) -> bool:
        return start_inside(task)


class EventSubProcess(FlowNode, kinds=(Kind.EVENT_SUB_PROCESS,)):
    """Started by its start event inside the scope it belongs to; leaves by no flow."""

    def left(self, task: Activation) -> None:
        if task.state == COMPLETED:
            compensation.finished(task)

    def work(self, task: Activation) -> bool:
        return compensation.replay(task) if "replays" in task.facts else start_inside(task)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        compensation.remember(task)
        return ()
