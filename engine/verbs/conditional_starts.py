"""Processes that start by a condition: whoever has facts asks, and every condition that holds for them starts its process.

A process has no variables before it starts, so nothing can watch a condition for it (BPMN 2.0.2 Table 10.84). Camunda calls the
same "evaluate start conditions".
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.core.partial_starts import Occurrence, slot_of
from engine.core.runtime.conditions import starts
from engine.core.runtime.step import Variables
from engine.tables.definitions import ProcessDefinition, StartSubscription
from engine.verbs import partial_starts
from engine.verbs.access import Act, Actor, require
from engine.verbs.library import Deployed
from engine.verbs.stepping import InstanceFacts
from engine.verbs.variables import checked


def evaluate(session: Session, variables: Variables, actor: Actor, now: datetime, *, request_key: str | None = None) -> list[InstanceFacts]:
    """Start the latest version of each process at each start event whose condition is true for `variables`, which it gets.

    The same `request_key` again gives the instances of the first time. Raises NotAllowed, VariableInvalid.
    """
    require(actor, Act.PUBLISH_MESSAGE)
    given, library = checked(variables), Deployed(session)
    waiting = select(StartSubscription.definition_id).where(StartSubscription.kind == "condition").distinct()
    started: list[InstanceFacts] = []
    for definition_id in session.scalars(waiting.order_by(StartSubscription.definition_id)).all():
        definition = session.execute(select(ProcessDefinition.__table__).where(ProcessDefinition.id == definition_id)).one()
        for node, event in starts(library.process(definition_id), given, library.functions, now):
            place = f"{node.id} {node.events.index(event)}" if node.parallel_multiple else node.id
            key = None if request_key is None else f"{request_key} {definition.key} {place}"
            occurrence = Occurrence(slot_of(event), given)
            instance = partial_starts.occur(session, definition, node.id, occurrence, actor, now, request_key=key)
            started += [instance] if instance else []
    return started
