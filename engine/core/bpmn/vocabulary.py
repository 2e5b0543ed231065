"""The names that BPMN 2.0 and the zeebe extension write into a file, and what a reader may do with each.

Source: the XML schemas of BPMN 2.0.2 (§10, §15) and the element list of the zeebe extension as the stock modelling tools write it.
What is not listed here is reported by `survey`, so a name that is missing costs a refusal, never a silent loss.
"""

from __future__ import annotations

from typing import TypeAlias

from lxml import etree

from engine.core.bpmn.model import Kind

Element: TypeAlias = etree._Element

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
# Written by the tools for themselves: execution platform, colours, XML plumbing. They carry nothing that a process could mean.
HARMLESS_NAMESPACES = frozenset(
    {
        XSI,
        "http://www.w3.org/XML/1998/namespace",
        "http://camunda.org/schema/modeler/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    }
)


def local(element: Element) -> str:
    """The tag without its namespace."""
    tag: str = element.tag
    return tag.rpartition("}")[2]


def namespace(name: str) -> str:
    """The namespace of a tag or attribute in Clark notation, "" if it has none."""
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def bpmn_children(element: Element, *names: str) -> list[Element]:
    """Direct children in the BPMN namespace with one of these local names (all, without names), in document order."""
    wanted = {f"{{{BPMN}}}{name}" for name in names}
    return [child for child in element if child.tag in wanted or (not names and child.tag.startswith(f"{{{BPMN}}}"))]


def zeebe_children(element: Element, *names: str) -> list[Element]:
    """The zeebe extension elements of a BPMN element, or the children of a zeebe element."""
    holders = bpmn_children(element, "extensionElements") if element.tag.startswith(f"{{{BPMN}}}") else [element]
    wanted = {f"{{{ZEEBE}}}{name}" for name in names}
    return [child for holder in holders for child in holder if child.tag in wanted]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NODES = frozenset(kind.value for kind in Kind) - {Kind.PROCESS.value, Kind.EVENT_SUB_PROCESS.value}
TASKS = words("task manualTask userTask serviceTask sendTask receiveTask scriptTask businessRuleTask")
GLOBAL_TASKS = words("globalTask globalManualTask globalUserTask globalScriptTask globalBusinessRuleTask")
CONTAINERS = words("process subProcess transaction adHocSubProcess")
EVENT_DEFINITIONS = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "conditionalEventDefinition": "conditional",
    "linkEventDefinition": "link",
    "compensateEventDefinition": "compensation",
    "cancelEventDefinition": "cancel",
    "terminateEventDefinition": "terminate",
}
DRAWN = words(
    "textAnnotation association group dataObject dataObjectReference dataStoreReference dataStore laneSet lane childLaneSet"
    " participant messageFlow collaboration category categoryValue"
)

# Read past without a word: they describe or draw. What lies inside them is not looked at.
OPAQUE = words(
    "documentation text itemDefinition import dataState flowNodeRef incoming outgoing participantMultiplicity property eventDefinitionRef"
    " inputSet outputSet sourceRef targetRef loopDataInputRef loopDataOutputRef"
)
# Read past with a warning: other systems act on them, this one does not.
IGNORED = words(
    "auditing monitoring rendering interface endPoint resource relationship partnerEntity partnerRole operationRef"
    " supportedInterfaceRef supports participantAssociation messageFlowAssociation source target extension"
    " interfaceRef endPointRef extensionDefinitions"
)
# Refused where they stand: they would change what is executed, and we do not execute them.
REFUSED_ELEMENTS = words(
    "globalConversation globalChoreographyTask choreography choreographyTask callChoreography subChoreography"
    " conversation callConversation subConversation conversationNode conversationLink conversationAssociation choreographyRef"
    " ioBinding resourceRole performer humanPerformer potentialOwner script"
    " correlationKey correlationProperty correlationSubscription"
)

_BASE = words("documentation extensionElements")
_WORK = words("ioSpecification resourceRole performer humanPerformer potentialOwner property")
_FLOW_ELEMENTS = NODES | words("sequenceFlow dataObject dataObjectReference dataStoreReference laneSet textAnnotation association group")
_NODE = _BASE | words("incoming outgoing auditing monitoring")
_ACTIVITY = _NODE | _WORK | words(
    "dataInputAssociation dataOutputAssociation multiInstanceLoopCharacteristics standardLoopCharacteristics"
)
_CHOREOGRAPHY = words("choreographyTask callChoreography subChoreography")
_EVENTS = _NODE | frozenset(EVENT_DEFINITIONS) | words("property eventDefinitionRef")
_CATCH = _EVENTS | words("dataOutput dataOutputAssociation outputSet")
_THROW = _EVENTS | words("dataInput dataInputAssociation inputSet")
_CALLABLE = words("ioSpecification ioBinding supportedInterfaceRef")

