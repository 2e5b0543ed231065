"""Whose turn it is: an instance runs until it is at rest.

First in, first out over activations that are still alive, so what has just been cancelled never runs. Conditions are looked at
after every turn; joins that depend on the rest of their scope, when everything else has come to rest.
"""

from __future__ import annotations

from engine.core.runtime import conditions, gateways, graph
from engine.core.runtime.execution import Execution
from engine.core.runtime.kernel import READY, Activation, Fault

STEP_BUDGET = 1_000_000  # activations without a stimulus from outside; more is taken for an endless loop

MOST_TOKENS = 50_000  # activations alive at once; more is taken for tokens that multiply without end


def take_turns(execution: Execution, slice_size: int, budget: int) -> bool:
    """Run everything that can run. True: at rest. False: `slice_size` activations are used up and more are ready."""
    done = 0
    conditions.look(execution)  # the stimulus itself may have changed variables
    while True:
        while execution.ready:
            if done >= slice_size:
                return False
            task = execution.ready.popleft()
            if task.alive and task.state == READY and not execution.holds_back(task):
                done += 1
                execution.activations += 1
                _run(execution, task, budget)
                conditions.look(execution)
        if not gateways.fire_at_rest(execution):
            break
    gateways.report_dead_joins(execution)
    gateways.report_standstill(execution)
    return True


def _run(execution: Execution, task: Activation, budget: int) -> None:
    try:
        if execution.activations > budget:
            raise Fault("step_budget", node=_loop_at(task), budget=budget)
        if len(execution.tasks) + execution.absent_tokens > MOST_TOKENS:
            _stop_growing(execution, task)
            return
        task.run()
        if execution.steps_back is not None:
            back, execution.steps_back = execution.steps_back, None
            back._ready()
    except Fault as fault:
        execution.open_incident(task, fault.code, fault.facts)
    except RecursionError:
        execution.open_incident(task, "too_deep", {})


def _stop_growing(execution: Execution, task: Activation) -> None:
    """Tokens that make ever more tokens: one incident for all, and whatever else is ready stays where it is."""
    execution.ready.clear()
    if not any(wait.code == "too_many_tokens" for wait in execution.waits.values()):
        execution.open_incident(task, "too_many_tokens", {"node": _loop_at(task), "most": MOST_TOKENS})


def _loop_at(task: Activation) -> str:
    """The names of the nodes of the loop that an activation is in, the innermost there is; else of its own node."""
    around: Activation | None = task
    while around is not None:
        node, process = around.task_spec.node, around.process
        ring = graph.ring(process, node.id) if node.id in process.nodes else []
        if ring:
            return " → ".join(process.nodes[id_].name or id_ for id_ in ring[:12])
        around = around.scope
    return task.task_spec.node.name or task.task_spec.node.id
