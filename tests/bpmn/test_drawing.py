from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from engine.core.bpmn.drawing import draw
from engine.core.bpmn.labels import width, wrap
from engine.core.bpmn.model import Diagram, EventDefinition, Kind, MultiInstance, Node, Process, Shape, StandardLoop
from engine.core.bpmn.reader import read
from tests.bpmn.builder import beside, event, file, flow, loop, node, through, timer

DIAGRAMS = Path(__file__).parent.parent / "diagrams"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def every_day() -> Diagram:
    diagram, _ = read((DIAGRAMS / "every_day.bpmn").read_bytes(), "every_day.bpmn")
    assert diagram is not None
    return diagram


def drawn(svg: str) -> dict[str, etree._Element]:
    """Element id → its group."""
    return {group.get("data-element"): group for group in etree.fromstring(svg).iter(f"{SVG}g") if group.get("data-element")}


def diagram_of(process: str, roots: str = "") -> Diagram:
    diagram, _ = read(file(process, roots), "x.bpmn")
    assert diagram is not None
    return diagram


def test_a_picture_shows_every_element_once_with_its_class_and_mark(every_day: Diagram) -> None:
    groups = drawn(draw(every_day, {"accept": "active", "to_accept": "done", "not_there": "active"}))
    process = every_day.processes[0]
    assert set(groups) == {*process.nodes, *process.flows, *every_day.artefacts}
    assert groups["accept"].get("class") == "node userTask mark-active"
    assert groups["to_accept"].get("class") == "flow sequenceFlow mark-done"
    assert groups["is_complete"].get("class") == "node exclusiveGateway"


def test_a_picture_has_a_title_and_says_in_words_what_its_colours_say(every_day: Diagram) -> None:
    root = etree.fromstring(draw(every_day, {"accept": "active"}))
    assert (root.get("role"), root[0].tag, root[0].text) == ("img", f"{SVG}title", "流程图：日常申请")
    assert drawn(draw(every_day, {"accept": "active"}))["accept"][0].text == "受理申请（用户任务） · 进行中"
    assert drawn(draw(every_day, {"accept": "active"}, language="en"))["accept"][0].text == "受理申请 (user task) · active"


def test_a_picture_brings_no_style_script_or_id_of_its_own(every_day: Diagram) -> None:
    svg = draw(every_day, {"accept": "incident"}, {"accept": 2})
    assert not re.search(r'\sstyle=|<style|<script|\sid=|href=|url\(', svg)


def test_a_badge_counts_and_a_large_count_stays_small(every_day: Diagram) -> None:
    groups = drawn(draw(every_day, badges={"accept": 3, "countersign": 1200, "closed": 0}))
    badges = {id: "".join(group.find(f"{SVG}g[@class='badge']").itertext()) for id, group in groups.items() if group.find(f"{SVG}g[@class='badge']") is not None}
    assert badges == {"accept": "3", "countersign": "999+"}


def test_the_default_flow_has_a_slash_and_a_condition_behind_a_task_a_diamond(every_day: Diagram) -> None:
    groups = drawn(draw(every_day))
    assert groups["to_refused"].find(f"{SVG}path[@class='default']") is not None
    assert groups["to_countersign"].find(f"{SVG}path[@class='default']") is None
    conditional = drawn(draw(diagram_of(through(node("task", "a")).replace(flow("a", "end"), flow("a", "end", "=x")))))
    assert conditional["a_end"].find(f"{SVG}polygon[@class='condition']") is not None


