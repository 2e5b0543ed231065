"""Processes that start by a condition: whoever has facts asks, and every condition that holds for them starts its process.

A process has no variables before it starts, so nothing can watch a condition for it (BPMN 2.0.2 Table 10.84). Camunda calls the
same "evaluate start conditions".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.core.partial_starts import Occurrence, slot_of
from engine.core.runtime.conditions import StartsJudged, starts
from engine.core.runtime.step import Variables
from engine.tables.definitions import ProcessDefinition, StartSubscription
from engine.tables.instances import Event
from engine.verbs import history, partial_starts
from engine.verbs.access import SYSTEM, Act, Actor, require
from engine.verbs.library import Deployed
from engine.verbs.stepping import InstanceFacts
from engine.verbs.variables import checked

COSTLY = "start_condition_failed"
SHOWN = 5  # of them, for those who look after the system


def evaluate(session: Session, variables: Variables, actor: Actor, now: datetime, *, request_key: str | None = None) -> list[InstanceFacts]:
    """Start the latest version of each process at each start event whose condition is true for `variables`, which it gets.

    The same `request_key` again gives the instances of the first time. A condition that costs too much starts nothing, and the record's
    `system` stream says so. Raises NotAllowed, VariableInvalid.
    """
    require(actor, Act.PUBLISH_MESSAGE)
    given, library = checked(variables), Deployed(session)
    waiting = select(StartSubscription.definition_id).where(StartSubscription.kind == "condition").distinct()
    started: list[InstanceFacts] = []
    for definition_id in session.scalars(waiting.order_by(StartSubscription.definition_id)).all():
        definition = session.execute(select(ProcessDefinition.__table__).where(ProcessDefinition.id == definition_id)).one()
        judged = starts(library.process(definition_id), given, library.functions, now)
        _record_costly(session, definition, judged, now)
        for node, event in judged.holding:
            place = f"{node.id} {node.events.index(event)}" if node.parallel_multiple else node.id
            key = None if request_key is None else f"{request_key} {definition.key} {place}"
            occurrence = Occurrence(slot_of(event), given)
            instance = partial_starts.occur(session, definition, node.id, occurrence, actor, now, request_key=key)
            started += [instance] if instance else []
    return started


def _record_costly(session: Session, definition: Row[Any], judged: StartsJudged, now: datetime) -> None:
    """There is no instance yet at which an incident could say so."""
    lines = [
        history.entry(
            COSTLY, now, definition_id=definition.id, node=node.id, node_name=node.name, process=definition.name,
            expression=event.value.text if event.value else "",
        )
        for node, event in judged.costly
    ]  # fmt: skip
    if lines:
        history.append(session, history.SYSTEM_STREAM, lines, SYSTEM, now)


def costly(session: Session, actor: Actor) -> list[Row[Any]]:
    """The last start conditions that cost too much, newest first: `at`, `node_name`, `facts` with `process` and `expression`. Raises NotAllowed."""
    require(actor, Act.REPAIR)
    query = select(Event.at, Event.node_name, Event.facts).where(Event.stream == history.SYSTEM_STREAM, Event.kind == COSTLY)
    return list(session.execute(query.order_by(Event.seq.desc()).limit(SHOWN)))
