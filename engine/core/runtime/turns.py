"""Whose turn it is: an instance runs until it is at rest.

First in, first out over activations that are still alive, so what has just been cancelled never runs. Conditions are looked at
after every turn; joins that depend on the rest of their scope, when everything else has come to rest.
"""

from __future__ import annotations

from engine.core.runtime import conditions, endless, gateways
from engine.core.runtime.execution import Execution
from engine.core.runtime.kernel import READY, Activation, Fault

MOST_TOKENS = 50_000  # activations alive at once; more is taken for tokens that multiply without end


def take_turns(execution: Execution, slice_size: int, most_rounds: int) -> bool:
    """Run everything that can run. True: at rest. False: `slice_size` activations are used up and more are ready."""
    watch = endless.Watch()
    conditions.look(execution)  # the stimulus itself may have changed variables
    while True:
        while execution.ready:
            if watch.done >= slice_size:
                endless.keep(execution)
                return False
            task = execution.ready.popleft()
            if task.alive and task.state == READY and not execution.holds_back(task):
                execution.activations += 1
                _run(execution, task, watch, most_rounds)
                conditions.look(execution)
        waiting = gateways.enabled_at_rest(execution)
        if waiting is None:
            break
        _fire(execution, waiting, watch, most_rounds)
    gateways.report_dead_joins(execution)
    gateways.report_standstill(execution)
    return True


def _fire(execution: Execution, waiting: Activation, watch: endless.Watch, most_rounds: int) -> None:
    """Joins count as turns too: one that sends tokens back to itself would fire without end."""
    execution.activations += 1
    try:
        watch.look(execution, waiting)
        endless.count(execution, waiting, most_rounds)
        waiting.task_spec.fire(waiting)
    except Fault as fault:
        gateways.report_stuck(waiting, fault.code, fault.facts)


def _run(execution: Execution, task: Activation, watch: endless.Watch, most_rounds: int) -> None:
    try:
        watch.look(execution, task)
        endless.count(execution, task, most_rounds)
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
        execution.open_incident(task, "too_many_tokens", {"node": endless.loop_at(task), "most": MOST_TOKENS})
