"""A walk over every element of a file: ids, and names that nobody will read. After it, nothing can be lost silently.

The readers take what they know and look at nothing else; this module knows what they know (`vocabulary`) and reports the rest:
errors for what would change the execution, warnings for what other systems wrote for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.bpmn.reading import Reading, shorten
from engine.core.bpmn.vocabulary import (
    ATTRIBUTES,
    BPMN,
    BPMNDI,
    CHILDREN,
    DEFAULT_ATTRIBUTES,
    DEFAULT_CHILDREN,
    HARMLESS_NAMESPACES,
    IGNORED,
    NODES,
    GLOBAL_TASKS,
    OPAQUE,
    REFUSED_ELEMENTS,
    ZEEBE,
    Element,
    local,
    namespace,
    words,
)
from engine.core.bpmn.words import Words

MAX_ID = 200  # characters; ids are part of primary keys
# Zeebe extension element → its attributes and the elements inside it.
ZEEBE_ELEMENTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "userTask": (frozenset(), frozenset()),
    "formDefinition": (words("formId bindingType versionTag"), frozenset()),
    "assignmentDefinition": (words("assignee candidateUsers candidateGroups"), frozenset()),
    "taskSchedule": (words("dueDate followUpDate"), frozenset()),
    "priorityDefinition": (words("priority"), frozenset()),
    "script": (words("expression resultVariable"), frozenset()),
    "calledDecision": (words("decisionId resultVariable bindingType versionTag"), frozenset()),
    "calledElement": (
        words("processId processIdExpression propagateAllChildVariables propagateAllParentVariables bindingType versionTag"),
        frozenset(),
    ),
    "taskDefinition": (words("type retries"), frozenset()),
    "taskHeaders": (frozenset(), words("header")),
    "header": (words("id key value"), frozenset()),
    "ioMapping": (frozenset(), words("input output")),
    "input": (words("source target"), frozenset()),
    "output": (words("source target"), frozenset()),
    "loopCharacteristics": (words("inputCollection inputElement outputCollection outputElement"), frozenset()),
    "subscription": (words("correlationKey"), frozenset()),
    "properties": (frozenset(), words("property")),
    "property": (words("id name value"), frozenset()),
    "versionTag": (words("value"), frozenset()),
    "executionListeners": (frozenset(), words("executionListener")),
    "executionListener": (words("id eventType type retries"), words("taskHeaders")),
    "taskListeners": (frozenset(), words("taskListener")),
    "taskListener": (words("id eventType type retries"), frozenset()),
    "adHoc": (words("activeElementsCollection outputCollection outputElement"), frozenset()),
}
_JOB_PLACES = words(
    "serviceTask sendTask scriptTask businessRuleTask intermediateThrowEvent endEvent globalScriptTask globalBusinessRuleTask"
)
# Where each may stand; elements that are not listed may stand anywhere.
ZEEBE_PLACES: dict[str, frozenset[str]] = {
    **{
        name: words("userTask globalUserTask")
        for name in ("userTask", "assignmentDefinition", "taskSchedule", "priorityDefinition", "taskListeners")
    },
    "formDefinition": words("userTask globalUserTask startEvent"),
    "ioMapping": NODES | GLOBAL_TASKS,
    "properties": NODES | GLOBAL_TASKS | words("process"),
    "executionListeners": NODES | GLOBAL_TASKS | words("process"),
    "script": words("scriptTask globalScriptTask"),
    "calledDecision": words("businessRuleTask globalBusinessRuleTask"),
    "adHoc": words("adHocSubProcess"),
    "calledElement": words("callActivity"),
    "taskDefinition": _JOB_PLACES,
    "taskHeaders": _JOB_PLACES | words("userTask globalUserTask"),
    "loopCharacteristics": words("multiInstanceLoopCharacteristics"),
    "subscription": words("message"),
    "versionTag": words("process"),
}
# Known, and refused: they would act.
ZEEBE_REFUSED = words("userTaskForm publishMessage linkedResources conditionalFilter jobPriorityDefinition agentDefinition")
# (element, attribute) → the feature that it stands for; "" is any element of BPMN itself.
ZEEBE_REFUSED_ATTRIBUTES = {
    ("formDefinition", "formKey"): "form_key", ("formDefinition", "externalReference"): "form_key",
    ("calledElement", "businessId"): "called_business_id", ("", "retryCounter"): "retry_counter",
}  # fmt: skip
_DESIGNER_ATTRIBUTES = words("modelerTemplate modelerTemplateVersion modelerTemplateIcon")
_DESIGNER_NOTES = words("modelerConfigurationTemplate modelerConfigurationName")  # within extension elements
_MUST_HAVE_ID = NODES | GLOBAL_TASKS | words("process sequenceFlow message signal error escalation")


def survey(reading: Reading, root: Element) -> None:
    """Fill `reading.elements` and report every element, attribute and id that cannot be taken as it stands."""
    _index(reading, root)
    for element in _walk(root):
        if namespace(element.tag) == BPMN:
            _look_at_attributes(reading, element)
            _look_at_children(reading, element)


def _index(reading: Reading, root: Element) -> None:
    """Ids of the whole file, the drawing included: xsd:ID is unique in a document."""
    for element in root.iter("{*}*"):
        identifier = element.get("id")
        if identifier is None:
            if namespace(element.tag) == BPMN and local(element) in _MUST_HAVE_ID:
                reading.report("id_missing", element, tag=local(element))
            continue
        if namespace(element.tag) == ZEEBE:
            continue  # headers and properties have ids of the tool's own
        first = reading.elements.setdefault(identifier, element)
        if first is not element:
            reading.report("duplicate_id", element, id=shorten(identifier), first=first.sourceline)
        elif not _is_id(identifier):
            reading.report("id_invalid", element, id=shorten(identifier), limit=MAX_ID)


def _is_id(text: str) -> bool:
    return len(text) <= MAX_ID and (text[0].isalpha() or text[0] == "_") and all(c.isalnum() or c in "_-." for c in text) if text else False


def _walk(root: Element) -> Iterator[Element]:
    """Every element whose content matters: not what we refuse or ignore as a whole, not a process that is only drawn."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        name = local(element)
        if name in OPAQUE or name in IGNORED or name in REFUSED_ELEMENTS or _is_sketch(element, name):
            continue
        waiting += [child for child in reversed(element) if namespace(child.tag) == BPMN and local(child) != "extensionElements"]


