"""Processes: containers, flow nodes, sequence flows and lanes of one process element, as a graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from engine.core.bpmn.events import read_events, read_message, text_of
from engine.core.bpmn.data import declared, read_data, read_interface
from engine.core.bpmn.extensions import read_detail, read_listeners, read_mappings, read_properties, read_start_form
from engine.core.bpmn.loops import read_loop
from engine.core.bpmn.model import SUB_PROCESSES, Flow, Kind, Node, Process, Scope
from engine.core.bpmn.reading import Reading, place
from engine.core.bpmn.vocabulary import CONTAINERS, EVENT_DEFINITIONS, NODES, Element, bpmn_children, local, zeebe_children

_ACTIVITY_TAGS = tuple(
    sorted(NODES - {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
)


def read_process(reading: Reading, element: Element, name: str = "") -> Process:
    """The graph of a process element; `name` is used when the element has none (the pool's name).

    What cannot be part of a graph (a flow to nowhere, an element without an id) is reported and left out, so that every id in the
    result can be followed.
    """
    identifier = element.get("id") or ""
    reading.used_data.clear()
    members = {id_: (node, scope) for node, scope in _members(element) if (id_ := node.get("id")) and reading.is_known(node)}
    lanes = _read_lanes(reading, element, members)
    flows = _read_flows(reading, element, members)
    nodes: dict[str, Node] = {}
    links = _links(flows)
    for id_, (node, scope) in members.items():
        # A sub-process stands before its content, so its lane is already known here.
        lane = lanes.get(id_) or (nodes[scope].lane if scope in nodes else None)
        nodes[id_] = _read_node(reading, node, scope, links[id_], lane)
    properties = _properties(reading, element)
    tags = zeebe_children(element, "versionTag")
    return Process(
        id=identifier,
        name=(element.get("name") or "").strip() or name or identifier,
        file=reading.file,
        line=element.sourceline or 0,
        nodes=MappingProxyType(nodes),
        flows=MappingProxyType(flows),
        scopes=MappingProxyType(_scopes(reading, element, nodes)),
        properties=MappingProxyType(properties),
        documentation=_documentation(element),
        version_tag=(tags[0].get("value") or "").strip() or None if tags else None,
        candidate_starters=reading.formula(element, properties.get("candidateStarterGroups")),
        listeners=read_listeners(reading, element),
        interface=read_interface(reading, element),
    )


def _properties(reading: Reading, process: Element) -> dict[str, str]:
    """A process's properties, with the form of its start event as `startForm`."""
    properties = read_properties(process)
    for start in bpmn_children(process, "startEvent"):
        form = read_start_form(reading, start)
        if form and bpmn_children(start, *EVENT_DEFINITIONS, "eventDefinitionRef"):
            reading.report("zeebe_misplaced", start, name="formDefinition", parent="startEvent")
        elif form and properties.setdefault("startForm", form) != form:
            reading.report("start_forms_differ", start, form=form, other=properties["startForm"])
    return properties


def read_global_task(reading: Reading, element: Element) -> Process:
    """A global task as a process that consists of that one task; call activities call it. Source: BPMN 2.0.2 §10.3.4."""
    identifier, line = element.get("id") or "", element.sourceline or 0
    name = (element.get("name") or "").strip() or identifier
    tag = local(element).removeprefix("global")
    inputs, outputs = read_mappings(reading, element)
    task = Node(
        f"{identifier}_task", Kind(tag[0].lower() + tag[1:]), name, line, identifier,
        properties=MappingProxyType(read_properties(element)), documentation=_documentation(element), inputs=inputs, outputs=outputs,
        detail=read_detail(reading, element, None), listeners=read_listeners(reading, element),
    )  # fmt: skip
    interface = read_interface(reading, element)
    scope = Scope(identifier, (task.id,), (task.id,), data_objects=interface.inputs + interface.outputs if interface else ())
    nothing: Mapping[str, Flow] = MappingProxyType({})
    nodes, scopes = MappingProxyType({task.id: task}), MappingProxyType({identifier: scope})
    return Process(identifier, name, reading.file, line, nodes, nothing, scopes, interface=interface, is_global_task=True)


def _members(process: Element) -> Iterator[tuple[Element, str]]:
    """Every flow node of the process with the id of its container, in document order, a container before its content."""
    waiting = [(child, process.get("id") or "") for child in reversed(bpmn_children(process, *NODES))]
    while waiting:
        node, scope = waiting.pop()
        yield node, scope
        if local(node) in CONTAINERS:
            waiting += [(child, node.get("id") or "") for child in reversed(bpmn_children(node, *NODES))]


def _containers(process: Element) -> Iterator[Element]:
    waiting = [process]
    while waiting:
        container = waiting.pop()
        yield container
        waiting += reversed(bpmn_children(container, *(CONTAINERS - {"process"})))


def _read_lanes(reading: Reading, process: Element, members: Mapping[str, tuple[Element, str]]) -> dict[str, str]:
    """Node id → the name of the innermost lane around it that has a name."""
    lanes: dict[str, str] = {}
    depth: dict[str, int] = {}
    waiting = [(lane, "", 1) for container in _containers(process) for set_ in bpmn_children(container, "laneSet") for lane in set_]
    while waiting:
        lane, around, level = waiting.pop()
        if local(lane) != "lane":
            continue
        name = " ".join((lane.get("name") or "").split()) or around
        for reference in bpmn_children(lane, "flowNodeRef"):
            target = (reference.text or "").strip()
            if target not in members:
                reading.report("dangling_reference", reference, "warning", attribute="flowNodeRef", target=target or "—")
            elif name and level >= depth.get(target, 0):
                lanes[target], depth[target] = name, level
        waiting += [(inner, name, level + 1) for set_ in bpmn_children(lane, "childLaneSet") for inner in set_]
    return lanes


def _read_flows(reading: Reading, process: Element, members: Mapping[str, tuple[Element, str]]) -> dict[str, Flow]:
    flows: dict[str, Flow] = {}
    for container in _containers(process):
        for element in bpmn_children(container, "sequenceFlow"):
            flow = _read_flow(reading, element, members)
            if flow is not None:
                flows[flow.id] = flow
    return flows


def _read_flow(reading: Reading, element: Element, members: Mapping[str, tuple[Element, str]]) -> Flow | None:
    if not reading.is_known(element):
        return None
    for attribute in ("sourceRef", "targetRef"):
        if not (element.get(attribute) or "").strip():
            reading.report("reference_missing", element, attribute=attribute)
    source = reading.resolve(element, "sourceRef", *sorted(NODES))
    target = reading.resolve(element, "targetRef", *sorted(NODES))
    if source is None or target is None:
        return None
    ends = source.get("id") or "", target.get("id") or ""
    if source.getparent() is not target.getparent():
        reading.report("flow_crosses_border", element, source=ends[0], target=ends[1])
    if ends[0] not in members or ends[1] not in members:
        return None
    conditions = bpmn_children(element, "conditionExpression")
    condition = reading.expression(conditions[0]) if conditions else None
    return Flow(element.get("id") or "", (element.get("name") or "").strip(), *ends, element.sourceline or 0, condition)


def _links(flows: Mapping[str, Flow]) -> Mapping[str, tuple[list[str], list[str]]]:
    links: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for flow in flows.values():
        links[flow.target][0].append(flow.id)
        links[flow.source][1].append(flow.id)
    return links


def _read_node(
    reading: Reading, element: Element, scope: str, links: tuple[list[str], list[str]], lane: str | None
) -> Node:
    tag = local(element)
    kind = Kind(tag)
    if kind is Kind.SUB_PROCESS and reading.flag(element, "triggeredByEvent", False):
        kind = Kind.EVENT_SUB_PROCESS
    default = reading.resolve(element, "default", "sequenceFlow")
    if kind is Kind.BOUNDARY_EVENT and not (element.get("attachedToRef") or "").strip():
        reading.report("boundary_unattached", element)
    attached = reading.resolve(element, "attachedToRef", *_ACTIVITY_TAGS)
    data = read_data(reading, element)
    loop = read_loop(reading, element, data)
    inputs, outputs = (
        brought + mapped for brought, mapped in zip(data.mappings(), read_mappings(reading, element), strict=True)
    )
    events = read_events(reading, element)
    if kind in (Kind.SEND_TASK, Kind.RECEIVE_TASK):
        events = (read_message(reading, element),) if element.get("messageRef") else ()
    return Node(
        id=element.get("id") or "",
        kind=kind,
        name=(element.get("name") or "").strip(),
        line=element.sourceline or 0,
        scope=scope,
        incoming=tuple(links[0]),
        outgoing=tuple(links[1]),
        default=None if default is None else default.get("id"),
        properties=MappingProxyType(read_properties(element)),
        documentation=_documentation(element),
        inputs=inputs,
        outputs=outputs,
        events=events,
        parallel_multiple=reading.flag(element, "parallelMultiple", False),
        attached_to=None if attached is None else place(attached),
        interrupting=reading.flag(element, "cancelActivity" if kind is Kind.BOUNDARY_EVENT else "isInterrupting", True),
        loop=loop,
        detail=read_detail(reading, element, lane),
        lane=lane,
        for_compensation=reading.flag(element, "isForCompensation", False),
        start_quantity=reading.number(element, "startQuantity", 1, least=1),
        completion_quantity=reading.number(element, "completionQuantity", 1, least=1),
        instantiate=reading.flag(element, "instantiate", False),
        parallel=kind is Kind.EVENT_BASED_GATEWAY and _is_parallel(reading, element),
        activation_condition=text_of(reading, element, "activationCondition"),
        listeners=read_listeners(reading, element),
    )


def _is_parallel(reading: Reading, gateway: Element) -> bool:
    text = (gateway.get("eventGatewayType") or "Exclusive").strip()
    if text not in ("Exclusive", "Parallel"):
        reading.report("unknown_value", gateway, attribute="eventGatewayType", text=text, allowed="Exclusive, Parallel")
    return text == "Parallel"


def _scopes(reading: Reading, process: Element, nodes: Mapping[str, Node]) -> dict[str, Scope]:
    inside: dict[str, list[Node]] = {process.get("id") or "": []}
    inside |= {node.id: [] for node in nodes.values() if node.kind in SUB_PROCESSES}
    for node in nodes.values():
        inside[node.scope].append(node)
    handlers = _handlers(reading, process, nodes)
    return {id_: _scope(id_, members, handlers, declared(reading, reading.elements[id_])) for id_, members in inside.items()}


def _handlers(reading: Reading, process: Element, nodes: Mapping[str, Node]) -> dict[str, str]:
    """Compensation boundary event → the activity at the other end of its association, whichever way it was drawn."""
    handlers: dict[str, str] = {}
    for container in _containers(process):
        for association in bpmn_children(container, "association"):
            ends = [(association.get(attribute) or "").strip().rpartition(":")[2] for attribute in ("sourceRef", "targetRef")]
            for event, activity in (ends, ends[::-1]):
                if event in nodes and activity in nodes and _compensates(nodes[event]) and nodes[activity].for_compensation:
                    handlers.setdefault(event, activity)
    return handlers


def _compensates(node: Node) -> bool:
    return node.kind is Kind.BOUNDARY_EVENT and any(event.kind == "compensation" for event in node.events)


def _scope(identifier: str, members: list[Node], handlers: Mapping[str, str], data: tuple[str, ...]) -> Scope:
    boundary: dict[str, list[str]] = {}
    for node in members:
        if node.kind is Kind.BOUNDARY_EVENT and node.attached_to:
            boundary.setdefault(node.attached_to, []).append(node.id)
    event_sub_processes = tuple(node.id for node in members if node.kind is Kind.EVENT_SUB_PROCESS)
    return Scope(
        identifier,
        starts=_starts(members),
        nodes=tuple(node.id for node in members),
        event_sub_processes=event_sub_processes,
        boundary_events=MappingProxyType({activity: tuple(events) for activity, events in boundary.items()}),
        links=MappingProxyType({name: node.id for node in members if (name := _caught_link(node))}),
        compensations=MappingProxyType(
            {node.attached_to: handlers[node.id] for node in members if node.attached_to and node.id in handlers}
        ),
        data_objects=data,
    )


def _starts(members: list[Node]) -> tuple[str, ...]:
    """None start events; where there is no start event at all, the nodes that nothing leads to (BPMN 2.0.2 §10.5.2)."""
    start_events = [node for node in members if node.kind is Kind.START_EVENT]
    if start_events:
        return tuple(node.id for node in start_events if not node.events)
    passive = (Kind.BOUNDARY_EVENT, Kind.EVENT_SUB_PROCESS)
    return tuple(
        node.id
        for node in members
        if not (node.incoming or node.kind in passive or node.for_compensation or node.instantiate or _caught_link(node))
    )


def _caught_link(node: Node) -> str | None:
    if node.kind is Kind.INTERMEDIATE_CATCH_EVENT and node.event and node.event.kind == "link" and node.event.name:
        return node.event.name.text
    return None


def _documentation(element: Element) -> str:
    texts = ("".join(child.itertext()).strip() for child in bpmn_children(element, "documentation"))
    return "\n\n".join(text for text in texts if text)
