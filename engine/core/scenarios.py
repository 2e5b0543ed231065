"""Test cases of process owners: a process played in memory under a virtual clock, answered and judged by a scenario.

    outcome = run(library, library.process("appeal_handling"), scenario, forms)
    assert outcome.ok, [failure.sentence() for failure in outcome.failures]

Elements are named as in the diagram, by name or id. `scenario_files.read` makes scenarios from a file; docs/scenarios.md is the
owners' page. Service tasks are done at once, with what the scenario says they bring, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.core.bpmn.model import Kind, Process
from engine.core.forms.model import Form
from engine.core.library import Library
from engine.core.scenario_model import END, Coverage, Failure, Outcome, Scenario, Stuck, describe
from engine.core.scenario_play import Play


def run(library: Library, process: Process, scenario: Scenario, forms: Mapping[str, Form] | None = None) -> Outcome:
    """Play `scenario`. Answers to a task whose form is in `forms` are judged and completed by it, as on the page.

    Never raises for what a scenario or a diagram gets wrong: that is in the outcome.
    """
    play = Play(library, process, scenario, forms or {})
    failures: list[Failure] = []
    for move in (scenario.start, *scenario.steps):
        try:
            play.do(move)
        except Stuck as stuck:
            failures.append(Failure(move.number, stuck.code, stuck.facts, describe(move)))
            break
        if move.expect is not None:
            failures += [Failure(move.number, code, facts, describe(move)) for code, facts in play.differences(move.expect)]
    else:
        failures += [Failure(END, code, facts) for code, facts in play.differences(scenario.expect)]
    return Outcome(scenario.name, tuple(failures), play.visited, play.taken, play.variables)


def coverage(process: Process, outcomes: Iterable[Outcome]) -> Coverage:
    """Which flow nodes and sequence flows the outcomes have gone through."""
    all_of_them = list(outcomes)
    visited = {node for outcome in all_of_them for node in outcome.visited}
    taken = {flow for outcome in all_of_them for flow in outcome.taken}
    nodes = [id_ for id_, node in process.nodes.items() if node.kind is not Kind.PROCESS]
    return Coverage(
        len(nodes),
        len(process.flows),
        tuple(id_ for id_ in nodes if id_ not in visited),
        tuple(id_ for id_ in process.flows if id_ not in taken),
    )
