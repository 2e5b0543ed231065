"""What a diagram offers people to do with a running instance beyond its tasks: withdraw, urge, end for a reason …

An action is a message event that is open now and whose node carries `action`, its label, and `actionGroups`, who may do it:
candidate groups, as a fixed text with commas or a FEEL list. `actionForm` is a form to fill in first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.core.bpmn.model import Node
from engine.core.forms import submission
from engine.core.forms.model import Attachment, Form
from engine.core.runtime.advance import visible
from engine.core.runtime.deadlines import property_formula
from engine.core.runtime.step import Json, MessageReceived, State, Variables, Wait
from engine.tables.jobs import Subscription
from engine.tables.tasks import Attachment as AttachmentRow
from engine.verbs import history, sources, stepping
from engine.verbs.access import Actor, Kind, belongs, may_see_instance
from engine.verbs.errors import FormInvalid, NotFound
from engine.verbs.library import Deployed
from engine.verbs.stepping import InstanceFacts
from engine.verbs.writing import Stored


@dataclass(frozen=True)
class Action:
    """Something the actor may do now. `form_id` None: a click is enough."""

    wait_id: str
    label: str
    form_id: str | None


@dataclass(frozen=True)
class ActionForm:
    """The form of an action with what it shows; None if there is none. The same shape as a task's form."""

    form: Form | None
    variables: Variables
    draft: dict[str, list[str]] | None = None
    saved_at: datetime | None = None
    attachments: Mapping[str, Attachment] = field(default_factory=dict)


def actions(session: Session, instance_id: str, actor: Actor) -> list[Action]:
    """What the diagram offers this person now. Empty for an instance they may not see."""
    if not may_see_instance(session, actor, instance_id):
        return []
    stored, library = stepping.load(session, instance_id, lock=False), Deployed(session)
    return [
        Action(wait.id, node.properties["action"], node.properties.get("actionForm"))
        for wait, node in _offered(library, stored, actor)
    ]


def action_form(session: Session, wait_id: str, actor: Actor, now: datetime) -> ActionForm:
    """What to fill in before an action. Raises NotFound if it is not offered to this person."""
    stored, library = stepping.load(session, _instance_of(session, wait_id), lock=False), Deployed(session)
    wait, node = _find(library, stored, actor, wait_id)
    return _form(session, library, stored, wait, node, actor)


def perform_action(session: Session, wait_id: str, raw: Mapping[str, list[str]], actor: Actor, now: datetime) -> InstanceFacts:
    """Do it, with a form as a browser sends it. Raises NotFound, FormInvalid, StimulusRefused."""
    stored, library = stepping.load(session, _instance_of(session, wait_id)), Deployed(session)
    wait, node = _find(library, stored, actor, wait_id)
    filled = _form(session, library, stored, wait, node, actor)
    values: Variables = {}
    if filled.form is not None:
        sent = submission.submit(filled.form, raw, filled.variables, now=now, attachments=filled.attachments)
        if sent.errors:
            raise FormInvalid(sent, filled.form)
        values = cast(Variables, sent.values)
    said = values.get(node.properties.get("opinion", ""))
    line = history.entry(
        "action_performed", now, definition_id=wait.definition_id, node=wait.node, node_name=wait.node_name, activation=wait.id,
        action=node.properties["action"], opinion=said if isinstance(said, str) else None, clause=node.properties.get("clause"),
    )  # fmt: skip
    return stepping.step(session, cast(State, stored.state).instance_id, MessageReceived(wait_id, values), actor, now, extra=[line])


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
    state = cast(State, stored.state)
    formula = property_formula(node.properties.get("actionGroups", ""))
    value: object = formula.text
    if formula.expression is not None:
        seen: dict[str, object] = {**library.functions, **visible(library, state, wait.scope)}
        value = formula.expression.evaluate(seen, now=wait.created_at).value
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(name).strip() for name in names if str(name).strip()]


def _form(session: Session, library: Deployed, stored: Stored, wait: Wait, node: Node, actor: Actor) -> ActionForm:
    form_id = node.properties.get("actionForm")
    if not form_id:
        return ActionForm(None, {})
    version = library.form_version(form_id, "deployment", wait.definition_id)
    if version is None:
        raise NotFound("form", form_id)
    form = library.form(version)
    variables = visible(library, cast(State, stored.state), wait.scope)
    files = select(AttachmentRow.id, AttachmentRow.filename, AttachmentRow.size, AttachmentRow.media_type).where(
        AttachmentRow.request_key == wait.id, AttachmentRow.uploaded_by == actor.id
    )
    attachments: dict[str, Attachment] = {row.id: Attachment(*row) for row in session.execute(files)}
    return ActionForm(form, sources.with_sources(session, form, cast("Mapping[str, Json]", variables), actor), attachments=attachments)
