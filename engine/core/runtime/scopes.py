"""Containers of tokens: the process body, embedded sub-processes and event sub-processes (BPMN 2.0.2 §10.3.5, §13.3.4, §13.5.4)."""

from __future__ import annotations

from engine.core.bpmn.model import Flow, Kind
from engine.core.runtime import subscriptions
from engine.core.runtime.activities import Activity
from engine.core.runtime.kernel import COMPLETED, Activation, FlowNode
from engine.core.runtime.step import Variables


def start_inside(task: Activation) -> bool:
    """Open the event sub-processes of a scope and put tokens at its starts, or at the one start event that was triggered.

    True: there was nothing to start, the scope is done.
    """
    execution, scope = task.workflow, task.process.scopes[task.task_spec.node.id]
    subscriptions.open_event_sub_processes(task)
    if "trigger" in task.facts:
        facts = {"phase": "leave", "payload": task.facts.pop("payload", {})}
        execution.activate(execution.spec_of(task, task.facts.pop("trigger")), task, facts)
    else:
        for node_id in scope.starts:
            execution.activate(execution.spec_of(task, node_id), task)
    return not task._children


class Body(FlowNode, kinds=(Kind.PROCESS,)):
    """A process as the outermost scope: of the instance, or inside a call activity."""

    def work(self, task: Activation) -> bool:
        return start_inside(task)

    def left(self, task: Activation) -> None:
        """The last token is gone: the instance ends, or the caller goes on with the callee's variables."""
        execution, caller = task.workflow, task.scope
        if caller is not None and task.state == COMPLETED:
            variables: Variables = dict(execution.scopes.local(task.id))
            caller.task_spec.returned(caller, variables)  # type: ignore[attr-defined]


class SubProcess(Activity, kinds=(Kind.SUB_PROCESS,)):
    def perform(self, task: Activation) -> bool:
        return start_inside(task)


class EventSubProcess(FlowNode, kinds=(Kind.EVENT_SUB_PROCESS,)):
    """Started by its start event inside the scope it belongs to; leaves by no flow."""

    def work(self, task: Activation) -> bool:
        return start_inside(task)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        return ()
