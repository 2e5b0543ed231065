"""Incidents: where instances stand still until someone has removed the cause and lets them try again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session

from engine.core.runtime.step import ActFailed, Retry, SetVariables, Variables
from engine.core.runtime.words import incident_sentence
from engine.tables.instances import Incident, ProcessInstance
from engine.tables.jobs import Subscription
from engine.tables.tasks import UserTask
from engine.verbs import history, stepping
from engine.verbs.access import SYSTEM, Act, Actor, require, visible_instances
from engine.verbs.errors import NotFound
from engine.verbs.stepping import InstanceFacts
from engine.verbs.variables import checked


def list_incidents(actor: Actor, instance_id: str | None = None) -> Select[Any]:
    """Open incidents that the actor may see, oldest first, with the instance's business key, title and process name."""
    query = (
        select(
            Incident.id, Incident.instance_id, Incident.node, Incident.node_name, Incident.code, Incident.facts, Incident.created_at,
            ProcessInstance.business_key, ProcessInstance.title, ProcessInstance.process_name,
        )
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.resolved_at.is_(None), visible_instances(actor))
        .order_by(Incident.created_at, Incident.id)
    )  # fmt: skip
    return query.where(Incident.instance_id == instance_id) if instance_id is not None else query


def sentence(row: Any, language: str = "zh") -> str:
    """What went wrong and what to do, for a row of `list_incidents`."""
    return incident_sentence(row.code, row.facts, language)


def retry(session: Session, incident_id: str, actor: Actor, now: datetime, variables: Variables | None = None) -> InstanceFacts:
    """Try the element again, after setting variables of the instance if any are given. Raises NotFound, NotAllowed, StimulusRefused."""
    require(actor, Act.REPAIR)
    query = select(Incident.instance_id, Incident.node_name, Incident.node).join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
    row = session.execute(query.where(Incident.id == incident_id, visible_instances(actor))).first()
    if row is None:
        raise NotFound("incident", incident_id)
    if variables:
        facts = stepping.step(session, row.instance_id, SetVariables(row.instance_id, checked(variables)), actor, now)
        if session.scalar(select(Incident.resolved_at).where(Incident.id == incident_id)) is not None:
            return facts  # that was all it needed
    line = history.entry("retried", now, node=row.node, node_name=row.node_name, activation=incident_id)
    return stepping.step(session, row.instance_id, Retry(incident_id), actor, now, extra=[line])


def tell_of_act(session: Session, wait_id: str, actor: Actor, number: str, now: datetime) -> None:
    """What the actor did at a user task or an action could not be carried out, for a fault of the program: its instance says so, once.

    `number` finds the fault in the log. Raises NotFound, StimulusRefused if nobody waits there any more.
    """
    waits = (select(table.instance_id).where(table.id == wait_id) for table in (UserTask, Subscription))
    instance_id = session.scalar(union_all(*waits))
    if instance_id is None:
        raise NotFound("task", wait_id)
    stepping.step(session, instance_id, ActFailed(wait_id, actor.name, number), SYSTEM, now)
