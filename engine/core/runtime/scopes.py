"""Containers of tokens: the process body, embedded sub-processes and event sub-processes (BPMN 2.0.2 §10.3.5, §13.3.4, §13.5.4)."""

from __future__ import annotations

from engine.core.bpmn.model import Flow, Kind
from engine.core.runtime import subscriptions
from engine.core.runtime.activities import Activity
from engine.core.runtime.kernel import Activation, FlowNode
from engine.core.runtime.step import Status, Variables


def start_inside(task: Activation, start_event: str | None = None) -> None:
    """Open the event sub-processes of a scope and put tokens at its starts (or at the one start event that was triggered)."""
    execution, scope = task.workflow, task.process.scopes[task.task_spec.node.id]
    subscriptions.open_event_sub_processes(task)
    if start_event is not None:
        execution.activate(execution.spec_of(task, start_event), task, {"phase": "leave"})
        return
    for node_id in scope.starts:
        execution.activate(execution.spec_of(task, node_id), task)


class Body(FlowNode, kinds=(Kind.PROCESS,)):
    """A process as the outermost scope: of the instance, or inside a call activity."""

    def begin(self, task: Activation, start_event: str | None = None) -> None:
        start_inside(task, start_event)
        task.workflow.settle(task)

    def emptied(self, task: Activation) -> None:
        execution, caller = task.workflow, task.scope
        if caller is None:
            execution.end(Status.COMPLETED)
            return
        variables: Variables = dict(execution.scopes.local(task.id))
        execution.record("completed", task)
        execution.forget(task)
        caller.task_spec.returned(caller, variables)  # type: ignore[attr-defined]


class SubProcess(Activity, kinds=(Kind.SUB_PROCESS,)):
    def perform(self, task: Activation) -> bool:
        start_inside(task)
        return not task._children


class EventSubProcess(FlowNode, kinds=(Kind.EVENT_SUB_PROCESS,)):
    """Started by its start event inside the scope it belongs to; leaves by no flow."""

    def begin(self, task: Activation, start_event: str, payload: Variables) -> None:
        execution = task.workflow
        execution.activate(execution.spec_of(task, start_event), task, {"phase": "leave", "payload": payload})
        subscriptions.open_event_sub_processes(task)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        return ()
