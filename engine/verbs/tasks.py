"""User tasks: find them, take them, give them back, type into them, complete them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from engine.core.runtime.listeners import OF_TASKS as TASK_EVENTS
from engine.core.runtime.step import ChangeTask, Json, Variables
from engine.tables.definitions import ProcessDefinition
from engine.tables.instances import ProcessInstance
from engine.tables.people import Department, Person, Zone
from engine.tables.prepared import Prepared
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs import access, attachments, completing, filling, history, stepping
from engine.verbs.access import Actor, visible_tasks
from engine.verbs.case_facts import TaskFacts, candidates_of
from engine.verbs.errors import AlreadyClaimed, NotAllowed, NotFound, ReasonMissing, TaskNotOpen
from engine.verbs.filling import Raw, TaskForm
from engine.verbs.inboxes import BOXES, Page, counts, inbox, page
from engine.verbs.library import Deployed
from engine.verbs.stepping import InstanceFacts

__all__ = [
    "BOXES", "Page", "Raw", "TaskCancelled", "TaskDetail", "TaskDoneByYou", "TaskForm", "assign", "claim", "complete", "complete_json", "counts",
    "form", "get", "holders", "inbox", "is_open", "may_release", "page", "release", "release_all", "save_draft", "update_task",
]  # fmt: skip


MOST_HOLDERS = 500  # people offered to choose from


class TaskDoneByYou(TaskNotOpen):
    """A second submit by the same person."""

    code = "task_done_by_you"


class TaskCancelled(TaskNotOpen):
    """Nobody completed it: the process went another way."""

    code = "task_cancelled"

    def sentence(self, language: str = "zh") -> str:
        return super(TaskNotOpen, self).sentence(language)


@dataclass(frozen=True)
class TaskDetail(TaskFacts):
    """A task with what its page shows. `version` is its process definition's; `outcome`: completed, cancelled, or None while open."""

    instance_id: str
    definition_id: str
    version: int | None
    node: str
    scope: str
    lane: str | None
    process_key: str
    process_name: str
    business_key: str | None
    title: str | None
    enterprise_name: str | None
    form_id: str | None
    form_definition_id: str | None
    assignee_name: str | None
    priority: int
    created_at: datetime
    due_at: datetime | None
    follow_up_at: datetime | None
    closed_by: str | None
    closed_by_name: str | None
    outcome: str | None


def get(session: Session, task_id: str, actor: Actor) -> TaskDetail:
    """Raises NotFound, also for a task the actor may not see."""
    row = session.execute(_details().where(UserTask.id == task_id, visible_tasks(actor))).one_or_none()
    if row is None:
        raise NotFound("task", task_id)
    return _detail(session, row)


def form(session: Session, task_id: str, actor: Actor) -> TaskForm:
    """The form of a task the actor sees, in the version that its process was deployed with, and the actor's own draft.

    Of a closed task it is what it was, for reading.
    """
    return _form(session, get(session, task_id, actor), actor)


def claim(session: Session, task_id: str, actor: Actor, now: datetime) -> bool:
    """The actor takes a free task; taking it twice changes nothing. False: a listener of the diagram is heard first.

    Raises AlreadyClaimed, TaskNotOpen, NotAllowed, NotFound, StimulusRefused.
    """
    task = _locked(session, task_id, actor, "claim")
    return task.assignee == actor.id or _give(session, task, actor.id, "task_claimed", actor, now)


def release(session: Session, task_id: str, actor: Actor, now: datetime) -> bool:
    """The actor gives a task back to its candidates; the draft stays. False as with `claim`.

    Raises NotAllowed if it is not theirs or nobody could take it, StimulusRefused.
    """
    task = _locked(session, task_id, actor, "release")
    if not may_release(actor, task):
        raise NotAllowed("release")
    return _give(session, task, None, "task_released", actor, now)


def release_all(session: Session, person_id: str, actor: Actor, now: datetime) -> int:
    """What somebody who leaves holds goes back to its candidates; how many tasks. Raises NotAllowed, StimulusRefused.

    A task that only this person may take stays: a supervisor gives it to somebody else.
    """
    access.require(actor, access.Act.MANAGE_PEOPLE)
    others = exists().where(TaskCandidate.task_id == UserTask.id, or_(TaskCandidate.kind == "group", TaskCandidate.value != person_id))
    held = select(UserTask.id).where(UserTask.assignee == person_id, UserTask.closed_at.is_(None), others)
    ids = session.scalars(held.order_by(UserTask.instance_id, UserTask.id)).all()
    for task_id in ids:
        _give(session, _open(session, task_id, access.SYSTEM), None, "task_released", actor, now)
    return len(ids)


