"""Starting a process by hand: its form, the draft of it, and a double click that starts it once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import feel
from engine.core.forms.model import Form
from engine.core.runtime.formulas import property_formula, value_of
from engine.core.runtime.step import Json, Variables
from engine.core.variables import View
from engine.tables.people import Enterprise
from engine.tables.tasks import RequestKey
from engine.verbs import attachments, definitions, filling, stepping
from engine.verbs.access import Actor, Kind
from engine.verbs.errors import NotAllowed
from engine.verbs.filling import Raw, TaskForm
from engine.verbs.library import Deployed
from engine.verbs.stepping import InstanceFacts

RESERVED = frozenset({"started_by", "started_at", "actor"})


def require_startable(session: Session, key: str, actor: Actor) -> str:
    """The id of the latest version of a process that the actor may start. Raises NotFound, NotAllowed."""
    row = definitions.latest(session, key)
    if not definitions.may_start(row, actor):
        raise NotAllowed("start")
    return row.id


def start_form(session: Session, key: str, actor: Actor, now: datetime, *, request_key: str | None = None) -> TaskForm:
    """The start form of the latest version of a process the actor may start. Raises NotFound, NotAllowed.

    With `request_key` only files of that request may be named, without it any that the actor has handed in and not yet used.
    """
    return _form(session, require_startable(session, key, actor), key, actor, now, request_key)


def save_draft(session: Session, key: str, raw: Raw, actor: Actor, now: datetime) -> datetime:
    """Keep what the actor has typed into the start form. Raises NotFound, NotAllowed, DraftTooLarge."""
    require_startable(session, key, actor)
    return filling.save_draft(session, _subject(key), raw, actor, now)


def start_from_form(
    session: Session, key: str, raw: Raw, actor: Actor, now: datetime, request_key: str | None = None
) -> InstanceFacts:
    """Submit the start form. The same `request_key` again gives the first one's instance, whatever is submitted with it.

    Raises FormInvalid, StartRefused, NotAllowed, NotFound.
    """
    return _start(session, key, actor, now, request_key, lambda shown: filling.judged(session, shown, raw, actor, now))


def start_json(
    session: Session, key: str, values: Mapping[str, Json], actor: Actor, now: datetime, request_key: str | None = None
) -> InstanceFacts:
    """`start_from_form` for a program, held to the same form."""
    return _start(session, key, actor, now, request_key, lambda shown: filling.judged_json(session, shown, values, actor, now))


def _start(
    session: Session, key: str, actor: Actor, now: datetime, request_key: str | None, judge: Callable[[TaskForm], Variables]
) -> InstanceFacts:
    definition_id = require_startable(session, key, actor)
    if request_key is not None and (first := _first(session, request_key, actor)) is not None:
        return stepping.facts(session, first, started_again=True)
    values = _with_names(session, judge(_form(session, definition_id, key, actor, now, request_key)), actor)
    facts = stepping.start(session, definition_id, values, actor, now, request_key=request_key)
    if facts.started_again:
        return facts
    attachments.settle(session, facts.id, values, actor, now, request_key=request_key)
    filling.drop_draft(session, _subject(key), actor)
    return facts


def _with_names(session: Session, values: Variables, actor: Actor) -> Variables:
    """Without the words that only the system sets, and with the name of the enterprise that was chosen."""
    kept = {name: value for name, value in values.items() if name not in RESERVED}
    if actor.kind is Kind.ENTERPRISE and kept.get("enterprise_id") is None:
        return {name: value for name, value in kept.items() if name not in ("enterprise_id", "enterprise_name")}
    if (chosen := kept.get("enterprise_id")) is not None and kept.get("enterprise_name") is None:
        kept["enterprise_name"] = session.scalar(select(Enterprise.name).where(Enterprise.id == chosen))
    return kept


def _first(session: Session, request_key: str, actor: Actor) -> str | None:
    query = select(RequestKey.instance_id).where(RequestKey.key == request_key, RequestKey.person_id == actor.id)
    return session.scalar(query)


def _form(session: Session, definition_id: str, key: str, actor: Actor, now: datetime, request_key: str | None) -> TaskForm:
    form: Form | None = definitions.start_form(session, definition_id)
    known = _known(session, actor)
    variables = {**_prefilled(session, definition_id, known, now), **known}
    files = attachments.for_form(session, form, variables, actor, request_key=request_key)
    return filling.filled(session, form, variables, actor, _subject(key), files)


def _known(session: Session, actor: Actor) -> Variables:
    """What a start form may refer to before there is an instance: who is filling it in, and for an enterprise which one."""
    known: Variables = {"actor": {"id": actor.id, "name": actor.name, "kind": str(actor.kind), "department": actor.department_id}}
    if actor.kind is Kind.ENTERPRISE and actor.enterprise_id:
        row = session.execute(select(Enterprise.__table__).where(Enterprise.id == actor.enterprise_id)).one()
        file = {name: getattr(row, name) for name in ("id", "uscc", "name", "contact", "phone", "address", "attributes")}
        known |= {"enterprise_id": row.id, "enterprise_name": row.name, "enterprise": file}
    return known


def _prefilled(session: Session, definition_id: str, known: Variables, now: datetime) -> Variables:
    """What the diagram fills the start form with beforehand, by its property `prefill`."""
    text = definitions.process(session, definition_id).properties.get("prefill")
    if not text:
        return {}
    value = feel.shown(value_of(property_formula(text), View([known, Deployed(session).functions]), now))
    return value if isinstance(value, dict) else {}


def _subject(key: str) -> str:
    return f"start:{key}"
