"""The zeebe extension elements of a node: who does it, with which form, script, decision, process or job, and its variables."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, cast

from engine.core.bpmn.model import (
    CalledDecision,
    CalledProcess,
    Detail,
    Formula,
    IoMapping,
    Job,
    MultiInstance,
    Script,
    StandardLoop,
    UserTask,
)
from engine.core.bpmn.reading import Reading
from engine.core.bpmn.vocabulary import Element, bpmn_children, local, zeebe_children

Binding = Literal["latest", "deployment", "versionTag"]
_JOB_HOLDERS = frozenset(
    "serviceTask sendTask scriptTask businessRuleTask intermediateThrowEvent endEvent".split()
)  # fmt: skip


def read_properties(element: Element) -> dict[str, str]:
    """`zeebe:properties` as a mapping; the last of two equal names counts (reported by the checks of the file)."""
    found: dict[str, str] = {}
    for holder in zeebe_children(element, "properties"):
        for entry in zeebe_children(holder, "property"):
            name = (entry.get("name") or "").strip()
            if name:
                found[name] = (entry.get("value") or "").strip()
    return found


def read_mappings(reading: Reading, element: Element) -> tuple[tuple[IoMapping, ...], tuple[IoMapping, ...]]:
    """Inputs and outputs of `zeebe:ioMapping`, in document order, which is the order of evaluation."""
    inputs: list[IoMapping] = []
    outputs: list[IoMapping] = []
    for holder in zeebe_children(element, "ioMapping"):
        for entry in zeebe_children(holder, "input", "output"):
            line = entry.sourceline or 0
            target = (entry.get("target") or "").strip()
            source = reading.formula(entry, entry.get("source"))
            if source is None or not target:
                reading.report("mapping_incomplete", entry, target=target or "—")
                continue
            (inputs if local(entry) == "input" else outputs).append(IoMapping(source, target, line))
    return tuple(inputs), tuple(outputs)


def read_detail(reading: Reading, node: Element, lane: str | None) -> Detail | None:
    """What makes a task more than a box; None if the file does not say it (the checks then say what is missing).

    A user task that names neither an assignee nor candidates belongs to the people of its lane: the lane's name is the
    candidate group.
    """
    match local(node):
        case "userTask":
            return _read_user_task(reading, node, lane)
        case "scriptTask":
            return _read_script(reading, node) or _read_job(reading, node)
        case "businessRuleTask":
            return _read_decision(reading, node) or _read_job(reading, node)
        case "callActivity":
            return _read_called_process(reading, node)
        case kind if kind in _JOB_HOLDERS:
            return _read_job(reading, node)
        case _:
            return None


def read_loop(reading: Reading, node: Element) -> MultiInstance | StandardLoop | None:
    """Source: BPMN 2.0.2 §10.3.8; the collection comes from `zeebe:loopCharacteristics`."""
    for loop in bpmn_children(node, "multiInstanceLoopCharacteristics"):
        return _read_multi_instance(reading, loop)
    for loop in bpmn_children(node, "standardLoopCharacteristics"):
        maximum = reading.number(loop, "loopMaximum", -1)
        return StandardLoop(
            loop.sourceline or 0,
            reading.flag(loop, "testBefore", False),
            None if maximum < 0 else maximum,
            _child_text(reading, loop, "loopCondition"),
        )
    return None


def _read_multi_instance(reading: Reading, loop: Element) -> MultiInstance:
    items = _first(loop, "loopCharacteristics")
    return MultiInstance(
        sequential=reading.flag(loop, "isSequential", False),
        line=loop.sourceline or 0,
        collection=None if items is None else reading.formula(items, items.get("inputCollection")),
        element=None if items is None else _name(items, "inputElement"),
        output_collection=None if items is None else _name(items, "outputCollection"),
        output_element=None if items is None else reading.formula(items, items.get("outputElement")),
        cardinality=_child_text(reading, loop, "loopCardinality"),
        completion_condition=_child_text(reading, loop, "completionCondition"),
    )


def _read_user_task(reading: Reading, node: Element, lane: str | None) -> UserTask:
    form, assignment, schedule, priority = (
        _first(node, name) for name in ("formDefinition", "assignmentDefinition", "taskSchedule", "priorityDefinition")
    )
    people = {
        name: None if assignment is None else reading.formula(assignment, assignment.get(attribute))
        for name, attribute in (("assignee", "assignee"), ("users", "candidateUsers"), ("groups", "candidateGroups"))
    }
    if not any(people.values()) and lane:
        people["groups"] = Formula(lane, node.sourceline or 0)
    return UserTask(
        form_id=None if form is None else _name(form, "formId"),
        form_binding=_binding(reading, form, "deployment"),
        assignee=people["assignee"],
        candidate_users=people["users"],
        candidate_groups=people["groups"],
        due_date=None if schedule is None else reading.formula(schedule, schedule.get("dueDate")),
        follow_up_date=None if schedule is None else reading.formula(schedule, schedule.get("followUpDate")),
        priority=None if priority is None else reading.formula(priority, priority.get("priority")),
    )


def _read_job(reading: Reading, node: Element) -> Job | None:
    definition = _first(node, "taskDefinition")
    type_ = None if definition is None else reading.formula(definition, definition.get("type"))
    if definition is None or type_ is None:
        return None
    headers = {
        name: header.get("value") or ""
        for holder in zeebe_children(node, "taskHeaders")
        for header in zeebe_children(holder, "header")
        if (name := (header.get("key") or "").strip())
    }
    return Job(type_, reading.formula(definition, definition.get("retries")), MappingProxyType(headers))


def _read_script(reading: Reading, node: Element) -> Script | None:
    script = _first(node, "script")
    expression = None if script is None else reading.formula(script, script.get("expression"))
    if script is None or expression is None:
        return None
    return Script(expression, _name(script, "resultVariable") or "")


def _read_decision(reading: Reading, node: Element) -> CalledDecision | None:
    called = _first(node, "calledDecision")
    decision = None if called is None else reading.formula(called, called.get("decisionId"))
    if called is None or decision is None:
        return None
    binding = _binding(reading, called, "deployment")
    return CalledDecision(decision, _name(called, "resultVariable") or "", binding, _name(called, "versionTag"))


def _read_called_process(reading: Reading, node: Element) -> CalledProcess | None:
    called = _first(node, "calledElement")
    if called is None:
        # The standard's own attribute (BPMN 2.0.2 §10.3.5) is a qualified name of a process.
        plain = (node.get("calledElement") or "").strip().rpartition(":")[2]
        return CalledProcess(Formula(plain, node.sourceline or 0)) if plain else None
    process = reading.formula(called, called.get("processId")) or reading.formula(called, called.get("processIdExpression"))
    if process is None:
        return None
    return CalledProcess(
        process,
        reading.flag(called, "propagateAllParentVariables", True),
        reading.flag(called, "propagateAllChildVariables", True),
        _binding(reading, called, "latest"),
        _name(called, "versionTag"),
    )


def _binding(reading: Reading, element: Element | None, default: Binding) -> Binding:
    text = "" if element is None else (element.get("bindingType") or "").strip()
    if element is not None and text not in ("", "latest", "deployment", "versionTag"):
        reading.report("unknown_value", element, attribute="bindingType", text=text, allowed="latest, deployment")
        return default
    return cast(Binding, text or default)


def _first(element: Element, name: str) -> Element | None:
    found = zeebe_children(element, name)
    return found[0] if found else None


def _name(element: Element, attribute: str) -> str | None:
    return (element.get(attribute) or "").strip() or None


def _child_text(reading: Reading, element: Element, name: str) -> Formula | None:
    found = bpmn_children(element, name)
    return reading.formula(found[0], found[0].text) if found else None
