"""Conditional events: looked at whenever a variable they read has changed, in whatever branch (BPMN 2.0.2 §10.5.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from engine import feel
from engine.core.runtime import events, incidents
from engine.core.runtime.execution import Execution
from engine.core.runtime.kernel import Fault
from engine.core.runtime.subscriptions import definition_of
from engine.core.variables import View

if TYPE_CHECKING:
    from engine.core.bpmn.model import EventDefinition, Node, Process
    from engine.core.runtime.step import Variables, Wait


def look(execution: Execution) -> None:
    """Let every condition that has just become true happen; one that stays true does not happen again."""
    while execution.scopes.touched or execution.unseen_condition:
        names, all_of_them = execution.scopes.touched, execution.unseen_condition
        execution.scopes.touched, execution.unseen_condition = set(), False
        for wait_id in list(execution.conditions):
            wait = execution.waits.get(wait_id)  # an earlier one may have closed it
            if wait is not None and (all_of_them or names & _names(execution, wait)):
                _consider(execution, wait)


def _names(execution: Execution, wait: Wait) -> frozenset[str]:
    event = definition_of(execution.tasks[wait.owner].process.nodes[wait.node], wait)
    expression = event.value.expression if event.value else None
    return expression.names | expression.possible_names if expression else frozenset()


def _consider(execution: Execution, wait: Wait) -> None:
    owner = execution.tasks[wait.owner]
    event = definition_of(owner.process.nodes[wait.node], wait)
    assert event.value is not None
    try:
        # Not yet known is not yet true: a condition may well read variables that come later.
        now = execution.value(event.value, owner) is True
    except Fault:
        incidents.tell(execution, owner, "condition_failed", expression=event.value.text)
        return
    incidents.take_back(execution, owner, "condition_failed")
    if now != wait.facts["was"]:
        execution.change_wait(wait, facts={**wait.facts, "was": now})
        if now:
            events.happen(execution, execution.waits[wait.id], {})


class StartsJudged(NamedTuple):
    """Start events with the condition that is meant, in document order: those that hold, and those that cost more than any may."""

    holding: tuple[tuple[Node, EventDefinition], ...]
    costly: tuple[tuple[Node, EventDefinition], ...]


def starts(process: Process, variables: Variables, functions: Mapping[str, object], now: datetime) -> StartsJudged:
    """The start events of `process` whose condition holds for these variables (BPMN Table 10.84).

    A process has no variables before it starts, so it is for whoever has some to ask; each answer is a `Start` of its own. Of a multiple
    start event the first condition that holds is enough, of a parallel multiple one each counts.
    """
    found: list[tuple[Node, EventDefinition]] = []
    costly: list[tuple[Node, EventDefinition]] = []
    scope = View([variables, functions])
    for node in process.start_events:
        holding = []
        for event in node.events:
            if event.kind == "conditional" and event.value is not None and event.value.expression is not None:
                try:
                    holding += [event] if event.value.expression.evaluate(scope, now=now).value is True else []
                except feel.BudgetExceeded:
                    costly.append((node, event))
        found += [(node, event) for event in (holding if node.parallel_multiple else holding[:1])]
    return StartsJudged(tuple(found), tuple(costly))
