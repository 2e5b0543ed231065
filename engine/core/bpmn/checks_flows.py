"""Gateways, conditions and default flows: whether a token always knows where to go. Source: BPMN 2.0.2 §8.3.13, §10.6, §13.4."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.bpmn.finding import finding, warning
from engine.core.bpmn.model import ACTIVITIES, Flow, Kind, Node, Process
from engine.core.bpmn.supported import WAITED_FOR
from engine.core.problems import Problem

_DECIDING = frozenset({Kind.EXCLUSIVE_GATEWAY, Kind.INCLUSIVE_GATEWAY})


def check_flows(process: Process) -> Iterator[Problem]:
    """Every finding about the flows that leave a node."""
    for node in process.nodes.values():
        outgoing = [process.flows[id_] for id_ in node.outgoing]
        yield from _check_default(process, node)
        yield from _check_conditions(process, node, outgoing)
        if node.kind in _DECIDING:
            yield from _check_decision(process, node, outgoing)
        elif node.kind is Kind.COMPLEX_GATEWAY:
            yield from _check_complex(process, node, outgoing)
        elif node.kind is Kind.EVENT_BASED_GATEWAY:
            yield from _check_event_gateway(process, node, outgoing)
        elif node.kind in ACTIVITIES and outgoing and node.default is None and all(flow.condition for flow in outgoing):
            yield warning(process, node, "activity_without_default")


def _check_default(process: Process, node: Node) -> Iterator[Problem]:
    if node.default is None:
        return
    flow = process.flows.get(node.default)
    if flow is None or flow.id not in node.outgoing:
        yield finding(process, node, "default_not_outgoing", flow=node.default)
    elif flow.condition:
        yield finding(process, flow, "default_with_condition", gateway=node.name or node.id)


def _check_conditions(process: Process, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
    may_have_conditions = node.kind in _DECIDING or node.kind in ACTIVITIES or node.kind is Kind.COMPLEX_GATEWAY
    for flow in outgoing:
        if flow.condition is None:
            continue
        if not may_have_conditions:
            yield finding(process, flow, "condition_not_allowed", source=node.name or node.id)
        elif not flow.condition.text.startswith("="):
            yield finding(process, flow, "condition_without_equals", line=flow.condition.line, text=flow.condition.text)


def _check_decision(process: Process, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
    open_ends = [flow for flow in outgoing if flow.condition is None and flow.id != node.default]
    if len(outgoing) > 1:
        for flow in open_ends:
            yield finding(process, flow, "flow_without_condition", gateway=node.name or node.id)
    # BPMN 2.0.2 §13.4.2: no true condition and no default flow is an exception, so insist at deploy, not in month three.
    if outgoing and node.default is None and not open_ends:
        yield finding(process, node, "gateway_without_default")


def _check_complex(process: Process, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
    """Merging, it needs its activation condition; only splitting, it decides like an inclusive gateway. Source: BPMN 2.0.2 §13.4.5."""
    condition = node.activation_condition
    if len(node.incoming) < 2:
        yield from _check_decision(process, node, outgoing)
    elif condition is None:
        yield finding(process, node, "activation_condition_missing")
    if condition is not None and not condition.text.startswith("="):
        yield finding(process, node, "condition_without_equals", line=condition.line, text=condition.text)


def _check_event_gateway(process: Process, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
    if len(outgoing) < 2:
        yield finding(process, node, "event_gateway_too_few", count=len(outgoing))
    yield from _check_messages_behind(process, node, [process.nodes[flow.target] for flow in outgoing])
    for flow in outgoing:
        target = process.nodes[flow.target]
        catches = target.kind is Kind.INTERMEDIATE_CATCH_EVENT and target.events and all(e.kind in WAITED_FOR for e in target.events)
        receives = target.kind is Kind.RECEIVE_TASK and target.loop is None
        if not catches and not receives:
            yield finding(process, target, "event_gateway_target", gateway=node.name or node.id)
        elif len(target.incoming) > 1:
            yield finding(process, target, "event_gateway_target_shared", gateway=node.name or node.id)
        elif target.kind is Kind.RECEIVE_TASK and target.id in process.scopes[target.scope].boundary_events:
            # BPMN 2.0.2 §10.6.6: a receive task behind the gateway must not have boundary events.
            yield finding(process, target, "event_gateway_target_boundary", gateway=node.name or node.id)


def _check_messages_behind(process: Process, gateway: Node, targets: list[Node]) -> Iterator[Problem]:
    """BPMN 2.0.2 §10.6.6: messages behind one gateway are awaited either by events or by receive tasks."""
    receiving = [target for target in targets if target.kind is Kind.RECEIVE_TASK]
    catching = [target for target in targets if target.kind is not Kind.RECEIVE_TASK and any(e.kind == "message" for e in target.events)]
    if receiving and catching:
        yield finding(process, receiving[0], "event_gateway_mixed", gateway=gateway.name or gateway.id)
