"""Compensation: undoing what has completed, the last first (BPMN 2.0.2 §10.7, §13.5.5).

A scope remembers, as its fact `done`, each completed activity that can be undone: one with a compensation handler, or a
sub-process in which something can be. A throw runs the handlers one after the other and goes on when the last has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.bpmn.model import SUB_PROCESSES, EventDefinition, Kind, Node
from engine.core.runtime.subscriptions import event_sub_process_starts

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation


def remember(task: Activation) -> None:
    """An activity completes: keep what is needed to undo it later."""
    node, scope = task.task_spec.node, task.scope
    if scope is None or "undoes" in task.facts or "replays" in task.facts:
        return
    inner = task.facts.get("done", [])
    handler = None if "item" in task.facts else task.process.scopes[node.scope].compensations.get(node.id)
    if handler is None and not inner and _undoing_sub_process(task) is None:
        return
    record: dict[str, Any] = {"node": node.id, "inner": inner}
    if node.kind in SUB_PROCESSES:
        record["variables"] = dict(task.workflow.scopes.local(task.id))
    scope.facts.setdefault("done", []).append(record)


def begin(task: Activation, event: EventDefinition) -> bool:
    """A compensation is thrown at `task`, for one activity or for its whole scope. True: nothing to wait for."""
    scope = task.scope
    while scope is not None:
        records = _taken(scope, event.reference)
        if records or scope.task_spec.node.kind is not Kind.EVENT_SUB_PROCESS:
            task.workflow.record("event_thrown", task, event="compensation", activity=event.reference)
            return _run(task, scope, records, together=not event.wait_for_completion)
        scope = scope.scope  # thrown in an event sub-process: what it is to undo was done in the scope around it
    return True


def begin_all(task: Activation, scope: Activation) -> bool:
    """Undo everything done in `scope`, on behalf of `task`. True: nothing to wait for."""
    return _run(task, scope, _taken(scope, None), together=False)


def finished(handler: Activation) -> None:
    """A handler has ended: its thrower goes on with the next."""
    thrower = handler.workflow.tasks.get(handler.facts.get("undoes", ""))
    if thrower is not None and _next(thrower):
        thrower.workflow.resume(thrower, thrower.facts.get("then", "work"))


def replay(task: Activation) -> bool:
    """A sub-process is activated again to undo what was done in it, with the variables it had. True: nothing to wait for."""
    record = task.facts["replays"]
    if record is None:
        return True
    task.facts["replays"] = None
    for name, value in record.get("variables", {}).items():
        task.workflow.scopes.set_local(task.id, name, value)
    task.facts["then"] = "leave"
    start = _undoing_sub_process(task)
    if start is not None:
        task.facts["done"] = record["inner"]
        execution = task.workflow
        execution.activate(execution.spec_of(task, start.scope), task, {"trigger": start.id, "undoes": task.id})
        return False
    return _run(task, task, list(reversed(record["inner"])), together=False)


def _taken(scope: Activation, activity: str | None) -> list[dict[str, Any]]:
    """Take the records of one activity, or all, out of a scope's memory, the last first."""
    done: list[dict[str, Any]] = scope.facts.get("done", [])
    taken = [record for record in done if activity in (None, record["node"])]
    if taken:
        scope.facts["done"] = [record for record in done if record not in taken]
    return taken[::-1]


def _run(thrower: Activation, scope: Activation, records: list[dict[str, Any]], *, together: bool) -> bool:
    thrower.facts["undo"] = {"scope": scope.id, "records": records}
    if not together:
        return _next(thrower)
    while not _next(thrower):
        pass
    return True


def _next(thrower: Activation) -> bool:
    """Start the handler for the next record. True: there was none left."""
    undo = thrower.facts.get("undo", {"records": []})
    if not undo["records"]:
        thrower.facts.pop("undo", None)
        return True
    record, undo["records"] = undo["records"][0], undo["records"][1:]
    execution = thrower.workflow
    scope = execution.tasks[undo["scope"]]
    node = scope.process.nodes[record["node"]]
    handler = scope.process.scopes[node.scope].compensations.get(node.id)
    facts: dict[str, Any] = {"undoes": thrower.id}
    if handler is not None:
        execution.activate(execution.spec_of(scope, handler), scope, facts)
    else:
        execution.activate(execution.spec_of(scope, node.id), scope, {**facts, "replays": record})
    return False


def _undoing_sub_process(task: Activation) -> Node | None:
    """The start event of the scope's event sub-process for compensation, if it has one."""
    if task.task_spec.node.kind not in SUB_PROCESSES:
        return None
    starts = (start for _, start in event_sub_process_starts(task))
    return next((start for start in starts if any(event.kind == "compensation" for event in start.events)), None)
