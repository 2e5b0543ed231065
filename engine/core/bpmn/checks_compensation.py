"""Compensation and transactions: whether what is to be undone has something that undoes it, and a cancel has somewhere to go.

Source: BPMN 2.0.2 §10.5.2, §10.7, §13.5.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.bpmn.finding import finding, warning
from engine.core.bpmn.model import ACTIVITIES, Kind, Node, Process
from engine.core.problems import Problem

_THROWS = frozenset({Kind.INTERMEDIATE_THROW_EVENT, Kind.END_EVENT})


def check_compensation(process: Process) -> Iterator[Problem]:
    """Every finding about compensation handlers, compensation throws and cancelled transactions."""
    undone: set[str] = set()
    for node in process.nodes.values():
        kinds = {event.kind for event in node.events}
        if node.for_compensation:
            yield from _check_handler(process, node)
        if node.kind is Kind.BOUNDARY_EVENT and "compensation" in kinds:
            yield from _check_boundary(process, node, undone)
        if node.kind is Kind.BOUNDARY_EVENT and "cancel" in kinds:
            host = process.nodes.get(node.attached_to or "")
            if host is not None and host.kind is not Kind.TRANSACTION:
                yield finding(process, node, "cancel_without_transaction")
        if node.kind is Kind.END_EVENT and "cancel" in kinds:
            yield from _check_cancel(process, node)
        if node.kind is Kind.START_EVENT and "compensation" in kinds:
            around = process.nodes.get(node.scope)
            if around is not None and around.scope == process.id:
                yield warning(process, node, "compensation_start_outside")
        if node.kind in _THROWS:
            yield from _check_throw(process, node)


def _check_handler(process: Process, node: Node) -> Iterator[Problem]:
    if node.kind not in ACTIVITIES:
        return
    if node.incoming or node.outgoing:
        yield finding(process, node, "compensation_connected")
    if node.id not in process.scopes[node.scope].compensations.values():
        yield finding(process, node, "compensation_unused")


def _check_boundary(process: Process, node: Node, undone: set[str]) -> Iterator[Problem]:
    if node.outgoing:
        yield finding(process, node, "compensation_connected")
    host = node.attached_to or ""
    if host in undone:
        yield finding(process, node, "compensation_twice")
    undone.add(host)
    handler = process.scopes[node.scope].compensations.get(host)
    if handler is None or process.nodes[handler].scope != node.scope:
        yield finding(process, node, "compensation_without_handler")


def _check_throw(process: Process, node: Node) -> Iterator[Problem]:
    """The activity must be seen from the throw: in its own scope, or in the one that an event sub-process belongs to."""
    for event in node.events:
        if event.kind != "compensation" or event.reference is None:
            continue
        activity = process.nodes.get(event.reference)
        if activity is None or activity.scope not in _seen(process, node):
            name = activity.name or activity.id if activity else event.reference
            yield finding(process, node, "compensation_elsewhere", line=event.line, activity=name)


def _seen(process: Process, node: Node) -> Iterator[str]:
    scope = node.scope
    yield scope
    while (around := process.nodes.get(scope)) is not None and around.kind is Kind.EVENT_SUB_PROCESS:
        scope = around.scope
        yield scope


def _check_cancel(process: Process, node: Node) -> Iterator[Problem]:
    transaction = process.nodes.get(node.scope)
    while transaction is not None and transaction.kind is not Kind.TRANSACTION:
        transaction = process.nodes.get(transaction.scope)
    if transaction is None:
        yield finding(process, node, "cancel_without_transaction")
        return
    borders = process.scopes[transaction.scope].boundary_events.get(transaction.id, ())
    if not any(event.kind == "cancel" for border in borders for event in process.nodes[border].events):
        yield finding(process, node, "cancel_without_boundary", transaction=transaction.name or transaction.id)
