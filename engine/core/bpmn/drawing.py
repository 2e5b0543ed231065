"""A diagram as an SVG picture, with the state of an instance on it: no browser, no script, no style of its own.

Every element is a group with classes (`node userTask mark-active`) and `data-element`; the page's stylesheet gives the colours
(`webapp/frontend/diagram.css`). Without a stylesheet it is a plain black and white drawing. Source: BPMN 2.0.2 §12 for the notation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from engine.core.bpmn.icons import TASK
from engine.core.bpmn.labels import LINE, block, number, width, wrap
from engine.core.bpmn.layout import lay_out
from engine.core.bpmn.lines import draw_line
from engine.core.bpmn.model import SUB_PROCESSES, Artefact, Diagram, Edge, Flow, Node, Shape
from engine.core.bpmn.symbols import draw_artefact, draw_node, has_markers
from engine.texts import text

_MARGIN = 20.0  # px around the drawing
_OUTSIDE = 26.0  # px more than an event's own width that its name may take
_FRAMES = ("participant", "lane", "group")


@dataclass(frozen=True)
class _Content:
    """What the boxes and lines of a drawing stand for."""

    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    artefacts: Mapping[str, Artefact]
    marks: Mapping[str, str]
    badges: Mapping[str, int]
    language: str


def draw(
    diagram: Diagram,
    marks: Mapping[str, str] | None = None,
    badges: Mapping[str, int] | None = None,
    language: str = "zh",
) -> str:
    """A complete `<svg>` element.

    `marks`: element id → active, done, incident, cancelled or any other class word. `badges`: element id → a count shown at its
    corner (of open tokens, say). Ids that are not drawn are passed over. A diagram without coordinates is laid out simply.
    """
    processes = diagram.processes + diagram.others
    content = _Content(
        {id_: node for process in processes for id_, node in process.nodes.items()},
        {id_: flow for process in processes for id_, flow in process.flows.items()},
        diagram.artefacts,
        marks or {},
        badges or {},
        language,
    )
    shapes, edges = (diagram.shapes, diagram.edges) if diagram.shapes else lay_out(processes)
    name = next((process.name for process in processes), "") or diagram.file
    title = text("bpmn.picture", language, name=name)
    left, top, right, bottom = _extent(shapes, edges)
    box = " ".join(number(value) for value in (left, top, right - left, bottom - top))
    size = f'width="{number(right - left)}" height="{number(bottom - top)}"'
    body = "".join(_parts(shapes, edges, content))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bpmn" role="img" aria-label={quoteattr(title)} viewBox="{box}" {size}'
        f' fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" font-family="sans-serif">'
        f"<title>{escape(title)}</title>{body}</svg>\n"
    )


def _parts(shapes: tuple[Shape, ...], edges: tuple[Edge, ...], content: _Content) -> Iterator[str]:
    """Frames first, the largest below; then lines, then everything that stands on them."""
    frames = [shape for shape in shapes if _is_frame(shape, content)]
    inner = [shape for shape in shapes if not _is_frame(shape, content)]
    # A boundary event stands on the border of its host, so it comes after it.
    inner.sort(key=lambda shape: (node := content.nodes.get(shape.element)) is not None and node.attached_to is not None)
    for shape in sorted(frames, key=lambda shape: -shape.width * shape.height):
        yield _draw_shape(shape, content)
    for edge in edges:
        yield _draw_edge(edge, content)
    for shape in inner:
        yield _draw_shape(shape, content)


def _is_frame(shape: Shape, content: _Content) -> bool:
    node, artefact = content.nodes.get(shape.element), content.artefacts.get(shape.element)
    if node is not None:
        return node.kind in SUB_PROCESSES and _is_open(shape)
    return artefact is not None and artefact.kind in _FRAMES


def _is_open(shape: Shape) -> bool:
    """Expanded; or so large that it must be, in files of tools that do not say."""
    return shape.expanded or shape.width * shape.height > 30_000


def _draw_shape(shape: Shape, content: _Content) -> str:
    node, artefact = content.nodes.get(shape.element), content.artefacts.get(shape.element)
    if node is not None:
        inner = draw_node(shape, node, _is_open(shape)) + _node_label(shape, node) + _badge(shape, content)
        return _group("node", str(node.kind), node.id, node.name, inner, content)
    if artefact is not None:
        inner = draw_artefact(shape, artefact) + _artefact_label(shape, artefact)
        return _group("artefact", artefact.kind, artefact.id, artefact.name, inner, content)
    return ""


def _draw_edge(edge: Edge, content: _Content) -> str:
    flow, artefact = content.flows.get(edge.element), content.artefacts.get(edge.element)
    if flow is not None:
        source = content.nodes[flow.source]
        inner = draw_line(edge.points, "sequenceFlow", source, flow) + _edge_label(edge, flow.name)
        return _group("flow", "sequenceFlow", flow.id, flow.name, inner, content)
    if artefact is not None:
        inner = draw_line(edge.points, artefact.kind) + _edge_label(edge, artefact.name)
        return _group("flow", artefact.kind, artefact.id, artefact.name, inner, content)
    return ""


def _group(sort: str, kind: str, id_: str, name: str, inner: str, content: _Content) -> str:
    mark = content.marks.get(id_)
    classes = f"{sort} {kind}" + (f" mark-{mark}" if mark else "")
    words = text(f"bpmn.element.{kind}", content.language)
    hint = f"{' '.join(name.split())}（{words}）" if name and content.language == "zh" else f"{name} ({words})" if name else words
    if mark:
        hint += f" · {_mark_words(mark, content.language)}"
    return f"<g class={quoteattr(classes)} data-element={quoteattr(id_)}><title>{escape(hint)}</title>{inner}</g>"


def _mark_words(mark: str, language: str) -> str:
    key = f"bpmn.mark.{mark}"
    words = text(key, language)
    return mark if words == key else words


def _node_label(shape: Shape, node: Node) -> str:
    x = shape.x + shape.width / 2
    if "Event" in node.kind or "Gateway" in node.kind:
        return _outside(shape, node.name)
    if node.kind in SUB_PROCESSES and _is_open(shape):
        return block(node.name, x, shape.y + 6, shape.width - 20, 2, middle=False)
    # Signs stand in the upper left corner and at the lower border; a long name keeps clear of both as far as there is room.
    sign, below = (26 if node.kind in TASK else 4), (18 if has_markers(node, _is_open(shape)) else 4)
    rows = max(int((shape.height - min(sign, 14) - below) // LINE), 1)
    lines = len(wrap(node.name, shape.width - 12, rows))
    low, high = shape.y + LINE * lines / 2 + sign, shape.y + shape.height - LINE * lines / 2 - below
    y = min(max(shape.y + shape.height / 2, low if lines > 1 else shape.y), high)
    return block(node.name, x, y, shape.width - 12, rows)


def _outside(shape: Shape, name: str) -> str:
    """Where the designer put the label, else below the shape."""
    if shape.label is not None:
        x, y, wide, _ = shape.label
        return block(name, x + wide / 2, y, max(wide + 8, 90.0), 4, middle=False)
    return block(name, shape.x + shape.width / 2, shape.y + shape.height + 4, shape.width + 2 * _OUTSIDE, 4, middle=False)


def _artefact_label(shape: Shape, artefact: Artefact) -> str:
    match artefact.kind:
        case "participant" | "lane":
            return _band(shape, artefact.name)
        case "textAnnotation":
            rows = max(int(shape.height // LINE), 1)
            return block(artefact.name, shape.x + 6, shape.y + shape.height / 2, shape.width - 8, rows, anchor="start")
        case "group":
            return block(artefact.name, shape.x + shape.width / 2, shape.y + 4, shape.width - 20, 2, middle=False)
        case _:
            return _outside(shape, artefact.name)


def _band(shape: Shape, name: str) -> str:
    if not shape.horizontal:
        return block(name, shape.x + shape.width / 2, shape.y + 15, shape.width - 12, 2)
    x, y = shape.x + 15, shape.y + shape.height / 2
    turned = block(name, x, y, shape.height - 12, 2)
    return f'<g transform="rotate(-90 {number(x)} {number(y)})">{turned}</g>' if turned else ""


def _edge_label(edge: Edge, name: str) -> str:
    if not name:
        return ""
    if edge.label is not None:
        x, y, wide, _ = edge.label
        return block(name, x + wide / 2, y, max(wide + 8, 90.0), 4, middle=False)
    middle = len(edge.points) // 2
    (x1, y1), (x2, y2) = edge.points[middle - 1], edge.points[middle]
    return block(name, (x1 + x2) / 2, (y1 + y2) / 2 - 10, 120, 2)


def _badge(shape: Shape, content: _Content) -> str:
    count = content.badges.get(shape.element)
    if not count:
        return ""
    words = str(count) if count < 1000 else "999+"
    wide = max(width(words) + 12, 20.0)
    x, y = shape.x + shape.width - wide / 2 - 2, shape.y
    return (
        f'<g class="badge"><rect x="{number(x - wide / 2)}" y="{number(y - 10)}" width="{number(wide)}" height="20" rx="10"/>'
        f"{block(words, x, y, 60, 1)}</g>"
    )


def _extent(shapes: tuple[Shape, ...], edges: tuple[Edge, ...]) -> tuple[float, float, float, float]:
    # A name without a place of its own stands below its shape and may be wider.
    spare = [0.0 if shape.label or shape.width > 60 else _OUTSIDE for shape in shapes]
    boxes = [(s.x - extra, s.y, s.x + s.width + extra, s.y + s.height + 20) for s, extra in zip(shapes, spare, strict=True)]
    boxes += [(x, y, x, y) for edge in edges for x, y in edge.points]
    labels = [*(shape.label for shape in shapes), *(edge.label for edge in edges)]
    boxes += [(x, y, x + wide, y + high) for x, y, wide, high in filter(None, labels)]
    if not boxes:
        return 0.0, 0.0, 200.0, 100.0
    left, top, right, bottom = (pick(values) for pick, values in zip((min, min, max, max), zip(*boxes, strict=True), strict=True))
    return left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN
