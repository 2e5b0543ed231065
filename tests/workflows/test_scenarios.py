"""The scenario runner: what it does for an owner, and what it says when things differ."""

import json
from pathlib import Path

import pytest

from engine.core import reference
from engine.core.bpmn.reader import read as read_diagram
from engine.core.library import InMemory
from engine.core.scenario_files import BEGIN, EXPECT, FILE, PERSON, SCENARIO, STEP, read
from engine.core.scenarios import coverage, run

DIAGRAMS = Path(__file__).parent.parent / "diagrams"


def play(diagram, *, steps=(), expect=None, start=None, **more):
    """The outcome of one scenario of a tiny diagram."""
    found, _ = read_diagram((DIAGRAMS / f"{diagram}.bpmn").read_bytes(), diagram)
    case = {"name": "case", "start": {"with": start or {}}, "steps": list(steps), "expect": expect or {}, "services": more.pop("services", {})}
    whole = {"process": diagram, "at": "2026-03-02 09:00", "scenarios": [case], **more}
    file, problems = read(json.dumps(whole).encode(), "case.json")
    assert problems == []
    library = InMemory(found.processes)
    return run(library, library.process(diagram), file.scenarios[0])


def sentences(outcome):
    return [failure.sentence() for failure in outcome.failures]


def test_a_scenario_completes_tasks_and_judges_the_end():
    steps = [{"complete": "approve", "with": {"approved": True}}]
    expect = {"path": ["approve", "note"], "end": "done", "status": "completed", "variables": {"result": True}}
    assert play("sequence", steps=steps, expect=expect).ok


def test_what_differs_is_said_with_its_step():
    steps = [{"expect": {"open": ["note"], "variables": {"approved": 1}}}, {"complete": "approve", "with": {"approved": True}}]
    outcome = play("sequence", steps=steps, expect={"end": "begin", "avoids": ["note"], "status": "active"})
    assert sentences(outcome) == [
        "第 1 步（查看）：待办应为 note，实为 approve。",
        "第 1 步（查看）：approved 应为 1，实为 —。",
        "结束时：状态应为 active，实为 completed；现有待办：—。",
        "结束时：不应走到“note”，却走到了。",
        "结束时：应结束于“begin”，实际结束于“done”。",
    ]


def test_a_step_that_cannot_be_done_ends_the_scenario():
    outcome = play("sequence", steps=[{"complete": "note"}, {"complete": "approve"}], expect={"status": "completed"})
    assert sentences(outcome) == ["第 1 步（办理“note”）：待办里没有“note”，现有待办：approve。"]


def test_a_name_that_the_diagram_does_not_have_is_said():
    assert sentences(play("sequence", expect={"path": ["nowhere"]})) == ["结束时：图上没有叫“nowhere”的元素，请核对名称。"]


def test_an_incident_is_a_failure_in_words():
    (failure,) = play("incident_condition").failures
    assert failure.sentence().startswith("开始时：“choice”出了故障：条件")
    assert failure.sentence("en").startswith("At the start: “choice” has an incident: The condition")


def test_service_tasks_bring_what_the_scenario_says():
    outcome = play("service_job", start={"path": "x"}, services={"call": {"answer": {"status": 200}}}, expect={"variables": {"status": 200}})
    assert outcome.ok
    assert play("job_error", services={"call": {"error": "REFUSED"}}, expect={"open": ["repair"]}).ok


def test_messages_reach_who_waits_for_them():
    outcome = play("message_catch", start={"order_id": 7}, steps=[{"send": "payment", "expect": {"open": ["ship"]}}])
    assert outcome.ok
    assert sentences(play("message_catch", start={"order_id": 7}, steps=[{"send": "refund"}])) == [
        "第 1 步（发来消息“refund”）：没有谁在等消息“refund”。"
    ]


def test_timers_fire_at_their_own_moments_while_time_passes():
    outcome = play("timer_cycle_boundary", start={"reminders": 0}, steps=[{"wait": "150 minutes", "expect": {"variables": {"reminders": 2}}}])
    assert outcome.ok


def test_waiting_is_counted_in_working_days():
    # Friday morning; the limit of the diagram is two working days, so it ends on Tuesday.
    outcome = play(
        "limit", start={"case": "A", "days": 2}, at="2026-03-06 09:00",
        steps=[{"expect": {"due": {"handle": "2026-03-10 18:00"}}}, {"wait": "1 workdays", "expect": {"avoids": ["remind"]}},
               {"until": "2026-03-09 18:00", "expect": {"open": ["handle", "remind"]}}],
    )  # fmt: skip
    assert sentences(outcome) == []
    outcome = play("limit", start={"case": "A", "days": 2}, steps=[{"expect": {"due": {"handle": None}}}, {"until": "2026-03-01 09:00"}])
    assert sentences(outcome) == [
        "第 1 步（查看）：“handle”的期限应为 —，实为 2026-03-04 18:00。",
        "第 2 步（等到 2026-03-01 09:00）：2026-03-01 09:00 已经过去，现在是 2026-03-02 09:00。",
    ]


