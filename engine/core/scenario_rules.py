"""The rules of the decision tables that a process asks: what scenarios have to reach besides its nodes and flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from engine.core.bpmn.model import CalledDecision, Process
from engine.core.dmn.model import DecisionModel, DecisionTable
from engine.core.library import Library
from engine.core.scenario_model import Rule


def rules_asked(library: Library, process: Process) -> Iterator[Rule]:
    """Each rule once, where the decision's id is not computed; with the decisions and knowledge models that a decision requires."""
    seen: set[str] = set()
    for node in process.nodes.values():
        called = node.detail
        if isinstance(called, CalledDecision) and called.decision_id.expression is None:
            found = library.called_decision(called.decision_id.text, called.binding, called.version_tag, process.id)
            for owner, logic in _logics(*found) if found is not None else ():
                if owner not in seen:
                    seen.add(owner)
                    yield from ((owner, index) for table in _tables(logic) for index in range(1, len(table.rules) + 1))


def _logics(model: DecisionModel, decision_id: str) -> Iterator[tuple[str, object]]:
    """(id, logic) of a decision or service and of everything behind it."""
    service = model.services.get(decision_id)
    asked = [decision_id] if service is None else [*service.outputs, *service.encapsulated]
    for asked_id in asked:
        for required in (*model.order[asked_id], asked_id):
            yield required, model.decisions[required].logic
            yield from _knowledge(model, model.decisions[required].knowledge)


def _knowledge(model: DecisionModel, ids: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    waiting, seen = list(ids), set()
    while waiting:
        id_ = waiting.pop()
        if id_ in model.knowledge and id_ not in seen:
            seen.add(id_)
            yield id_, model.knowledge[id_].function
            waiting += model.knowledge[id_].knowledge


def _tables(logic: object) -> Iterator[DecisionTable]:
    """Every decision table in a boxed expression, however deep."""
    if isinstance(logic, DecisionTable):
        yield logic
    elif isinstance(logic, tuple):
        for item in logic:
            yield from _tables(item)
    elif is_dataclass(logic) and not isinstance(logic, Mapping | type):
        for field in fields(logic):
            yield from _tables(getattr(logic, field.name))