# Element → the BPMN elements that may stand directly in it.
CHILDREN: dict[str, frozenset[str]] = {
    "definitions": _BASE
    | frozenset(EVENT_DEFINITIONS)
    | words(
        "import extension itemDefinition message signal error escalation process collaboration choreography category dataStore"
        " interface endPoint resource partnerEntity partnerRole relationship correlationProperty globalTask globalManualTask"
        " globalUserTask globalScriptTask globalBusinessRuleTask globalConversation globalChoreographyTask"
    ),
    "process": _BASE | _FLOW_ELEMENTS | _WORK | _CALLABLE | _CHOREOGRAPHY | words("auditing monitoring correlationSubscription supports"),
    "subProcess": _ACTIVITY | _FLOW_ELEMENTS,
    "transaction": _ACTIVITY | _FLOW_ELEMENTS,
    "adHocSubProcess": _ACTIVITY | _FLOW_ELEMENTS | words("completionCondition"),
    "task": _ACTIVITY,
    "manualTask": _ACTIVITY,
    "userTask": _ACTIVITY | words("rendering"),
    "serviceTask": _ACTIVITY | words("operationRef"),
    "sendTask": _ACTIVITY | words("operationRef"),
    "receiveTask": _ACTIVITY | words("operationRef"),
    "scriptTask": _ACTIVITY | words("script"),
    "businessRuleTask": _ACTIVITY,
    "callActivity": _ACTIVITY,
    "exclusiveGateway": _NODE,
    "parallelGateway": _NODE,
    "inclusiveGateway": _NODE,
    "eventBasedGateway": _NODE,
    "complexGateway": _NODE | words("activationCondition"),
    "startEvent": _CATCH,
    "intermediateCatchEvent": _CATCH,
    "boundaryEvent": _CATCH,
    "intermediateThrowEvent": _THROW,
    "endEvent": _THROW,
    "sequenceFlow": _BASE | words("conditionExpression auditing monitoring"),
    "messageEventDefinition": _BASE | words("operationRef"),
    "timerEventDefinition": _BASE | words("timeDate timeDuration timeCycle"),
    "conditionalEventDefinition": _BASE | words("condition"),
    "linkEventDefinition": _BASE | words("source target"),
    "multiInstanceLoopCharacteristics": _BASE
    | words(
        "loopCardinality completionCondition loopDataInputRef loopDataOutputRef inputDataItem outputDataItem complexBehaviorDefinition"
    ),
    "standardLoopCharacteristics": _BASE | words("loopCondition"),
    "complexBehaviorDefinition": _BASE | words("condition event"),
    "event": _BASE | frozenset(EVENT_DEFINITIONS) | words("eventDefinitionRef dataInput dataInputAssociation inputSet property"),
    "ioSpecification": _BASE | words("dataInput dataOutput inputSet outputSet"),
    "dataInput": _BASE | words("dataState"),
    "dataOutput": _BASE | words("dataState"),
    "inputDataItem": _BASE | words("dataState"),
    "outputDataItem": _BASE | words("dataState"),
    **{name: _BASE | words("sourceRef targetRef transformation assignment") for name in ("dataInputAssociation", "dataOutputAssociation")},
    "assignment": _BASE | words("from to"),
    **{name: _BASE | _WORK | _CALLABLE | words("script rendering") for name in GLOBAL_TASKS},
    "laneSet": _BASE | words("lane"),
    "childLaneSet": _BASE | words("lane"),
    "lane": _BASE | words("flowNodeRef childLaneSet partitionElement"),
    "collaboration": _BASE
    | words(
        "participant messageFlow textAnnotation association group participantAssociation messageFlowAssociation conversation"
        " callConversation subConversation conversationNode conversationLink conversationAssociation choreographyRef correlationKey"
    ),
    "participant": _BASE | words("participantMultiplicity interfaceRef endPointRef"),
    "textAnnotation": _BASE | words("text"),
    "category": _BASE | words("categoryValue"),
    "dataObject": _BASE | words("dataState"),
    "dataObjectReference": _BASE | words("dataState"),
    "dataStore": _BASE | words("dataState"),
    "dataStoreReference": _BASE | words("dataState"),
}
DEFAULT_CHILDREN = _BASE

