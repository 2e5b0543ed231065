"""The house style of diagrams: each rule of the modelling guide that `zhuqi check` holds, and where it does not ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import texts
from engine.core import files
from engine.core.bpmn.reader import read
from engine.core.bpmn.style import check_style
from tests.bpmn.builder import event, file, flow, node, zeebe

WORK = "<zeebe:formDefinition formId='f'/><zeebe:assignmentDefinition candidateGroups='cadre'/>"


def properties(**values: str) -> str:
    return "<zeebe:properties>" + "".join(f'<zeebe:property name="{name}" value="{value}"/>' for name, value in values.items()) + "</zeebe:properties>"


GOOD = zeebe(WORK + properties(clause="4.1", limit="3 workdays"))
ENDS = {"audience": "internal", "ending": "每期必做。"}


def task(id_: str = "check_case", name: str = "核对材料", extensions: str = GOOD) -> str:
    return node("userTask", id_, extensions, name=name)


def process(middle: str = "", *, first: str = "check_case", lanes: bool = True, documentation: str = "说明", **facts: str) -> str:
    """begin → `first` … → done, in one lane, with everything that the style wants."""
    lane = '<laneSet id="lanes"><lane id="lane" name="干部"><flowNodeRef>check_case</flowNodeRef></lane></laneSet>' if lanes else ""
    about = f"<documentation>{documentation}</documentation>" if documentation else ""
    ends = node("startEvent", "begin", name="收到") + node("endEvent", "done", name="已办") + flow("begin", first)
    return about + zeebe(properties(**(facts or ENDS))) + lane + ends + middle


def shape(id_: str, x: float, y: float, width: float = 100, height: float = 80, label: str = "", **more: str) -> str:
    words = "".join(f' {name}="{value}"' for name, value in more.items())
    text = f"<di:BPMNLabel><dc:Bounds {label}/></di:BPMNLabel>" if label else ""
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>'
    return f'<di:BPMNShape id="{id_}_di" bpmnElement="{id_}"{words}>{bounds}{text}</di:BPMNShape>'


def edge(id_: str, *points: tuple[float, float]) -> str:
    way = "".join(f'<dd:waypoint xmlns:dd="http://www.omg.org/spec/DD/20100524/DI" x="{x}" y="{y}"/>' for x, y in points)
    return f'<di:BPMNEdge id="{id_}_di" bpmnElement="{id_}">{way}</di:BPMNEdge>'


def plane(*parts: str) -> str:
    return f'<di:BPMNDiagram id="d"><di:BPMNPlane id="plane" bpmnElement="p">{"".join(parts)}</di:BPMNPlane></di:BPMNDiagram>'


BEGIN, CHECK, DONE = shape("begin", 100, 122, 36, 36), shape("check_case", 200, 100), shape("done", 400, 122, 36, 36)
LANE = shape("lane", 60, 60, 600, 400, isHorizontal="true")
IN, OUT = edge("begin_check_case", (136, 140), (200, 140)), edge("check_case_done", (300, 140), (400, 140))
TIDY = plane(LANE, BEGIN, CHECK, DONE, IN, OUT)
PLAIN = task() + flow("check_case", "done")


def found(content: bytes, name: str = "workflows/x/x.bpmn") -> list[tuple[str, str | None]]:
    diagram, _ = read(content, name)
    assert diagram is not None
    return [(problem.code, problem.element) for problem in check_style([diagram])]


def test_a_tidy_diagram_has_no_finding():
    assert found(file(process(PLAIN), TIDY)) == []


ASK = node("exclusiveGateway", "is_complete", name="齐全吗？", default="yes") + node("endEvent", "failed", name="未办")
ASKED = task() + ASK + flow("check_case", "is_complete")
ANSWERED = '<sequenceFlow id="yes" name="齐全" sourceRef="is_complete" targetRef="done"/><sequenceFlow id="no" name="不齐" sourceRef="is_complete" targetRef="failed"/>'
GATE = shape("is_complete", 350, 115, 50, 50)
ENDED = (
    node("subProcess", "end_early", node("startEvent", "asked", zeebe(properties(action="终止")) + event("message"), name="提出", isInterrupting="false"), triggeredByEvent="true", name="申请终止")
    + node("subProcess", "stop_now", node("startEvent", "granted", event("signal"), name="获批"), triggeredByEvent="true", name="终止")
)  # fmt: skip
NAMES = [
    ("style_id", "Activity_1x", process(task("Activity_1x") + flow("Activity_1x", "done"), first="Activity_1x")),
    ("style_unnamed", "check_case", process(task(name="") + flow("check_case", "done"))),
    ("style_not_a_deed", "check_case", process(task(name="材料齐全吗？") + flow("check_case", "done"))),
    ("style_long_name", "check_case", process(task(name="核对企业提交的全部纸质和电子材料是否齐全") + flow("check_case", "done"))),
    ("style_not_a_question", "is_complete", process((ASKED + ANSWERED).replace("齐全吗？", "判断"))),
    ("style_question_id", "gate", process((ASKED + ANSWERED).replace("is_complete", "gate"))),
    ("style_answer_missing", "no", process((ASKED + ANSWERED).replace(' name="不齐"', ""))),
]
WORKS = [
    ("style_limit_missing", "check_case", process(task(extensions=zeebe(WORK + properties(clause="4.1"))) + flow("check_case", "done"))),
    ("style_clause_missing", "check_case", process(task(extensions=zeebe(WORK + properties(limit="1 days"))) + flow("check_case", "done"))),
    ("style_people_missing", "check_case", process(task(extensions=zeebe(properties(clause="4.1", limit="1 days"))) + flow("check_case", "done"), lanes=False)),
    ("style_lane_missing", "check_case", process(PLAIN, lanes=False)),
    ("style_documentation_missing", "p", process(PLAIN, documentation="")),
    ("style_audience_missing", "p", process(PLAIN, category="x")),
    ("style_ending_missing", "p", process(PLAIN, audience="enterprise")),
    ("style_ending_unexplained", "p", process(PLAIN, audience="part")),
]  # fmt: skip
SECOND = node("task", "tell_people", name="告知") + flow("check_case", "tell_people") + flow("tell_people", "done")
TELL = shape("tell_people", 300, 300)
DRAWINGS = [
    ("style_not_drawn", "check_case", PLAIN, plane(LANE, BEGIN, DONE)),
    ("style_too_large", "p", PLAIN, plane(LANE, BEGIN, CHECK, shape("done", 2400, 122, 36, 36))),
    ("style_overlap", "check_case", task() + SECOND, plane(LANE, BEGIN, CHECK, shape("tell_people", 250, 120), DONE)),
    ("style_name_covered", "begin", PLAIN, plane(LANE, shape("begin", 100, 122, 36, 36, 'x="190" y="110" width="40" height="14"'), CHECK, DONE)),
    ("style_name_too_long", "check_case", task(name="核对企业提交的全部材料") + flow("check_case", "done"), plane(LANE, BEGIN, shape("check_case", 200, 100, 60, 50), DONE)),
    ("style_sloping", "check_case_done", PLAIN, plane(LANE, BEGIN, CHECK, DONE, edge("check_case_done", (300, 140), (400, 180)))),
    ("style_through", "begin_check_case", task() + SECOND, plane(LANE, BEGIN, CHECK, TELL, DONE, edge("begin_check_case", (118, 158), (118, 340), (450, 340), (450, 140)))),
    ("style_backwards", "tell_people_done", task() + SECOND, plane(LANE, BEGIN, CHECK, shape("tell_people", 500, 100), DONE, edge("tell_people_done", (500, 140), (436, 140)))),
    ("style_out_of_lane", "check_case", PLAIN, plane(shape("lane", 60, 300, 600, 100, isHorizontal="true"), BEGIN, CHECK, DONE)),
]  # fmt: skip
CASES = [
    *((code, at, file(xml)) for code, at, xml in (*NAMES, *WORKS)),
    *((code, at, file(process(xml), drawing)) for code, at, xml, drawing in DRAWINGS),
]


@pytest.mark.parametrize(("code", "at", "content"), CASES, ids=[code for code, _, _ in CASES])
def test_what_is_out_of_style_is_told_with_advice(code: str, at: str, content: bytes):
    diagram, _ = read(content, "workflows/x/x.bpmn")
    problems = [problem for problem in check_style([diagram]) if (problem.code, problem.element) == (code, at)]
    assert problems, found(content)
    assert problems[0].severity == "warning"
    for language in texts.LANGUAGES:
        assert "—" not in problems[0].sentence(language) and "{" not in problems[0].sentence(language)


def test_lines_that_cross_too_often_are_counted_for_each_page():
    rows = [f"row_{number}" for number in range(3)]
    tasks = "".join(node("task", row, name="办理") + flow("check_case", row) + flow(row, "done") for row in rows)
    upright = "".join(edge(f"check_case_{row}", (250, 180), (250, 400), (700 + 200 * n, 400)) for n, row in enumerate(rows))
    level = "".join(edge(f"{row}_done", (100, 220 + 20 * n), (418, 220 + 20 * n), (418, 158)) for n, row in enumerate(rows))
    boxes = "".join(shape(row, 700 + 150 * n, 300) for n, row in enumerate(rows))
    assert ("style_crossings", "p") in found(file(process(task() + tasks), plane(LANE, BEGIN, CHECK, DONE, boxes, upright, level)))


def test_too_many_elements_on_a_page_belong_into_a_collapsed_sub_process():
    many = "".join(node("task", f"step_{n}", name="办理") + flow("check_case", f"step_{n}") for n in range(40))
    boxes = [shape(f"step_{n}", 300 + 120 * (n % 10), 200 + 100 * (n // 10)) for n in range(40)]
    inside = node("subProcess", "do_steps", many.replace(flow("check_case", "step_0"), ""), name="逐步办理")
    assert ("style_too_many", "p") in found(file(process(PLAIN + many), plane(LANE, BEGIN, CHECK, DONE, *boxes)))
    assert ("style_too_many", "do_steps") not in found(file(process(PLAIN + inside), plane(LANE, BEGIN, CHECK, DONE, shape("do_steps", 500, 100))))


def test_a_service_that_can_be_ended_is_in_style():
    content = file(process(PLAIN + ENDED, audience="enterprise"))
    assert "style_ending_missing" not in dict(found(content))


def test_a_loop_may_go_back_and_a_standing_clock_needs_no_limit():
    back = flow("is_complete", "check_case", id="no").replace('sourceRef="is_complete"', 'name="不齐" sourceRef="is_complete"')
    waiting = task(extensions=zeebe(WORK + properties(clause="4.1", clock="stop")))
    ask = node("exclusiveGateway", "is_complete", name="齐全吗？", default="yes") + flow("check_case", "is_complete")
    yes = '<sequenceFlow id="yes" name="齐全" sourceRef="is_complete" targetRef="done"/>'
    assert found(file(process(waiting + ask + yes + back), plane(LANE, BEGIN, CHECK, GATE, shape("done", 450, 122, 36, 36)))) == []


def test_a_button_of_the_caller_is_not_offered_again_by_what_it_calls():
    ask = node("subProcess", "end_early", node("startEvent", "asked", zeebe(properties(action="终止", actionGroups="{}")) + event("message"), name="提出"), triggeredByEvent="true", name="申请终止")
    call = node("callActivity", "do_part", zeebe('<zeebe:calledElement processId="part"/><zeebe:ioMapping><zeebe:input source="=1" target="main_service"/></zeebe:ioMapping>'), name="办理一部分")
    caller, _ = read(file(process(PLAIN + call + ask)), "a.bpmn")

    def called(groups: str):
        diagram, _ = read(file(process(PLAIN + ask.replace("{}", groups))).replace(b'id="p"', b'id="part"'), "b.bpmn")
        return [problem.element for problem in check_style([caller, diagram]) if problem.code == "style_offered_twice"]

    assert called("enterprise") == ["do_part"]
    assert called("=if main_service = null then [1] else []") == []


def test_only_diagrams_of_the_project_are_asked_for_style():
    content = file(node("startEvent", "Event_1") + node("endEvent", "Event_2") + flow("Event_1", "Event_2"))
    assert files.judge_style(files.read({"elsewhere/x.bpmn": content})) == []
    assert files.judge_style(files.read({"workflows/x/x.bpmn": content})) != []


def test_every_rule_has_its_sentence_and_its_case():
    codes = {key.removeprefix("problem.") for key in json.loads((Path(texts.__file__).parent / "zh" / "style.json").read_text("utf-8"))}
    tried = {code for code, _, _ in CASES} | {"style_crossings", "style_too_many", "style_offered_twice"}
    assert {code for code in codes if code.startswith("style_")} == tried
