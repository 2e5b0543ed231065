"""Work in the house style: every task says until when, and every process for whom it is and how it can end early."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.core.bpmn.finding import warning
from engine.core.bpmn.model import CalledProcess, Diagram, Kind, Node, Process, UserTask
from engine.core.problems import Problem


def check_work(process: Process) -> Iterator[Problem]:
    """User tasks have a form, people, a limit and a clause and stand in a lane; a service for enterprises can be ended."""
    for node in process.nodes.values():
        if node.kind is Kind.USER_TASK:
            yield from _check_task(process, node)
    yield from _check_ending(process)


def _check_task(process: Process, node: Node) -> Iterator[Problem]:
    task = node.detail if isinstance(node.detail, UserTask) else UserTask()
    if not _has_limit(process, node):
        yield warning(process, node, "style_limit_missing")
    if not node.properties.get("clause") and not _owner(process, node).properties.get("clause"):
        yield warning(process, node, "style_clause_missing")
    if not task.candidate_groups and not task.assignee:
        yield warning(process, node, "style_people_missing")
    if node.scope == process.id and node.lane is None:
        yield warning(process, node, "style_lane_missing")


def _has_limit(process: Process, node: Node) -> bool:
    """Its own limit or due date, or that of a sub-process around it; while the clock stands still there is none."""
    if node.properties.keys() & {"limit", "clock"} or (isinstance(node.detail, UserTask) and node.detail.due_date):
        return True
    return node.scope != process.id and _has_limit(process, process.nodes[node.scope])


def _owner(process: Process, node: Node) -> Node:
    return process.nodes.get(node.scope, node)


def _check_ending(process: Process) -> Iterator[Problem]:
    """`audience` tells for whom a process is; only one that serves an enterprise must offer to end it, others say why they do not."""
    if not process.documentation.strip():
        yield warning(process, None, "style_documentation_missing")
    match process.properties.get("audience"):
        case None:
            yield warning(process, None, "style_audience_missing")
        case "enterprise" if not _can_be_ended(process) and not process.properties.get("ending"):
            yield warning(process, None, "style_ending_missing")
        case "internal" | "part" if not process.properties.get("ending"):
            yield warning(process, None, "style_ending_unexplained")


def _can_be_ended(process: Process) -> bool:
    """Whether an event sub-process of the process itself takes over, and another one or a message asks for it."""
    subs = {node.id for node in process.nodes.values() if node.kind is Kind.EVENT_SUB_PROCESS and node.scope == process.id}
    starts = [node for node in process.nodes.values() if node.scope in subs and node.kind is Kind.START_EVENT]
    return any(node.interrupting for node in starts) and any(node.properties.get("action") for node in starts)


def check_offers(diagram: Diagram, all_of_them: Iterable[Diagram]) -> Iterator[Problem]:
    """A called process that shows its caller's button a second time: people would not know which one they press.

    It may have the button for itself if an expression in `actionGroups` says for whom, and takes what the caller hands over.
    """
    processes = {process.id: process for each in all_of_them for process in each.processes}
    for caller in diagram.processes:
        labels = {node.properties["action"] for node in caller.nodes.values() if node.properties.get("action")}
        for node in caller.nodes.values():
            called = processes.get(node.detail.process_id.text) if isinstance(node.detail, CalledProcess) else None
            if called is None:
                continue
            handed = [mapping.target for mapping in node.inputs]
            for offer in called.nodes.values():
                groups = offer.properties.get("actionGroups", "")
                if offer.properties.get("action") in labels and not any(name in groups for name in handed if groups.startswith("=")):
                    yield warning(caller, node, "style_offered_twice", action=offer.properties["action"], called=called.name)
