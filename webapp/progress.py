"""The big steps of a case, for people who do not read diagrams: taken from the diagram itself, so that owners change them there.

The steps are the activities where people work (user tasks, sub-processes, call activities) on the shortest way from the start
to an end of the process; one that runs beside it and leads back to it is shown at its place too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.core.bpmn.model import Kind, Process

WORK = frozenset({Kind.USER_TASK, Kind.SUB_PROCESS, Kind.CALL_ACTIVITY, Kind.MANUAL_TASK})


@dataclass(frozen=True)
class BigStep:
    name: str
    state: Literal["done", "active", "ahead"]


def big_steps(process: Process, marks: Mapping[str, str]) -> list[BigStep]:
    """In order. `marks`: node id → "active", "done", "incident" or "cancelled", as `instances.marks` gives them."""
    path = _with_detours(process, _shortest(process), marks)
    running = [node for node in path if marks.get(node) in ("active", "incident")]
    reached = path.index(running[0]) if running else None
    steps = []
    for index, node in enumerate(path):
        if node in running:
            state = "active"
        elif reached is not None:
            state = "done" if index < reached else "ahead"
        else:
            state = "done" if marks.get(node) == "done" else "ahead"
        steps.append(BigStep(process.nodes[node].name or node, state))
    return steps


def _successors(process: Process, node: str) -> list[str]:
    return [process.flows[flow].target for flow in process.nodes[node].outgoing]


def _shortest(process: Process) -> list[str]:
    """Activities of people on the way with the fewest nodes from the first start event to an end event."""
    starts = [node.id for node in process.start_events if not node.events] or [node.id for node in process.start_events]
    came_from: dict[str, str | None] = {start: None for start in starts[:1]}
    queue = deque(came_from)
    while queue:
        node = queue.popleft()
        if process.nodes[node].kind is Kind.END_EVENT:
            way = []
            at: str | None = node
            while at is not None:
                way.append(at)
                at = came_from[at]
            return [each for each in reversed(way) if process.nodes[each].kind in WORK]
        for target in _successors(process, node):
            if target not in came_from:
                came_from[target] = node
                queue.append(target)
    return []


def _with_detours(process: Process, path: list[str], marks: Mapping[str, str]) -> list[str]:
    """`path` with the running activities beside it that lead back to it, each before the step where it does."""
    for node in process.nodes.values():
        running = marks.get(node.id) in ("active", "incident")
        if running and node.scope == process.id and node.kind in WORK and node.id not in path:
            at = _rejoins(process, node.id, path)
            path = path if at is None else [*path[:at], node.id, *path[at:]]
    return path


def _rejoins(process: Process, node: str, path: list[str]) -> int | None:
    """Where in `path` the way on from `node` arrives first; None for a side line that ends by itself, such as a reminder."""
    seen, queue = {node}, deque([node])
    while queue:
        for target in _successors(process, queue.popleft()):
            if target in path:
                return path.index(target)
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return None
