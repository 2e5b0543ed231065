"""The register of clauses over what is deployed: which processes serve each clause, and how many of their instances run or have ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from engine.core.bpmn.model import Process
from engine.core.clauses import TABLE, Clause, Coverage, cover, register
from engine.tables.definitions import ProcessDefinition
from engine.tables.instances import ProcessInstance
from engine.verbs import ranges
from engine.verbs.access import Actor
from engine.verbs.inboxes import MOST
from engine.verbs.library import parsed, process_in
from engine.verbs.reference_tables import rows_in_force


@dataclass(frozen=True)
class Counts:
    """Instances that the actor may see."""

    running: int = 0
    finished: int = 0


@dataclass(frozen=True)
class Overview:
    """`definitions` and `counts` by process key; a process of which the actor sees no instance has no counts.

    `is_cut`: the actor may see more than MOST instances, and only the newest MOST are counted.
    """

    coverage: tuple[Coverage, ...]
    definitions: dict[str, Row[Any]] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    is_cut: bool = False


def overview(session: Session, actor: Actor) -> Overview:
    """For everyone: what serves each clause is no secret; the numbers are those of the actor's own view."""
    definitions = {row.key: row for row in _newest(session)}
    processes = [_process(session, row) for row in definitions.values()]
    counts = _counts(session, actor)
    is_cut = sum(each.running + each.finished for each in counts.values()) == MOST
    return Overview(cover(registered(session), processes), definitions, counts, is_cut)


def registered(session: Session) -> tuple[Clause, ...]:
    """The register as it is in force; empty if there is none."""
    found = rows_in_force(session)(TABLE)
    return register(found.rows) if found is not None else ()


def _process(session: Session, row: Row[Any]) -> Process:
    return process_in(parsed(session, "process", row.sha256, row.resource), row.key)


def _newest(session: Session) -> list[Row[Any]]:
    last = select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version")).group_by(ProcessDefinition.key).subquery()
    query = select(
        ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.name, ProcessDefinition.sha256, ProcessDefinition.resource
    ).join(last, (ProcessDefinition.key == last.c.key) & (ProcessDefinition.version == last.c.version))
    return list(session.execute(query.order_by(ProcessDefinition.name)))


def _counts(session: Session, actor: Actor) -> dict[str, Counts]:
    """Of the newest MOST instances: a supervisor sees tens of thousands, and nobody waits for a page that counts them all."""
    rows = ranges.cases(actor)
    if rows is None:
        return {}
    newest = select(rows.c.id).order_by(rows.c.started_at.desc(), rows.c.id).limit(MOST).subquery()
    query = (
        select(ProcessInstance.process_key, ProcessInstance.status, func.count())
        .join(newest, newest.c.id == ProcessInstance.id)
        .group_by(ProcessInstance.process_key, ProcessInstance.status)
    )
    found: dict[str, Counts] = {}
    for key, status, count in session.execute(query, {ranges.REACH: MOST}):
        before = found.get(key, Counts())
        running = count if status == "active" else 0
        found[key] = Counts(before.running + running, before.finished + count - running)
    return found
