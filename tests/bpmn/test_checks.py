from __future__ import annotations

import json
import string
import time
from pathlib import Path

import pytest

from engine import texts
from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.reader import read
from tests.bpmn.builder import LIBRARY, MESSAGE, beside, errors, event, file, flow, loop, node, problems, prop, through, timer, zeebe
from tests.bpmn.cases import CASES, UNSUPPORTED, Case

CATALOGUES = {language: json.loads((Path(texts.__file__).parent / language / "bpmn.json").read_text("utf-8")) for language in texts.LANGUAGES}
_JOB = zeebe('<zeebe:taskDefinition type="x"/>')


@pytest.mark.parametrize("case", CASES, ids=[f"{code}-{element}" for code, element, _ in CASES])
def test_a_wrong_diagram_is_told_what_is_wrong_and_where(case: Case) -> None:
    code, element, content = case
    found = [problem for problem in problems(content) if problem.code == code and problem.element == element]
    assert found, [(problem.code, problem.element) for problem in problems(content)]
    for language in texts.LANGUAGES:
        sentence = found[0].sentence(language)
        assert "—" not in sentence.replace("“—”", "").replace('"—"', "") and "{" not in sentence, sentence


@pytest.mark.parametrize(("name", "content"), UNSUPPORTED, ids=[name for name, _ in UNSUPPORTED])
def test_what_the_runtime_cannot_do_is_refused(name: str, content: bytes) -> None:
    refused = [problem for problem in problems(content) if problem.code == "not_supported"]
    assert refused and refused[0].severity == "error" and refused[0].line
    assert "bpmn." not in refused[0].sentence("zh") + refused[0].sentence("en")


def test_every_sentence_of_the_catalogue_is_provoked_by_a_diagram() -> None:
    sentences = {key.removeprefix("problem.") for key in CATALOGUES["zh"] if key.startswith("problem.")}
    assert sentences == {code for code, _, _ in CASES}


