"""What a diagram offers people to do with a running instance beyond its tasks: withdraw, urge, end for a reason …

An action is a message event that is open now and whose node carries `action`, its label, and `actionGroups`, who may do it:
candidate groups, as a fixed text with commas or a FEEL list. `actionForm` is a form to fill in first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.core.bpmn.model import Node
from engine.core.runtime.advance import visible
from engine.core.runtime.formulas import property_formula, value_of
from engine.core.runtime.step import MessageReceived, State, Wait
from engine.core.variables import View
from engine.tables.jobs import Subscription
from engine.verbs import attachments, filling, history, stepping
from engine.verbs.access import Actor, Kind, belongs, may_see_instance
from engine.verbs.errors import NotFound
from engine.verbs.filling import TaskForm
from engine.verbs.library import Deployed
from engine.verbs.opinions import opinion
from engine.verbs.stepping import InstanceFacts
from engine.verbs.writing import Stored


@dataclass(frozen=True)
class Action:
    """Something the actor may do now. `form_id` None: a click is enough."""

    wait_id: str
    label: str
    form_id: str | None


def actions(session: Session, instance_id: str, actor: Actor) -> list[Action]:
    """What the diagram offers this person now. Empty for an instance they may not see."""
    if not may_see_instance(session, actor, instance_id):
        return []
    stored, library = stepping.load(session, instance_id, lock=False), Deployed(session)
    return [
        Action(wait.id, node.properties["action"], node.properties.get("actionForm"))
        for wait, node in _offered(library, stored, actor)
    ]


def action_form(session: Session, wait_id: str, actor: Actor, now: datetime) -> TaskForm:
    """What to fill in before an action. Raises NotFound if it is not offered to this person."""
    stored, library = stepping.load(session, _instance_of(session, wait_id), lock=False), Deployed(session)
    wait, node = _find(library, stored, actor, wait_id)
    return _form(session, library, stored, wait, node, actor)


def perform_action(session: Session, wait_id: str, raw: Mapping[str, list[str]], actor: Actor, now: datetime) -> InstanceFacts:
    """Do it, with a form as a browser sends it. Raises NotFound, FormInvalid, StimulusRefused."""
    stored, library = stepping.load(session, _instance_of(session, wait_id)), Deployed(session)
    wait, node = _find(library, stored, actor, wait_id)
    values = filling.judged(session, _form(session, library, stored, wait, node, actor), raw, actor, now)
    line = history.entry(
        "action_performed", now, definition_id=wait.definition_id, node=wait.node, node_name=wait.node_name, activation=wait.id,
        action=node.properties["action"], opinion=opinion(node, values, now), clause=node.properties.get("clause"),
    )  # fmt: skip
    instance_id = cast(State, stored.state).instance_id
    facts = stepping.step(session, instance_id, MessageReceived(wait_id, values), actor, now, extra=[line])
    attachments.settle(session, instance_id, values, actor, now, request_key=wait_id)
    filling.drop_draft(session, wait_id, actor)
    return facts


def _instance_of(session: Session, wait_id: str) -> str:
    instance_id = session.scalar(select(Subscription.instance_id).where(Subscription.id == wait_id))
    if instance_id is None:
        raise NotFound("action", wait_id)
    return instance_id


def _find(library: Deployed, stored: Stored, actor: Actor, wait_id: str) -> tuple[Wait, Node]:
    for wait, node in _offered(library, stored, actor):
        if wait.id == wait_id:
            return wait, node
    raise NotFound("action", wait_id)


def _offered(library: Deployed, stored: Stored, actor: Actor) -> Iterator[tuple[Wait, Node]]:
    state = cast(State, stored.state)
    for wait in state.waits:
        if wait.kind != "message":
            continue
        node = library.process(wait.definition_id).nodes[wait.node]
        if node.properties.get("action") and _is_for(library, stored, wait, node, actor):
            yield wait, node


def _is_for(library: Deployed, stored: Stored, wait: Wait, node: Node, actor: Actor) -> bool:
    if actor.kind is Kind.SYSTEM:
        return True
    labels = stored.labels
    return any(
        group == actor.id or belongs(actor, group, enterprise_id=labels.enterprise_id, zone_id=labels.zone_id)
        for group in _groups(library, stored, wait, node)
    )


def _groups(library: Deployed, stored: Stored, wait: Wait, node: Node) -> list[str]:
    seen = View([visible(cast(State, stored.state), wait.scope), library.functions])
    value = value_of(property_formula(node.properties.get("actionGroups", "")), seen, wait.created_at)
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(name).strip() for name in names if str(name).strip()]


def _form(session: Session, library: Deployed, stored: Stored, wait: Wait, node: Node, actor: Actor) -> TaskForm:
    form_id = node.properties.get("actionForm")
    if not form_id:
        return TaskForm(None)
    version = library.form_version(form_id, "deployment", wait.definition_id)
    if version is None:
        raise NotFound("form", form_id)
    form, state = library.form(version), cast(State, stored.state)
    variables = visible(state, wait.scope)
    files = attachments.for_form(session, form, variables, actor, instance_id=state.instance_id, request_key=wait.id)
    return filling.filled(session, form, variables, actor, wait.id, files)
