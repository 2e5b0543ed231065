"""Scenarios in which several processes take part: called ones, and those that messages and signals reach; and what is covered."""

import json

import pytest

from engine.core.bpmn.reader import read as read_diagram
from engine.core.dmn.reader import read as read_decisions
from engine.core.library import InMemory
from engine.core.reference import read as read_table
from engine.core.scenario_files import read
from engine.core.scenarios import coverage, run
from tests.bpmn.builder import _HEAD, event, flow, node, prop, through, zeebe
from webapp.cli import main

CALL = zeebe('<zeebe:calledElement processId="help" bindingType="deployment" propagateAllChildVariables="true"/>')
MESSAGES = '<message id="m_raised" name="raised"/><message id="m_back" name="back"><extensionElements><zeebe:subscription correlationKey="=business_key"/></extensionElements></message>'
TABLE = (
    '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
    '<decision id="level" name="level"><variable id="v" name="level"/><decisionTable id="t" hitPolicy="UNIQUE"><input id="i" label="n">'
    '<inputExpression id="ie"><text>n</text></inputExpression></input><output id="o" name="level"/>'
    '<rule id="r1"><inputEntry id="a1"><text>&lt; 5</text></inputEntry><outputEntry id="b1"><text>"low"</text></outputEntry></rule>'
    '<rule id="r2"><inputEntry id="a2"><text>&gt;= 5</text></inputEntry><outputEntry id="b2"><text>"high"</text></outputEntry></rule>'
    "</decisionTable></decision></definitions>"
)


def diagram(id, body, roots=""):
    found, problems = read_diagram(f'{_HEAD}<process id="{id}" isExecutable="true">\n{body}\n</process>\n{roots}\n</definitions>'.encode(), f"{id}.bpmn")
    assert found is not None, problems
    return found.processes


def library(*processes, models=(), tables=()):
    return InMemory([process for each in processes for process in each], models, tables=tables)


def play(lib, process, *steps, expect=None, start=None, **more):
    case = {"name": "case", "start": start or {}, "steps": list(steps), "expect": expect or {}, **more}
    file, problems = read(json.dumps({"process": process, "at": "2026-03-02 09:00", "scenarios": [case]}).encode(), "case.json")
    assert problems == [], [str(problem) for problem in problems]
    return run(lib, lib.process(process), file.scenarios[0])


def sentences(outcome):
    return [failure.sentence() for failure in outcome.failures]


@pytest.fixture
def calling():
    """service: start → help (a call) → archive → end; help: start → prepare → archive → helped."""
    service = (
        node("startEvent", "start") + node("callActivity", "call", CALL, name="帮办") + node("userTask", "archive", name="归档")
        + node("endEvent", "end", name="已归档") + flow("start", "call") + flow("call", "archive") + flow("archive", "end")
    )  # fmt: skip
    help_ = (
        node("startEvent", "start") + node("userTask", "prepare", name="准备") + node("userTask", "keep", name="归档")
        + node("endEvent", "helped", name="已帮办") + flow("start", "prepare") + flow("prepare", "keep") + flow("keep", "helped")
    )  # fmt: skip
    return library(diagram("service", service), diagram("help", help_))


def test_tasks_of_a_called_process_are_done_by_their_names(calling):
    outcome = play(
        calling, "service", {"expect": {"open": ["准备"]}}, {"complete": "准备"}, {"complete": "help/归档", "expect": {"open": ["归档"]}},
        {"complete": "归档"}, expect={"status": "completed", "end": "已归档", "path": ["准备", "help/归档", "已帮办", "归档"]},
    )  # fmt: skip
    assert sentences(outcome) == []


def test_a_name_alone_means_the_scenario_s_own_process(calling):
    outcome = play(calling, "service", {"complete": "准备", "expect": {"avoids": ["归档"], "path": ["准备", "help/归档"]}})
    assert sentences(outcome) == []
    assert sentences(play(calling, "service", {"complete": "nowhere/归档"})) == ["第 1 步（办理“nowhere/归档”）：图上没有叫“nowhere/归档”的元素，请核对名称。"]


def test_what_a_called_process_goes_through_counts_for_it(calling):
    outcomes = [play(calling, "service", {"complete": "准备"}, {"complete": "help/归档"})]
    assert coverage(calling.process("help"), outcomes).whole
    assert coverage(calling.process("service"), outcomes).missed_nodes == ("end",)


def throwing(id="visit"):
    """start → throws `raised` with a payload → waits for `back` → end."""
    mapping = '<zeebe:ioMapping><zeebe:input source="=subject" target="title"/><zeebe:input source="=business_key" target="source"/></zeebe:ioMapping>'
    body = (
        node("startEvent", "start") + node("intermediateThrowEvent", "raise", zeebe(mapping) + event("message", messageRef="m_raised"))
        + node("intermediateCatchEvent", "wait", event("message", messageRef="m_back")) + node("endEvent", "end", name="知道结果")
        + flow("start", "raise") + flow("raise", "wait") + flow("wait", "end")
    )  # fmt: skip
    return diagram(id, prop("numbering", "ZF{seq:3}") + body, MESSAGES)


