"""Every place in a diagram that takes an expression, as a file with one expression there; and values that nobody expects."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from tests.bpmn.builder import event, file, flow, loop, node, prop, through, timer, zeebe

VALUES = [
    "null", '""', '"x"', "-1", "1.5", "10**30", "10**400", "true", "[]", "[1]", '["a", null]', "{}", "{a: 1}", "function(x) x", "[1..3]",
    'date("2026-01-01")', 'date("9999-12-31")', 'time("10:00:00")', 'duration("P1D")', 'duration("-P1D")', 'duration("P999999999Y")',
    "1/0", '"R3/PT1H"', '"0 0 9 * * *"', "v", "{denied: 1}", "{denied: true}", "{corrections: 1}", '{corrections: {priority: "x"}}',
    '{corrections: {dueDate: "nope"}}', "{loopCounter: 3, deadline: 1}", "get value({}, 1)",
]  # fmt: skip
Place = Callable[[str], bytes]


def _task(tag: str, extensions: str = "", inner: str = "") -> Place:
    """One task between start and end; `%s` in its parts is the expression."""
    written = node(tag, "a", (zeebe(extensions) if extensions else "") + inner)
    return lambda value: file(through(written).replace("%s", escape(f"={value}")))


def _event(tag: str, definition: str, roots: str = "") -> Place:
    written = through(node(tag, "a", definition))
    return lambda value: file(written.replace("%s", escape(f"={value}")), roots.replace("%s", escape(f"={value}")))


def _choice(gateway: str) -> Place:
    ends = node("endEvent", "e") + node("endEvent", "f") + flow("start", "g") + flow("g", "e", "%s") + flow("g", "f", id="other")
    written = node("startEvent", "start") + node(gateway, "g", default="other") + ends
    return lambda value: file(written.replace("%s", escape(f"={value}")))


def _listeners(holder: str, entry: str, *events: str) -> str:
    return f"<zeebe:{holder}>" + "".join(f'<zeebe:{entry} eventType="{event}" type="%s"/>' for event in events) + f"</zeebe:{holder}>"


def _message(name: str, key: str) -> str:
    return f'<message id="m" name="{name}"><extensionElements><zeebe:subscription correlationKey="{key}"/></extensionElements></message>'


_CYCLE = node("boundaryEvent", "b", timer("Cycle", "%s"), attachedToRef="a", cancelActivity="false") + node("endEvent", "e") + flow("b", "e")
_MESSAGE = event("message", messageRef="m")
_BOTH = '<zeebe:input source="%s" target="y"/><zeebe:input source="%s" target="y.z"/>'
PLACES: dict[str, Place] = {
    "assignee": _task("userTask", '<zeebe:assignmentDefinition assignee="%s"/>'),
    "candidates": _task("userTask", '<zeebe:assignmentDefinition candidateUsers="%s" candidateGroups="%s"/>'),
    "dates": _task("userTask", '<zeebe:taskSchedule dueDate="%s" followUpDate="%s"/>'),
    "priority": _task("userTask", '<zeebe:priorityDefinition priority="%s"/>'),
    "task listeners": _task("userTask", _listeners("taskListeners", "taskListener", "creating", "assigning", "completing", "canceling")),
    "execution listeners": _task("task", _listeners("executionListeners", "executionListener", "start", "end")),
    "inputs": _task("userTask", f"<zeebe:ioMapping>{_BOTH}</zeebe:ioMapping>"),
    "outputs": _task("userTask", f"<zeebe:ioMapping>{_BOTH}</zeebe:ioMapping>".replace("input", "output")),
    "script": _task("scriptTask", '<zeebe:script expression="%s" resultVariable="r"/>'),
    "job type": _task("serviceTask", '<zeebe:taskDefinition type="%s"/>'),
    "retries": _task("serviceTask", '<zeebe:taskDefinition type="x" retries="%s"/>'),
    "called process": _task("callActivity", '<zeebe:calledElement processId="%s"/>'),
    "called decision": _task("businessRuleTask", '<zeebe:calledDecision decisionId="%s" resultVariable="r"/>'),
    "items": _task("userTask", inner=loop("", 'inputCollection="%s" inputElement="i" outputCollection="o" outputElement="%s"')),
    "cardinality": _task("userTask", inner=loop("<loopCardinality>%s</loopCardinality>")),
    "completion": _task("userTask", inner=loop("<loopCardinality>2</loopCardinality><completionCondition>%s</completionCondition>")),
    "loop": _task("task", inner='<standardLoopCharacteristics loopMaximum="3"><loopCondition>%s</loopCondition></standardLoopCharacteristics>'),
    "limit": lambda value: file(through(node("userTask", "a", prop("limit", escape(f"={value}"))))),
    "ad-hoc elements": _task("adHocSubProcess", '<zeebe:adHoc activeElementsCollection="%s"/>', node("userTask", "b")),
    "ad-hoc condition": _task("adHocSubProcess", "", node("userTask", "b") + "<completionCondition>%s</completionCondition>"),
    "cycle": lambda value: file((through(node("userTask", "a")) + _CYCLE).replace("%s", escape(f"={value}"))),
    "date": _event("intermediateCatchEvent", timer("Date", "%s")),
    "duration": _event("intermediateCatchEvent", timer("Duration", "%s")),
    "condition": _event("intermediateCatchEvent", event("conditional", "<condition>%s</condition>")),
    "message name": _event("intermediateCatchEvent", _MESSAGE, _message("%s", "=v")),
    "message key": _event("intermediateCatchEvent", _MESSAGE, _message("n", "%s")),
    "thrown message": _event("intermediateThrowEvent", _MESSAGE, _message("%s", "%s")),
    "signal": _event("intermediateThrowEvent", event("signal", signalRef="s"), '<signal id="s" name="%s"/>'),
    "escalation": _event("intermediateThrowEvent", event("escalation", escalationRef="s"), '<escalation id="s" escalationCode="%s"/>'),
    "exclusive": _choice("exclusiveGateway"),
    "inclusive": _choice("inclusiveGateway"),
    "title": lambda value: file(prop("title", escape(f"={value}")) + through(node("userTask", "a"))),
}
