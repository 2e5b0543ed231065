"""What process owners ship, read once: the appeal process by itself, and `everything`, for the tests of what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.core import reference, scenario_files
from engine.core.bpmn.model import Diagram, Process, UserTask
from engine.core.bpmn.reader import read as read_diagram
from engine.core.dmn.model import DecisionModel
from engine.core.dmn.reader import read as read_decisions
from engine.core.files import Reading, read
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
    """The forms that the appeal process names."""
    read = (_read(read_form, file) for file in sorted((ROOT / "forms").glob("*.form")))
    named = forms_named(process())
    return {form.id: form for form in read if form.id in named}


def forms_named(process: Process) -> set[str]:
    """By its tasks, its actions and its start."""
    nodes = process.nodes.values()
    named = {node.detail.form_id for node in nodes if isinstance(node.detail, UserTask) and node.detail.form_id}
    named |= {node.properties["actionForm"] for node in nodes if "actionForm" in node.properties}
    return named | ({process.properties["startForm"]} if "startForm" in process.properties else set())


@cache
def tables() -> list[reference.Table]:
    return [reference.read(file.read_bytes(), file.name)[0] for file in sorted((ROOT / "workflows" / "reference").glob("*.csv"))]


@cache
def scenarios() -> ScenarioFile:
    return _read(scenario_files.read, ROOT / "workflows" / "appeal_handling" / "appeal_handling.scenarios.json")


@dataclass(frozen=True)
class Shipped:
    """All processes, forms and scenario files of the project, and a library of them."""

    reading: Reading
    processes: Mapping[str, Process]
    forms: Mapping[str, Form]
    scenarios: Mapping[str, ScenarioFile]
    library: InMemory


@cache
def everything() -> Shipped:
    folder = ROOT / "workflows"
    files = [*folder.glob("*/*.bpmn"), *folder.glob("*/*.dmn"), *(ROOT / "forms").glob("*.form")]
    found = read({file.relative_to(ROOT).as_posix(): file.read_bytes() for file in sorted(files)})
    played = [_read(scenario_files.read, file) for file in sorted(folder.glob("*/*.scenarios.json"))]
    return Shipped(
        found, found.processes, found.forms, {file.process: file for file in played}, found.library(tables=tables())
    )


def _read(read, file: Path):
    found, problems = read(file.read_bytes(), file.relative_to(ROOT).as_posix())
    PROBLEMS.extend(problems)
    assert found is not None, [str(problem) for problem in problems]
    return found