def assign(session: Session, task_id: str, person_id: str, actor: Actor, now: datetime) -> bool:
    """A supervisor gives an open task to somebody, whoever holds it. False as with `claim`.

    Raises NotAllowed, NotFound (also for a person who may hold no task of this case), TaskNotOpen, StimulusRefused.
    """
    access.require(actor, access.Act.SUPERVISE)
    task = _open(session, task_id, actor)
    person = access.actor(session, person_id, now)
    if not _may_hold(person, task):
        raise NotFound("person", person_id)
    return task.assignee == person_id or _give(session, task, person_id, "task_assigned", actor, now)


def holders(session: Session, task: TaskDetail, actor: Actor) -> list[Row[Any]]:
    """To whom the actor may give an open task: the staff of its zone as `id`, `name`, `place` (a department or zone), by place and name.

    Nobody for those who do not supervise.
    """
    if task.closed_at is not None or not access.may(actor, access.Act.SUPERVISE):
        return []
    kinds = sorted(kind.value for kind in access.WORKERS - {access.Kind.ENTERPRISE})
    zone, place = func.coalesce(Person.zone_id, Department.zone_id), func.coalesce(Department.name, Zone.name, "")
    query = (
        select(Person.id, Person.name, place.label("place"))
        .outerjoin(Department, Department.id == Person.department_id)
        .outerjoin(Zone, Zone.id == Person.zone_id)
        .where(Person.is_active, Person.kind.in_(kinds))
    )
    if task.zone_id is not None:
        query = query.where(or_(zone == task.zone_id, zone.is_(None)))
    return list(session.execute(query.order_by(place, Person.name, Person.id).limit(MOST_HOLDERS)))


def _may_hold(person: Actor, task: TaskDetail) -> bool:
    """One of those who work on tasks, the people of an enterprise only on its own case's."""
    is_stranger = person.kind is access.Kind.ENTERPRISE and person.enterprise_id != task.enterprise_id
    return person.kind in access.WORKERS and not is_stranger


def update_task(session: Session, task_id: str, values: Mapping[str, Json], reason: str, actor: Actor, now: datetime) -> bool:
    """A supervisor changes an open task's candidates, dates or priority: `values` as in `step.TaskChange`, without the assignee.

    The reason is recorded with it. False as with `claim`. Raises NotAllowed, NotFound, TaskNotOpen, ReasonMissing, StimulusRefused.
    """
    access.require(actor, access.Act.SUPERVISE)
    if not reason.strip():
        raise ReasonMissing
    task = _open(session, task_id, actor)
    by = {**_by(actor), "reason": reason.strip()}
    stepping.step(session, task.instance_id, ChangeTask(task_id, values, by), actor, now)
    return not _has_listeners(session, task)


def _give(session: Session, task: TaskDetail, person_id: str | None, kind: str, actor: Actor, now: datetime) -> bool:
    """Let somebody have an open task, or nobody; whether they have it now."""
    if _has_listeners(session, task):
        stepping.step(session, task.instance_id, ChangeTask(task.id, {"assignee": person_id}, _by(actor)), actor, now)
        return session.scalar(select(UserTask.assignee).where(UserTask.id == task.id)) == person_id
    claimed_at = now if person_id is not None else None
    session.execute(update(UserTask).where(UserTask.id == task.id).values(assignee=person_id, claimed_at=claimed_at))
    # Its candidates' lists show a task while it is free.
    session.execute(update(TaskCandidate).where(TaskCandidate.task_id == task.id).values(is_free=person_id is None))
    facts = {"assignee": person_id} if kind == "task_assigned" else {}
    line = history.entry(
        kind, now, definition_id=task.definition_id, node=task.node, node_name=task.name, activation=task.id, **facts
    )  # fmt: skip
    history.append(session, task.instance_id, [line], actor, now)
    return True


def _has_listeners(session: Session, task: TaskDetail) -> bool:
    """Whether the diagram has a say in changes of the task: then the core makes them."""
    node = Deployed(session).process(task.definition_id).nodes[task.node]
    return any(listener.event in TASK_EVENTS for listener in node.listeners)


def _by(actor: Actor) -> Variables:
    return {"id": actor.id, "name": actor.name, "kind": str(actor.kind)}


def may_release(actor: Actor, task: TaskFacts) -> bool:
    """Whether the task is the actor's, and others could take it."""
    return task.closed_at is None and task.assignee == actor.id and bool(task.candidate_users | task.candidate_groups)


def is_open(session: Session, task_id: str) -> bool:
    """Whether a task still waits to be done, by whomever."""
    found = _CLOSED.first(session, id=task_id)
    return found is None or found.closed_at is None


_CLOSED = Prepared(select(UserTask.closed_at).where(UserTask.id == bindparam("id")))  # asked right after a step: it travels with its writes