def test_only_those_may_act_to_whom_a_task_belongs():
    people = {"insider": {"kind": "department", "groups": ["clerks"]}, "outsider": {"kind": "department"}}
    found, _ = read_diagram((DIAGRAMS / "sequence.bpmn").read_bytes(), "sequence")
    offered = found.processes[0].nodes["approve"].detail.candidate_groups
    steps = [{"complete": "approve", "by": "outsider", "with": {"approved": True}}]
    outcome = play("sequence", steps=steps, people=people)
    assert [failure.code for failure in outcome.failures] == ["not_theirs"], offered
    outcome = play("sequence", steps=[{"complete": "approve", "by": "nobody"}], people=people)
    assert sentences(outcome) == ["第 1 步（办理“approve”）：people 里没有“nobody”，只有：insider、outsider。"]


def test_coverage_tells_what_no_scenario_has_reached():
    found, _ = read_diagram((DIAGRAMS / "exclusive_choice.bpmn").read_bytes(), "x")
    outcomes = [play("exclusive_choice", start={"amount": amount}, steps=[{"complete": task}]) for amount, task in ((500, "large"), (5, "small"))]
    covered = coverage(found.processes[0], outcomes)
    assert covered.missed_nodes == ("medium",)
    assert covered.missed_flows == ("flow_3", "flow_6")
    assert 0.7 < covered.share < 0.8


@pytest.mark.parametrize(
    ("change", "line", "sentence"),
    [
        ({"procss": "a"}, 2, "不认识“procss”"),
        ({"at": "21 September"}, 2, "“21 September”不是时刻"),
        ({"at": 5}, 2, '/at 应写成 "…"'),
        ({"scenarios": {}}, 2, "/scenarios 应写成 […]"),
        ({"scenarios": [{"start": {}}]}, None, "缺少“name”"),
        ({"scenarios": [{"name": "a", "start": {}, "steps": [{"complete": "x", "wait": "1 days"}]}]}, None, "每一步只写一件事"),
        ({"scenarios": [{"name": "a", "start": {}, "steps": [{"wait": "soon"}]}]}, None, "“soon”不是时长"),
        ({"scenarios": [{"name": "a", "start": {}, "expect": {"paths": []}}]}, None, "不认识“paths”"),
        ({"scenarios": [{"name": "a", "start": {}}, {"name": "a", "start": {}}]}, None, "“a”出现了两次"),
        ({"people": {"a": {"groups": [1]}}}, 4, "应写成"),
    ],
)
def test_a_scenario_file_with_an_error_is_refused_in_words(change, line, sentence):
    whole = {**change, **{key: value for key, value in {"process": "a", "at": "2026-03-02 09:00", "scenarios": []}.items() if key not in change}}
    found, problems = read(json.dumps(whole, indent=1, ensure_ascii=False).encode(), "case.json")
    assert found is None
    assert any(sentence in str(problem) for problem in problems), [str(problem) for problem in problems]
    assert line in (None, problems[0].line)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe{}", b'{"a":1,"a":2}', b"null", b"9" * 3_000_000, b"[" * 100_000])
def test_hostile_scenario_files_are_answered_not_raised(content):
    found, problems = read(content, "case.json")
    assert found is None and problems and all(problem.sentence() for problem in problems)


def test_the_page_for_owners_names_every_member_and_its_example_is_read():
    page = (DIAGRAMS.parent.parent / "docs" / "scenarios.md").read_text("utf-8")
    members = {name for table in (FILE, SCENARIO, BEGIN, STEP, EXPECT, PERSON) for name in table}
    assert {name for name in members if f"`{name}`" not in page and f'"{name}"' not in page} == set()
    example = page.split("```json\n")[1].split("```")[0]
    found, problems = read(example.encode(), "example")
    assert problems == [] and [scenario.name for scenario in found.scenarios] == ["企业撤回"]


def test_days_off_in_the_owners_table_move_a_limit_as_they_do_at_run_time():
    days, problems = reference.read(b"day,is_workday,name\n2026-03-03,false,festival\n", "holidays.csv")
    found, _ = read_diagram((DIAGRAMS / "limit.bpmn").read_bytes(), "limit")
    start = {"with": {"days": 5, "case": "A"}}
    case = {"name": "case", "start": start, "steps": [{"until": "2026-03-06 18:00"}], "expect": {"avoids": ["remind"]}}
    file, wrong = read(json.dumps({"process": "limit", "at": "2026-03-02 09:00", "scenarios": [case]}).encode(), "case.json")
    usual, own = InMemory(found.processes), InMemory(found.processes, tables=[days])

    assert problems == wrong == []
    assert run(own, own.process("limit"), file.scenarios[0]).ok
    assert sentences(run(usual, usual.process("limit"), file.scenarios[0])) == ["结束时：不应走到“remind”，却走到了。"]
