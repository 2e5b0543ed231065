"""Clauses and what carries them: at the terminal, at deployment, in the register."""

import json

import pytest

from engine.core.clauses import Clause, Trail, cover
from engine.core.bpmn.reader import read
from engine.verbs import deploying
from tests.bpmn.builder import file, flow, node, prop
from webapp import files
from webapp.cli import main

CLAUSES = "id,level,text\n5.3.3,应,困难办理\n6.a,可,企业终止\n"
OFFER = '<zeebe:assignmentDefinition candidateGroups="clerks"/>'


def diagram(task="5.3.3", end="6.a"):
    """start → task → end, both with a clause."""
    clause = prop("clause", task).replace("</extensionElements>", f"{OFFER}</extensionElements>")
    xml = node("startEvent", "start") + node("userTask", "handle", clause, name="办理") + node("endEvent", "done", prop("clause", end), name="办结")
    return file(xml + flow("start", "handle") + flow("handle", "done"))


def scenarios(*steps):
    case = {"name": "办结", "start": {}, "steps": list(steps)}
    return json.dumps({"process": "p", "at": "2026-03-02 09:00", "scenarios": [case]}).encode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """`folder(name=content)`: a project of these files, in which commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZHUQI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(files, "PROJECT", tmp_path)

    def _folder(**contents):
        for name, content in {"reference/clauses.csv": CLAUSES.encode(), **{key.replace("_", "."): value for key, value in contents.items()}}.items():
            target = tmp_path / "workflows" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    return _folder


def test_each_clause_has_the_elements_that_carry_it_and_the_scenarios_that_pass():
    found, _ = read(diagram(), "p.bpmn")
    clauses = [Clause("5.3.3", "应", ""), Clause("6.a", "可", ""), Clause("4.1", "宜", "")]

    first, second, third = cover(clauses, found.processes, [Trail("一半", [("p", "start"), ("p", "handle")])])

    assert [carrier.name for carrier in first.carriers] == ["办理"] and first.scenarios == ("一半",) and first.fault is None
    assert second.scenarios == () and second.fault is None  # nobody need try what the standard only allows
    assert third.fault == "not_carried"


def test_all_is_well_when_every_clause_is_carried_and_the_obligatory_ones_are_tried(folder, capsys):
    folder(p_bpmn=diagram(), p_scenarios_json=scenarios({"complete": "办理"}))
    assert main(["clauses"]) == 0
    out = capsys.readouterr().out
    assert "5.3.3（应）困难办理" in out and "场景 1 个：办结" in out


def test_an_obligatory_clause_without_a_scenario_is_a_fault(folder, capsys):
    folder(p_bpmn=diagram())
    assert main(["clauses", "--json"]) == 1
    found = {row["id"]: row for row in json.loads(capsys.readouterr().out)["clauses"]}
    assert (found["5.3.3"]["fault"], found["6.a"]["fault"]) == ("not_tried", None)
    assert found["5.3.3"]["elements"] == [{"process": "p", "element": "handle", "name": "办理"}]


def test_a_scenario_that_fails_tries_nothing(folder, capsys):
    folder(p_bpmn=diagram(), p_scenarios_json=scenarios({"complete": "办理"}, {"complete": "办理"}))
    assert main(["clauses"]) == 1


def test_a_clause_without_an_element_is_a_fault(folder, capsys):
    folder(p_bpmn=diagram(end="5.3.3"), p_scenarios_json=scenarios({"complete": "办理"}))
    assert main(["--language", "en", "clauses"]) == 1
    assert "carried by no element" in capsys.readouterr().out


def test_an_unknown_clause_is_an_error_of_check_with_the_one_that_was_meant(folder, capsys):
    folder(p_bpmn=diagram(task="5.3.33"))
    assert main(["check"]) == 1
    assert "5.3.3”？" in capsys.readouterr().out
    assert main(["clauses"]) == 1


def test_without_a_register_any_clause_will_do(folder, capsys):
    folder(p_bpmn=diagram(task="9.9"), **{"reference/clauses_csv": b"id,level,text\n"})
    assert main(["check"]) == 1
    (files.PROJECT / "workflows" / "reference" / "clauses.csv").unlink()
    assert main(["check"]) == 0
    assert main(["clauses"]) == 1


def test_deployment_refuses_a_clause_that_the_loaded_register_does_not_have(folder, capsys):
    folder(p_bpmn=diagram(task="5.3.4"))
    assert main(["deploy"]) == 1
    (files.PROJECT / "workflows" / "p.bpmn").write_bytes(diagram())
    assert main(["deploy"]) == 0
    (files.PROJECT / "workflows" / "reference" / "clauses.csv").unlink()
    (files.PROJECT / "workflows" / "p.bpmn").write_bytes(diagram(task="5.3.4"))
    capsys.readouterr()
    assert main(["deploy"]) == 1  # the register of the last deployment still holds
    assert "5.3.4" in capsys.readouterr().out


def test_the_property_itself_is_judged_without_a_register():
    assert [problem.code for problem in deploying.check({"p.bpmn": diagram(task="9.9")}) if problem.severity == "error"] == []
