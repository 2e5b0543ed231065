"""Execution and task listeners: jobs at fixed points of a node's life, one after the other in the order written (zeebe elements).

The node stays in its phase until they are done. What a listener returns stays local before the node's work, joins the results of a
completed user task, and leaves for the scope around at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.runtime.jobs import open_job
from engine.core.runtime.step import Variables, Wait

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation


def call(task: Activation, event: str) -> bool:
    """Open the job of the next listener for `event`. False: there is none left."""
    listeners = [listener for listener in task.task_spec.node.listeners if listener.event == event]
    done = task.facts.get("heard", {}).get(event, 0)
    if done >= len(listeners):
        return False
    open_job(task, listeners[done].job, listener=event)
    return True


def answered(task: Activation, wait: Wait, variables: Variables) -> None:
    """A listener's job is done: the node goes on in the phase it was in."""
    execution, event = task.workflow, str(wait.facts["listener"])
    execution.close_wait(wait.id)
    heard = task.facts.setdefault("heard", {})
    heard[event] = heard.get(event, 0) + 1
    if event == "end" and task.scope is not None:
        execution.merge(task.scope, variables)
    elif event == "completing":
        task.facts["payload"] = {**task.facts.get("payload", {}), **variables}
    else:
        for name, value in variables.items():
            execution.scopes.set_local(task.id, name, value)
    task._ready()
