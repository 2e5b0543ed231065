"""A plain drawing for a file without one: layers from left to right, one column a step, sub-processes as frames around their content."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from engine.core.bpmn.model import ACTIVITIES, GATEWAYS, SUB_PROCESSES, Edge, Kind, Node, Process, Shape

_COLUMN_GAP, _ROW_GAP, _MARGIN = 60.0, 50.0, 40.0  # px
_EVENT, _GATEWAY, _TASK = (36.0, 36.0), (50.0, 50.0), (110.0, 80.0)


@dataclass
class _Frame:
    """A scope that is laid out: positions of its nodes relative to its corner, and its own size."""

    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def lay_out(processes: tuple[Process, ...]) -> tuple[tuple[Shape, ...], tuple[Edge, ...]]:
    """Boxes and lines for all nodes and flows, the processes below one another. Linear in the size of the diagram."""
    shapes: list[Shape] = []
    edges: list[Edge] = []
    top = 0.0
    for process in processes:
        boxes, bottom = _place_process(process, top)
        shapes += boxes.values()
        # An event on no border has no box; the reader has reported it.
        drawn = [flow for flow in process.flows.values() if flow.source in boxes and flow.target in boxes]
        edges += [Edge(flow.id, _route(process, boxes, flow.source, flow.target)) for flow in drawn]
        top = bottom + _MARGIN
    return tuple(shapes), tuple(edges)


def _place_process(process: Process, top: float) -> tuple[dict[str, Shape], float]:
    sizes = {node.id: _size(node) for node in process.nodes.values() if node.kind is not Kind.BOUNDARY_EVENT}
    frames: dict[str, _Frame] = {}
    # A scope is created before the scopes inside it, so the reverse order meets the inner ones first.
    for scope in reversed(list(process.scopes)):
        frame = frames[scope] = _arrange(process, scope, sizes)
        if scope in sizes:
            sizes[scope] = (max(frame.width, _TASK[0]), max(frame.height, _TASK[1]))
    boxes: dict[str, Shape] = {}
    corners = {process.id: (0.0, top)}
    for scope, frame in ((id_, frames[id_]) for id_ in process.scopes):
        left, upper = corners[scope]
        for id_, (x, y) in frame.places.items():
            corners[id_] = left + x, upper + y
            boxes[id_] = Shape(id_, left + x, upper + y, *sizes[id_])
        for host, events in process.scopes[scope].boundary_events.items():
            for index, event in enumerate(events):
                if host in boxes:
                    box = boxes[host]
                    boxes[event] = Shape(event, box.x + 10 + 46.0 * index, box.y + box.height - _EVENT[1] / 2, *_EVENT)
    return boxes, top + frames[process.id].height


def _arrange(process: Process, scope: str, sizes: dict[str, tuple[float, float]]) -> _Frame:
    layers: defaultdict[int, list[str]] = defaultdict(list)
    for id_, layer in _layers(process, scope).items():
        layers[layer].append(id_)
    frame = _Frame()
    x = _MARGIN
    for layer in sorted(layers):
        column = max(sizes[id_][0] for id_ in layers[layer])
        y = _MARGIN
        for id_ in layers[layer]:
            height = sizes[id_][1]
            row = max(height, _TASK[1])
            frame.places[id_] = x, y + (row - height) / 2
            y += row + _ROW_GAP
        frame.height = max(frame.height, y - _ROW_GAP + _MARGIN)
        x += column + _COLUMN_GAP
    frame.width = max(x - _COLUMN_GAP + _MARGIN, 0.0)
    return frame


def _layers(process: Process, scope: str) -> dict[str, int]:
    """Node → column: the fewest steps from the start. What hangs on nothing stands in the first column."""
    members = [process.nodes[id_] for id_ in process.scopes[scope].nodes if process.nodes[id_].kind is not Kind.BOUNDARY_EVENT]
    followers: defaultdict[str, list[str]] = defaultdict(list)
    for id_ in process.scopes[scope].nodes:
        node = process.nodes[id_]
        source = node.attached_to or id_
        followers[source] += [process.flows[flow].target for flow in node.outgoing]
    ids = {node.id for node in members}
    layers: dict[str, int] = {}
    for first in [node.id for node in members if not node.incoming] + [node.id for node in members]:
        waiting = [] if first in layers else [first]
        layers.setdefault(first, 0)
        while waiting:
            reached = [(target, layers[id_] + 1) for id_ in waiting for target in followers[id_] if target in ids]
            waiting = []
            for target, layer in reached:
                if target not in layers:
                    layers[target] = layer
                    waiting.append(target)
    return layers


def _size(node: Node) -> tuple[float, float]:
    if node.kind in ACTIVITIES or node.kind in SUB_PROCESSES:
        return _TASK
    return _GATEWAY if node.kind in GATEWAYS else _EVENT


def _route(process: Process, boxes: dict[str, Shape], source: str, target: str) -> tuple[tuple[float, float], ...]:
    start, end = boxes[source], boxes[target]
    left, right = end.x, start.x + start.width
    middle, goal = start.y + start.height / 2, end.y + end.height / 2
    if process.nodes[source].kind is Kind.BOUNDARY_EVENT:
        x, low = start.x + start.width / 2, max(start.y + start.height + 16, goal if left > right else 0.0)
        return (x, start.y + start.height), (x, low), (left - 16, low), (left - 16, goal), (left, goal)
    if left >= right:
        turn = left - _COLUMN_GAP / 2
        return ((right, middle), (left, goal)) if middle == goal else ((right, middle), (turn, middle), (turn, goal), (left, goal))
    # Back, or within one column: below both boxes.
    x, low = start.x + start.width / 2, max(start.y + start.height, end.y + end.height) + 18
    return (x, start.y + start.height), (x, low), (end.x + end.width / 2, low), (end.x + end.width / 2, end.y + end.height)
