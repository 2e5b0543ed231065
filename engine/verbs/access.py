"""Who acts, what they may do, and which rows they may see: the only place where these rules stand.

Denied by default. `visible_instances`, `visible_tasks` and `workable_tasks` are the rules as SQL; `may_work_on` is the same over
loaded rows, and `audience` tells a case's people why they see it. A candidate group is a word in a diagram:

- `enterprise`: the people of the instance's enterprise; `cadre-of-enterprise`: the cadres who serve it now
- `supervisor`: the supervisors of the instance's zone (any zone's, if the instance has none)
- `dept:<department id>`: the people of a department; `cadre`, `department`: everyone of that kind
- any other word: those whom a membership binds to it

A department and a membership make a team: a case that was once offered to a team stays visible to it. To those who share only a
kind, it is visible until the task that was offered to them is closed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column, ColumnElement, Select, SelectBase, and_, bindparam, exists, false, func, or_, select, true, union_all,
)  # fmt: skip
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from engine.tables.instances import ProcessInstance
from engine.tables.people import CadreAssignment, Department, Enterprise, Membership, Person
from engine.tables.prepared import Prepared, together
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs.case_facts import TaskFacts
from engine.verbs.errors import NotAllowed, NotFound

Columns = ReadOnlyColumnCollection[str, Column[Any]]

OWN_ENTERPRISE = "enterprise"
SERVING_CADRES = "cadre-of-enterprise"
ZONE_SUPERVISORS = "supervisor"
DEPARTMENT = "dept:"


class Kind(StrEnum):
    ENTERPRISE = "enterprise"
    CADRE = "cadre"
    DEPARTMENT = "department"
    SUPERVISOR = "supervisor"
    DESIGNER = "designer"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class Act(StrEnum):
    """What is not tied to a row. Where an act is done to a row, the row must be visible besides."""

    START = "start"
    SEE_DEFINITIONS = "see_definitions"
    DEPLOY = "deploy"
    SUPERVISE = "supervise"
    TERMINATE = "terminate"
    REPAIR = "repair"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_RECORDS = "manage_records"
    SET_CALENDAR = "set_calendar"
    SET_REFERENCE = "set_reference"
    PUBLISH_MESSAGE = "publish_message"
    VERIFY_LOG = "verify_log"


ACTS: Mapping[Kind, frozenset[Act]] = {
    Kind.ENTERPRISE: frozenset({Act.START}),
    Kind.CADRE: frozenset({Act.START}),
    Kind.DEPARTMENT: frozenset({Act.START}),
    Kind.SUPERVISOR: frozenset({Act.START, Act.SEE_DEFINITIONS, Act.SUPERVISE, Act.TERMINATE, Act.REPAIR, Act.MANAGE_RECORDS}),
    Kind.DESIGNER: frozenset({Act.SEE_DEFINITIONS, Act.DEPLOY, Act.SET_REFERENCE}),
    Kind.ADMINISTRATOR: frozenset(
        {
            Act.SEE_DEFINITIONS, Act.REPAIR, Act.MANAGE_PEOPLE, Act.MANAGE_RECORDS, Act.SET_CALENDAR, Act.SET_REFERENCE, Act.VERIFY_LOG,
        }
    ),
    Kind.SYSTEM: frozenset(Act),
}
WORKERS = frozenset({Kind.ENTERPRISE, Kind.CADRE, Kind.DEPARTMENT, Kind.SUPERVISOR})  # the kinds that may hold a user task
_OF_KIND = frozenset({Kind.CADRE, Kind.DEPARTMENT, Kind.SUPERVISOR})  # whose kind is a candidate group too


@dataclass(frozen=True)
class Actor:
    """Who acts. `groups`: every absolute candidate group; `serves`: ids of the enterprises a cadre is assigned to at present."""

    id: str
    name: str
    kind: Kind
    groups: frozenset[str] = frozenset()
    enterprise_id: str | None = None
    department_id: str | None = None
    zone_id: str | None = None
    serves: frozenset[str] = frozenset()

    @property
    def teams(self) -> frozenset[str]:
        """The groups of a department or a membership, as against those that only follow from the kind or the instance."""
        return self.groups - {OWN_ENTERPRISE, SERVING_CADRES, *Kind}


SYSTEM = Actor("system", "系统", Kind.SYSTEM)


def actor(session: Session, person_id: str, now: datetime) -> Actor:
    """The person as they act now. Raises NotFound for someone who does not exist or may no longer sign in."""
    found = acting(*together(session, [(statement, {"person_id": person_id, "now": now}) for statement in RIGHTS]))
    if found is None:
        raise NotFound("person", person_id)
    return found


def acting(persons: Sequence[Any], memberships: Sequence[Any], assignments: Sequence[Any]) -> Actor | None:
    """The actor by the rows of RIGHTS; None if there is no such person."""
    if not persons:
        return None
    (person,) = persons
    kind = Kind(person.kind)
    groups = {row.group for row in memberships}
    if kind in _OF_KIND:
        groups.add(kind.value)
    if kind is Kind.DEPARTMENT and person.department_id:
        groups.add(DEPARTMENT + person.department_id)
    serves = frozenset(row.enterprise_id for row in assignments) if kind is Kind.CADRE else frozenset()
    return Actor(
        person.id, person.name, kind, frozenset(groups - {OWN_ENTERPRISE, SERVING_CADRES}), person.enterprise_id,
        person.department_id, person.zone_id, serves,
    )  # fmt: skip


def served(person_id: str, now: datetime) -> Select[tuple[str]]:
    """Ids of the enterprises that a cadre is assigned to at `now`."""
    return select(CadreAssignment.enterprise_id).where(CadreAssignment.person_id == person_id, in_force(now))


def in_force(now: Any) -> ColumnElement[bool]:
    """Over CadreAssignment: valid at `now`."""
    return and_(
        CadreAssignment.valid_from <= now, or_(CadreAssignment.valid_until.is_(None), CadreAssignment.valid_until > now)
    )


_WHO = bindparam("person_id")
_PERSON = Prepared(
    select(
        Person.id, Person.name, Person.kind, Person.enterprise_id, Person.department_id,
        func.coalesce(Person.zone_id, Department.zone_id).label("zone_id"),
    )
    .outerjoin(Department, Department.id == Person.department_id)
    .where(Person.id == _WHO, Person.is_active)
)  # fmt: skip
_MEMBERSHIPS = Prepared(select(Membership.group).where(Membership.person_id == _WHO))
_ASSIGNMENTS = Prepared(select(CadreAssignment.enterprise_id).where(CadreAssignment.person_id == _WHO, in_force(bindparam("now"))))
RIGHTS = (_PERSON, _MEMBERSHIPS, _ASSIGNMENTS)  # what `acting` is made of; each is given `person_id` and `now`


def may(actor: Actor, act: Act) -> bool:
    return act in ACTS[actor.kind]


def require(actor: Actor, act: Act) -> None:
    """Raises NotAllowed."""
    if not may(actor, act):
        raise NotAllowed(act.value)


def belongs(actor: Actor, group: str, *, enterprise_id: str | None, zone_id: str | None) -> bool:
    """Whether the actor is in a candidate group of an instance that has this enterprise and zone."""
    if actor.kind not in WORKERS:
        return False
    if actor.kind is Kind.ENTERPRISE:
        # Whatever group an enterprise's person is put in, another enterprise's cases are none of theirs.
        return _owns(actor, enterprise_id) and (group == OWN_ENTERPRISE or group in actor.teams)
    if group == SERVING_CADRES:
        return enterprise_id is not None and enterprise_id in actor.serves
    if group == ZONE_SUPERVISORS:
        return actor.kind is Kind.SUPERVISOR and zone_id in (None, actor.zone_id)
    return group in actor.groups and group != OWN_ENTERPRISE


def _owns(actor: Actor, enterprise_id: str | None) -> bool:
    return actor.enterprise_id is not None and actor.enterprise_id == enterprise_id


def offers(assignee: str | None, users: Collection[str], groups: Collection[str]) -> list[tuple[str, str]]:
    """To whom a new user task is offered, as (kind, value) of its candidates.

    One that names nobody lies with the supervisors of its zone: otherwise it would lie with no one, and nobody would know.
    """
    named = [*(("user", name) for name in users), *(("group", name) for name in groups)]
    return list(dict.fromkeys(named)) if named or assignee else [("group", ZONE_SUPERVISORS)]


def visible_instances(actor: Actor) -> ColumnElement[bool]:
    """Over ProcessInstance: those whose content the actor may see."""
    if actor.kind is Kind.ADMINISTRATOR:
        return ProcessInstance.incident_count > 0  # to repair it; otherwise cases are none of an administrator's business
    if actor.kind is Kind.ENTERPRISE:
        return _of_own_enterprise(actor, ProcessInstance.enterprise_id)
    return _seen_by_staff(actor, ProcessInstance.id, ProcessInstance.enterprise_id, ProcessInstance.zone_id)


def visible_tasks(actor: Actor) -> ColumnElement[bool]:
    """Over UserTask: those the actor may open, to work on or to read.

    Who sees a case sees its tasks, except the people of an enterprise: they see theirs, not how offices discuss their case.
    """
    if actor.kind is Kind.ADMINISTRATOR:
        return exists().where(ProcessInstance.id == UserTask.instance_id, ProcessInstance.incident_count > 0)
    if actor.kind is Kind.ENTERPRISE:
        mine = or_(UserTask.assignee == actor.id, _offered(actor, only_open=False))
        return and_(_of_own_enterprise(actor, UserTask.enterprise_id), mine)
    return _seen_by_staff(actor, UserTask.instance_id, UserTask.enterprise_id, UserTask.zone_id)


def workable_tasks(actor: Actor) -> ColumnElement[bool]:
    """Over UserTask: open, and assigned to the actor or free and offered to them."""
    return or_(assigned_tasks(actor), offered_tasks(actor))


def assigned_tasks(actor: Actor) -> ColumnElement[bool]:
    """Over UserTask: open and assigned to the actor."""
    if actor.kind not in WORKERS:
        return false()
    mine = and_(UserTask.assignee == actor.id, UserTask.closed_at.is_(None))
    return and_(mine, _of_own_enterprise(actor, UserTask.enterprise_id)) if actor.kind is Kind.ENTERPRISE else mine


def offered_tasks(actor: Actor) -> ColumnElement[bool]:
    """Over UserTask: open, assigned to nobody, and the actor is a candidate."""
    if actor.kind not in WORKERS:
        return false()
    # Hidden from the index of assignees: a list then costs what the actor's own groups hold, not what all groups hold together.
    free = and_(func.coalesce(UserTask.assignee, "") == "", UserTask.closed_at.is_(None))
    if actor.kind is Kind.ENTERPRISE:
        return and_(free, _of_own_enterprise(actor, UserTask.enterprise_id), _offered(actor, only_open=True))
    rules = [UserTask.id.in_(_offers(actor))]
    if actor.serves:
        serving = UserTask.id.in_(_offers_to("group", {SERVING_CADRES}))
        rules.append(and_(serving, UserTask.enterprise_id.in_(sorted(actor.serves))))
    if actor.kind is Kind.SUPERVISOR:
        rules.append(and_(UserTask.id.in_(_offers_to("group", {ZONE_SUPERVISORS})), _in_zone(actor, UserTask.__table__.c)))
    return and_(free, or_(*rules))


def _offers(actor: Actor) -> SelectBase:
    """Ids of open tasks that are offered to the actor by name or by an absolute group."""
    named, groups = _offers_to("user", {actor.id}), actor.groups - {OWN_ENTERPRISE, SERVING_CADRES, ZONE_SUPERVISORS}
    return union_all(named, _offers_to("group", groups)) if groups else named


def _offers_to(kind: str, values: Collection[str]) -> Select[tuple[str]]:
    return select(TaskCandidate.task_id).where(
        TaskCandidate.kind == kind, TaskCandidate.value.in_(sorted(values)), TaskCandidate.is_open
    )  # fmt: skip


def visible_enterprises(actor: Actor) -> ColumnElement[bool]:
    """Over Enterprise: those whose file the actor may see and for whom they may start something."""
    if actor.kind in (Kind.SYSTEM, Kind.ADMINISTRATOR):
        return true()
    if actor.kind is Kind.ENTERPRISE:
        return Enterprise.id == actor.enterprise_id if actor.enterprise_id else false()
    if actor.kind is Kind.CADRE:
        return Enterprise.id.in_(sorted(actor.serves))
    if actor.kind in (Kind.DEPARTMENT, Kind.SUPERVISOR) and actor.zone_id:
        return Enterprise.zone_id == actor.zone_id
    return false()


def _of_own_enterprise(actor: Actor, enterprise_id: InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
    return enterprise_id == actor.enterprise_id if actor.enterprise_id else false()


def _seen_by_staff(
    actor: Actor, instance_id: InstrumentedAttribute[str], enterprise_id: InstrumentedAttribute[str | None],
    zone_id: InstrumentedAttribute[str | None],
) -> ColumnElement[bool]:  # fmt: skip
    if actor.kind is Kind.SYSTEM:
        return true()
    if actor.kind not in WORKERS:
        return false()
    rules = [_held(actor, instance_id), _once_offered(actor, instance_id)]
    if actor.serves:
        rules.append(enterprise_id.in_(sorted(actor.serves)))
    if actor.kind is Kind.SUPERVISOR and actor.zone_id:
        rules.append(zone_id == actor.zone_id)
    return or_(*rules)


def _held(actor: Actor, instance_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The actor holds or has completed a task of the instance; who completes a task is its assignee from then on."""
    # Not by closed_by: an enterprise that withdraws its case closes, but never held, the offices' open tasks.
    task = UserTask.__table__.alias("held")
    return exists().where(task.c.instance_id == instance_id, task.c.assignee == actor.id)


