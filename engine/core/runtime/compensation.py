"""Compensation: undoing what has completed, the last first (BPMN 2.0.2 §10.7, §13.5.5).

A scope remembers, as its fact `done`, each completed activity that can be undone: one with a compensation handler, or a
sub-process or called process in which something can be (§10.4.6: what is called is compensated as if it were embedded, but sees its
own variables only and hands nothing back). A throw runs the handlers one after the other and goes on when the last has ended; one that
does not wait leaves that to its scope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.bpmn.model import SUB_PROCESSES, EventDefinition, Kind, Node
from engine.core.runtime.step import RestNeeded
from engine.core.runtime.subscriptions import close_event_sub_processes, event_sub_process_starts

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation

_WITH_INSIDE = SUB_PROCESSES | {Kind.PROCESS}
Records = list[list[Any]]  # [scope id, record], the next to be undone first


def remember(task: Activation) -> None:
    """An activity completes: keep what is needed to undo it later, the variables of a sub-process included."""
    node, scope = task.task_spec.node, task.scope
    if scope is None or "undoes" in task.facts or "replays" in task.facts:
        return
    inner, callee = task.facts.get("done", []), task.facts.get("callee")
    is_item, is_body = "item" in task.facts, node.loop is not None and "item" not in task.facts
    handler = None if is_item else task.process.scopes[node.scope].compensations.get(node.id)
    reacts = not is_body and _undoing_sub_process(task) is not None
    if handler is None and not inner and not reacts and callee is None:
        return
    record: dict[str, Any] = {"node": node.id}
    if handler is None:
        record |= {"inner": inner, "reacts": reacts, "variables": dict(task.workflow.scopes.local(task.id)), "callee": callee}
    scope.facts.setdefault("done", []).append(record)


def remember_call(body: Activation, call: Activation) -> None:
    """A called process has completed: its call activity keeps what is needed to undo it."""
    inner, reacts = body.facts.get("done", []), _undoing_sub_process(body) is not None
    if inner or reacts:
        call.facts["callee"] = {
            "definition": body.definition_id, "inner": inner, "reacts": reacts, "variables": dict(body.workflow.scopes.local(body.id)),
        }  # fmt: skip


def begin(task: Activation, event: EventDefinition) -> bool:
    """A compensation is thrown at `task`, for one activity or for its whole scope. True: nothing to wait for.

    An event sub-process sees what was done in the scope around it.
    """
    scope = task.scope
    assert scope is not None
    records = _taken(scope, event.reference)
    while scope.task_spec.node.kind is Kind.EVENT_SUB_PROCESS and scope.scope is not None:
        scope = scope.scope
        records += _taken(scope, event.reference)
    task.workflow.record("event_thrown", task, event="compensation", activity=event.reference)
    if event.wait_for_completion:
        return _run(task, records, "work")
    _run(scope, records, None)  # the scope outlives its handlers
    return True


def cancel(transaction: Activation) -> None:
    """End everything that runs in a transaction, then undo what is done in it; it goes on with its phase "work" (§13.3.4).

    Of a repeated transaction all items are undone, the finished ones last: its cancel boundary event belongs to the activity as a
    whole and always interrupts it (§10.5.4), and who leaves a transaction by that way leaves nothing of it behind.
    """
    execution, body = transaction.workflow, transaction.scope if "item" in transaction.facts else None
    if body is not None and body.id in execution.absent:
        raise RestNeeded
    others = [] if body is None else [item for item in reversed(body.children) if item is not transaction and "item" in item.facts]
    records: Records = []
    for one in [transaction, *others]:
        close_event_sub_processes(one)
        execution.close_waits_of(one.id)
        execution.cancel_inside(one)
        one.facts["cancelled"] = True
        one.facts.pop("undo", None)
        records += _taken(one, None)
    if body is not None:
        execution.close_waits_of(body.id)
        records += _taken(body, None)
    if _run(transaction, records, "work"):
        execution.resume(transaction, "work")


def finished(handler: Activation) -> None:
    """A handler has ended: its thrower goes on with the next."""
    thrower = handler.workflow.tasks.get(handler.facts.get("undoes", ""))
    if thrower is not None and "undo" in thrower.facts:
        then = thrower.facts["undo"]["then"]
        if _next(thrower) and then is not None:
            thrower.workflow.resume(thrower, then)


def replay(task: Activation) -> bool:
    """A sub-process is activated again to undo what was done in it, with the variables it had. True: nothing to wait for."""
    record = task.facts["replays"]
    if record is None:
        return True
    task.facts["replays"] = None
    for name, value in record["variables"].items():
        task.workflow.scopes.set_local(task.id, name, value)
    start = _undoing_sub_process(task) if record["reacts"] else None
    if start is None:
        return _run(task, [[task.id, inner] for inner in reversed(record["inner"])], "leave")
    task.facts["done"] = list(record["inner"])
    task.facts["undo"] = {"records": [], "then": "leave"}
    execution = task.workflow
    execution.record("event_caught", task, start, event="compensation")
    execution.activate(execution.spec_of(task, start.scope), task, {"trigger": start.id, "undoes": task.id})
    return False


def _taken(scope: Activation, activity: str | None) -> Records:
    """Take the records of one activity, or all, out of a scope's memory, the last first."""
    done: list[dict[str, Any]] = scope.facts.pop("done", [])
    rest = [record for record in done if activity not in (None, record["node"])]
    if rest:
        scope.facts["done"] = rest
    return [[scope.id, record] for record in reversed(done) if activity in (None, record["node"])]


def _run(thrower: Activation, records: Records, then: str | None) -> bool:
    """Undo `records` in order; `thrower` is resumed with the phase `then` after the last. True: there was nothing to do."""
    if "undo" in thrower.facts:
        thrower.facts["undo"]["records"] += records  # a scope that is already undoing on behalf of another throw
        return True
    thrower.facts["undo"] = {"records": records, "then": then}
    return _next(thrower)


def _next(thrower: Activation) -> bool:
    """Start the handler for the next record. True: there was none left."""
    undo = thrower.facts["undo"]
    if not undo["records"]:
        del thrower.facts["undo"]
        return True
    (scope_id, record), *undo["records"] = undo["records"]
    execution = thrower.workflow
    scope = execution.tasks[scope_id]
    node = scope.process.nodes[record["node"]]
    handler = scope.process.scopes[node.scope].compensations.get(node.id)
    facts: dict[str, Any] = {"undoes": thrower.id}
    if handler is not None and "inner" not in record:
        undoing = execution.activate(execution.spec_of(scope, handler), scope, facts)
    else:
        undoing = execution.activate(execution.spec_of(scope, node.id), scope, {**facts, "replays": record})
    execution.wait_for_dying(undoing, *scope.children)
    return False


def _undoing_sub_process(task: Activation) -> Node | None:
    """The start event of the scope's event sub-process for compensation, if it has one."""
    if task.task_spec.node.kind not in _WITH_INSIDE:
        return None
    starts = (start for _, start in event_sub_process_starts(task))
    return next((start for start in starts if any(event.kind == "compensation" for event in start.events)), None)
