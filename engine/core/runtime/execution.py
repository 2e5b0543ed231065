"""One instance while one stimulus runs through it: the tree of live tokens, the open waits, the variables, the record.

What happens in which order is the business of `turns`; what a node does, that of its behaviour.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from SpiffWorkflow.workflow import Workflow

from engine import feel
from engine.core.bpmn.model import Flow, Formula, Node, Process
from engine.core.library import Library
from engine.core.runtime.kernel import ERROR, READY, STARTED, WAITING, Activation, Fault, FlowNode, specification
from engine.core.runtime.step import Absent, Effect, Entry, HistoryKind, Json, RestNeeded, Status, TaskChange, Variables, Wait, WaitKind
from engine.core.variables import Scopes, View


CallListener = Callable[[Activation, str], bool]  # opens the job of a node's next listener for an event; False: there is none


class Execution(Workflow):  # type: ignore[misc]
    """The running machine. Built from a State, driven by one stimulus, read out into a Step."""

    tasks: dict[str, Activation]

    def __init__(
        self, library: Library, process: Process, instance_id: str, now: datetime, call_listener: CallListener, *, counter: int = 0,
        activations: int = 0, absent: Mapping[str, Absent] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(specification(process), deserializing=True)
        self.library = library
        self.instance_id = instance_id
        self.now = now
        self.call_listener = call_listener
        self.counter = counter
        self.activations = activations
        self.status = Status.ACTIVE
        self.ready: deque[Activation] = deque()
        self.waits: dict[str, Wait] = {}
        self._owned: defaultdict[str, list[str]] = defaultdict(list)
        self.joins: dict[tuple[str, str], Activation] = {}
        self.scopes = Scopes({}, self.chain)
        self.history: list[Entry] = []
        self.effects: list[Effect] = []
        self.changed: list[TaskChange] = []
        self.end_node: Node | None = None
        self.conditions: dict[str, None] = {}  # ids of the waits for conditions, in the order they opened
        self.steps_back: Activation | None = None  # the activation just run wants its turn after everything else that is ready
        self.unseen_condition = False  # a condition has been armed that nobody has looked at
        self.absent: Mapping[str, Absent] = absent or {}
        self.absent_tokens = sum(left_out.tokens for left_out in self.absent.values())

    # --------------------------------------------------------------------------------------------------------- the queue

    def enqueue(self, task: Activation) -> None:
        self.ready.append(task)

    def resume(self, task: Activation, phase: str) -> None:
        """Let an open activation go on with `phase` ("work", "leave", "flows")."""
        if task.state == ERROR:
            self._overtake_incident(task)
        task.facts["phase"] = phase
        task._ready()

    def _overtake_incident(self, task: Activation) -> None:
        """What an activation stood still for is past: something inside it has moved it on."""
        for wait in self.waits_of(task.id):
            if wait.kind == "incident":
                self.close_wait(wait.id)
                self.record("incident_resolved", task, code=wait.code, by="progress")

    # ---------------------------------------------------------------------------------------------------------- tokens

    def new_id(self, scope: Activation) -> str:
        """An id for something in `scope`. Inside an item of a repeated activity it begins with the item's, and so says where it is."""
        self.counter += 1
        is_head = "item" in scope.facts or scope._parent is None
        return f"{scope.id if is_head else scope.id.rpartition('.')[0]}.{self.counter}"

    def activate(
        self, spec: FlowNode, scope: Activation, facts: dict[str, Any] | None = None, *, state: int = READY, definition_id: str = ""
    ) -> Activation:
        """Put a token at a node inside `scope`."""
        task = Activation(self, spec, scope, self.new_id(scope), state, facts or {}, definition_id or scope.definition_id)
        self.record("activated", task, **_item_facts(task))
        if state == READY:
            task._ready()
        elif state == WAITING:
            self.joins[scope.id, spec.node.id] = task
        return task

    def take(self, flow: Flow, scope: Activation) -> None:
        """Move a token along a sequence flow."""
        scope.task_spec.admit(scope, flow)

    def spec_of(self, scope: Activation, node_id: str) -> FlowNode:
        return scope.task_spec._wf_spec.task_specs[node_id]  # type: ignore[no-any-return]

    def _task_completed_notify(self, task: Activation) -> None:
        """The kernel's call when a task has completed: hand its tokens on and let it go."""
        if not task.alive:
            return
        scope = task.scope
        task.task_spec.left(task)
        self.record("completed", task, **_item_facts(task))
        if scope is None:
            self.end(Status.COMPLETED)
            return
        self.forget(task)
        if "item" in task.facts:
            scope.task_spec.item_left(scope, task)
            return
        scope.task_spec.inner_left(scope)
        for flow in task.chosen:
            for _ in range(task.task_spec.node.completion_quantity):
                self.take(flow, scope)
        self.settle(scope)

    def settle(self, scope: Activation) -> None:
        """If no token is left in a scope, it is done."""
        if scope.alive and not self.count_inside(scope) and scope.facts.get("phase") == "work":
            scope.task_spec.emptied(scope)

    def forget(self, task: Activation) -> None:
        """Remove a finished activation with its waits and variables. Its children must be gone."""
        self.close_waits_of(task.id)
        self.scopes.close(task.id)
        scope = task.scope
        if scope is not None:
            self.joins.pop((scope.id, task.task_spec.node.id), None) if task.state == WAITING else None
            scope._children.remove(task.id)
        del self.tasks[task.id]

    def retire(self, task: Activation) -> None:
        """End an activation as completed without taking its flows."""
        task.task_spec.left(task)
        self.record("completed", task, **_item_facts(task))
        self.forget(task)

    def cancel_task(self, task: Activation) -> None:
        """End an activation and everything inside it without taking its flows.

        Where someone is to be heard before (`canceling` listeners), what has last words and what is around it stay, `dying`, until
        they are said. What comes instead holds back: `wait_for_dying`.
        """
        self.cancel_inside(task)
        if task.task_spec.has_last_words(task):
            task.facts["dying"] = True
        elif task._children:
            task.facts["dying"] = True
            self.close_waits_of(task.id)
            task._set_state(STARTED)
        else:
            self._vanish(task)

    def count_inside(self, scope: Activation) -> int:
        """How many activations are directly in a scope, those left out of the state too."""
        return len(scope._children) + (self.absent[scope.id].items if scope.id in self.absent else 0)

    def cancel_inside(self, scope: Activation, but: Activation | None = None) -> None:
        """Cancel every activation in a scope, except one."""
        if scope.id in self.absent:
            raise RestNeeded
        for child in reversed(scope.children):
            if child is not but and child.alive and "dying" not in child.facts:
                self.cancel_task(child)

    def _vanish(self, task: Activation) -> None:
        task.task_spec.left(task)
        self.record("cancelled", task, **_item_facts(task))
        self.forget(task)

    def wait_for_dying(self, task: Activation, *others: Activation) -> None:
        """Hold an activation back while any of the others is alive and dying."""
        dying = [other.id for other in others if other.alive and "dying" in other.facts]
        if dying:
            task.facts["after"] = [*task.facts.get("after", ()), *dying]

    def holds_back(self, task: Activation) -> bool:
        """Whether what an activation comes instead of is still dying."""
        if "after" not in task.facts:
            return False
        if any(id_ in self.tasks for id_ in task.facts["after"]):
            return True
        del task.facts["after"]
        return False

    def let_go(self, task: Activation) -> None:
        """The last words of a dying activation are said: it ends now, and around it what has stayed for its sake."""
        around: Activation | None = task
        while around is not None and "dying" in around.facts and not around._children:
            if around.scope is None:
                self._finish(around)
                return
            task, around = around, around.scope
            self._vanish(task)
        if around is not None and "dying" not in around.facts:
            self.settle(around)
        for held in [held for held in self.tasks.values() if "after" in held.facts and held not in self.ready]:
            self.enqueue(held)  # if it still holds back, it is put aside again

    def chain(self, scope_id: str) -> Iterator[str]:
        """Ids of the scopes that `scope_id` sees, innermost first, up to the body of its process."""
        task = self.tasks.get(scope_id)
        while task is not None:
            yield task.id
            if task.task_spec.node.id == task.process.id:
                return
            task = task.scope

    def end(self, status: Status, **facts: Json) -> None:
        """The instance is over; whatever is left in it is cancelled. Asked a second time, it waits for no last words."""
        root: Activation = self.task_tree
        self.cancel_inside(root)
        end = {"end": self.end_node.id, "end_name": self.end_node.name} if self.end_node else {}
        has_been_asked = "ending" in root.facts
        root.facts["ending"] = {"status": str(status), **end, **facts}
        if root._children and not has_been_asked:
            root.facts["dying"] = True
            self.close_waits_of(root.id)
            root._set_state(STARTED)
        else:
            self._finish(root)

    def _finish(self, root: Activation) -> None:
        for task in [task for task in reversed(self.tasks.values()) if task is not root]:
            self._vanish(task)  # whose last words nobody waits for any more
        self.close_waits_of(root.id)
        ending = root.facts.pop("ending")
        self.status = Status(ending["status"])
        del self.tasks[root.id]
        self.record("instance_ended", root, **ending)

    # ----------------------------------------------------------------------------------------------------------- waits

    def open_wait(self, wait: Wait) -> Wait:
        self.waits[wait.id] = wait
        if wait.kind == "condition":
            self.conditions[wait.id] = None
        self._owned[wait.owner].append(wait.id)
        return wait

    def new_wait(self, owner: Activation, node: Node, kind: WaitKind, **facts: Any) -> Wait:
        """A wait of `owner` to which `node` reacts (itself, a boundary event, an event sub-process's start …)."""
        return Wait(
            id=facts.pop("id", None) or self.new_id(owner), kind=kind, owner=owner.id, node=node.id, node_name=node.name,
            process_id=owner.process.id, definition_id=owner.definition_id, scope=owner.id, created_at=self.now, **facts,
        )  # fmt: skip

    def change_wait(self, wait: Wait, **facts: Any) -> None:
        self.waits[wait.id] = replace(wait, **facts)

    def close_wait(self, wait_id: str) -> None:
        wait = self.waits.pop(wait_id, None)
        if wait is not None:
            self.conditions.pop(wait_id, None)
            self._owned[wait.owner].remove(wait_id)

    def close_waits_of(self, owner: str) -> None:
        for wait_id in self._owned.pop(owner, ()):
            wait = self.waits.pop(wait_id)
            self.conditions.pop(wait_id, None)
            if wait.kind == "incident":
                self.record("incident_resolved", self.tasks.get(owner), code=wait.code, by="end")

    def waits_of(self, owner: str) -> list[Wait]:
        return [self.waits[wait_id] for wait_id in self._owned.get(owner, ())]

    # ----------------------------------------------------------------------------------------------------- expressions

    def view(self, task: Activation, layer: Mapping[str, object] | None = None) -> View:
        """What expressions at this activation see: variables of its scopes, then the host functions."""
        view = self.scopes.view(task.id, self.library.functions)
        return view.over(layer) if layer else view

    def value(self, formula: Formula, task: Activation, layer: Mapping[str, object] | None = None) -> object:
        """A fixed text as it is, a FEEL expression evaluated here and now. Nulls from type errors are recorded as warnings."""
        if formula.expression is None:
            return formula.text
        try:
            value, warnings = formula.expression.evaluate(self.view(task, layer), now=self.now)
        except feel.BudgetExceeded:
            raise Fault("expression_budget", expression=formula.text) from None
        for warning in warnings:
            facts = {name: str(fact) for name, fact in warning.facts.items()}
            self.record("warning", task, code=warning.code, expression=formula.text, column=warning.column, about=facts)
        return value

    def json(self, formula: Formula, task: Activation, layer: Mapping[str, object] | None = None) -> Json:
        try:
            return feel.to_json(self.value(formula, task, layer))
        except feel.NotStorable as error:
            raise Fault(error.code, expression=formula.text, **error.facts) from None

    def truth(self, formula: Formula, task: Activation, layer: Mapping[str, object] | None = None) -> bool:
        """A condition. Anything but true or false is a fault: a missing variable must not decide a route in silence."""
        value = self.value(formula, task, layer)
        if not isinstance(value, bool):
            raise Fault("condition_not_boolean", expression=formula.text, value=feel.shown(value))
        return value

    def count(self, formula: Formula, task: Activation, code: str) -> int:
        """A whole number of at least 0, or its digits as text; anything else is a fault with this code."""
        value = self.json(formula, task)
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise Fault(code, expression=formula.text, value=str(value))
        return value

    def flows_taken(
        self, task: Activation, node: Node, flows: tuple[Flow, ...], layer: Mapping[str, object] | None = None
    ) -> tuple[Flow, ...]:
        """All flows that are unconditional or true, else the default; Fault `no_flow_taken` if there is nowhere to go."""
        default = None
        taken = []
        for flow in flows:
            if flow.id == node.default:
                default = flow
            elif flow.condition is None or self.truth(flow.condition, task, layer):
                taken.append(flow)
        if taken or not flows:
            return tuple(taken)
        if default is None:
            raise Fault("no_flow_taken", node=node.name or node.id)
        return (default,)

    # ---------------------------------------------------------------------------------------------------------- record

    def record(self, kind: HistoryKind, task: Activation | None, node: Node | None = None, /, **facts: Any) -> None:
        """Add a line to the instance's history about `task`, or about another `node` concerning it."""
        if task is None:
            return
        node = node or task.task_spec.node
        self.history.append(
            Entry(kind, self.now, task.definition_id, node.id, str(node.kind), node.name or None, task.id, task._parent, facts)
        )

    def record_flow(self, flow: Flow, scope: Activation) -> None:
        self.history.append(
            Entry("flow_taken", self.now, scope.definition_id, flow.id, "sequenceFlow", flow.name or None, None, scope.id)
        )

    def merge(self, task: Activation, variables: Variables) -> None:
        """Take variables over into the scopes, each where its name lives, and record them."""
        for name, value in variables.items():
            self.scopes.propagate(task.id, name, value)
        if variables:
            self.record("variables_set", task, variables=dict(variables))

    def open_incident(self, task: Activation, code: str, facts: Mapping[str, Any]) -> None:
        """The activation stands still until a person or a retry resolves the cause."""
        if not task.alive:
            return
        task._set_state(ERROR)
        known = {name: fact if isinstance(fact, int | float | bool) or fact is None else str(fact) for name, fact in facts.items()}
        self.open_wait(self.new_wait(task, task.task_spec.node, "incident", code=code, facts=known))
        self.record("incident_opened", task, code=code, **known)


def _item_facts(task: Activation) -> dict[str, Json]:
    facts: dict[str, Json] = {"loopCounter": task.facts["item"]} if "item" in task.facts else {}
    return {**facts, "compensates": True} if "undoes" in task.facts else facts
