"""Ad-hoc sub-processes: activities in no given order, offered until a condition holds (BPMN 2.0.2 §10.3.5, §13.3.5).

Whoever works on them chooses; so all that can be started is offered at once, or one after the other if the ordering is sequential.
The condition is judged after each completion, before any token goes on. Once it holds nothing more is begun. When everything that
was offered is done and it does not hold yet, all is offered again: an activity may be performed any number of times.
"""

from __future__ import annotations

from engine.core.bpmn.model import AdHoc, Flow, Kind
from engine.core.runtime import subscriptions
from engine.core.runtime.kernel import ERROR, WAITING, Activation, Fault
from engine.core.runtime.mappings import plain_name
from engine.core.runtime.scopes import SubProcess
from engine.core.runtime.step import Json


class AdHocSubProcess(SubProcess, kinds=(Kind.AD_HOC_SUB_PROCESS,)):
    """Facts: `pending`, the nodes still to be started, in order; `over`, the condition has held."""

    @property
    def detail(self) -> AdHoc:
        assert isinstance(self.node.detail, AdHoc)
        return self.node.detail

    def perform(self, task: Activation) -> bool:
        if "interrupted" in task.facts:
            return not task._children
        if "pending" not in task.facts:
            self._open(task)
        else:
            self._judge(task)
        if not (task._children or task.facts["pending"]):
            if self.detail.completion_condition is None or self._is_over(task):
                return True
            task.facts["pending"] = self._offered(task)
            if not task.facts["pending"]:
                raise Fault("ad_hoc_unfinished", node=self.node.name or self.node.id, expression=self.detail.completion_condition.text)
        self._start_pending(task)
        return False

    def _open(self, task: Activation) -> None:
        offered, execution = self._offered(task), task.workflow
        subscriptions.open_event_sub_processes(task)
        if self.detail.output_collection:
            execution.scopes.set_local(task.id, self.detail.output_collection, [])
        own = plain_name(self.detail.output_element)
        if own is not None:
            execution.scopes.set_local(task.id, own, None)
        task.facts["pending"] = offered

    def _offered(self, task: Activation) -> list[str]:
        scope, wanted = self.process.scopes[self.node.id], self.detail.active_elements
        if wanted is None:
            return list(scope.starts)
        names = task.workflow.json(wanted, task)
        if not isinstance(names, list) or any(name not in scope.nodes for name in names):
            raise Fault("ad_hoc_element_unknown", expression=wanted.text, value=str(names))
        return [str(name) for name in names]

    def _start_pending(self, task: Activation) -> None:
        pending, execution = task.facts["pending"], task.workflow
        if self.detail.sequential and (not pending or any(map(_is_busy, task.children))):
            return
        starting, task.facts["pending"] = (pending[:1], pending[1:]) if self.detail.sequential else (pending, [])
        for node_id in starting:
            execution.activate(execution.spec_of(task, node_id), task)

    def _judge(self, task: Activation) -> None:
        condition = self.detail.completion_condition
        if condition is None or "over" in task.facts or not task.workflow.truth(condition, task):
            return
        task.facts["over"] = True
        task.facts["pending"] = []
        if self.detail.cancel_remaining:
            task.workflow.cancel_inside(task)

    def _is_over(self, task: Activation) -> bool:
        self._judge(task)
        return "over" in task.facts

    def inner_left(self, scope: Activation) -> None:
        if "interrupted" in scope.facts:
            return
        try:
            self._judge(scope)
        except Fault as fault:
            scope.workflow.open_incident(scope, fault.code, fault.facts)
            return
        if scope.facts["pending"] or scope.state == ERROR:
            scope.workflow.resume(scope, "work")

    def admit(self, scope: Activation, flow: Flow) -> None:
        """A token wants to go on inside: not when the condition holds, and in its turn where only one activity runs at a time."""
        if "over" in scope.facts:
            return
        if self.detail.sequential and self.process.nodes[flow.target].start_quantity == 1 and any(map(_is_busy, scope.children)):
            scope.workflow.record_flow(flow, scope)
            scope.facts["pending"].insert(0, flow.target)
        else:
            super().admit(scope, flow)

    def emptied(self, task: Activation) -> None:
        task.workflow.resume(task, "work")

    def own_result(self, activity: Activation) -> str | None:
        """Activities that are neither begun nor followed by another keep what the output element names to themselves."""
        alone = not (activity.task_spec.node.incoming or activity.task_spec.node.outgoing)
        return plain_name(self.detail.output_element) if alone else None

    def path_ended(self, scope: Activation, activity: Activation) -> None:
        """An activity completes and no other follows: its output joins the collection."""
        name, element, execution = self.detail.output_collection, self.detail.output_element, scope.workflow
        if name and element is not None and self.node.id == activity.task_spec.node.scope:
            collected: Json = execution.scopes.local(scope.id).get(name)
            rest = collected if isinstance(collected, list) else []
            execution.scopes.set_local(scope.id, name, [*rest, execution.json(element, activity)])

    def leave(self, task: Activation) -> None:
        """The collection goes to the scopes around, unless output mappings say what does."""
        name, execution = self.detail.output_collection, task.workflow
        if name and not self.node.outputs and not self.is_body(task) and name in execution.scopes.local(task.id):
            collected = execution.scopes.local(task.id)[name]
            execution.scopes.remove(task.id, name)
            execution.merge(task, {name: collected})
        super().leave(task)


def _is_busy(inside: Activation) -> bool:
    """Whether an activation stands in the way of the next activity: not an event sub-process, nor a join that waits for it."""
    return inside.state != WAITING and inside.task_spec.node.kind is not Kind.EVENT_SUB_PROCESS
