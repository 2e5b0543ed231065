"""Loops without an exit: an instance that moves on and on by itself is stopped with an incident that names the loop.

Two signs. One is certain: everything is exactly as it was before, so what follows will be the same again; it is seen after some
hundred activations. The other is a count: a node that tokens have come by `MOST_ROUNDS` times in one scope since anybody outside
did anything; that is where a loop ends in which some variable keeps changing.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from engine.core.bpmn.model import Kind, StandardLoop
from engine.core.runtime import graph
from engine.core.runtime.execution import Execution
from engine.core.runtime.kernel import Activation, Fault, FlowNode

MOST_ROUNDS = 110_000  # of one node in one scope: a loop of 100 000 rounds is still taken for honest work
MOST_ACTIVATIONS = 5_000_000  # in all: calls within calls can go on without end and never come by the same place
_FIRST_LOOK = 256  # activations; what rests sooner is not looked at


@dataclass
class Watch:
    """What one run through an instance keeps in mind: how all was at the last mark, and where."""

    done: int = 0
    mark: int = _FIRST_LOOK
    place: FlowNode | None = None
    variables: object = None
    seen: object = None
    rest: int = 0  # activations before the next comparison, so that looking never costs more than running

    def look(self, execution: Execution, task: Activation) -> None:
        """Before each turn of an activation. Raises Fault `endless_loop` if all is as it was at the mark."""
        self.done += 1
        if self.done == self.mark:  # further and further apart, so that a loop of any length comes round before the next mark
            self.mark *= 2
            self.place, self.variables, self.seen = task.task_spec, _variables(execution), _tokens(execution, task)
        elif task.task_spec is self.place and self.done >= self.rest:
            self.rest = self.done + len(execution.tasks)
            # Variables first: where they differ, which is nearly always, nothing more need be looked at.
            if _variables(execution) == self.variables and _tokens(execution, task) == self.seen:
                raise Fault("endless_loop", node=loop_at(task))


def count(execution: Execution, task: Activation, most: int) -> None:
    """A token has come to a node. Raises Fault `step_budget` if that has happened too often."""
    scope, node = task.scope, task.task_spec.node.id
    if scope is None or "phase" in task.facts:
        return
    rounds = scope.visits[node] = scope.visits.get(node, 0) + 1
    if rounds > most or execution.activations > MOST_ACTIVATIONS:
        raise Fault("step_budget", node=loop_at(task), budget=rounds - 1)


def keep(execution: Execution) -> None:
    """Write the counts down for the rest of a run that is interrupted."""
    for task in execution.tasks.values():
        if task.visits:
            task.facts["visits"] = task.visits


def loop_at(task: Activation) -> str:
    """The names of the nodes of the loop that an activation is in, the innermost there is; else of its own node."""
    around: Activation | None = task
    while around is not None:
        node, process = around.task_spec.node, around.process
        ring = graph.ring(process, node.id) if node.id in process.nodes else []
        if ring:
            return " → ".join(process.nodes[id_].name or id_ for id_ in ring[:12])
        if isinstance(node.loop, StandardLoop) or (node.kind is Kind.AD_HOC_SUB_PROCESS and around is not task):
            return node.name or node.id
        around = around.scope
    return task.task_spec.node.name or task.task_spec.node.id


def _variables(execution: Execution) -> object:
    return [(number, dict(values)) for number, id_ in enumerate(execution.tasks) if (values := execution.scopes.local(id_))]


def _tokens(execution: Execution, task: Activation) -> object:
    """All else that decides what happens next, with places instead of ids, which are new each time."""
    place = {id_: number for number, id_ in enumerate(execution.tasks)}
    tokens = [
        (one.task_spec.node.id, one.definition_id, one.state, place.get(one._parent or ""), deepcopy(one.facts))
        for one in execution.tasks.values()
    ]
    waits = [(wait.kind, wait.node, place.get(wait.owner), wait.due_at, wait.name, wait.facts) for wait in execution.waits.values()]
    return place[task.id], [place[one.id] for one in execution.ready if one.alive], tokens, waits
