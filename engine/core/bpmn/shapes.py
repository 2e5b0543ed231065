"""The drawing of a file (BPMNDI): boxes and lines with their coordinates, exactly as the designer left them.

Source: BPMN 2.0.2 §12. A file may hold several planes (one per collapsed sub-process); they are put below one another, so that one
picture shows everything.
"""

from __future__ import annotations

from math import isfinite

from engine.core.bpmn.model import Edge, Shape
from engine.core.bpmn.reading import Reading
from engine.core.bpmn.vocabulary import BPMNDI, DC, DI, Element

_GAP = 60.0  # px between two planes
_LIMIT = 1_000_000.0  # px; what lies further away is a broken file
Box = tuple[float, float, float, float]


def read_drawing(reading: Reading, root: Element) -> tuple[tuple[Shape, ...], tuple[Edge, ...]]:
    """All shapes and edges that have usable coordinates; the others are reported and left out."""
    shapes: list[Shape] = []
    edges: list[Edge] = []
    floor: float | None = None
    for plane in root.iter(f"{{{BPMNDI}}}BPMNPlane"):
        boxes = [shape for child in plane.iterchildren(f"{{{BPMNDI}}}BPMNShape") if (shape := _read_shape(reading, child))]
        lines = [edge for child in plane.iterchildren(f"{{{BPMNDI}}}BPMNEdge") if (edge := _read_edge(reading, child))]
        if not boxes and not lines:
            continue
        top, bottom = _extent(boxes, lines)
        shift = 0.0 if floor is None else floor + _GAP - top
        shapes += [_moved_shape(shape, shift) for shape in boxes]
        edges += [_moved_edge(edge, shift) for edge in lines]
        floor = bottom + shift
    return tuple(shapes), tuple(edges)


def _read_shape(reading: Reading, element: Element) -> Shape | None:
    target = _target(reading, element)
    box = _bounds(element)
    if target is None or box is None or box[2] <= 0 or box[3] <= 0:
        reading.report("drawing_broken", element, "warning", target=target or "—")
        return None
    expanded = element.get("isExpanded")
    return Shape(
        target, *box, expanded=expanded == "true", horizontal=element.get("isHorizontal", "true") == "true", label=_label(element)
    )


def _read_edge(reading: Reading, element: Element) -> Edge | None:
    target = _target(reading, element)
    points = [_point(point) for point in element.iterchildren(f"{{{DI}}}waypoint")]
    if target is None or len(points) < 2 or None in points:
        reading.report("drawing_broken", element, "warning", target=target or "—")
        return None
    return Edge(target, tuple(point for point in points if point), _label(element))


def _target(reading: Reading, element: Element) -> str | None:
    name = (element.get("bpmnElement") or "").strip()
    if name and name not in reading.elements and ":" in name:
        name = name.partition(":")[2]
    return name if name in reading.elements else None


def _bounds(element: Element) -> Box | None:
    bounds = element.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    values = [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
    return None if None in values else tuple(value for value in values if value is not None)  # type: ignore[return-value]


def _label(element: Element) -> Box | None:
    label = element.find(f"{{{BPMNDI}}}BPMNLabel")
    return None if label is None else _bounds(label)


def _point(element: Element) -> tuple[float, float] | None:
    x, y = _number(element.get("x")), _number(element.get("y"))
    return None if x is None or y is None else (x, y)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) and abs(value) < _LIMIT else None


def _extent(shapes: list[Shape], edges: list[Edge]) -> tuple[float, float]:
    heights = [y for shape in shapes for y in (shape.y, shape.y + shape.height)]
    heights += [y for edge in edges for _, y in edge.points]
    return min(heights), max(heights)


def _moved_shape(shape: Shape, shift: float) -> Shape:
    label = _moved(shape.label, shift)
    return Shape(shape.element, shape.x, shape.y + shift, shape.width, shape.height, shape.expanded, shape.horizontal, label)


def _moved_edge(edge: Edge, shift: float) -> Edge:
    return Edge(edge.element, tuple((x, y + shift) for x, y in edge.points), _moved(edge.label, shift))


def _moved(box: Box | None, shift: float) -> Box | None:
    return None if box is None else (box[0], box[1] + shift, box[2], box[3])
