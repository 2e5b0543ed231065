"""Questions about the shape of a process that joins must answer: who can still send a token here?

Computed once per process and scope; iterative, so that a diagram of any length can be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from engine.core.bpmn.model import Kind, Process


def upstream(process: Process, gateway: str) -> dict[str, frozenset[str]]:
    """For each incoming flow of `gateway`: the nodes from which a token can reach that flow without visiting the gateway.

    A boundary event is reached from its activity, a catching link from its throwing ones. Source: BPMN 2.0.2 §13.4.3
    (inclusive gateway: "a directed path … that does not visit the Inclusive Gateway").
    """
    before = predecessors(process)
    return {
        flow_id: frozenset(_backwards([process.flows[flow_id].source], before, gateway))
        for flow_id in process.nodes[gateway].incoming
    }


def ring(process: Process, node_id: str) -> list[str]:
    """The nodes from which a token at `node_id` can come back to it, in the order of the diagram; none if it cannot."""
    before = predecessors(process)
    after: dict[str, list[str]] = defaultdict(list)
    for node, sources in before.items():
        for source in sources:
            after[source].append(node)
    followers = {node: tuple(targets) for node, targets in after.items()}
    back, ahead = _backwards(before.get(node_id, ()), before, ""), _backwards(followers.get(node_id, ()), followers, "")
    return [id_ for id_ in process.nodes if id_ in back and id_ in ahead]


@lru_cache(maxsize=256)  # every join of a process asks
def predecessors(process: Process) -> Mapping[str, tuple[str, ...]]:
    """Node → the nodes that can hand it a token directly."""
    before: dict[str, list[str]] = defaultdict(list)
    for flow in process.flows.values():
        before[flow.target].append(flow.source)
    for scope in process.scopes.values():
        for activity, events in scope.boundary_events.items():
            for event in events:
                before[event].append(activity)
        for node_id in scope.nodes:
            node = process.nodes[node_id]
            if node.kind is Kind.INTERMEDIATE_THROW_EVENT and node.event and node.event.kind == "link" and node.event.name:
                target = scope.links.get(node.event.name.text)
                if target:
                    before[target].append(node_id)
    return {node: tuple(sources) for node, sources in before.items()}


def _backwards(start: Iterable[str], before: Mapping[str, tuple[str, ...]], stop: str) -> set[str]:
    seen: set[str] = set()
    pending = [node for node in start if node != stop]
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        pending.extend(source for source in before.get(node, ()) if source != stop and source not in seen)
    return seen
