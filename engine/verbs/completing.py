"""Completing a user task: the path that is walked most, so everything it must know is read at once and only once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, exists, select
from sqlalchemy.orm import Session

from engine.core.forms.model import Form
from engine.core.runtime.step import CompleteTask, State, Variables
from engine.tables.definitions import FormDefinition
from engine.tables.instances import ProcessInstance
from engine.tables.people import Department
from engine.tables.prepared import Prepared, later, together
from engine.tables.tasks import Attachment, Draft, TaskCandidate, UserTask
from engine.verbs import access, attachments, items, stepping
from engine.verbs.access import Actor
from engine.verbs.case_facts import TaskFacts
from engine.verbs.filling import TaskForm
from engine.verbs.library import parsed
from engine.verbs.sources import read_by, with_sources
from engine.verbs.stepping import INSTANCE, InstanceFacts, variables_of
from engine.verbs.writing import Stored

_INSTANCE, _TASK = cast(Table, ProcessInstance.__table__), cast(Table, UserTask.__table__)
_OF = select(_TASK.c.instance_id).where(_TASK.c.id == bindparam("task_id")).scalar_subquery()
# In this order: the instance's lock is taken before anything is read that it protects.
_HOLD = Prepared(INSTANCE.where(_INSTANCE.c.id == _OF).with_for_update(of=_INSTANCE))
_FACTS = Prepared(
    select(
        *(_TASK.c[name] for name in ("id", "name", "assignee", "closed_at", "enterprise_id", "zone_id")),
        _TASK.c.scope, _TASK.c.form_definition_id, FormDefinition.sha256, FormDefinition.resource,
        exists().where(Draft.subject == _TASK.c.id, Draft.person_id == bindparam("person_id")).label("has_draft"),
        exists().where(Attachment.task_id == _TASK.c.id, Attachment.uploaded_by == bindparam("person_id")).label("has_files"),
        select(Department.name).where(Department.id == bindparam("department_id")).scalar_subquery().label("department_name"),
    )
    .outerjoin(FormDefinition, FormDefinition.id == _TASK.c.form_definition_id)
    .where(_TASK.c.id == bindparam("task_id"))
)  # fmt: skip
_OFFERS = Prepared(select(TaskCandidate.kind, TaskCandidate.value).where(TaskCandidate.task_id == bindparam("task_id")))
_VARIABLES = Prepared(variables_of(_OF))
_IS_DONE = exists().where(_TASK.c.id == Draft.subject, _TASK.c.closed_at.is_not(None))  # it may still wait for a listener, and come back
_DROP_DRAFT = Prepared(delete(Draft).where(Draft.subject == bindparam("task_id"), Draft.person_id == bindparam("person_id"), _IS_DONE))


def complete(
    session: Session, task_id: str, actor: Actor, now: datetime, judge: Callable[[TaskForm], Variables]
) -> InstanceFacts | None:
    """Complete an open task that the actor may work on with what `judge` makes of its form; None if it is not such a task.

    The instance is locked until the transaction ends. Raises what `judge` raises, StimulusRefused, Conflict.
    """
    which = {"task_id": task_id}
    asked = {**which, "person_id": actor.id, "department_id": actor.department_id}
    instances, tasks, offers, variables = together(session, [(_HOLD, which), (_FACTS, asked), (_OFFERS, which), (_VARIABLES, which)])
    if not tasks or not instances or not access.may_work_on(actor, _facts(tasks[0], offers)):
        return None
    task, stored = tasks[0], stepping.reaching(session, stepping.restored(session, instances[0], variables), task_id)
    values = judge(_form(session, task, stored, actor))
    by = _by(actor, task.department_name)
    facts = stepping.move(session, stored, CompleteTask(task_id, values, by), actor, now)
    if task.has_files:
        attachments.settle(session, facts.id, values, actor, now, task_id=task_id)
    if task.has_draft:
        later(session, [(_DROP_DRAFT, {**which, "person_id": actor.id})])
    return facts


def _facts(task: Any, offers: list[Any]) -> TaskFacts:
    users, groups = (frozenset(offer.value for offer in offers if offer.kind == kind) for kind in ("user", "group"))
    return TaskFacts(task.id, task.name, task.assignee, task.closed_at, task.enterprise_id, task.zone_id, users, groups)


def _form(session: Session, task: Any, stored: Stored, actor: Actor) -> TaskForm:
    """The task's form with what its values are held against; no draft: that is what has been submitted."""
    state = cast(State, stored.state)
    if task.form_definition_id is None:
        return TaskForm(None, items.seen(session, state, task.scope, is_asked=lambda name: False))
    form: Form = parsed(session, "form", task.sha256, task.resource)
    variables = items.seen(session, state, task.scope, is_asked=read_by(form).__contains__)
    files = attachments.for_form(session, form, variables, actor, task_id=task.id, instance_id=state.instance_id)
    return TaskForm(form, with_sources(session, form, variables, actor), attachments=files)


def _by(actor: Actor, department_name: str | None) -> Variables:
    """The variable `actor` as output mappings see it."""
    return {
        "id": actor.id, "name": actor.name, "kind": str(actor.kind), "department": actor.department_id,
        "department_name": department_name,
    }  # fmt: skip
