"""Every extension element and attribute that the stock modelling tools can write is executed, or refused with a reason."""

from __future__ import annotations

import pytest

from engine.core.bpmn.survey import ZEEBE_ELEMENTS, ZEEBE_REFUSED, ZEEBE_REFUSED_ATTRIBUTES
from tests.bpmn.builder import MESSAGE, event, file, flow, node, problems, through, zeebe

# The names in the element list of npm zeebe-bpmn-moddle 2.0.0: element → its attributes, and where it is written.
NAMES = {
    "adHoc": ("adHocSubProcess", "activeElementsCollection outputCollection outputElement"),
    "agentDefinition": ("serviceTask", "agentType"),
    "assignmentDefinition": ("userTask", "assignee candidateGroups candidateUsers"),
    "calledDecision": ("businessRuleTask", "decisionId resultVariable bindingType versionTag"),
    "calledElement": (
        "callActivity",
        "processId processIdExpression propagateAllChildVariables propagateAllParentVariables businessId bindingType versionTag",
    ),
    "conditionalFilter": ("conditionalEventDefinition", "variableNames variableEvents"),
    "executionListeners": ("task", ""),
    "executionListener": ("executionListeners", "eventType retries type"),
    "formDefinition": ("userTask", "formKey formId externalReference bindingType versionTag"),
    "header": ("taskHeaders", "id key value"),
    "input": ("ioMapping", "source target modelerConfigurationTemplate modelerConfigurationName"),
    "ioMapping": ("serviceTask", ""),
    "jobPriorityDefinition": ("serviceTask", "priority"),
    "linkedResources": ("serviceTask", ""),
    "linkedResource": ("linkedResources", "resourceId resourceType linkName bindingType versionTag"),
    "loopCharacteristics": ("multiInstanceLoopCharacteristics", "inputCollection inputElement outputCollection outputElement"),
    "output": ("ioMapping", "source target"),
    "priorityDefinition": ("userTask", "priority"),
    "properties": ("task", ""),
    "property": ("properties", "name value modelerConfigurationTemplate modelerConfigurationName"),
    "script": ("scriptTask", "expression resultVariable"),
    "subscription": ("message", "correlationKey"),
    "taskDefinition": ("serviceTask", "type retries"),
    "taskHeaders": ("serviceTask", ""),
    "taskListeners": ("userTask", ""),
    "taskListener": ("taskListeners", "eventType retries type"),
    "taskSchedule": ("userTask", "dueDate followUpDate"),
    "userTask": ("userTask", ""),
    "userTaskForm": ("process", "id"),
    "versionTag": ("process", "value"),
}
ON_ELEMENTS = "retryCounter modelerTemplate modelerTemplateVersion modelerTemplateIcon".split()
REFUSED = {"agentDefinition", "conditionalFilter", "jobPriorityDefinition", "linkedResources", "linkedResource", "userTaskForm"}
REFUSED_ATTRIBUTES = {("formDefinition", "formKey"), ("formDefinition", "externalReference"), ("calledElement", "businessId"), ("", "retryCounter")}
SAMPLES = {
    "eventType": "start", "retries": "3", "type": "notify", "source": "=1", "target": "x", "key": "k", "value": "v", "name": "clause",
    "inputCollection": "=[1]", "inputElement": "item", "outputCollection": "results", "outputElement": "=item", "priority": "50",
    "expression": "=1", "resultVariable": "x", "correlationKey": "=key", "dueDate": "2026-03-01", "followUpDate": "2026-03-01",
    "formId": "known_form", "decisionId": "known_decision", "processId": "known_process", "bindingType": "deployment",
    "propagateAllChildVariables": "true", "propagateAllParentVariables": "true", "activeElementsCollection": '=["inner"]',
}  # fmt: skip
NEEDED = {  # what an attribute is no use without
    "calledDecision": "decisionId resultVariable", "calledElement": "processId", "executionListener": "eventType type", "input": "source target",
    "output": "source target", "loopCharacteristics": "inputCollection", "script": "expression resultVariable", "taskDefinition": "type",
    "taskListener": "eventType type", "header": "key", "property": "name value", "adHoc": "activeElementsCollection",
}  # fmt: skip
HOLDERS = "executionListeners ioMapping linkedResources properties taskHeaders taskListeners".split()  # elements of the list themselves
PAIRS = [(name, attribute) for name, (_, attributes) in NAMES.items() for attribute in attributes.split() or [""]]