def test_every_node_and_every_event_has_its_sign() -> None:
    events = ("message", "timer", "signal", "error", "escalation", "conditional", "link", "compensation", "cancel", "terminate")
    nodes = [Node(kind.value, kind, "", 1, "p") for kind in Kind if kind is not Kind.PROCESS]
    nodes += [Node(f"{kind}_{name}", kind, "", 1, "p", events=(EventDefinition(name, 1),)) for kind in Kind if kind.endswith("Event") for name in events]  # type: ignore[arg-type]
    shapes = tuple(Shape(n.id, 0, 0, 36 if "Event" in n.kind else 100, 36 if "Event" in n.kind else 80, False) for n in nodes)
    process = Process("p", "", "x", 1, {n.id: n for n in nodes}, {}, {})
    groups = drawn(draw(Diagram("x", (process,), shapes)))
    assert set(groups) == {n.id for n in nodes}
    plain = {"task", "callActivity", "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
    assert {id for id, group in groups.items() if group.find(f"{SVG}path") is None} == plain


@pytest.mark.parametrize(
    ("changes", "marker"),
    [
        ({"loop": MultiInstance(False, 1)}, "parallel"), ({"loop": MultiInstance(True, 1)}, "sequential"), ({"loop": StandardLoop(1)}, "loop"),
        ({"for_compensation": True}, "compensation"), ({"kind": Kind.SUB_PROCESS}, "collapsed"), ({"kind": Kind.AD_HOC_SUB_PROCESS}, "adHoc"),
    ],
)  # fmt: skip
def test_an_activity_shows_its_markers(changes: dict[str, object], marker: str) -> None:
    task = replace(Node("a", Kind.TASK, "", 1, "p"), **changes)  # type: ignore[arg-type]
    svg = draw(Diagram("x", (Process("p", "", "x", 1, {"a": task}, {}, {}),), (Shape("a", 0, 0, 100, 80, False),)))
    assert f"marker {marker}" in svg


def test_an_event_that_does_not_interrupt_is_dashed() -> None:
    boundary = node("boundaryEvent", "b", timer("Duration", "P1D"), attachedToRef="a", cancelActivity="false")
    group = drawn(draw(diagram_of(beside(boundary + flow("b", "end")))))["b"]
    assert group.find(f"{SVG}circle").get("stroke-dasharray") == "4 3"


def test_a_file_without_coordinates_is_laid_out_from_left_to_right_without_overlap() -> None:
    inner = node("startEvent", "s1") + node("task", "s2") + flow("s1", "s2")
    boundary = node("boundaryEvent", "b", event("error"), attachedToRef="sub") + node("endEvent", "late") + flow("b", "late")
    diagram = diagram_of(through(node("subProcess", "sub", inner), "sub") + boundary + node("task", "back") + flow("sub", "back") + flow("back", "sub"))
    groups = drawn(draw(diagram))
    assert set(groups) == {*diagram.processes[0].nodes, *diagram.processes[0].flows}
    boxes = {id: box for id, group in groups.items() if (box := _box(group))}
    assert boxes["start"][2] < boxes["sub"][0] < boxes["sub"][2] < boxes["end"][0]
    assert boxes["sub"][0] < boxes["s1"][0] and boxes["s2"][2] < boxes["sub"][2]
    apart = [boxes[id] for id in ("start", "sub", "end", "late", "back")]
    assert not [(a, b) for a in apart for b in apart if a is not b and a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]


def test_what_is_in_a_collapsed_sub_process_stands_in_a_frame_below() -> None:
    shape = '<di:BPMNShape id="{0}_di" bpmnElement="{0}"><dc:Bounds x="0" y="0" width="100" height="80"/></di:BPMNShape>'
    plane = '<di:BPMNDiagram id="d{2}"><di:BPMNPlane id="pl{2}" bpmnElement="{1}">{0}</di:BPMNPlane></di:BPMNDiagram>'
    drawing = plane.format(shape.format("a"), "p", 1) + plane.format(shape.format("inner"), "a", 2)
    diagram = diagram_of(through(node("subProcess", "a", node("task", "inner") + loop(attributes='inputCollection="=x"'))), drawing)
    (_, frame, inner) = diagram.shapes
    assert [(shape.element, shape.expanded) for shape in diagram.shapes] == [("a", False), ("a", True), ("inner", False)]
    assert frame.y > 80 and frame.y < inner.y and inner.y + inner.height < frame.y + frame.height


@pytest.mark.parametrize(
    ("text", "limit", "rows", "lines"),
    [
        ("受理企业诉求并登记", 60, 3, ["受理企业诉", "求并登记"]),
        ("受理企业诉，求", 60, 3, ["受理企业诉，", "求"]),
        ("review the appeal", 70, 3, ["review the", "appeal"]),
        ("一二三四五六七八九十", 24, 2, ["一二", "三…"]),
        ("IncomprehensibleWord", 60, 9, ["Incompre", "hensible", "Word"]),
        ("", 60, 3, []),
    ],
)
def test_labels_wrap_by_characters_in_chinese_and_by_words_in_english(text: str, limit: float, rows: int, lines: list[str]) -> None:
    assert wrap(text, limit, rows) == lines
    assert all(width(line) <= limit + 12 for line in lines)


def _box(group: etree._Element) -> tuple[float, float, float, float] | None:
    for outline in group.findall("*[@class='outline']"):
        value = {name: float(number) for name, number in outline.attrib.items() if name in ("x", "y", "width", "height", "cx", "cy", "r")}
        if "r" in value:
            return value["cx"] - value["r"], value["cy"] - value["r"], value["cx"] + value["r"], value["cy"] + value["r"]
        if "width" in value:
            return value["x"], value["y"], value["x"] + value["width"], value["y"] + value["height"]
    return None
