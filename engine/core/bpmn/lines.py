"""The lines of a drawing: sequence flows with arrow, default slash and condition diamond, message flows, associations."""

from __future__ import annotations

from math import hypot

from engine.core.bpmn.labels import number
from engine.core.bpmn.model import ACTIVITIES, Flow, Node

Point = tuple[float, float]
_DASHES = {
    "messageFlow": "8 5",
    "association": "1 4",
    "dataInputAssociation": "1 4",
    "dataOutputAssociation": "1 4",
}


def draw_line(points: tuple[Point, ...], kind: str, source: Node | None = None, flow: Flow | None = None) -> str:
    """A line through `points` with the ends that its kind has."""
    path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
    dashes = f' stroke-dasharray="{_DASHES[kind]}"' if kind in _DASHES else ""
    drawn = f'<path class="line"{dashes} d="{path}"/>'
    if kind == "sequenceFlow":
        drawn += _arrow(points, closed=True)
    elif kind in ("messageFlow", "dataInputAssociation", "dataOutputAssociation"):
        drawn += _arrow(points, closed=False)
    if kind == "messageFlow":
        x, y = points[0]
        drawn += f'<circle class="end" cx="{number(x)}" cy="{number(y)}" r="4"/>'
    if source is not None and flow is not None:
        if source.default == flow.id:
            drawn += _slash(points)
        elif flow.condition is not None and source.kind in ACTIVITIES:
            drawn += _diamond(points)
    return drawn


def _arrow(points: tuple[Point, ...], closed: bool) -> str:
    (x, y), (dx, dy) = points[-1], _direction(points[::-1])
    wings = [(x + dx * 10 - dy * 4, y + dy * 10 + dx * 4), (x, y), (x + dx * 10 + dy * 4, y + dy * 10 - dx * 4)]
    corners = " ".join(f"{number(a)},{number(b)}" for a, b in wings)
    if closed:
        return f'<polygon class="arrow" fill="currentColor" points="{corners}"/>'
    return f'<polyline class="arrow open" points="{corners}"/>'


def _slash(points: tuple[Point, ...]) -> str:
    (x, y), (dx, dy) = points[0], _direction(points)
    x, y = x + dx * 10, y + dy * 10
    ax, ay, bx, by = x + dx * 4 - dy * 5, y + dy * 4 + dx * 5, x - dx * 4 + dy * 5, y - dy * 4 - dx * 5
    return f'<path class="default" d="M{number(ax)} {number(ay)}L{number(bx)} {number(by)}"/>'


def _diamond(points: tuple[Point, ...]) -> str:
    (x, y), (dx, dy) = points[0], _direction(points)
    corners = ((x, y), (x + dx * 8 - dy * 5, y + dy * 8 + dx * 5), (x + dx * 16, y + dy * 16), (x + dx * 8 + dy * 5, y + dy * 8 - dx * 5))
    return '<polygon class="condition" points="' + " ".join(f"{number(a)},{number(b)}" for a, b in corners) + '"/>'


def _direction(points: tuple[Point, ...]) -> Point:
    """The unit vector of the first stretch that has a length."""
    x, y = points[0]
    for a, b in points[1:]:
        length = hypot(a - x, b - y)
        if length > 0.01:
            return (a - x) / length, (b - y) / length
    return 1.0, 0.0
