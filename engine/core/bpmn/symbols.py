"""The boxes of a drawing: events, tasks, gateways, sub-processes, pools and data, each with its signs."""

from __future__ import annotations

from engine.core.bpmn import icons
from engine.core.bpmn.labels import number
from engine.core.bpmn.model import GATEWAYS, SUB_PROCESSES, Artefact, Kind, MultiInstance, Node, Shape, StandardLoop

_THROWS = frozenset({Kind.INTERMEDIATE_THROW_EVENT, Kind.END_EVENT})
_DOUBLE = frozenset({Kind.INTERMEDIATE_CATCH_EVENT, Kind.INTERMEDIATE_THROW_EVENT, Kind.BOUNDARY_EVENT})


def draw_node(shape: Shape, node: Node, expanded: bool) -> str:
    """The outline of a flow node with its type sign and its markers, without its name."""
    if node.kind in GATEWAYS:
        return _gateway(shape, node)
    if "Event" in node.kind:
        return _event(shape, node)
    return _activity(shape, node, expanded)


def draw_artefact(shape: Shape, artefact: Artefact) -> str:
    """The outline of what is not executed: pools, lanes, annotations, groups and data."""
    match artefact.kind:
        case "participant":
            return _rect(shape, "outline") + _band(shape)
        case "lane":
            return _rect(shape, "outline")
        case "group":
            return _rect(shape, "outline", radius=10, dashes="8 4 2 4")
        case "textAnnotation":
            x, y, low = number(shape.x), number(shape.y), number(shape.y + shape.height)
            return f'<path class="outline" d="M{number(shape.x + 10)} {y}H{x}V{low}H{number(shape.x + 10)}"/>'
        case kind if kind in icons.DATA:
            wide, high = icons.DATA_BOX[kind]
            return _sign(icons.DATA[kind], shape.x, shape.y, shape.width / wide, "outline", shape.height / high)
        case _:
            return _rect(shape, "outline")


def _event(shape: Shape, node: Node) -> str:
    x, y, radius = shape.x + shape.width / 2, shape.y + shape.height / 2, min(shape.width, shape.height) / 2
    dashes = "" if node.interrupting else ' stroke-dasharray="4 3"'
    thick = ' stroke-width="3.5"' if node.kind is Kind.END_EVENT else ""
    at = f'cx="{number(x)}" cy="{number(y)}"'
    drawn = f'<circle class="outline" {at} r="{number(radius)}"{dashes}{thick}/>'
    if node.kind in _DOUBLE:
        drawn += f'<circle class="ring" {at} r="{number(radius - 3)}"{dashes}/>'
    if not node.events:
        return drawn
    sign = node.events[0].kind if len(node.events) == 1 else "parallelMultiple" if node.parallel_multiple else "multiple"
    filled = node.kind in _THROWS or sign in icons.ALWAYS_FILLED
    return drawn + _sign(icons.EVENT[sign], shape.x, shape.y, shape.width / 36, "sign filled" if filled else "sign")


def _gateway(shape: Shape, node: Node) -> str:
    x, y, wide, high = shape.x, shape.y, shape.width, shape.height
    points = ((x + wide / 2, y), (x + wide, y + high / 2), (x + wide / 2, y + high), (x, y + high / 2))
    corners = " ".join(f"{number(a)},{number(b)}" for a, b in points)
    scale = wide / 50
    kind = ("instantiatingParallelGateway" if node.parallel else "instantiatingGateway") if node.instantiate else node.kind
    sign = _sign(icons.GATEWAY[kind], x + 7 * scale, y + 7 * scale, scale, "sign")
    return f'<polygon class="outline" points="{corners}"/>{sign}'


def _activity(shape: Shape, node: Node, expanded: bool) -> str:
    calls = node.kind is Kind.CALL_ACTIVITY
    dashes = "2 4" if node.kind is Kind.EVENT_SUB_PROCESS else ""
    drawn = _rect(shape, "outline", radius=10, dashes=dashes, thickness=3.5 if calls else 0)
    if node.kind is Kind.TRANSACTION:
        inside = Shape(shape.element, shape.x + 3, shape.y + 3, shape.width - 6, shape.height - 6)
        drawn += _rect(inside, "ring", radius=8)
    if node.kind in icons.TASK:
        drawn += _sign(icons.TASK[node.kind], shape.x + 6, shape.y + 6, 0.9, "sign filled" if node.kind in icons.FILLED_TASKS else "sign")
    if node.kind is Kind.EVENT_SUB_PROCESS and not expanded:
        drawn += _sign(icons.EVENT["multiple"], shape.x + 2, shape.y + 2, 0.6, "sign")
    return drawn + _markers(shape, node, expanded)


def has_markers(node: Node, expanded: bool) -> bool:
    """Whether something stands at the lower border."""
    return bool(_markers_of(node, expanded))


def _markers_of(node: Node, expanded: bool) -> list[str]:
    found: list[str] = []
    if isinstance(node.loop, StandardLoop):
        found.append("loop")
    elif isinstance(node.loop, MultiInstance):
        found.append("sequential" if node.loop.sequential else "parallel")
    if node.for_compensation:
        found.append("compensation")
    if node.kind in SUB_PROCESSES and not expanded:
        found.append("collapsed")
    if node.kind is Kind.AD_HOC_SUB_PROCESS:
        found.append("adHoc")
    return found


def _markers(shape: Shape, node: Node, expanded: bool) -> str:
    found = _markers_of(node, expanded)
    left = shape.x + shape.width / 2 - 9 * len(found) + 2
    y = shape.y + shape.height - 17
    return "".join(_sign(icons.MARKER[name], left + 18 * index, y, 1, f"marker {name}") for index, name in enumerate(found))


def _band(shape: Shape) -> str:
    """The strip of a pool that holds its name."""
    if shape.horizontal:
        x, y = number(shape.x + 30), number(shape.y)
        return f'<path class="ring" d="M{x} {y}V{number(shape.y + shape.height)}"/>'
    x, y = number(shape.x), number(shape.y + 30)
    return f'<path class="ring" d="M{x} {y}H{number(shape.x + shape.width)}"/>'


def _rect(shape: Shape, name: str, radius: float = 0, dashes: str = "", thickness: float = 0) -> str:
    more = (f' rx="{number(radius)}"' if radius else "") + (f' stroke-dasharray="{dashes}"' if dashes else "")
    more += f' stroke-width="{number(thickness)}"' if thickness else ""
    return (
        f'<rect class="{name}" x="{number(shape.x)}" y="{number(shape.y)}" width="{number(shape.width)}"'
        f' height="{number(shape.height)}"{more}/>'
    )


def _sign(path: str, x: float, y: float, scale: float, classes: str, high: float | None = None) -> str:
    sizes = number(scale) if high is None else f"{number(scale)} {number(high)}"
    # Within a filled sign the lines take the colour of the paper, or an envelope would be a brick.
    fill = ' fill="currentColor" stroke="#fff" stroke-width="0.8"' if "filled" in classes else ""
    return f'<path class="{classes}"{fill} transform="translate({number(x)} {number(y)}) scale({sizes})" d="{path}"/>'
