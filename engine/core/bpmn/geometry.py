"""Boxes and lines of a drawing: what lies on what. px, y downwards."""

from __future__ import annotations

from engine.core.bpmn.model import Edge, Shape

Box = tuple[float, float, float, float]  # x, y, width, height
Point = tuple[float, float]
Line = tuple[Point, Point]
_STRAIGHT = 1.0  # px that a line may lean


def outline(shape: Shape) -> Box:
    return shape.x, shape.y, shape.width, shape.height


def lines_of(edge: Edge) -> list[Line]:
    return list(zip(edge.points, edge.points[1:], strict=False))


def meets(one: Box, other: Box, clear: float = 0.5) -> bool:
    """Whether two boxes share more than `clear` px in both directions."""
    return (
        min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0]) > clear
        and min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1]) > clear
    )


def sloping(line: Line) -> bool:
    (x1, y1), (x2, y2) = line
    return abs(x1 - x2) > _STRAIGHT and abs(y1 - y2) > _STRAIGHT


def inside(line: Line, box: Box) -> bool:
    """Whether a horizontal or vertical line runs through the inside of a box."""
    (x1, y1), (x2, y2) = line
    return meets((min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2)), box, -0.01) and not _touches_only(line, box)


def _touches_only(line: Line, box: Box) -> bool:
    """It runs along the border, or ends at it."""
    (x1, y1), (x2, y2) = line
    x, y, width, height = box
    return max(x1, x2) <= x + 1 or min(x1, x2) >= x + width - 1 or max(y1, y2) <= y + 1 or min(y1, y2) >= y + height - 1


def crosses(one: Line, other: Line) -> bool:
    """Whether two lines cross in a point that is inside both, or lie on each other."""
    if _is_level(one) == _is_level(other):
        return _lie_together(one, other)
    level, upright = (one, other) if _is_level(one) else (other, one)
    (x1, y), (x2, _) = level
    (x, y1), (_, y2) = upright
    return min(x1, x2) + 1 < x < max(x1, x2) - 1 and min(y1, y2) + 1 < y < max(y1, y2) - 1


def _is_level(line: Line) -> bool:
    return abs(line[0][1] - line[1][1]) <= abs(line[0][0] - line[1][0])


def _lie_together(one: Line, other: Line) -> bool:
    along, across = (0, 1) if _is_level(one) else (1, 0)
    apart = abs(one[0][across] - other[0][across])
    first, second = sorted((one[0][along], one[1][along])), sorted((other[0][along], other[1][along]))
    return apart < 2 and min(first[1], second[1]) - max(first[0], second[0]) > 2
