"""Incidents that stop nothing: what is done for an activation cannot be done just now; it goes on being tried, the activation goes on too."""

from __future__ import annotations

from engine.core.runtime.execution import Execution
from engine.core.runtime.kernel import Activation
from engine.core.runtime.step import Json

TOLD = frozenset({"timer_failed", "delivery_failed", "work_failed", "act_failed", "condition_failed", "clock_failed"})


def tell(execution: Execution, task: Activation, code: str, **facts: Json) -> None:
    """Open an incident with one of the codes `TOLD`, unless it is open already."""
    if all(other.code != code for other in execution.waits_of(task.id)):
        state = task.state
        execution.open_incident(task, code, facts)
        task._set_state(state)


def take_back(execution: Execution, task: Activation, code: str) -> None:
    """What could not be done has been done: its incident is over."""
    for other in execution.waits_of(task.id):
        if other.code == code:
            execution.close_wait(other.id)
            execution.record("incident_resolved", task, code=code, by="progress")
