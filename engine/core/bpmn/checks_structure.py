"""Starts, ends, borders and reachability: whether a token can enter, move through and leave every scope.

Source: BPMN 2.0.2 §10.5, §13.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.core.bpmn.finding import finding, warning
from engine.core.bpmn.model import ACTIVITIES, Kind, Node, Process, Scope
from engine.core.problems import Problem


def check_structure(process: Process) -> Iterator[Problem]:
    """Every finding about how nodes hang together."""
    for scope in process.scopes.values():
        around = process.nodes.get(scope.id)
        if around is None and not scope.nodes:
            yield finding(process, None, "process_empty")
            continue
        yield from _check_starts(process, scope, around)
        if around is not None and around.kind is Kind.AD_HOC_SUB_PROCESS:
            yield from _check_ad_hoc(process, scope, around)
        yield from _check_links(process, scope)
        yield from _check_reach(process, scope)
    for node in process.nodes.values():
        yield from _check_ends(process, node)
        if node.kind is Kind.BOUNDARY_EVENT:
            yield from _check_boundary(process, node)


def _check_starts(process: Process, scope: Scope, around: Node | None) -> Iterator[Problem]:
    starts = [process.nodes[id_] for id_ in scope.nodes if process.nodes[id_].kind is Kind.START_EVENT]
    if around is not None and around.kind is Kind.EVENT_SUB_PROCESS:
        if len(starts) != 1:
            yield finding(process, around, "event_sub_process_start", count=len(starts))
        return
    if around is None and (process.start_events or process.is_global_task):
        pass  # a gateway or a receive task may make instances too
    elif not starts and (around is None or around.kind is not Kind.AD_HOC_SUB_PROCESS):
        yield finding(process, around, "start_missing")
    for surplus in [start for start in starts if not start.events][1:]:
        yield finding(process, surplus, "start_several")


def _check_ad_hoc(process: Process, scope: Scope, around: Node) -> Iterator[Problem]:
    """BPMN 2.0.2 §10.3.5: no start or end events, at least one activity."""
    inside = [process.nodes[id_] for id_ in scope.nodes]
    for node in inside:
        if node.kind in (Kind.START_EVENT, Kind.END_EVENT):
            yield finding(process, node, "ad_hoc_with_ends", around=around.name or around.id)
    if not any(node.kind in ACTIVITIES for node in inside):
        yield finding(process, around, "ad_hoc_empty")


def _check_links(process: Process, scope: Scope) -> Iterator[Problem]:
    links = [node for id_ in scope.nodes if (node := process.nodes[id_]).event and node.event.kind == "link"]
    caught = Counter(_link_name(node) for node in links if node.kind is Kind.INTERMEDIATE_CATCH_EVENT)
    thrown = Counter(_link_name(node) for node in links if node.kind is Kind.INTERMEDIATE_THROW_EVENT)
    for node in links:
        name = _link_name(node)
        if not name:
            yield finding(process, node, "link_without_name")
        elif node.kind is Kind.INTERMEDIATE_THROW_EVENT:
            if not caught[name]:
                yield finding(process, node, "link_without_catch", link=name)
            if node.outgoing:
                yield finding(process, node, "link_connected")
        elif node.kind is Kind.INTERMEDIATE_CATCH_EVENT:
            if not thrown[name]:
                yield finding(process, node, "link_without_throw", link=name)
            if caught[name] > 1:
                yield finding(process, node, "link_caught_twice", link=name)
            if node.incoming:
                yield finding(process, node, "link_connected")


def _check_reach(process: Process, scope: Scope) -> Iterator[Problem]:
    """Nodes that no token can come to. A scope without a start event has been reported; here its loose nodes count as starts."""
    reached: set[str] = set()
    waiting = [*scope.starts, *scope.event_sub_processes]
    waiting += [id_ for id_ in scope.nodes if process.nodes[id_].kind is Kind.START_EVENT or process.nodes[id_].for_compensation]
    waiting += [id_ for id_ in scope.nodes if process.nodes[id_].instantiate]
    while waiting:
        id_ = waiting.pop()
        if id_ in reached:
            continue
        reached.add(id_)
        node = process.nodes[id_]
        waiting += [process.flows[flow].target for flow in node.outgoing if process.nodes[process.flows[flow].target].scope == scope.id]
        waiting += scope.boundary_events.get(id_, ())
        if node.kind is Kind.INTERMEDIATE_THROW_EVENT and (name := _link_name(node)) in scope.links:
            waiting.append(scope.links[name])
    for id_ in scope.nodes:
        node = process.nodes[id_]
        if id_ not in reached and node.kind is not Kind.BOUNDARY_EVENT and not _is_lonely_link(node):
            yield finding(process, node, "unreachable")


def _check_ends(process: Process, node: Node) -> Iterator[Problem]:
    if node.kind is Kind.EVENT_SUB_PROCESS:
        if node.incoming or node.outgoing:
            yield finding(process, node, "event_sub_process_connected")
        return
    if node.instantiate and node.scope != process.id:
        yield finding(process, node, "instantiate_inside")
    if node.incoming and (node.kind in (Kind.START_EVENT, Kind.BOUNDARY_EVENT) or node.instantiate):
        yield finding(process, node, "incoming_not_allowed")
    if node.kind is Kind.END_EVENT:
        if node.outgoing:
            yield finding(process, node, "outgoing_not_allowed")
    elif not (node.outgoing or node.for_compensation or _compensates(node) or _throws_link(node) or _is_content(process, node)):
        yield warning(process, node, "dead_end")


def _check_boundary(process: Process, node: Node) -> Iterator[Problem]:
    host = process.nodes.get(node.attached_to or "")
    if host is None:
        return  # the reader has reported the reference
    if host.kind is Kind.EVENT_SUB_PROCESS:
        yield finding(process, node, "boundary_on_event_sub_process", host=host.name or host.id)
    elif host.scope != node.scope:
        yield finding(process, node, "boundary_elsewhere", host=host.name or host.id)


def _is_content(process: Process, node: Node) -> bool:
    """The content of an ad-hoc sub-process has no flows by design, a global task none at all."""
    around = process.nodes.get(node.scope)
    return around.kind is Kind.AD_HOC_SUB_PROCESS if around is not None else process.is_global_task


def _compensates(node: Node) -> bool:
    return node.kind is Kind.BOUNDARY_EVENT and any(event.kind == "compensation" for event in node.events)


def _throws_link(node: Node) -> bool:
    return node.kind is Kind.INTERMEDIATE_THROW_EVENT and node.event is not None and node.event.kind == "link"


def _is_lonely_link(node: Node) -> bool:
    """A link target is reached by its throw alone; that none exists is reported as such."""
    return node.kind is Kind.INTERMEDIATE_CATCH_EVENT and node.event is not None and node.event.kind == "link"


def _link_name(node: Node) -> str:
    return node.event.name.text if node.event and node.event.kind == "link" and node.event.name else ""
