"""Where SpiffWorkflow ends and BPMN begins: our task specifications on its kernel.

SpiffWorkflow's kernel (Workflow, Task, TaskSpec) keeps a tree of tasks and moves them through its states. We use that tree for
live tokens only: a task is one activation of a flow node, its parent is the scope that contains it, and a finished task leaves
the tree at once. So state stays flat however long an instance runs, cancelling a scope is cancelling a subtree, and none of
the kernel's predictions, data copies or tree walks is needed. What a flow node does is the business of its `FlowNode`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from SpiffWorkflow.specs import WorkflowSpec
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.core.bpmn.model import Flow, Kind, Node, Process

if TYPE_CHECKING:
    from engine.core.runtime.execution import Execution

WAITING, READY, STARTED, ERROR, COMPLETED = (
    TaskState.WAITING, TaskState.READY, TaskState.STARTED, TaskState.ERROR, TaskState.COMPLETED,
)  # fmt: skip


class Fault(Exception):
    """Something in a diagram's expressions or data went wrong while it ran: becomes an incident with this code and facts."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code} {facts}")


class Activation(Task):  # type: ignore[misc]
    """One activation of a flow node (or of a whole process: its body).

    `facts` is what must outlive the step: `phase` ("begin", "work", "leave", "end", "flows"; "caught": its event has happened;
    absent: not entered yet), a join's `arrived`, an item's `item`, a deadline … JSON only.
    """

    workflow: Execution
    task_spec: FlowNode
    triggered = False

    def __init__(
        self, execution: Execution, spec: FlowNode, scope: Activation | None, id: str, state: int, facts: dict[str, Any],
        definition_id: str,
    ) -> None:  # fmt: skip
        # What the kernel's own constructor would do, without a clock, a copy of data and a second look for the parent.
        self.id, self.workflow, self.task_spec = id, execution, spec
        execution.tasks[id] = self
        self.scope = scope
        self._parent = None if scope is None else scope.id
        self._children: list[str] = []
        self._state = state
        self.internal_data = self.facts = facts
        self.data: dict[str, Any] = {}
        self.definition_id = definition_id
        self.chosen: tuple[Flow, ...] = ()
        self.visits: dict[str, int] = {}  # how often tokens have come by each node inside, since somebody outside did something
        if scope is not None:
            scope._children.append(id)

    @property
    def process(self) -> Process:
        return self.task_spec.process

    @property
    def alive(self) -> bool:
        return self.id in self.workflow.tasks

    def _set_state(self, value: int) -> None:
        # The kernel would read the clock and build log records on every change; history is the Step's business.
        self._state = value


