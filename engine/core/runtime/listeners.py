"""Execution and task listeners: what is asked at fixed points of a node's life, one after the other in the order written.

A listener's type is a handler's name, or a FEEL expression: one that gives a context is the listener itself, evaluated on the spot,
its entries being the result; one that gives a text names the handler. A handler's job holds the node in its phase until it is done.

What a listener gives stays local before the node's work, joins the results of a user task that is being completed, and goes to the
scope around at the end. Listeners of a user task see what it is to become as the variable `task` (its attributes as Camunda 8 names
them) and who changes it as `actor`. Three entries of their results are about the task: `denied` and `deniedReason` refuse the
change, `corrections` alter it (`user_tasks`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.bpmn.model import Job, Listener
from engine.core.runtime.jobs import open_job
from engine.core.runtime.kernel import Fault
from engine.core.runtime.step import Json, Variables, Wait

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation

OF_TASKS = frozenset({"creating", "assigning", "updating", "completing", "canceling"})
_MAY_DENY = frozenset({"assigning", "updating", "completing"})
_HEADER = "io.camunda.zeebe:"
_OUTSIDE = frozenset({"end", "canceling"})  # nothing is read inside the node any more


class Denied(Exception):
    """A listener refuses the change of a user task that it was asked about."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def call(task: Activation, event: str) -> bool:
    """Hear the listeners for `event` that have not been heard. True: a handler has been asked and is waited for. Raises Denied."""
    wanted = [listener for listener in task.task_spec.node.listeners if listener.event == event]
    heard = task.facts.get("heard", {}).get(event, 0)
    for listener in wanted[heard:]:
        layer = {**task.facts.get("payload", {}), **(task.task_spec.about(task) if event in OF_TASKS else {})}
        told = _evaluated(task, listener, layer)
        if told is None:
            open_job(task, _job_about(listener.job, event, layer), listener=event)
            return True
        _take(task, event, told)
    return False


def _evaluated(task: Activation, listener: Listener, layer: Mapping[str, Json]) -> Variables | None:
    """What a listener that is an expression gives; None: a handler does the work."""
    if listener.job.type.expression is None:
        return None
    value = task.workflow.json(listener.job.type, task, layer)
    return value if isinstance(value, dict) else None


def _job_about(job: Job, event: str, layer: Mapping[str, Json]) -> Job:
    """The job with what is to become of the user task in its headers, under the names that Camunda 8 gives them."""
    about = layer.get("task")
    if event not in OF_TASKS or not isinstance(about, dict):
        return job
    told = {f"{_HEADER}{name}": value if isinstance(value, str) else json.dumps(value) for name, value in about.items() if value is not None}
    return replace(job, headers={**job.headers, **told, f"{_HEADER}action": event})


def answered(task: Activation, wait: Wait, variables: Variables) -> None:
    """A listener's job is done: the node goes on where it was. Raises Denied."""
    task.workflow.close_wait(wait.id)
    _take(task, str(wait.facts["listener"]), variables)
    task._ready()


def _take(task: Activation, event: str, told: Variables) -> None:
    execution = task.workflow
    if event in OF_TASKS:
        told = _judge(task, event, told)
    heard = task.facts.setdefault("heard", {})
    heard[event] = heard.get(event, 0) + 1
    if event in _OUTSIDE and task.scope is not None:
        execution.merge(task.scope, told)
    elif event == "completing":
        task.facts["payload"] = {**task.facts.get("payload", {}), **told}
    else:
        for name, value in told.items():
            execution.scopes.set_local(task.id, name, value)


def _judge(task: Activation, event: str, told: Variables) -> Variables:
    """Take what is about the task itself out of a task listener's result; the rest are variables."""
    told = dict(told)
    reason, corrections = told.pop("deniedReason", None), told.pop("corrections", None)
    is_denied: Json = told.pop("denied", False)
    if not isinstance(is_denied, bool) or (is_denied and event not in _MAY_DENY):
        raise Fault("denial_not_possible", event=event, value=str(is_denied))
    if is_denied:
        raise Denied("" if reason is None else str(reason))
    if corrections is not None:
        if not isinstance(corrections, dict) or event == "canceling":
            raise Fault("correction_invalid", name="corrections", value=str(corrections))
        task.task_spec.correct(task, corrections)
    return told
