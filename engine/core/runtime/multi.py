"""Multi-instance activities: a body that holds one activation per item (BPMN 2.0.2 §10.3.8, zeebe loopCharacteristics)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.bpmn.model import EventDefinition, MultiInstance
from engine.core.runtime.events import catch_thrown_at
from engine.core.runtime.kernel import Fault
from engine.core.runtime.mappings import result_name
from engine.core.runtime.step import Elements, Json, RestNeeded, Variables

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation

LARGEST = 10_000  # items; more is refused with an incident, before it eats the machine


def enter(task: Activation) -> None:
    """Find out how many items there are and prepare the output collection, local to the body."""
    execution, loop = task.workflow, _loop(task)
    if loop.collection is not None:
        items = execution.json(loop.collection, task)
        if not isinstance(items, list):
            raise Fault("collection_not_a_list", expression=loop.collection.text, value=str(items))
        total = len(items)
    else:
        items, total = None, _cardinality(task, loop)
    if total > LARGEST:
        raise Fault("too_many_items", count=total, largest=LARGEST)
    task.facts["multi"] = {"total": total, "next": 0, "completed": 0}
    if loop.output_collection:
        task.facts["multi"]["results"] = loop.output_collection
    if items is not None:
        task.facts["items"] = items
    if loop.output_collection:
        execution.scopes.set_local(task.id, loop.output_collection, [None] * total)


def spawn(task: Activation) -> bool:
    """Start the items (the next one only, if sequential). True: there is nothing to wait for."""
    counts = task.facts["multi"]
    if counts["next"] >= counts["total"]:
        return True
    for _ in range(1 if _loop(task).sequential else counts["total"]):
        _start_item(task)
    return False


def _start_item(body: Activation) -> None:
    execution, loop, counts = body.workflow, _loop(body), body.facts["multi"]
    index = counts["next"]
    counts["next"] = index + 1
    item = execution.activate(body.task_spec, body, {"item": index + 1})
    execution.scopes.set_local(item.id, "loopCounter", index + 1)
    if loop.element and "items" in body.facts:
        execution.scopes.set_local(item.id, loop.element, body.facts["items"][index])
    result = result_name(body.task_spec.node)
    if result is not None and result not in execution.scopes.local(item.id):
        execution.scopes.set_local(item.id, result, None)
    if counts["next"] >= counts["total"]:
        body.facts.pop("items", None)


def collect(item: Activation) -> None:
    """An item is done: put its output in place and see whether the rest is still wanted."""
    body = item.scope
    assert body is not None
    execution, loop, counts = item.workflow, _loop(item), body.facts["multi"]
    if loop.output_collection and loop.output_element is not None:
        value = execution.json(loop.output_element, item)
        results = _with(execution.scopes.local(body.id).get(loop.output_collection), item.facts["item"] - 1, value, loop.output_collection)
        execution.scopes.set_local(body.id, loop.output_collection, results)
    item.facts["throws"] = [
        index for index, (condition, _) in enumerate(loop.complex_behavior)
        if execution.truth(condition, item, _numbers(body, counts["completed"] + 1))
    ]  # fmt: skip
    if loop.completion_condition is not None:
        item.facts["satisfied"] = execution.truth(loop.completion_condition, item, _numbers(body, counts["completed"] + 1))


def _with(results: object, index: int, value: Json, name: str) -> Json:
    """The output collection with one element more."""
    if isinstance(results, Elements):
        return replace(results, changed={**results.changed, index: value})  # type: ignore[return-value]
    if not isinstance(results, list) or index >= len(results):
        raise Fault("output_collection_overwritten", name=name)
    return [*results[:index], value, *results[index + 1 :]]


def item_left(body: Activation, item: Activation) -> None:
    """After an item has gone: end, go on with the next, or wait for the others."""
    execution, counts = body.workflow, body.facts["multi"]
    counts["completed"] += 1
    for event in _behaviour_events(body, item):
        catch_thrown_at(body, event)
    if not body.alive:
        return
    if item.facts.get("satisfied"):
        execution.cancel_inside(body)
    elif _loop(body).sequential and counts["next"] < counts["total"]:
        _start_item(body)
    if not execution.count_inside(body):
        execution.resume(body, "leave")


def _behaviour_events(body: Activation, item: Activation) -> list[EventDefinition]:
    """The events that an item throws to the activity's own boundary as it completes (BPMN Table 10.30)."""
    loop, completed = _loop(body), body.facts["multi"]["completed"]
    if loop.behavior == "Complex":
        return [loop.complex_behavior[index][1] for index in item.facts["throws"]]
    wanted = loop.behavior == "None" or (loop.behavior == "One" and completed == 1)
    return [loop.behavior_event] if wanted and loop.behavior_event else []


def publish(body: Activation) -> None:
    """The output collection leaves the body for the surrounding scopes."""
    execution, name = body.workflow, _loop(body).output_collection
    if name:
        value = execution.scopes.local(body.id).get(name)
        if isinstance(value, Elements):
            raise RestNeeded
        execution.scopes.remove(body.id, name)
        execution.merge(body, {name: value})


def _numbers(body: Activation, completed: int) -> Variables:
    """What conditions about the items may ask, under the standard's names and the shorter ones that other tools write.

    Nothing is terminated while the condition is still to be judged: it is what terminates. Source: BPMN 2.0.2 Table 10.31.
    """
    total = body.facts["multi"]["total"]
    counts = {"Instances": total, "ActiveInstances": body.workflow.count_inside(body) - 1, "CompletedInstances": completed, "TerminatedInstances": 0}
    return {f"{prefix}{name}": count for prefix in ("numberOf", "nrOf") for name, count in counts.items()}


def _cardinality(task: Activation, loop: MultiInstance) -> int:
    assert loop.cardinality is not None
    return task.workflow.count(loop.cardinality, task, "cardinality_not_a_count")


def _loop(task: Activation) -> MultiInstance:
    loop = task.task_spec.node.loop
    assert isinstance(loop, MultiInstance)
    return loop
