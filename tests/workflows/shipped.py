"""Everything that process owners ship, read once: for the tests of what they say."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.core import reference, scenario_files
from engine.core.bpmn.model import Diagram, Process
from engine.core.bpmn.reader import read as read_diagram
from engine.core.dmn.model import DecisionModel
from engine.core.dmn.reader import read as read_decisions
from engine.core.forms.model import Form
from engine.core.forms.reader import read as read_form
from engine.core.library import InMemory
from engine.core.problems import Problem
from engine.core.scenario_files import ScenarioFile

ROOT = Path(__file__).parent.parent.parent
PROBLEMS: list[Problem] = []


@cache
def diagram() -> Diagram:
    return _read(read_diagram, ROOT / "workflows" / "appeal_handling" / "appeal_handling.bpmn")


def process() -> Process:
    return diagram().processes[0]


@cache
def decisions() -> dict[str, DecisionModel]:
    models = [_read(read_decisions, file) for file in sorted((ROOT / "workflows" / "appeal_handling").glob("*.dmn"))]
    return {decision: model for model in models for decision in model.decisions}


@cache
def forms() -> dict[str, Form]:
    return {form.id: form for form in (_read(read_form, file) for file in sorted((ROOT / "forms").glob("*.form")))}


@cache
def library() -> InMemory:
    files = sorted((ROOT / "workflows" / "reference").glob("*.csv"))
    tables = [reference.read(file.read_bytes(), file.name)[0] for file in files]
    return InMemory(diagram().processes, {model.id: model for model in decisions().values()}.values(), tables=tables)


@cache
def scenarios() -> ScenarioFile:
    return _read(scenario_files.read, ROOT / "workflows" / "appeal_handling" / "appeal_handling.scenarios.json")


def _read(read, file: Path):
    found, problems = read(file.read_bytes(), file.relative_to(ROOT).as_posix())
    PROBLEMS.extend(problems)
    assert found is not None, [str(problem) for problem in problems]
    return found
