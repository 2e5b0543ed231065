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
from engine.core.library import InMemory, Library
from engine.core.scenario_judging import differences, rules, taken, variables, visited
from engine.core.scenario_model import END, Coverage, Failure, Outcome, Scenario, Stuck, describe
from engine.core.scenario_play import Play
from engine.core.scenario_rules import rules_asked


def run(library: InMemory, process: Process, scenario: Scenario, forms: Mapping[str, Form] | None = None) -> Outcome:
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
            failures += [Failure(move.number, code, facts, describe(move)) for code, facts in differences(play.stage, move.expect)]
    else:
        failures += [Failure(END, code, facts) for code, facts in differences(play.stage, scenario.expect)]
    stage = play.stage
    return Outcome(scenario.name, tuple(failures), visited(stage), taken(stage), rules(stage), variables(stage))


def coverage(process: Process, outcomes: Iterable[Outcome], library: Library | None = None) -> Coverage:
    """Which flow nodes, sequence flows and rules the outcomes have gone through; rules are those of the tables that the business rule
    tasks of `process` ask, found in `library`.
    """
    all_of_them = list(outcomes)
    seen = {node for outcome in all_of_them for process_id, node in outcome.visited if process_id == process.id}
    gone = {flow for outcome in all_of_them for process_id, flow in outcome.taken if process_id == process.id}
    matched = {rule for outcome in all_of_them for rule in outcome.rules}
    nodes = [id_ for id_, node in process.nodes.items() if node.kind is not Kind.PROCESS]
    asked = list(rules_asked(library, process)) if library is not None else []
    return Coverage(
        len(nodes),
        len(process.flows),
        tuple(id_ for id_ in nodes if id_ not in seen),
        tuple(id_ for id_ in process.flows if id_ not in gone),
        len(asked),
        tuple(rule for rule in asked if rule not in matched),
    )
