"""Lists that a form may offer as choices although they are no process variables, each limited to what the actor may see.

A form names one in `valuesKey` or uses it in an expression, e.g. `=department_people[department = assigned_department]`. Items
are `{"label", "value"}`; those of `department_people` also carry `department`, the id, those of `cadres` `name`, `phone` and
`position`, those of `my_enterprises` `contact`, `phone`, `channel` and `channel_note` from the file. A variable of the same name wins.
`reference("materials")` reads a reference table, as in every other expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.core.forms.checks import names_of
from engine.core.forms.model import Component, Form
from engine.core.reference import FUNCTION_NAME, function
from engine.core.runtime.step import Json, Variables
from engine.tables.people import Department, Enterprise, Person
from engine.verbs.access import Actor, Kind, visible_enterprises
from engine.verbs.reference_tables import all_in_force

Items = list["Json"]


def with_sources(session: Session, form: Form, variables: Mapping[str, Json], actor: Actor) -> Variables:
    """The variables and every list that the form asks for."""
    asked = asked_for(form) - variables.keys()
    found: dict[str, Any] = {name: SOURCES[name](session, actor) for name in sorted(asked)}
    if FUNCTION_NAME in read_by(form):
        found[FUNCTION_NAME] = function(all_in_force(session))
    return {**variables, **found}


@lru_cache(maxsize=1024)
def read_by(form: Form) -> frozenset[str]:
    """Names of the variables that the form fills its fields with or reads in an expression."""
    names = (names_of(component).union(component.path[:1], _texts(component)) for component in form.walk())
    return frozenset[str]().union(*names)


def _texts(component: Component) -> Iterator[str]:
    """Settings that are names themselves, such as the source of a table's rows."""
    return (value.lstrip("=").split(".")[0] for value in component.settings.values() if isinstance(value, str))


@lru_cache(maxsize=1024)
def asked_for(form: Form) -> frozenset[str]:
    """Names of the lists that the form uses."""
    named: set[object] = set()
    for component in form.walk():
        named |= {component.settings.get("valuesKey"), component.settings.get("dataSource"), *names_of(component)}
    return frozenset(name for name in SOURCES if name in named)


def my_enterprises(session: Session, actor: Actor) -> Items:
    """The enterprises for whom the actor may start something: id and name, and how they are reached."""
    query = select(Enterprise.id, Enterprise.name, Enterprise.contact, Enterprise.phone, Enterprise.attributes)
    query = query.where(visible_enterprises(actor)).order_by(Enterprise.name)
    return [
        {"label": row.name, "value": row.id, "contact": row.contact, "phone": row.phone}
        | {name: row.attributes.get(name) for name in ("channel", "channel_note")}
        for row in session.execute(query)
    ]


def departments(session: Session, actor: Actor) -> Items:
    """The departments of the actor's zone and those of no zone; for staff only."""
    if actor.kind is Kind.ENTERPRISE:
        return []
    query = select(Department.name, Department.id).order_by(Department.name)
    if actor.zone_id is not None:
        query = query.where(or_(Department.zone_id == actor.zone_id, Department.zone_id.is_(None)))
    return [{"label": name, "value": id_} for name, id_ in session.execute(query)]


def department_people(session: Session, actor: Actor) -> Items:
    """The active people of those departments, the department's name first; for staff only."""
    if actor.kind is Kind.ENTERPRISE:
        return []
    query = (
        select(Person.id, Person.name, Person.position, Department.id, Department.name)
        .join(Department, Department.id == Person.department_id)
        .where(Person.kind == Kind.DEPARTMENT.value, Person.is_active)
        .order_by(Department.name, Person.name)
    )
    if actor.zone_id is not None:
        query = query.where(or_(Department.zone_id == actor.zone_id, Department.zone_id.is_(None)))
    return [
        {"label": f"{department_name} · {name}{f'（{position}）' if position else ''}", "value": id_, "department": department_id}
        for id_, name, position, department_id, department_name in session.execute(query)
    ]


def cadres(session: Session, actor: Actor) -> Items:
    """The active cadres of the actor's zone and those of no zone; for staff only."""
    if actor.kind is Kind.ENTERPRISE:
        return []
    query = select(Person.id, Person.name, Person.phone, Person.position)
    query = query.where(Person.kind == Kind.CADRE.value, Person.is_active).order_by(Person.name)
    if actor.zone_id is not None:
        query = query.where(or_(Person.zone_id == actor.zone_id, Person.zone_id.is_(None)))
    return [
        {"label": f"{name}{f'（{position}）' if position else ''}", "value": id_, "name": name, "phone": phone, "position": position}
        for id_, name, phone, position in session.execute(query)
    ]


SOURCES: Mapping[str, Callable[[Session, Actor], Items]] = {
    "my_enterprises": my_enterprises, "departments": departments, "department_people": department_people,
    "cadres": cadres,
}  # fmt: skip