def element(name: str, attribute: str) -> str:
    wanted = dict.fromkeys([*NEEDED.get(name, "").split(), *filter(None, [attribute])])
    if attribute in ("outputCollection", "outputElement"):
        wanted |= {"outputCollection": None, "outputElement": None}
    samples = {**SAMPLES, "eventType": "creating"} if name == "taskListener" else SAMPLES
    words = "".join(f" {word}='{samples.get(word, 'x')}'" for word in wanted)
    inside = "<zeebe:linkedResource resourceId='x'/>" if name == "linkedResources" else ""
    return f"<zeebe:{name}{words}>{inside}</zeebe:{name}>"


def holding(name: str, attribute: str) -> bytes:
    """A file with the element where tools write it, whole but for what is not the question."""
    place, written = NAMES[name][0], element(name, attribute)
    if place in HOLDERS:
        place, written = NAMES[place][0], f"<zeebe:{place}>{written}</zeebe:{place}>"
    if place == "process":
        return file(zeebe(written) + through(node("task", "a")))
    if place == "message":
        return file(through(node("receiveTask", "a", messageRef="m")), MESSAGE.split("<ext")[0] + zeebe(written) + "</message>")
    if place == "conditionalEventDefinition":
        catch = node("intermediateCatchEvent", "a", event("conditional", "<condition>=x</condition>" + zeebe(written)))
        return file(through(catch.replace("<condition>=x</condition>" + zeebe(written), zeebe(written) + "<condition>=x</condition>")))
    if place == "multiInstanceLoopCharacteristics":
        return file(through(node("task", "a", f"<multiInstanceLoopCharacteristics>{zeebe(written)}</multiInstanceLoopCharacteristics>")))
    if place == "serviceTask" and name != "taskDefinition":
        written = '<zeebe:taskDefinition type="notify"/>' + written
    inner = node("task", "inner") if place == "adHocSubProcess" else ""
    return file(through(node(place, "a", zeebe(written) + inner)))


def test_the_lists_of_the_program_hold_every_name() -> None:
    assert ZEEBE_ELEMENTS.keys() & REFUSED == set() and NAMES.keys() - REFUSED <= ZEEBE_ELEMENTS.keys()
    assert REFUSED - {"linkedResource"} <= ZEEBE_REFUSED and REFUSED_ATTRIBUTES == ZEEBE_REFUSED_ATTRIBUTES.keys()


@pytest.mark.parametrize(("name", "attribute"), PAIRS, ids=[f"{name}@{attribute}" for name, attribute in PAIRS])
def test_what_stock_tools_write_is_executed_or_refused_with_a_reason(name: str, attribute: str) -> None:
    found = [problem for problem in problems(holding(name, attribute)) if problem.severity == "error"]

    if name in REFUSED or (name, attribute) in REFUSED_ATTRIBUTES:
        assert "not_supported" in [problem.code for problem in found]
        assert all(problem.line for problem in found)
    elif attribute != "versionTag":  # a tag asks for a definition that carries it
        assert found == []


@pytest.mark.parametrize("attribute", ON_ELEMENTS)
def test_attributes_on_elements_of_bpmn_itself(attribute: str) -> None:
    found = [problem.code for problem in problems(file(through(node("task", "a", **{f"zeebe:{attribute}": "1"})))) if problem.severity == "error"]

    assert found == (["not_supported"] if ("", attribute) in REFUSED_ATTRIBUTES else [])


@pytest.mark.parametrize("place", ["exclusiveGateway", "inclusiveGateway", "parallelGateway", "intermediateThrowEvent", "subProcess"])
def test_execution_listeners_stand_wherever_the_tools_put_them(place: str) -> None:
    listener = zeebe('<zeebe:executionListeners><zeebe:executionListener eventType="end" type="={}"/></zeebe:executionListeners>')
    inside = node("startEvent", "s") + node("endEvent", "t") + flow("s", "t") if place == "subProcess" else ""

    assert [problem for problem in problems(file(through(node(place, "a", listener + inside)))) if problem.severity == "error"] == []
