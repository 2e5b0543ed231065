"""The zeebe extension elements of a node: who does it, with which form, script, decision, process or job, and its variables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from engine.core.bpmn.events import text_of
from engine.core.bpmn.model import (
    AdHoc, Binding, CalledDecision, CalledProcess, Detail, Formula, IoMapping, Job, Listener, Script, UserTask,
)  # fmt: skip
from engine.core.bpmn.reading import Reading
from engine.core.bpmn.vocabulary import Element, bpmn_children, local, zeebe_children
from engine.core.bpmn.words import Words

LISTENER_EVENTS = {
    "executionListener": ("start", "end"), "taskListener": ("creating", "assigning", "updating", "completing", "canceling"),
}  # fmt: skip
_JOB_HOLDERS = frozenset("serviceTask sendTask scriptTask businessRuleTask intermediateThrowEvent endEvent".split())


def read_properties(element: Element) -> dict[str, str]:
    """`zeebe:properties` as a mapping; the last of two equal names counts (reported by the checks of the file)."""
    found: dict[str, str] = {}
    for holder in zeebe_children(element, "properties"):
        for entry in zeebe_children(holder, "property"):
            name = (entry.get("name") or "").strip()
            if name:
                found[name] = (entry.get("value") or "").strip()
    return found


def read_start_form(reading: Reading, start: Element) -> str | None:
    """The form of a start event, as stock tools write it; like the property `startForm` it stays as it was deployed."""
    form = _first(start, "formDefinition")
    if form is not None and (form.get("bindingType") or "deployment").strip() != "deployment":
        reading.report("not_supported", form, what=Words("bpmn.feature.start_form_binding"))
    return None if form is None else _name(form, "formId")


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
        case "userTask" | "globalUserTask":
            return _read_user_task(reading, node, lane)
        case "scriptTask" | "globalScriptTask":
            return _read_script(reading, node) or _read_job(reading, node)
        case "businessRuleTask" | "globalBusinessRuleTask":
            return _read_decision(reading, node) or _read_job(reading, node)
        case "callActivity":
            return _read_called_process(reading, node)
        case "adHocSubProcess":
            return _read_ad_hoc(reading, node)
        case kind if kind in _JOB_HOLDERS:
            return _read_job(reading, node)
        case _:
            return None


def read_listeners(reading: Reading, element: Element) -> tuple[Listener, ...]:
    """Execution and task listeners in the order written, which is the order in which they run."""
    found: list[Listener] = []
    for holder in zeebe_children(element, "executionListeners", "taskListeners"):
        for entry in zeebe_children(holder, "executionListener", "taskListener"):
            event = (entry.get("eventType") or "").strip()
            if event not in LISTENER_EVENTS[local(entry)]:
                reading.report("not_supported", entry, what=Words("bpmn.feature.listener_event", event=event or "—"))
                continue
            type_ = reading.formula(entry, entry.get("type"))
            if type_ is None:
                reading.report("listener_incomplete", entry)
            else:
                found.append(Listener(event, Job(type_, reading.formula(entry, entry.get("retries")), _headers(entry))))  # type: ignore[arg-type]
    return tuple(found)


def _headers(element: Element) -> Mapping[str, str]:
    return MappingProxyType(
        {
            name: header.get("value") or ""
            for holder in zeebe_children(element, "taskHeaders")
            for header in zeebe_children(holder, "header")
            if (name := (header.get("key") or "").strip())
        }
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
        form_version_tag=None if form is None else _name(form, "versionTag"),
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
    return Job(type_, reading.formula(definition, definition.get("retries")), _headers(node))


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
        # With the standard's data inputs and outputs, only those go in and come out.
        whole = not bpmn_children(node, "ioSpecification")
        return CalledProcess(Formula(plain, node.sourceline or 0), whole, whole) if plain else None
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


def _read_ad_hoc(reading: Reading, node: Element) -> AdHoc:
    ordering = (node.get("ordering") or "Parallel").strip()
    if ordering not in ("Parallel", "Sequential"):
        reading.report("unknown_value", node, attribute="ordering", text=ordering, allowed="Parallel, Sequential")
    settings = _first(node, "adHoc")
    return AdHoc(
        ordering == "Sequential",
        text_of(reading, node, "completionCondition"),
        reading.flag(node, "cancelRemainingInstances", True),
        None if settings is None else reading.formula(settings, settings.get("activeElementsCollection")),
        None if settings is None else _name(settings, "outputCollection"),
        None if settings is None else reading.formula(settings, settings.get("outputElement")),
    )


def _binding(reading: Reading, element: Element | None, default: Binding) -> Binding:
    text = "" if element is None else (element.get("bindingType") or "").strip()
    if element is not None and text not in ("", "latest", "deployment", "versionTag"):
        reading.report("unknown_value", element, attribute="bindingType", text=text, allowed="latest, deployment, versionTag")
        return default
    if element is not None and text == "versionTag" and not _name(element, "versionTag"):
        reading.report("version_tag_missing", element)
    return cast(Binding, text or default)


def _first(element: Element, name: str) -> Element | None:
    found = zeebe_children(element, name)
    return found[0] if found else None


def _name(element: Element, attribute: str) -> str | None:
    return (element.get(attribute) or "").strip() or None
