"""Processes that start by a condition start when somebody has facts that make it true, once per request."""

from pathlib import Path

from engine.verbs import conditional_starts
from engine.verbs.access import SYSTEM
from engine.verbs.handlers import HANDLERS
from engine.verbs.service_types import TYPES
from tests.verbs.running import deploy_diagrams


def test_a_process_starts_at_the_event_whose_condition_holds(any_store, clock):
    deploy_diagrams(any_store, clock, "conditional_start")

    def evaluate(key=None, **facts):
        with any_store.writing() as session:
            return conditional_starts.evaluate(session, facts, SYSTEM, clock(), request_key=key)

    assert evaluate(level=1) == []
    first = evaluate("report 7", level=200)
    assert [instance.process_key for instance in first] == ["conditional_start"]
    assert [instance.id for instance in evaluate("report 7", level=200)] == [first[0].id]


def test_every_type_that_deployment_knows_has_a_handler_and_a_line_in_the_docs():
    assert frozenset(HANDLERS) == TYPES
    page = (Path(__file__).parents[2] / "docs" / "service-tasks.md").read_text("utf-8")
    assert [type_ for type_ in TYPES if f"`{type_}`" not in page] == []


def test_a_condition_that_costs_too_much_starts_nothing_and_is_told(any_store, clock):
    deploy_diagrams(any_store, clock, "conditional_start", "conditional_start_costly")

    with any_store.writing() as session:
        started = conditional_starts.evaluate(session, {"level": 1_000_000_000}, SYSTEM, clock())

    assert [instance.process_key for instance in started] == ["conditional_start"]
    with any_store.reading() as session:
        [line] = conditional_starts.costly(session, SYSTEM)
    assert (line.node_name, line.facts["process"]) == ("too hot", "conditional start costly") and "level" in line.facts["expression"]
