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