def _is_sketch(element: Element, name: str) -> bool:
    return name == "process" and (element.get("isExecutable") or "").strip() not in ("true", "1")


def _look_at_attributes(reading: Reading, element: Element) -> None:
    name = local(element)
    if name in OPAQUE or name in IGNORED or name in REFUSED_ELEMENTS:
        return
    allowed = ATTRIBUTES.get(name, DEFAULT_ATTRIBUTES)
    for attribute in element.attrib:
        attribute = str(attribute)
        if not attribute.startswith("{") and attribute not in allowed:
            reading.report("unknown_attribute", element, tag=name, attribute=shorten(attribute))
        elif namespace(attribute) == ZEEBE and (bare := attribute.rpartition("}")[2]) not in _DESIGNER_ATTRIBUTES:
            if feature := ZEEBE_REFUSED_ATTRIBUTES.get(("", bare)):
                reading.report("not_supported", element, what=Words(f"bpmn.feature.{feature}"))
            else:
                reading.report("zeebe_unknown", element, name=shorten(bare))
    method = (element.get("method") or "").strip()
    if name == "transaction" and method.lower() not in ("", "##compensate"):  # another way of undoing than the one we execute
        reading.report("unknown_value", element, attribute="method", text=shorten(method), allowed="##Compensate")
    language = element.get("language")
    if language and "feel" not in language.lower():
        reading.report("expression_language", element, language=shorten(language))