class FlowNode(TaskSpec):  # type: ignore[misc]
    """What one flow node does when a token is at it. Phases: enter → work → leave → flows; each may be tried again.

    A phase is re-entered with what it had: once the cause is mended, a fault and a retry come to the same as no fault. What a phase
    has done before it faults it must do again without effect, or remember in the activation's facts.
    Listeners are called before the work and after leaving.

    Expressions are evaluated before anything moves, so a fault leaves the activation where it was, with an incident.
    A behaviour names the kinds of flow node it is for: `class Gateway(FlowNode, kinds=(Kind.…,))`.
    """

    behaviours: ClassVar[dict[Kind, type[FlowNode]]] = {}

    def __init_subclass__(cls, kinds: tuple[Kind, ...] = ()) -> None:
        super().__init_subclass__()
        FlowNode.behaviours |= dict.fromkeys(kinds, cls)

    def __init__(self, specification: Specification, node: Node) -> None:
        super().__init__(specification, node.id)
        self.node = node
        self.process = specification.process
        self.flows = tuple(specification.process.flows[id_] for id_ in node.outgoing)

    def test(self) -> None:
        """The kernel asks for wiring; ours was judged at deployment."""

    def arrive(self, execution: Execution, scope: Activation, flow: Flow) -> None:
        """A token comes along `flow`. Most nodes start one activation per token (BPMN §10.2.1, implicit merge), or per
        `startQuantity` tokens (Table 10.3)."""
        if self.node.start_quantity == 1:
            execution.activate(self, scope)
            return
        waiting = execution.joins.get((scope.id, self.node.id)) or execution.activate(self, scope, {"arrived": 0}, state=WAITING)
        waiting.facts.pop("stuck", None)
        waiting.facts["arrived"] += 1
        if waiting.facts["arrived"] == self.node.start_quantity:
            del waiting.facts["arrived"], execution.joins[scope.id, self.node.id]
            waiting._ready()

    def enter(self, task: Activation) -> None:
        """Set up what the node needs; may fault, must be repeatable."""

    def work(self, task: Activation) -> bool:
        """Do it. True: done. False: the activation stays open until a stimulus ends it."""
        return True

    def leave(self, task: Activation) -> None:
        """Take over results."""

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        """The outgoing flows that get a token: all that are unconditional or true, else the default (BPMN §13.2.1)."""
        return task.workflow.flows_taken(task, self.node, self.flows)

    def left(self, task: Activation) -> None:
        """The activation ends, completed or cancelled."""

    def admit(self, scope: Activation, flow: Flow) -> None:
        """A token inside this scope moves along `flow`."""
        scope.workflow.record_flow(flow, scope)
        scope.workflow.spec_of(scope, flow.target).arrive(scope.workflow, scope, flow)

    def own_result(self, activity: Activation) -> str | None:
        """The variable that an activity inside this scope keeps to itself."""
        return None

    def path_ended(self, scope: Activation, activity: Activation) -> None:
        """An activity inside this scope is about to complete without a token going on; may fault."""

    def inner_left(self, scope: Activation) -> None:
        """An activation inside this scope has completed; its tokens have not moved on yet."""

    def unstick(self, task: Activation) -> None:
        """A person has said that an activation that could not go on should try again."""
        task.workflow.settle(task)

    def listens(self, task: Activation) -> bool:
        """Whether the node's listeners are about this activation."""
        return bool(self.node.listeners)

    def has_last_words(self, task: Activation) -> bool:
        """The activation is to end undone: whether it must stay until someone has been heard."""
        return False

    def emptied(self, task: Activation) -> None:
        """The last token inside this scope is gone."""
        task.workflow.resume(task, "leave")

    # The kernel calls these three; its own events, assignments and walks over children around them have nothing to do here.

    def _on_ready(self, task: Activation) -> None:
        task.workflow.enqueue(task)

    def _on_complete(self, task: Activation) -> None:
        task.workflow._task_completed_notify(task)

    def _run(self, task: Activation) -> bool | None:
        facts, called = task.facts, task.workflow.call_listener if self.listens(task) else _nobody
        if "phase" not in facts:
            self.enter(task)
            facts["phase"] = "begin"
        if facts["phase"] in ("begin", "caught"):
            if called(task, "start"):
                return None
            facts["phase"] = "work" if facts["phase"] == "begin" else "leave"
        if facts["phase"] == "work":
            if not self.work(task):
                return None
            facts["phase"] = "leave"
        if facts["phase"] == "leave":
            self.leave(task)
            facts["phase"] = "end"
        if facts["phase"] == "end":
            if called(task, "end"):
                return None
            facts["phase"] = "flows"
        task.chosen = self.choose(task)
        return True


def _nobody(task: Activation, event: str) -> bool:
    return False


class Specification(WorkflowSpec):  # type: ignore[misc]
    """A process as a kernel specification: one FlowNode per flow node, and one for the process itself."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.id, process.file)
        self.process = process
        body = Node(process.id, Kind.PROCESS, process.name, process.line, scope=process.id, listeners=process.listeners)
        self.start = FlowNode.behaviours[Kind.PROCESS](self, body)
        for node in process.nodes.values():
            FlowNode.behaviours[node.kind](self, node)
        for flow in process.flows.values():
            self.task_specs[flow.source].connect(self.task_specs[flow.target])


@lru_cache(maxsize=1024)
def specification(process: Process) -> Specification:
    """Built once per deployed process, which never changes."""
    return Specification(process)
