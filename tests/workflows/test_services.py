"""Every service as its owners ship it: what the modelling guide promises, held for all of them at once."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from functools import cache

import pytest

from engine.core import scenario_files
from engine.core.bpmn.checks import Known
from engine.core.bpmn.model import CalledProcess, Kind
from engine.core.files import judge
from engine.core.runtime.formulas import property_formula
from engine.core.scenario_play import Play
from engine.core.scenarios import coverage, run
from tests.workflows import shipped

PROCESSES = sorted(shipped.everything().processes)
AUDIENCES = {id_: process.properties.get("audience") for id_, process in shipped.everything().processes.items()}
SHARED = {id_ for id_, audience in AUDIENCES.items() if audience == "part"}  # called by others, which can be ended
SERVICES = sorted(
    id_ for id_, process in shipped.everything().processes.items() if AUDIENCES[id_] == "enterprise" and "ending" not in process.properties
)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
REASONS = {f"6.{letter}" for letter in "abcde"}


@cache
def outcomes():
    """(process id, scenario) → what came of it."""
    world = shipped.everything()
    return {
        (id_, scenario.name): run(world.library, world.processes[id_], scenario, world.forms)
        for id_, file in world.scenarios.items()
        for scenario in file.scenarios
    }


@pytest.mark.parametrize("process", PROCESSES)
def test_its_scenarios_come_out_as_its_owner_expects(process):
    ours = {scenario: outcome for (id_, scenario), outcome in outcomes().items() if id_ == process}
    assert ours, "no scenario"
    failures = [(scenario, failure.sentence()) for scenario, outcome in ours.items() for failure in outcome.failures]
    assert failures == []


@pytest.mark.parametrize("process", PROCESSES)
def test_its_scenarios_go_through_every_node_flow_and_rule(process):
    world = shipped.everything()
    covered = coverage(world.processes[process], outcomes().values(), world.library)
    assert (covered.missed_nodes, covered.missed_flows, covered.missed_rules) == ((), (), ())


@pytest.mark.parametrize("process", PROCESSES)
def test_no_expression_gives_null_by_accident(process):
    world = shipped.everything()
    warnings = set()
    for scenario in world.scenarios[process].scenarios:
        played = Play(world.library, world.processes[process], scenario, world.forms)
        for move in (scenario.start, *scenario.steps):
            played.do(move)
        warnings |= {(entry.node, str(entry.facts)) for entry in played.trial.history if entry.kind == "warning"}
    assert warnings == set()


def test_all_files_are_deployable_without_a_remark():
    clauses = next(table for table in shipped.tables() if table.name == "clauses")
    names = frozenset(table.name for table in shipped.tables())
    known = Known(clauses=frozenset(str(row["id"]) for row in clauses.rows), tables=names)
    assert [str(problem) for problem in judge(shipped.everything().reading, known)] == []


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_says_what_lists_and_rights_need(process):
    properties = shipped.everything().processes[process].properties
    assert {"businessKey", "title", "category", "icon", "timeToLive"} - set(properties) == set()
    assert ("startForm" in properties) == ("candidateStarterGroups" in properties)


def test_business_keys_of_two_processes_are_told_apart():
    patterns = Counter(process.properties.get("numbering", "").split("{")[0] for process in shipped.everything().processes.values())
    del patterns[""]
    assert {pattern for pattern, count in patterns.items() if count > 1} == set()


@pytest.mark.parametrize("process", SERVICES)
def test_a_service_can_be_ended_for_each_reason_and_a_refused_request_does_not_interrupt(process):
    world = shipped.everything()
    nodes = world.processes[process].nodes.values()
    starts = [node for node in nodes if node.kind is Kind.START_EVENT and REASONS <= set(node.properties.get("clause", "").split())]
    asking = next(node for node in starts if node.properties.get("action"))
    granted = next(node for node in starts if node is not asking)
    assert not asking.interrupting and granted.interrupting
    tried = {clause for scenario in world.scenarios[process].scenarios for clause in scenario.clauses}
    assert REASONS <= tried


def test_calls_bind_what_was_deployed_together_and_pass_only_what_is_said():
    world = shipped.everything()
    for process in world.processes.values():
        for node in process.nodes.values():
            if isinstance(node.detail, CalledProcess):
                assert node.detail.process_id.text in world.processes, (process.id, node.id)
                assert node.detail.binding == "deployment", (process.id, node.id)
                assert not node.detail.propagate_all_parent and not node.detail.propagate_all_child, (process.id, node.id)


def test_shared_pieces_are_called():
    called = Counter(
        node.detail.process_id.text
        for process in shipped.everything().processes.values()
        for node in process.nodes.values()
        if isinstance(node.detail, CalledProcess)
    )
    assert {piece for piece in SHARED if not called[piece]} == set()


def test_every_form_is_used_and_every_form_named_exists():
    world = shipped.everything()
    named = set().union(*(shipped.forms_named(process) for process in world.processes.values()))
    assert named == set(world.forms)


def test_every_department_that_a_file_names_exists():
    departments = next(table for table in shipped.tables() if table.name == "departments")
    known = {row["id"] for row in departments.rows}
    files = [*(shipped.ROOT / "workflows").glob("*/*.bpmn"), *(shipped.ROOT / "workflows").glob("*/*.dmn")]
    named = {name for file in files for name in re.findall(r"dept:([a-z_]+)", file.read_text("utf-8"))}
    for table in shipped.tables():
        named |= {row["department_id"] for row in table.rows if row.get("department_id")}
    assert named - known == set()


def test_every_material_list_that_a_public_service_needs_exists():
    tables = {table.name: table for table in shipped.tables()}
    lists = {row["list"] for row in tables["materials"].rows}
    assert {row["material_list"] for row in tables["public_services"].rows} - lists == set()


def test_every_schedule_of_the_reference_table_starts_a_process():
    schedules = next(table for table in shipped.tables() if table.name == "schedules")
    cycles = "".join(file.read_text("utf-8") for file in (shipped.ROOT / "workflows").glob("*/*.bpmn"))
    asked = set(re.findall(r'reference\("schedules"\)\[(?:item\.)?id = "([a-z_]+)"\]', cycles))
    assert asked == {row["id"] for row in schedules.rows}


def test_a_case_is_not_archived_with_a_document_missing_and_no_reason():
    world = shipped.everything()
    text = (shipped.ROOT / "workflows" / "agency_service" / "agency_service.scenarios.json").read_text("utf-8")
    whole = json.loads(text)
    case = next(row for row in whole["scenarios"] if row["name"] == "全程代办，顺利办结")
    number = [step.get("complete") for step in case["steps"]].index("整理归档") + 1
    case["steps"][number - 1]["with"] = {"plan_kept": True, "ledger_kept": False, "rating_kept": True}
    changed, problems = scenario_files.read(json.dumps({**whole, "scenarios": [case]}, ensure_ascii=False).encode(), "changed.json")
    assert problems == [] and changed is not None

    outcome = run(world.library, world.processes["agency_service"], changed.scenarios[0], world.forms)

    assert [(failure.step, failure.code) for failure in outcome.failures] == [(number, "form_refused")]


def test_each_way_a_service_can_be_ended_is_offered_once():
    """A part of a service is ended with the whole of it: what is called shows no second button."""
    world = shipped.everything()
    for process in world.processes.values():
        mine = {node.properties["action"] for node in process.nodes.values() if node.properties.get("action")}
        for call in (node for node in process.nodes.values() if isinstance(node.detail, CalledProcess)):
            handed = {mapping.target: mapping.source.expression for mapping in call.inputs}
            for node in world.processes[call.detail.process_id.text].nodes.values():
                if node.properties.get("action") in mine:
                    formula = property_formula(node.properties["actionGroups"])
                    given = {name: source.evaluate({}, now=NOW).value for name, source in handed.items() if name == "main_service"}
                    assert formula.expression.evaluate(given, now=NOW).value == [], (process.id, call.id)


def test_the_guide_tells_for_whom_each_process_is():
    guide = (shipped.ROOT / "docs" / "modelling-guide.zh.md").read_text("utf-8")
    rows = {kind: set(names.split("、")) for kind, names in re.findall(r"^\| ([^|]+) \| ([^|]+、[^|]+|企业交流会邀请) \|", guide, re.MULTILINE)}
    processes = shipped.everything().processes
    names = {audience: {processes[id_].name for id_ in processes if AUDIENCES[id_] == audience} for audience in ("enterprise", "part", "internal")}

    assert rows["企业（可终止）"] == {processes[id_].name for id_ in SERVICES}
    assert rows["企业（可终止）"] | rows["企业（不另设终止）"] == names["enterprise"]
    assert rows["共用环节"] == names["part"]
    assert rows["内部工作"] == names["internal"]