def raised():
    """Starts by `raised` → handle → answers with `back`."""
    answer = '<message id="m_answer" name="back"><extensionElements><zeebe:subscription correlationKey="=source"/></extensionElements></message>'
    body = (
        node("startEvent", "begun", event("message", messageRef="m_raised")) + node("userTask", "handle", name="办理")
        + node("intermediateThrowEvent", "answer", event("message", messageRef="m_answer")) + node("endEvent", "done")
        + flow("begun", "handle") + flow("handle", "answer") + flow("answer", "done")
    )  # fmt: skip
    return diagram("appeal", body, MESSAGES.split("<message")[1].join(["<message", ""]) + answer)


START = {"with": {"subject": "停电"}}


def test_a_message_is_only_recorded_unless_it_is_followed():
    lib = library(throwing(), raised())
    sent = [{"message": "raised", "with": {"title": "停电"}}]
    assert sentences(play(lib, "visit", start=START, expect={"sent": sent, "variables": {"business_key": "ZF001"}, "open": [], "status": "active"})) == []
    assert sentences(play(lib, "visit", start=START, expect={"sent": []})) == ["结束时：不应发出消息，却发出了：raised。"]
    assert sentences(play(lib, "visit", start=START, expect={"sent": ["other"]})) == ["结束时：没有发出消息“other”。已发出：raised。"]
    differing = play(lib, "visit", start=START, expect={"sent": [{"message": "raised", "with": {"title": "停水"}}]})
    assert sentences(differing) == ["结束时：消息“raised”里的 title 应为 停水，实为 停电。"]


def test_a_followed_message_starts_the_other_process_and_its_answer_comes_back():
    lib = library(throwing(), raised())
    outcome = play(
        lib, "visit", {"expect": {"open": ["办理"], "variables": {"appeal/title": "停电"}}}, {"complete": "办理"}, start=START,
        follows=["appeal"], expect={"status": "completed", "end": "知道结果", "sent": ["raised", "back"]},
    )  # fmt: skip
    assert sentences(outcome) == []
    assert coverage(lib.process("appeal"), [outcome]).whole


def test_a_process_to_follow_must_exist():
    outcome = play(library(throwing()), "visit", start=START, follows=["nowhere"])
    assert sentences(outcome) == ["开始时：follows 里的流程“nowhere”不存在，请核对流程 id。"]


def test_a_timer_start_is_named_by_its_event():
    start = node("startEvent", "monthly", event("timer", "<timeCycle>R/P1M</timeCycle>"), name="每月")
    body = start + node("userTask", "review") + node("endEvent", "end") + flow("monthly", "review") + flow("review", "end")
    lib = library(diagram("yearly", body))

    assert sentences(play(lib, "yearly", start={"event": "每月"}, expect={"open": ["review"]})) == []
    assert sentences(play(lib, "yearly", start={"event": "review"})) == ["开始时：图上没有叫“review”的开始事件，请核对名称。"]


def test_rules_that_no_scenario_has_used_are_told():
    model, _ = read_decisions(TABLE.encode(), "level.dmn")
    body = through(node("businessRuleTask", "ask", zeebe('<zeebe:calledDecision decisionId="level" resultVariable="level"/>')), "ask")
    lib = library(diagram("rating", body), models=[model])

    one = play(lib, "rating", start={"with": {"n": 1}}, expect={"variables": {"level": "low"}})
    covered = coverage(lib.process("rating"), [one], lib)
    assert sentences(one) == [] and covered.rules == 2 and covered.missed_rules == (("level", 2),)
    assert coverage(lib.process("rating"), [one, play(lib, "rating", start={"with": {"n": 9}})], lib).whole


def test_reference_tables_are_there_in_scenarios():
    table, _ = read_table(b"id,name\na,one\n", "fees.csv")
    script = zeebe('<zeebe:script expression="=reference(&#34;fees&#34;)[1].name" resultVariable="found"/>')
    lib = library(diagram("p", through(node("scriptTask", "a", script))), tables=[table])
    assert sentences(play(lib, "p", expect={"variables": {"found": "one"}})) == []


def test_coverage_that_is_not_whole_is_a_fault_at_the_terminal(tmp_path, monkeypatch, capsys):
    offer = '<zeebe:assignmentDefinition candidateGroups="clerks"/>'
    body = through(node("userTask", "a", zeebe(offer), name="办理"))
    folder = tmp_path / "workflows"
    folder.mkdir()
    (folder / "p.bpmn").write_bytes(f'{_HEAD}<process id="p" isExecutable="true">{body}</process></definitions>'.encode())
    case = {"process": "p", "at": "2026-03-02 09:00", "scenarios": [{"name": "一半", "start": {}}]}
    (folder / "p.scenarios.json").write_text(json.dumps(case), "utf-8")
    monkeypatch.chdir(tmp_path)

    assert main(["scenarios", str(folder)]) == 0
    assert main(["scenarios", str(folder), "--coverage"]) == 1
    assert "没有经过的节点：end" in capsys.readouterr().out
    assert main(["scenarios", str(folder), "--coverage", "--json"]) == 1
    (row,) = json.loads(capsys.readouterr().out)["coverage"]
    assert row["process"] == "p" and row["missed_nodes"] == ["end"]
