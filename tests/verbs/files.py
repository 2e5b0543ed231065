"""Small files to deploy: one process with a form and a decision."""

from __future__ import annotations

import json

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'id="definitions" targetNamespace="http://bpmn.io/schema/bpmn">'
)


def form(id: str = "request", label: str = "事由") -> bytes:
    component = {"type": "textfield", "key": "subject", "label": label, "id": "Field_subject", "validate": {"required": True}}
    return json.dumps({"id": id, "type": "default", "schemaVersion": 16, "components": [component]}).encode()


def decision(id: str = "level", result: str = "high") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" '
        f'namespace="http://camunda.org/schema/1.0/dmn"><decision id="{id}" name="{id}"><variable id="v" name="{id}" typeRef="string"/>'
        f'<literalExpression id="e"><text>"{result}"</text></literalExpression></decision></definitions>'
    ).encode()


def process(id: str = "asking", *, name: str = "asking", properties: str = "", inside: str = "", after: str = "", form_id: str = "request") -> bytes:
    """Start → decide (a decision) → ask (a user task with a form) → done; `inside` are more elements of the process, `after` of the file."""
    return (
        f'{_HEAD}<bpmn:process id="{id}" name="{name}" isExecutable="true"><bpmn:extensionElements><zeebe:properties>{properties}'
        "</zeebe:properties></bpmn:extensionElements>"
        '<bpmn:startEvent id="start" name="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>'
        '<bpmn:businessRuleTask id="decide" name="decide"><bpmn:extensionElements><zeebe:calledDecision decisionId="level" '
        'resultVariable="level"/></bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:businessRuleTask>'
        f'<bpmn:userTask id="ask" name="ask"><bpmn:extensionElements><zeebe:formDefinition formId="{form_id}"/>'
        '<zeebe:assignmentDefinition candidateGroups="clerks"/><zeebe:properties><zeebe:property name="opinion" value="subject"/></zeebe:properties>'
        "</bpmn:extensionElements><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:userTask>"
        '<bpmn:endEvent id="done" name="done"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="decide"/><bpmn:sequenceFlow id="f2" sourceRef="decide" targetRef="ask"/>'
        f'<bpmn:sequenceFlow id="f3" sourceRef="ask" targetRef="done"/>{inside}</bpmn:process>{after}</bpmn:definitions>'
    ).encode()


def prop(name: str, value: str) -> str:
    return f'<zeebe:property name="{name}" value="{value}"/>'


def all_three() -> dict[str, bytes]:
    return {"asking.bpmn": process(), "level.dmn": decision(), "request.form": form()}


def timer_start(cycle: str = "R/P1D") -> str:
    """A second way to start: by a timer."""
    return (
        '<bpmn:startEvent id="yearly" name="yearly"><bpmn:outgoing>f9</bpmn:outgoing><bpmn:timerEventDefinition id="t1"><bpmn:timeCycle '
        f'xsi:type="bpmn:tFormalExpression">{cycle}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>'
        '<bpmn:sequenceFlow id="f9" sourceRef="yearly" targetRef="decide"/>'
    )


def message_action(groups: str = "enterprise", form_id: str = "") -> str:
    """An interrupting event sub-process that people may set off: withdraw."""
    properties = prop("action", "撤回") + prop("actionGroups", groups) + prop("opinion", "subject")
    properties += prop("actionForm", form_id) if form_id else ""
    return (
        '<bpmn:subProcess id="withdrawing" name="withdrawing" triggeredByEvent="true">'
        '<bpmn:startEvent id="withdraw" name="withdraw" isInterrupting="true"><bpmn:extensionElements><zeebe:properties>'
        f"{properties}</zeebe:properties></bpmn:extensionElements><bpmn:outgoing>w1</bpmn:outgoing>"
        '<bpmn:messageEventDefinition id="w_event" messageRef="m_withdraw"/></bpmn:startEvent>'
        '<bpmn:endEvent id="withdrawn" name="withdrawn"><bpmn:incoming>w1</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="w1" sourceRef="withdraw" targetRef="withdrawn"/></bpmn:subProcess>'
    )


WITHDRAW_MESSAGE = (
    '<bpmn:message id="m_withdraw" name="withdraw"><bpmn:extensionElements><zeebe:subscription correlationKey="=business_key"/>'
    "</bpmn:extensionElements></bpmn:message>"
)