def _look_at_children(reading: Reading, element: Element) -> None:
    name = local(element)
    if name in OPAQUE or name in IGNORED or name in REFUSED_ELEMENTS or _is_sketch(element, name):
        return
    allowed = CHILDREN.get(name, DEFAULT_CHILDREN)
    # On the root, tools keep facts about the file in their own systems.
    attributes = [] if name == "definitions" else map(str, element.attrib)
    foreign = [_prefixed(element, attribute) for attribute in attributes if _is_foreign(namespace(attribute))]
    for child in element:
        tag, space = local(child), namespace(child.tag)
        if space == BPMNDI:
            continue
        if space != BPMN:
            foreign.append(_prefixed(child, child.tag))
        elif tag == "extensionElements":
            foreign += _look_at_extensions(reading, child, name)
        elif tag in REFUSED_ELEMENTS:
            reading.report("not_supported", child, what=Words(f"bpmn.element.{tag}"))
        elif tag not in allowed:
            reading.report("unknown_element", child, tag=shorten(tag), parent=name)
        elif tag in IGNORED:
            reading.report("ignored_element", child, "warning", tag=tag)
    if foreign:
        reading.report("foreign_extension", element, "warning", names=shorten(", ".join(dict.fromkeys(foreign)), 200))


def _look_at_extensions(reading: Reading, holder: Element, parent: str) -> list[str]:
    """Report what is wrong with zeebe elements; return the names of foreign ones."""
    foreign: list[str] = []
    seen: set[str] = set()
    for child in holder:
        name, space = local(child), namespace(child.tag)
        if space != ZEEBE:
            if _is_foreign(space):
                foreign.append(_prefixed(child, child.tag))
            continue
        if name in ZEEBE_REFUSED:
            if len(child) or child.attrib or (child.text or "").strip():
                reading.report("not_supported", child, what=Words(f"bpmn.element.{name}"))
        elif name not in ZEEBE_ELEMENTS:
            reading.report("zeebe_unknown", child, name=shorten(name))
        elif parent not in ZEEBE_PLACES.get(name, frozenset({parent})):
            # Properties of lanes, pools and flows are notes of their owners; anything else would act.
            reading.report("zeebe_misplaced", child, "warning" if name == "properties" else "error", name=name, parent=parent)
        elif name == "taskHeaders" and parent in ("userTask", "globalUserTask"):
            reading.report("ignored_element", child, "warning", tag=name)  # stock tools offer them; they are for programs
        elif name in seen:
            reading.report("zeebe_twice", child, name=name)
        else:
            _look_into_extension(reading, child)
        seen.add(name)
    if "taskDefinition" in seen and seen & {"script", "calledDecision"}:
        reading.report("two_implementations", holder)
    return foreign


def _look_into_extension(reading: Reading, element: Element) -> None:
    waiting = [element]
    names: set[str] = set()
    while waiting:
        current = waiting.pop()
        attributes, inside = ZEEBE_ELEMENTS[local(current)]
        for attribute in map(str, current.attrib):
            if feature := ZEEBE_REFUSED_ATTRIBUTES.get((local(current), attribute)):
                reading.report("not_supported", current, what=Words(f"bpmn.feature.{feature}"))
            elif attribute not in attributes | _DESIGNER_NOTES and not _is_foreign(namespace(attribute)):
                reading.report("zeebe_unknown", current, name=shorten(f"{local(current)}@{attribute}"))
        name = current.get("name") if local(current) == "property" else None
        if name is not None and name in names:
            reading.report("property_twice", current, name=shorten(name))
        names.add(name or "")
        for child in reversed(current):
            if namespace(child.tag) == ZEEBE and local(child) in inside:
                waiting.append(child)
            else:
                reading.report("zeebe_unknown", child, name=shorten(local(child)))


def _is_foreign(space: str) -> bool:
    return space not in ("", BPMN, ZEEBE) and space not in HARMLESS_NAMESPACES


def _prefixed(element: Element, name: str) -> str:
    """A name as the file writes it: `camunda:formKey`."""
    space = namespace(name)
    prefix = next((prefix for prefix, uri in element.nsmap.items() if uri == space and prefix), None)
    bare = name.rpartition("}")[2]
    return f"{prefix}:{bare}" if prefix else f"{space}:{bare}" if space else bare
