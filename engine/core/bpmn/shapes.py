"""The drawing of a file (BPMNDI): boxes and lines with their coordinates, exactly as the designer left them.

Source: BPMN 2.0.2 §12. A file may hold several planes (one per collapsed sub-process); each further one is put into a frame below the
first, so that one picture shows everything.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from engine.core.bpmn.model import Edge, Shape
from engine.core.bpmn.reading import Reading
from engine.core.bpmn.vocabulary import BPMNDI, DC, DI, Element

_GAP = 24.0  # px between two frames
_PADDING, _CAPTION = 24.0, 20.0  # px around what is in a frame, and more above it for its name
_LIMIT = 1_000_000.0  # px; what lies further away is a broken file
Box = tuple[float, float, float, float]
Drawn = tuple[list[Shape], list[Edge]]


def read_drawing(reading: Reading, root: Element) -> tuple[tuple[Shape, ...], tuple[Edge, ...]]:
    """All shapes and edges that have usable coordinates; the others are reported and left out.

    The content of a collapsed sub-process stands in a second, expanded shape of it.
    """
    planes = [(plane, drawn) for plane in root.iter(f"{{{BPMNDI}}}BPMNPlane") if any(drawn := _read_plane(reading, plane))]
    if not planes:
        return (), ()
    shapes, edges = planes[0][1]
    left, _, right, floor = _extent(shapes, edges)
    x, row = left, 0.0  # where the next frame goes, and how tall the row is so far
    for plane, drawn in planes[1:]:
        inner = _extent(*drawn)
        width, height = inner[2] - inner[0] + 2 * _PADDING, inner[3] - inner[1] + 2 * _PADDING + _CAPTION
        if x > left and x + width > right:
            x, floor, row = left, floor + row + _GAP, 0.0
        corner = (x, floor + _GAP)
        by = (corner[0] + _PADDING - inner[0], corner[1] + _PADDING + _CAPTION - inner[1])
        owner = _target(reading, plane)
        shapes += [Shape(owner, *corner, width, height)] if owner else []
        shapes += [_moved_shape(shape, by) for shape in drawn[0]]
        edges += [_moved_edge(edge, by) for edge in drawn[1]]
        x, row = x + width + _GAP, max(row, height)
    return tuple(shapes), tuple(edges)


def _read_plane(reading: Reading, plane: Element) -> Drawn:
    boxes = [shape for child in plane.iterchildren(f"{{{BPMNDI}}}BPMNShape") if (shape := _read_shape(reading, child))]
    lines = [edge for child in plane.iterchildren(f"{{{BPMNDI}}}BPMNEdge") if (edge := _read_edge(reading, child))]
    return boxes, lines


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


def _extent(shapes: list[Shape], edges: list[Edge]) -> Box:
    """Left, top, right and bottom of everything, with the names that have a place of their own."""
    boxes = [(shape.x, shape.y, shape.width, shape.height) for shape in shapes]
    boxes += filter(None, [*(shape.label for shape in shapes), *(edge.label for edge in edges)])
    boxes += [(x, y, 0.0, 0.0) for edge in edges for x, y in edge.points]
    return (
        min(x for x, _, _, _ in boxes), min(y for _, y, _, _ in boxes),
        max(x + width for x, _, width, _ in boxes), max(y + height for _, y, _, height in boxes),
    )  # fmt: skip


def _moved_shape(shape: Shape, by: tuple[float, float]) -> Shape:
    return replace(shape, x=shape.x + by[0], y=shape.y + by[1], label=_moved(shape.label, by))


def _moved_edge(edge: Edge, by: tuple[float, float]) -> Edge:
    return Edge(edge.element, tuple((x + by[0], y + by[1]) for x, y in edge.points), _moved(edge.label, by))


def _moved(box: Box | None, by: tuple[float, float]) -> Box | None:
    return None if box is None else (box[0] + by[0], box[1] + by[1], box[2], box[3])
