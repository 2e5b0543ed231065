"""Business rule tasks: what a decision leaves in the history, and what of it no process variable can keep."""

from __future__ import annotations

from engine.core.library import InMemory
from engine.core.trial import Trial
from tests.dmn.builders import decision, document, literal, model, table
from tests.runtime.conftest import library


def started(logic: str, **variables: object) -> Trial:
    """The task of a diagram makes the decision `d` with this logic."""
    processes = library("fault_in_decision").processes.values()
    return Trial(InMemory(processes, [model(document(decision(logic)))]), "fault_in_decision").start(which="d", **variables)


def test_a_decision_is_recorded_with_the_rules_that_fired():
    trial = started(table([("amount", "number")], [("level", "string")], [("< 10", '"low"'), (">= 10", '"high"')]), amount=12)

    facts = next(entry.facts for entry in trial.history if entry.kind == "decision_evaluated")
    assert facts["inputs"] == [{"label": "amount", "value": 12}] and facts["outputs"] == "high"
    assert [(rule["index"], rule["outputs"]) for rule in facts["rules"]] == [(2, ["high"])]


def test_what_gave_null_in_a_decision_is_recorded_once_of_each_kind():
    rules = [("< limit", '"low"'), (">= limit", '"high"'), ("-", "none")]
    trial = started(table([("amount", "number")], [("level", "string")], rules, "FIRST"), amount=12)

    warnings = [(entry.facts["code"], entry.facts["expression"], entry.facts["rule"]) for entry in trial.history if entry.kind == "warning"]
    assert ("unknown_name", "d", 1) in warnings and ("unknown_name", "d", 3) in warnings
    assert len(warnings) == len({(code, rule) for code, _, rule in warnings}) <= 4


def test_a_decision_that_gives_a_function_is_an_incident():
    trial = started(literal("function(x) x"))

    assert trial.incidents == [("decide", "value_not_storable")]


def test_a_decision_service_is_asked_like_a_decision():
    service = '<decisionService id="s" name="s"><outputDecision href="#d"/></decisionService>'
    processes = library("fault_in_decision").processes.values()
    trial = Trial(InMemory(processes, [model(document(decision(literal("1 + 1")) + service))]), "fault_in_decision").start(which="s")

    assert trial.incidents == [] and 2 in trial.variables.values()