def _once_offered(actor: Actor, instance_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """A task is open to the actor, or was offered to a team of theirs."""
    task, candidate = UserTask.__table__.alias("own_task"), TaskCandidate.__table__.alias("own_candidate")
    rule = and_(candidate.c.is_open, _is_candidate(actor, candidate.c, task.c))
    if actor.teams:
        rule = or_(_in_group(candidate.c, actor.teams), rule)
    return exists().where(task.c.instance_id == instance_id, candidate.c.task_id == task.c.id, rule)


def _offered(actor: Actor, *, only_open: bool) -> ColumnElement[bool]:
    """Over UserTask: the actor is a candidate."""
    candidate = TaskCandidate.__table__.alias("candidate")
    still = candidate.c.is_open if only_open else true()
    return exists().where(candidate.c.task_id == UserTask.id, still, _is_candidate(actor, candidate.c, UserTask.__table__.c))


def _is_candidate(actor: Actor, candidate: Columns, task: Columns) -> ColumnElement[bool]:
    """`belongs`, and being a candidate by name, for a row of task_candidate with its task."""
    named = and_(candidate.kind == "user", candidate.value == actor.id)
    rules = [named]
    if actor.kind is Kind.ENTERPRISE:
        rules.append(_in_group(candidate, actor.teams | {OWN_ENTERPRISE}))
        return or_(*rules)
    if absolute := actor.groups - {OWN_ENTERPRISE, SERVING_CADRES, ZONE_SUPERVISORS}:
        rules.append(_in_group(candidate, absolute))
    if actor.serves:
        rules.append(and_(_in_group(candidate, {SERVING_CADRES}), task.enterprise_id.in_(sorted(actor.serves))))
    if actor.kind is Kind.SUPERVISOR:
        rules.append(and_(_in_group(candidate, {ZONE_SUPERVISORS}), _in_zone(actor, task)))
    return or_(*rules)


def _in_zone(actor: Actor, task: Columns) -> ColumnElement[bool]:
    return or_(task.zone_id.is_(None), task.zone_id == actor.zone_id) if actor.zone_id else task.zone_id.is_(None)


def _in_group(candidate: Columns, groups: Collection[str]) -> ColumnElement[bool]:
    return and_(candidate.kind == "group", candidate.value.in_(sorted(groups)))


def may_work_on(actor: Actor, task: TaskFacts) -> bool:
    """`workable_tasks` for one task: it is open, and the actor's, or free and offered to them."""
    if task.closed_at is not None or actor.kind not in WORKERS:
        return False
    if task.assignee is not None:
        return task.assignee == actor.id and (actor.kind is not Kind.ENTERPRISE or _owns(actor, task.enterprise_id))
    return is_candidate(actor, task)


def is_candidate(actor: Actor, task: TaskFacts) -> bool:
    """The task is, or was, offered to the actor by name or group."""
    if actor.kind not in WORKERS:
        return False
    if actor.id in task.candidate_users:
        return actor.kind is not Kind.ENTERPRISE or _owns(actor, task.enterprise_id)
    return any(belongs(actor, group, enterprise_id=task.enterprise_id, zone_id=task.zone_id) for group in task.candidate_groups)


def may_see_instance(session: Session, actor: Actor, instance_id: str) -> bool:
    return bool(session.scalar(select(exists().where(ProcessInstance.id == instance_id, visible_instances(actor)))))


def require_instance(session: Session, actor: Actor, instance_id: str) -> None:
    """Raises NotFound: who may not see an instance may not know that it exists."""
    if not may_see_instance(session, actor, instance_id):
        raise NotFound("instance", instance_id)
