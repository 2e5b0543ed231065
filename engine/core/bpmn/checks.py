"""Everything that can be known to be wrong with a diagram before it is deployed, all at once, each with its line and advice.

The promise behind it: a diagram runs exactly as BPMN 2.0.2 says, or it is refused here. Nothing is left to be found in month three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.bpmn.checks_compensation import check_compensation
from engine.core.bpmn.checks_events import check_events
from engine.core.bpmn.checks_flows import check_flows
from engine.core.bpmn.checks_properties import check_properties
from engine.core.bpmn.checks_structure import check_structure
from engine.core.bpmn.checks_tasks import check_tasks
from engine.core.bpmn.dataflow import check_dataflow
from engine.core.bpmn.finding import finding
from engine.core.bpmn.model import Diagram, Process
from engine.core.bpmn.soundness import check_soundness
from engine.core.bpmn.supported import unsupported
from engine.core.clauses import unknown
from engine.core.problems import Problem, has_errors


@dataclass(frozen=True)
class Known:
    """The ids of what a diagram may refer to: everything deployed and everything in the same deployment.

    `clauses`, `tables` (reference tables by name), `job_types` and `records` (what a task of type `record` may write: fields by record)
    are None where there is no register of them: then any name will do.
    """

    forms: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    clauses: frozenset[str] | None = None
    tables: frozenset[str] | None = None
    job_types: frozenset[str] | None = None
    records: Mapping[str, frozenset[str]] | None = None
    tags: frozenset[tuple[str, str, str]] = frozenset()  # ("form", "decision" or "process", id, version tag)


def check(diagram: Diagram, library: Known) -> list[Problem]:
    """All problems of the executable processes of `diagram`, sorted by line. What is only drawn is not judged.

    `reader.read` has reported what is wrong with the file itself; a deployment needs both lists to be without errors.
    """
    processes = library.processes | {process.id for process in diagram.processes}
    tags = library.tags | {("process", process.id, process.version_tag) for process in diagram.processes if process.version_tag}
    found: list[Problem] = []
    for process in diagram.processes:
        shape = [*_check_support(process), *check_structure(process), *check_flows(process), *check_compensation(process)]
        found += shape
        found += check_events(process)
        found += check_tasks(process, library.forms, library.decisions, processes, tags)
        found += check_properties(process, library.forms)
        if library.clauses is not None:
            found += unknown(process, library.clauses)
        if not has_errors(shape):  # only what can be executed can be played through
            found += check_soundness(process)
            found += check_dataflow(process)
    return sorted(found, key=lambda problem: problem.line or 0)


def _check_support(process: Process) -> list[Problem]:
    return [finding(process, node, "not_supported", what=what) for node in process.nodes.values() for what in unsupported(process, node)]
