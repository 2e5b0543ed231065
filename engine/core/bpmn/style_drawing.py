"""The drawing in the house style: it fits on a screen, runs from left to right, and nothing lies on anything else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from engine.core.bpmn.finding import warning
from engine.core.bpmn.geometry import Box, crosses, inside, lines_of, meets, outline, sloping
from engine.core.bpmn.labels import LINE, wrap
from engine.core.bpmn.model import ACTIVITIES, SUB_PROCESSES, Diagram, Edge, Flow, Kind, Node, Process, Shape
from engine.core.problems import Problem

WIDEST, TALLEST = 1720.0, 1080.0  # px of one plane; a screen of 1600 × 900 shows it at nine tenths
MOST_NODES = 40  # flow nodes on one plane
MOST_CROSSINGS = 2  # on one plane
_CLEAR = 3.0  # px by which a name may touch something


def check_drawing(diagram: Diagram) -> Iterator[Problem]:
    """Every finding about the executable processes of a file with coordinates."""
    for process in diagram.processes:
        shapes = [shape for shape in diagram.shapes if shape.element in process.nodes and not _is_frame(process, shape)]
        edges = [edge for edge in diagram.edges if edge.element in process.flows]
        boxes = {shape.element: outline(shape) for shape in shapes}
        missing = [node for node in process.nodes.values() if node.id not in boxes and not _is_drawn_open(diagram, node)]
        for node in missing:
            yield warning(process, node, "style_not_drawn")
        yield from _check_planes(process, shapes, edges)
        yield from _check_shapes(process, shapes, boxes)
        yield from _check_lines(process, edges, boxes)
        yield from _check_lanes(diagram, process, boxes)


def _is_frame(process: Process, shape: Shape) -> bool:
    return process.nodes[shape.element].kind in SUB_PROCESSES and shape.expanded


def _is_drawn_open(diagram: Diagram, node: Node) -> bool:
    return node.kind in SUB_PROCESSES and any(shape.element == node.id for shape in diagram.shapes)


def _plane(process: Process, node: Node, collapsed: set[str]) -> str:
    """The collapsed sub-process on whose own plane a node is drawn, or the process."""
    scope = node.scope
    while scope != process.id and scope not in collapsed:
        scope = process.nodes[scope].scope
    return scope


def _check_planes(process: Process, shapes: list[Shape], edges: list[Edge]) -> Iterator[Problem]:
    collapsed = {shape.element for shape in shapes if process.nodes[shape.element].kind in SUB_PROCESSES}
    planes: defaultdict[str, list[Shape]] = defaultdict(list)
    for shape in shapes:
        planes[_plane(process, process.nodes[shape.element], collapsed)].append(shape)
    for plane, members in planes.items():
        at = process.nodes.get(plane)
        width = max(shape.x + shape.width for shape in members) - min(shape.x for shape in members)
        height = max(shape.y + shape.height for shape in members) - min(shape.y for shape in members)
        if width > WIDEST or height > TALLEST:
            yield warning(process, at, "style_too_large", width=round(width), height=round(height), widest=round(WIDEST), tallest=round(TALLEST))
        if len(members) > MOST_NODES:
            yield warning(process, at, "style_too_many", count=len(members), limit=MOST_NODES)
        drawn = {shape.element for shape in members}
        crossings = _crossings(process, [edge for edge in edges if process.flows[edge.element].source in drawn])
        if len(crossings) > MOST_CROSSINGS:
            one, other = (_flow_words(process, edge) for edge in crossings[0])
            yield warning(process, at, "style_crossings", count=len(crossings), limit=MOST_CROSSINGS, one=one, other=other)


def _crossings(process: Process, edges: list[Edge]) -> list[tuple[Edge, Edge]]:
    """Pairs of lines that cross. Lines to one target or from one source may run together."""
    found = []
    for one, other in combinations(edges, 2):
        first, second = process.flows[one.element], process.flows[other.element]
        if first.target == second.target or first.source == second.source:
            continue
        if any(crosses(a, b) for a in lines_of(one) for b in lines_of(other)):
            found.append((one, other))
    return found


def _check_shapes(process: Process, shapes: list[Shape], boxes: dict[str, Box]) -> Iterator[Problem]:
    for one, other in combinations(shapes, 2):
        first, second = process.nodes[one.element], process.nodes[other.element]
        if first.attached_to != second.id and second.attached_to != first.id and meets(boxes[first.id], boxes[second.id]):
            yield warning(process, first, "style_overlap", other=second.name or second.id)
    labels = [(shape.element, shape.label) for shape in shapes if shape.label]
    for (one_id, label), (other_id, other_label) in combinations(labels, 2):
        if meets(label, other_label, _CLEAR):
            yield warning(process, process.nodes[one_id], "style_name_covered", other=process.nodes[other_id].name)
    for id_, label in labels:
        for other_id, box in boxes.items():
            if other_id != id_ and meets(label, box, _CLEAR):
                yield warning(process, process.nodes[id_], "style_name_covered", other=process.nodes[other_id].name)
    for shape in shapes:
        node = process.nodes[shape.element]
        if node.kind in ACTIVITIES and len(wrap(node.name, shape.width - 12, 99)) * LINE > shape.height - 32:
            yield warning(process, node, "style_name_too_long")


def _check_lines(process: Process, edges: list[Edge], boxes: dict[str, Box]) -> Iterator[Problem]:
    for edge in edges:
        flow = process.flows[edge.element]
        lines = lines_of(edge)
        if any(map(sloping, lines)):
            yield warning(process, flow, "style_sloping", flow=_flow_words(process, edge))
        # A line from a border begins on the host; other events on the borders of its ends may lie beside it.
        hosts = {flow.target, process.nodes[flow.source].attached_to} - {None}
        for id_, box in boxes.items():
            near = id_ in hosts | {flow.source} or process.nodes[id_].attached_to in hosts
            if not near and any(inside(line, box) for line in lines):
                yield warning(process, flow, "style_through", flow=_flow_words(process, edge), other=process.nodes[id_].name)
        if _goes_back(process, flow, boxes):
            yield warning(process, flow, "style_backwards", flow=_flow_words(process, edge))


def _goes_back(process: Process, flow: Flow, boxes: dict[str, Box]) -> bool:
    """To the left, and no loop. What happens at a border may go on below it."""
    source = process.nodes[flow.source].attached_to or flow.source
    if source not in boxes or flow.target not in boxes:
        return False
    left, right = boxes[source], boxes[flow.target]
    return right[0] + right[2] / 2 < left[0] + left[2] / 2 - 2 and not _reaches(process, flow.target, source)


def _reaches(process: Process, start: str, goal: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        id_ = waiting.pop()
        if id_ == goal:
            return True
        events = [node.id for node in process.nodes.values() if node.attached_to == id_]
        for node in (id_, *events):
            for target in (process.flows[flow].target for flow in process.nodes[node].outgoing):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
    return False


def _check_lanes(diagram: Diagram, process: Process, boxes: dict[str, Box]) -> Iterator[Problem]:
    """A node of a lane stands within it."""
    lanes = {
        diagram.artefacts[shape.element].name: outline(shape)
        for shape in diagram.shapes
        if shape.element in diagram.artefacts and diagram.artefacts[shape.element].kind == "lane"
    }
    for node in process.nodes.values():
        if node.scope != process.id or node.id not in boxes or node.kind is Kind.BOUNDARY_EVENT or node.lane not in lanes:
            continue
        x, y, width, height = lanes[node.lane]
        left, top, wide, high = boxes[node.id]
        if left < x or top < y or left + wide > x + width or top + high > y + height:
            yield warning(process, node, "style_out_of_lane", lane=node.lane)


def _flow_words(process: Process, edge: Edge) -> str:
    flow = process.flows[edge.element]
    return "→".join("".join(process.nodes[id_].name.split()) or id_ for id_ in (flow.source, flow.target))
