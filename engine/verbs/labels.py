"""The facts by which people find an instance: business key, title, enterprise and zone, as columns of its row and of its tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.core.bpmn.model import Process
from engine.core.calendar import CHINA
from engine.core.runtime.step import Json, Step, Variables
from engine.tables.people import Enterprise
from engine.tables.settings import Counter
from engine.verbs.access import Actor, Kind
from engine.verbs.library import Deployed

LONGEST = 500  # characters of a label


@dataclass(frozen=True)
class Labels:
    business_key: str | None = None
    title: str | None = None
    enterprise_id: str | None = None
    enterprise_name: str | None = None
    zone_id: str | None = None

    def columns(self) -> dict[str, str | None]:
        return dict(vars(self))

    def words(self) -> tuple[str | None, ...]:
        """The texts by which people search."""
        return self.business_key, self.title, self.enterprise_name


def renewed(session: Session, library: Deployed, before: Labels, step: Step, actor: Actor) -> Labels:
    """The labels after a step. What the diagram does not say follows the reserved variables; what it cannot say yet stays."""
    root: Mapping[str, Json] = step.state.variables.get(step.state.instance_id, {})
    found = before
    key = _text(step.labels.get("businessKey", root.get("business_key")))
    if key is not None:
        found = replace(found, business_key=key)
    if (title := _text(step.labels.get("title"))) is not None:
        found = replace(found, title=title)
    enterprise = _text(step.labels.get("enterprise", root.get("enterprise_id")))
    if enterprise is not None and enterprise != before.enterprise_id:
        found = _with_enterprise(session, found, enterprise, root)
    if actor.zone_id is not None and found.zone_id is None and found.enterprise_id is None and before.zone_id is None:
        found = replace(found, zone_id=actor.zone_id)
    return found


def _with_enterprise(session: Session, found: Labels, enterprise: str, root: Mapping[str, Json]) -> Labels:
    """`enterprise` is the id or the credit code of a known enterprise; one we do not know has at most a name."""
    query = select(Enterprise.id, Enterprise.name, Enterprise.zone_id)
    row = session.execute(query.where(or_(Enterprise.id == enterprise, Enterprise.uscc == enterprise))).first()
    if row is None:
        return replace(found, enterprise_name=_text(root.get("enterprise_name")) or found.enterprise_name)
    return replace(found, enterprise_id=row.id, enterprise_name=row.name, zone_id=row.zone_id)


def _text(value: Json) -> str | None:
    if value is None or value == "" or isinstance(value, list | dict):
        return None
    return str(value)[:LONGEST]


def reserved(session: Session, process: Process, given: Variables, actor: Actor, now: datetime) -> Variables:
    """The variables every instance starts with, beside those given: its number, who started it and when, whose it is."""
    variables: dict[str, Any] = {"started_by": {"id": actor.id, "name": actor.name}, "started_at": now.isoformat()}
    if pattern := process.properties.get("numbering"):
        variables["business_key"] = next_number(session, pattern, now)
    if actor.kind is Kind.ENTERPRISE and actor.enterprise_id and given.get("enterprise_id") is None:
        name = session.scalar(select(Enterprise.name).where(Enterprise.id == actor.enterprise_id))
        variables |= {"enterprise_id": actor.enterprise_id, "enterprise_name": name}
    return variables


def next_number(session: Session, pattern: str, now: datetime) -> str:
    """The next business key of a pattern such as `SQ{yyyy}{seq:5}`; the count begins anew with each date that the pattern names."""
    day = now.astimezone(CHINA)
    dates = {"{yyyy}": f"{day:%Y}", "{yy}": f"{day:%y}", "{mm}": f"{day:%m}", "{dd}": f"{day:%d}"}
    for word, text in dates.items():
        pattern = pattern.replace(word, text)
    head, _, rest = pattern.partition("{seq:")
    width, _, tail = rest.partition("}")
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    taken = (
        insert(Counter)
        .values(name=f"{head}#{tail}", value=1)
        .on_conflict_do_update(index_elements=["name"], set_={"value": Counter.value + 1})
        .returning(Counter.value)
    )
    return f"{head}{session.execute(taken).scalar_one():0{int(width)}d}{tail}"
