"""Input and output mappings (`zeebe:ioMapping`) and the results of activities on their way into the scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.bpmn.model import Formula, MultiInstance, Node
from engine.core.bpmn.names import is_variable
from engine.core.runtime.step import Json, Variables

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation


def map_inputs(task: Activation) -> None:
    """Evaluate the inputs in order into local variables; each sees those before it."""
    execution = task.workflow
    for mapping in task.task_spec.node.inputs:
        name, value = _assignment(execution.scopes.local(task.id), mapping.target, execution.json(mapping.source, task))
        execution.scopes.set_local(task.id, name, value)


def map_outputs(task: Activation) -> None:
    """Hand an activation's result over: through its outputs if it has any, else every result variable by itself.

    Results wait in the `payload` fact, so that a fault here loses nothing. `actor` is visible to the outputs only. Once done it is not
    done again: what follows while the activation leaves may fail and be tried again, when there is no payload any more.

    An item of a multi-instance keeps what it was handed, and what its outputs assign to names of its own: its output element asks
    for them, and the items beside it have theirs.
    """
    execution, node = task.workflow, task.task_spec.node
    if "mapped" in task.facts:
        return  # here, or for an instance's start event by `map_start`
    payload: Variables = task.facts.get("payload", {})
    if node.outputs and task.scope is not None:
        is_item = "item" in task.facts and isinstance(node.loop, MultiInstance)
        target = task if is_item else task.scope
        if is_item:
            _keep(task, payload)
        layer: Variables = dict(payload)
        if "actor" in task.facts:
            layer["actor"] = task.facts["actor"]
        results: Variables = {}
        for mapping in node.outputs:
            value = execution.json(mapping.source, task, {**layer, **results})
            known = results if mapping.target.split(".")[0] in results else execution.scopes.view(target.id)
            name, value = _assignment(known, mapping.target, value)
            results[name] = value
        local = execution.scopes.local(task.id)
        _keep(task, {name: value for name, value in results.items() if name in local})
        own = own_result(task)
        if own is not None and own in results:
            _keep(task, {own: results.pop(own)})
        execution.merge(target, results) if results else None
        if payload:
            execution.record("variables_set", task, variables=payload, local=True)
    else:
        execution.merge(task, payload)
    task.facts.pop("payload", None)
    task.facts.pop("actor", None)
    task.facts["mapped"] = True


def map_start(body: Activation, start: Node) -> None:
    """Let in what the output mappings of the event that began an instance say, and nothing else of what the event brought.

    Before anything opens in the body, so that event sub-processes can be correlated by it; a fault leaves the event's variables in
    the fact `payload`, for a retry.
    """
    payload: Variables = body.facts.get("payload", {})
    results: Variables = {}
    for mapping in start.outputs:
        value = body.workflow.json(mapping.source, body, {**payload, **results})
        known = results if mapping.target.split(".")[0] in results else body.workflow.scopes.local(body.id)
        name, value = _assignment(known, mapping.target, value)
        results[name] = value
    del body.facts["payload"]
    for name, value in results.items():
        body.workflow.scopes.set_local(body.id, name, value)
    body.workflow.record("variables_set", body, variables=results)


def _keep(task: Activation, variables: Variables) -> None:
    for name, value in variables.items():
        task.workflow.scopes.set_local(task.id, name, value)


def own_result(task: Activation) -> str | None:
    """The variable that an activation keeps to itself: an output element names it, and what runs beside it has its own."""
    if "item" in task.facts:
        return result_name(task.task_spec.node)
    return task.scope.task_spec.own_result(task) if task.scope is not None else None


def result_name(node: Node) -> str | None:
    """The variable of each item that its output element names, if that is a plain name."""
    return plain_name(node.loop.output_element) if isinstance(node.loop, MultiInstance) else None


def plain_name(output: Formula | None) -> str | None:
    name = output.text[1:].strip() if output is not None and output.expression is not None else ""
    return name if is_variable(name) else None


def _assignment(known: object, target: str, value: Json) -> tuple[str, Json]:
    """The variable and its new value when `value` is assigned to `target`, a name or a dotted path into a context."""
    name, *path = target.split(".")
    if not path:
        return name, value
    old = known.get(name) if hasattr(known, "get") else None
    return name, _within(old, path, value)


def _within(old: Json, path: list[str], value: Json) -> Json:
    if not path:
        return value
    context = dict(old) if isinstance(old, dict) else {}
    context[path[0]] = _within(context.get(path[0]), path[1:], value)
    return context