def save_draft(session: Session, task_id: str, raw: Raw, actor: Actor, now: datetime) -> datetime:
    """Keep what the actor has typed. Also when somebody has meanwhile been faster, so that nothing typed is ever lost."""
    task = get(session, task_id, actor)
    if task.assignee != actor.id and not access.is_candidate(actor, task):
        raise NotAllowed("work_on_task")
    if task.outcome == "completed" and task.closed_by == actor.id:
        return now  # a page that saves itself once more after its own submit
    return filling.save_draft(session, task_id, raw, actor, now)


def complete(session: Session, task_id: str, raw: Raw, actor: Actor, now: datetime) -> InstanceFacts:
    """Submit a task's page and move its instance on; a free task is the actor's by that.

    Raises FormInvalid, TaskNotOpen (TaskDoneByYou, TaskCancelled), AlreadyClaimed, NotAllowed, NotFound. After a refusal nothing is
    changed: keep what was typed with `save_draft` in a transaction of its own.
    """
    return _complete(session, task_id, actor, now, lambda shown: filling.judged(session, shown, raw, actor, now))


def complete_json(session: Session, task_id: str, values: Mapping[str, Json], actor: Actor, now: datetime) -> InstanceFacts:
    """`complete` for a program: values nested as the form's keys and paths, held to the same form."""
    return _complete(session, task_id, actor, now, lambda shown: filling.judged_json(session, shown, values, actor, now))


def _complete(
    session: Session, task_id: str, actor: Actor, now: datetime, judge: Callable[[TaskForm], Variables]
) -> InstanceFacts:
    facts = completing.complete(session, task_id, actor, now, judge)
    if facts is None:
        _locked(session, task_id, actor, "work_on_task")  # says why not
        raise NotAllowed("work_on_task")
    return facts


def _locked(session: Session, task_id: str, actor: Actor, act: str) -> TaskDetail:
    """An open task that the actor may work on, held as by `_open`."""
    task = _open(session, task_id, actor)
    if not access.may_work_on(actor, task):
        if task.assignee not in (None, actor.id) and access.is_candidate(actor, task):
            raise AlreadyClaimed(task=task.name, assignee=task.assignee_name or str(task.assignee))
        raise NotAllowed(act)
    return task


def _open(session: Session, task_id: str, actor: Actor) -> TaskDetail:
    """An open task that the actor may see, its instance locked so that it stays open until this transaction ends."""
    instance_id = session.scalar(select(UserTask.instance_id).where(UserTask.id == task_id, visible_tasks(actor)))
    if instance_id is None:
        raise NotFound("task", task_id)
    # The instance first, as every step does: two locks in another order would wait for each other.
    session.execute(select(ProcessInstance.id).where(ProcessInstance.id == instance_id).with_for_update())
    task = get(session, task_id, actor)
    if task.closed_at is not None:
        raise _not_open(task, actor)
    return task


def _not_open(task: TaskDetail, actor: Actor) -> TaskNotOpen:
    mine = task.closed_by == actor.id
    kind = TaskCancelled if task.outcome != "completed" else TaskDoneByYou if mine else TaskNotOpen
    return kind(task=task.name, closed_by=task.closed_by_name or "—", closed_at=task.closed_at, mine=mine and kind is TaskDoneByYou)


def _form(session: Session, task: TaskDetail, actor: Actor) -> TaskForm:
    form = Deployed(session).form(task.form_definition_id) if task.form_definition_id else None
    variables = filling.seen(session, task.instance_id, task.scope)
    files = attachments.for_form(session, form, variables, actor, task_id=task.id, instance_id=task.instance_id)
    return filling.filled(session, form, variables, actor, task.id, files)


_OWN = (
    "id", "name", "assignee", "closed_at", "enterprise_id", "zone_id", "instance_id", "definition_id", "node", "scope", "lane",
    "process_key", "process_name", "business_key", "title", "enterprise_name", "form_id", "form_definition_id", "priority",
    "created_at", "due_at", "follow_up_at", "closed_by", "outcome",
)  # fmt: skip


def _details() -> Select[Any]:
    holder, closer = aliased(Person), aliased(Person)
    return (
        select(
            *(getattr(UserTask, name) for name in _OWN), ProcessDefinition.version, holder.name.label("assignee_name"),
            closer.name.label("closed_by_name"),
        )
        .outerjoin(ProcessDefinition, ProcessDefinition.id == UserTask.definition_id)
        .outerjoin(holder, holder.id == UserTask.assignee)
        .outerjoin(closer, closer.id == UserTask.closed_by)
    )  # fmt: skip


def _detail(session: Session, row: Row[Any]) -> TaskDetail:
    users, groups = candidates_of(session, row.id)
    return TaskDetail(**row._mapping, candidate_users=users, candidate_groups=groups)
