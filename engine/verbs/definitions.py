"""Deployed definitions: reading them, who may start what, and (from `deploying`) checking and deploying files."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, literal, select
from sqlalchemy.orm import Session

from engine.core.bpmn.model import Diagram, Process
from engine.core.dmn.model import DecisionModel
from engine.core.forms.model import Form
from engine.tables.definitions import Content, DecisionDefinition, Deployment, ProcessDefinition
from engine.tables.instances import ProcessInstance
from engine.tables.people import Person
from engine.tables.prepared import Prepared
from engine.verbs.access import Act, Actor, Kind, may
from engine.verbs.deploying import Outcome, check, deploy, known
from engine.verbs.errors import NotAllowed, NotFound
from engine.verbs.inboxes import MOST
from engine.verbs.library import Deployed, parsed

__all__ = [
    "Outcome", "check", "content", "decisions", "deploy", "diagram", "form", "get", "known", "latest", "library", "list_latest",
    "may_start", "names", "process", "start_form", "startable", "versions",
]  # fmt: skip


def _newest_ids() -> Any:
    newest = select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version")).group_by(ProcessDefinition.key).subquery()
    return select(ProcessDefinition.id).join(
        newest, (ProcessDefinition.key == newest.c.key) & (ProcessDefinition.version == newest.c.version)
    )


_NAMES = Prepared(
    select(ProcessDefinition.key, ProcessDefinition.name).where(ProcessDefinition.id.in_(_newest_ids())).order_by(ProcessDefinition.name)
)


def library(session: Session) -> Deployed:
    """The library of everything deployed, good for this transaction."""
    return Deployed(session)


def get(session: Session, definition_id: str) -> Row[Any]:
    """A process definition's row. Raises NotFound."""
    row = session.execute(select(ProcessDefinition.__table__).where(ProcessDefinition.id == definition_id)).first()
    if row is None:
        raise NotFound("definition", definition_id)
    return row


def latest(session: Session, key: str) -> Row[Any]:
    """The newest version of a process. Raises NotFound."""
    query = select(ProcessDefinition.__table__).where(ProcessDefinition.key == key).order_by(ProcessDefinition.version.desc())
    row = session.execute(query.limit(1)).first()
    if row is None:
        raise NotFound("definition", key)
    return row


def names(session: Session) -> dict[str, str]:
    """Process key → its newest name, by name."""
    return {row.key: row.name for row in _NAMES.rows(session)}


def startable(session: Session, actor: Actor) -> list[Row[Any]]:
    """The newest version of every process that the actor may start by hand, by category and name."""
    found = [row for row in _newest(session) if may_start(row, actor)]
    return sorted(found, key=lambda row: (row.category or "", row.name))


def may_start(definition: Row[Any], actor: Actor) -> bool:
    """Whether the actor is in one of the groups that the diagram names."""
    if actor.kind is Kind.SYSTEM:
        return True
    return may(actor, Act.START) and not {*actor.groups, str(actor.kind)}.isdisjoint(definition.starters)


def list_latest(session: Session, actor: Actor) -> list[Row[Any]]:
    """The newest version of every process, by name, with `active` (running instances of all versions, as `inboxes.counts` counts) and
    `deployed_at`.
    """
    _require_designs(actor)
    some = (
        select(literal(1))
        .where(ProcessInstance.process_key == ProcessDefinition.key, ProcessInstance.status == "active")
        .correlate(ProcessDefinition)
        .limit(MOST + 1)
        .subquery()
    )
    running = select(func.count()).select_from(some).scalar_subquery()
    query = select(ProcessDefinition.__table__, ProcessDefinition.created_at.label("deployed_at"), running.label("active"))
    return list(session.execute(query.where(ProcessDefinition.id.in_(_newest_ids())).order_by(ProcessDefinition.name)))


def versions(session: Session, key: str, actor: Actor) -> list[Row[Any]]:
    """All versions of a process, newest first, with `deployed_at`, `deployed_by_name` and `source`."""
    _require_designs(actor)
    query = (
        select(
            ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.version, ProcessDefinition.name, ProcessDefinition.version_tag,
            ProcessDefinition.created_at.label("deployed_at"), Person.name.label("deployed_by_name"), Deployment.source,
        )
        .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
        .outerjoin(Person, Person.id == Deployment.created_by)
        .where(ProcessDefinition.key == key)
        .order_by(ProcessDefinition.version.desc())
    )  # fmt: skip
    return list(session.execute(query))


def content(session: Session, definition_id: str, actor: Actor) -> bytes:
    """The diagram file exactly as it was deployed."""
    _require_designs(actor)
    row = get(session, definition_id)
    return session.scalars(select(Content.content).where(Content.sha256 == row.sha256)).one()


def diagram(session: Session, definition_id: str) -> Diagram:
    """The drawing and the processes of the file. Raises NotFound."""
    row = get(session, definition_id)
    found: Diagram = parsed(session, "process", row.sha256, row.resource)
    return found


def process(session: Session, definition_id: str) -> Process:
    """Raises NotFound."""
    try:
        return Deployed(session).process(definition_id)
    except KeyError:
        raise NotFound("definition", definition_id) from None


def form(session: Session, form_definition_id: str) -> Form:
    """A form by its definition id, e.g. the `form_definition_id` of a user task. Raises NotFound."""
    return Deployed(session).form(form_definition_id)


def start_form(session: Session, definition_id: str) -> Form | None:
    """The pinned start form of a process definition; None if it starts without one."""
    row = get(session, definition_id)
    if row.start_form_id is None:
        return None
    library_ = Deployed(session)
    version = library_.form_version(row.start_form_id, "deployment", definition_id)
    if version is None:
        raise NotFound("form", row.start_form_id)
    return library_.form(version)


def decisions(session: Session, definition_id: str) -> list[tuple[str, DecisionModel]]:
    """The decisions a process definition is pinned to, as (decision id, its file's model)."""
    pins = get(session, definition_id).pins.get("decisions", {})
    query = select(DecisionDefinition.key, DecisionDefinition.sha256, DecisionDefinition.resource)
    rows = session.execute(query.where(DecisionDefinition.id.in_(list(pins.values()))).order_by(DecisionDefinition.key))
    return [(row.key, parsed(session, "decision", row.sha256, row.resource)) for row in rows]


def _newest(session: Session) -> list[Row[Any]]:
    query = select(ProcessDefinition.__table__).where(ProcessDefinition.id.in_(_newest_ids()))
    return list(session.execute(query.order_by(ProcessDefinition.name)))


def _require_designs(actor: Actor) -> None:
    if not may(actor, Act.SEE_DEFINITIONS):
        raise NotAllowed("see_definitions")