_NODE_ATTRIBUTES = words("id name")
_ACTIVITY_ATTRIBUTES = _NODE_ATTRIBUTES | words("default isForCompensation startQuantity completionQuantity")
_CONTAINER_ATTRIBUTES = _ACTIVITY_ATTRIBUTES | words("triggeredByEvent")
_GATEWAY_ATTRIBUTES = _NODE_ATTRIBUTES | words("gatewayDirection")
# Element → its attributes without a namespace. Elements that are not listed have `id` and `name` only.
ATTRIBUTES: dict[str, frozenset[str]] = {
    "definitions": words("id name targetNamespace expressionLanguage typeLanguage exporter exporterVersion"),
    "process": words("id name isExecutable processType isClosed definitionalCollaborationRef"),
    "subProcess": _CONTAINER_ATTRIBUTES,
    "transaction": _CONTAINER_ATTRIBUTES | words("method"),
    "adHocSubProcess": _CONTAINER_ATTRIBUTES | words("ordering cancelRemainingInstances"),
    **dict.fromkeys(TASKS, _ACTIVITY_ATTRIBUTES),
    "userTask": _ACTIVITY_ATTRIBUTES | words("implementation"),
    "serviceTask": _ACTIVITY_ATTRIBUTES | words("implementation operationRef"),
    "sendTask": _ACTIVITY_ATTRIBUTES | words("implementation operationRef messageRef"),
    "receiveTask": _ACTIVITY_ATTRIBUTES | words("implementation operationRef messageRef instantiate"),
    "businessRuleTask": _ACTIVITY_ATTRIBUTES | words("implementation"),
    "scriptTask": _ACTIVITY_ATTRIBUTES | words("scriptFormat"),
    "callActivity": _ACTIVITY_ATTRIBUTES | words("calledElement"),
    "exclusiveGateway": _GATEWAY_ATTRIBUTES | words("default"),
    "inclusiveGateway": _GATEWAY_ATTRIBUTES | words("default"),
    "complexGateway": _GATEWAY_ATTRIBUTES | words("default"),
    "parallelGateway": _GATEWAY_ATTRIBUTES,
    "eventBasedGateway": _GATEWAY_ATTRIBUTES | words("instantiate eventGatewayType"),
    "startEvent": _NODE_ATTRIBUTES | words("isInterrupting parallelMultiple"),
    "intermediateCatchEvent": _NODE_ATTRIBUTES | words("parallelMultiple"),
    "boundaryEvent": _NODE_ATTRIBUTES | words("cancelActivity attachedToRef parallelMultiple"),
    "sequenceFlow": words("id name sourceRef targetRef isImmediate"),
    "messageFlow": words("id name sourceRef targetRef messageRef"),
    "messageEventDefinition": words("id messageRef operationRef"),
    "signalEventDefinition": words("id signalRef"),
    "errorEventDefinition": words("id errorRef"),
    "escalationEventDefinition": words("id escalationRef"),
    "compensateEventDefinition": words("id activityRef waitForCompletion"),
    "multiInstanceLoopCharacteristics": words("id isSequential behavior oneBehaviorEventRef noneBehaviorEventRef"),
    "standardLoopCharacteristics": words("id testBefore loopMaximum"),
    **{
        expression: words("id language evaluatesToTypeRef")
        for expression in (
            "conditionExpression timeDate timeDuration timeCycle condition loopCardinality completionCondition loopCondition"
            " activationCondition transformation from to"
        ).split()
    },
    "message": words("id name itemRef"),
    "signal": words("id name structureRef"),
    "error": words("id name errorCode structureRef"),
    "escalation": words("id name escalationCode structureRef"),
    "collaboration": words("id name isClosed"),
    "participant": words("id name processRef"),
    "lane": words("id name partitionElementRef"),
    "association": words("id sourceRef targetRef associationDirection"),
    "textAnnotation": words("id textFormat"),
    "group": words("id categoryValueRef"),
    "categoryValue": words("id value"),
    "dataObject": words("id name itemSubjectRef isCollection"),
    "dataObjectReference": words("id name dataObjectRef itemSubjectRef"),
    "dataStore": words("id name capacity isUnlimited itemSubjectRef"),
    "dataStoreReference": words("id name dataStoreRef itemSubjectRef"),
    **{name: words("id name itemSubjectRef isCollection") for name in ("dataInput", "dataOutput", "inputDataItem", "outputDataItem")},
    **{name: words("id name implementation scriptLanguage") for name in GLOBAL_TASKS},
}
DEFAULT_ATTRIBUTES = words("id name")