def test_both_languages_have_the_same_keys_and_facts() -> None:
    def facts(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    zh, en = CATALOGUES["zh"], CATALOGUES["en"]
    assert list(zh) == list(en)
    assert [key for key in zh if facts(zh[key]) != facts(en[key])] == []


def test_an_ordinary_diagram_has_no_problem() -> None:
    diagram, found = read((Path(__file__).parent.parent / "diagrams" / "every_day.bpmn").read_bytes(), "every_day.bpmn")
    assert diagram is not None
    assert found + check(diagram, Known(frozenset({"acceptance", "countersign"}))) == []


def test_all_problems_are_found_at_once_in_the_order_of_the_file() -> None:
    found = errors(file(beside(node("userTask", "t") + node("serviceTask", "s") + flow("a", "t") + flow("t", "s") + flow("s", "nowhere"))))
    assert found == [("dangling_reference", "s_nowhere"), ("job_missing", "s")]


def test_a_problem_prints_as_file_line_element_message() -> None:
    problem = next(problem for problem in problems(file(through(node("serviceTask", "a", name="发短信")))) if problem.code == "job_missing")
    assert str(problem) == "x.bpmn:5: a: 服务任务“发短信”没有任务类型，没有程序会执行它。请在“任务定义”里填写类型。"


def test_a_feel_error_names_its_column_in_the_text_as_typed() -> None:
    content = file(through(node("scriptTask", "a", zeebe('<zeebe:script expression="=1 + * 2" resultVariable="x"/>'))))
    problem = next(problem for problem in problems(content) if problem.code == "feel_syntax")
    assert problem.facts["column"] == 6
    assert "=1 + * 2" in problem.sentence("zh") and problem.sentence("zh") != problem.sentence("en")


@pytest.mark.parametrize("id", ["Start", "End", "Root", "start.EndJoin", "任务一"])
def test_ids_that_other_engines_reserve_are_harmless(id: str) -> None:
    assert errors(file(through(node("task", id), id))) == []


GOOD = {
    "a start reckoned in working days": beside(node("startEvent", "s", timer("Date", "=add workdays(now(), 1)")) + flow("s", "a")),
    "a fixed and an evaluated priority": through(
        node("userTask", "a", zeebe('<zeebe:assignmentDefinition assignee="=x"/><zeebe:priorityDefinition priority="100"/>'))
    ),
    "a send task by message": through(node("sendTask", "a", messageRef="m")),
    "a send task by job": through(node("sendTask", "a", _JOB)),
    "a message throw by job, as Camunda 8 writes it": through(node("intermediateThrowEvent", "a", _JOB + event("message"))),
    "a message start without a key": beside(node("startEvent", "s", event("message", messageRef="plain")) + flow("s", "a")),
    "a daily start": beside(node("startEvent", "s", timer("Cycle", "R/P1D")) + flow("s", "a")),
    "a start at a computed moment": beside(node("startEvent", "s", timer("Date", "=now() + duration(&quot;P1D&quot;)")) + flow("s", "a")),
    "a catch-all error boundary": beside(node("boundaryEvent", "b", event("error"), attachedToRef="a") + flow("b", "end")),
    "an exclusive gateway that only merges": through(node("exclusiveGateway", "a")),
    "a cardinality of nought": through(node("task", "a", loop("<loopCardinality>0</loopCardinality>"))),
    "a condition with only one way out and a default": through(node("exclusiveGateway", "a", default="a_end")),
    "a link": beside(
        node("intermediateThrowEvent", "l", event("link", name="A")) + node("intermediateCatchEvent", "k", event("link", name="A"))
        + flow("a", "l") + flow("k", "end")
    ),
    "an event sub-process": beside(
        node("subProcess", "s", node("startEvent", "b", event("message", messageRef="m"), isInterrupting="false") + node("endEvent", "e")
             + flow("b", "e"), triggeredByEvent="true")
    ),
    "the standard's own calledElement": through(node("callActivity", "a", calledElement="known_process")),
    "a process that calls itself": through(node("callActivity", "a", zeebe('<zeebe:calledElement processId="p"/>'))),
    "a dotted target in Chinese": through(
        node("task", "a", zeebe('<zeebe:ioMapping><zeebe:output source="=1" target="申请.金额"/></zeebe:ioMapping>'))
    ),
    "a limit that is computed": through(node("task", "a", prop("limit", "=string(n) + &quot; workdays&quot;"))),
    "text at rest": beside('<textAnnotation id="t"><text>说明</text></textAnnotation><association id="as" sourceRef="a" targetRef="t"/>'),
    "data objects as drawing": beside('<dataObject id="o"/><dataObjectReference id="r" dataObjectRef="o" name="申请书"/>'),
}  # fmt: skip


@pytest.mark.parametrize("process", GOOD.values(), ids=GOOD.keys())
def test_what_the_runtime_can_do_is_let_through(process: str) -> None:
    assert errors(file(process, MESSAGE + '<message id="plain" name="filed"/>')) == []


@pytest.mark.parametrize(
    ("kind", "text", "good"),
    [
        ("Date", "2026-03-01T09:00:00+08:00", True), ("Date", "2026-03-01T09:00:00@Asia/Shanghai", True), ("Date", "2026-13-01T09:00:00Z", False),
        ("Duration", "P3D", True), ("Duration", "PT1H30M", True), ("Duration", "P1Y2M10DT2H30M", True), ("Duration", "P2W", True),
        ("Duration", "P", False), ("Duration", "PT", False), ("Duration", "P1D2H", False), ("Duration", "-P1D", False), ("Duration", "P1W2D", False),
        ("Cycle", "R3/PT10M", True), ("Cycle", "R/P1D", True), ("Cycle", "R3/2026-03-01T09:00:00+08:00/P1D", True),
        ("Cycle", "R/PT0S", False), ("Cycle", "R0/PT1H", False), ("Cycle", "PT1H", False), ("Cycle", "R/2026/P1D", False),
        ("Cycle", "@daily", True), ("Cycle", "0 0 9-17 * * MON-FRI", True), ("Cycle", "0 0 9 1 * ?", True), ("Cycle", "*/5 * * * *", True),
        ("Cycle", "0 0 9 31 2 *", False), ("Cycle", "0 0 9 1 * MON", True), ("Cycle", "61 0 9 * * *", False), ("Cycle", "@reboot", False),
    ],
)  # fmt: skip
def test_timer_texts_are_judged_at_deployment(kind: str, text: str, good: bool) -> None:
    boundary = node("boundaryEvent", "b", timer(kind, text), attachedToRef="a", cancelActivity="false")
    assert (errors(file(beside(boundary + flow("b", "end")))) == []) is good


def test_what_is_only_drawn_is_not_judged() -> None:
    sketch = '<process id="other" isExecutable="false"><complexGateway id="c"/><userTask id="u"/><choreographyTask id="t"/></process>'
    assert errors(file(beside(""), sketch)) == []


def test_two_thousand_steps_are_read_and_checked_in_linear_time() -> None:
    def seconds(count: int) -> float:
        ids = ["start", *(f"t{number}" for number in range(count)), "end"]
        body = node("startEvent", "start") + "".join(node("task", id) for id in ids[1:-1]) + node("endEvent", "end")
        content = file(body + "".join(flow(source, target) for source, target in zip(ids, ids[1:], strict=False)))
        begin = time.process_time()
        diagram, found = read(content, "x.bpmn")
        assert diagram is not None and [problem.code for problem in found + check(diagram, LIBRARY)] == ["no_drawing"]
        return time.process_time() - begin

    # Four times the steps, so sixteen times the time if anything were quadratic; the rest is room for a busy machine.
    assert min(seconds(2000) for _ in range(3)) < 8 * max(min(seconds(500) for _ in range(3)), 0.02)


def test_no_event_behind_a_parallel_instantiating_gateway_has_a_computed_name():
    catches = "".join(
        node("intermediateCatchEvent", id_, event("message", messageRef=message)) + flow("gate", id_) + flow(id_, "end")
        for id_, message in (("a", "m"), ("b", "computed"))
    )
    gate = node("eventBasedGateway", "gate", instantiate="true", eventGatewayType="Parallel")
    key = zeebe('<zeebe:subscription correlationKey="=key"/>')
    computed = node("message", "computed", key, name="=word")
    assert errors(file(gate + catches + node("endEvent", "end"), MESSAGE + computed)) == [("start_name_is_expression", "b")]
