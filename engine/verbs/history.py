"""The record of what happened: append-only streams of events, chained by hash so that no later change goes unnoticed.

A stream is one instance's history, or `system` for acts that belong to none. Each event's hash covers its own facts and the hash
before it; the head of the chain and its length stand in the instance's row (or in `stream`), so a tail that was cut off shows too.

What people look for is a row of its own. What an instance then did by itself stands in that row's facts as `lines`, an entry each;
where nobody did anything before, in a row of kind `moved`. So a step adds a row or two where it adds eight entries. `entries` reads all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from engine.core.calendar import CHINA
from engine.core.runtime.step import Entry, HistoryKind
from engine.core.runtime.words import incident_sentence
from engine.tables.instances import Archive, Event, ProcessInstance, Stream
from engine.tables.people import Person
from engine.tables.tasks import UserTask
from engine.tables.types import canonical
from engine.texts import text
from engine.verbs.access import SYSTEM, Actor, Kind, may_see_instance, visible_tasks
from engine.verbs.errors import NotFound

SYSTEM_STREAM = "system"
FIRST = "0" * 64
MOVED = "moved"
LONGEST = 500  # lines in one row: 1 000 scripts in a go are some rows, not one of a megabyte
_EVENT = cast(Table, Event.__table__)
_PLACE = ("node", "node_kind", "node_name", "activation", "scope")
_OWN = ("kind", *_PLACE)
_BY_ITSELF = {"kind": MOVED, **dict.fromkeys(_PLACE)}
_INNER = frozenset({
    "activated", "completed", "cancelled", "flow_taken", "variables_set", "decision_evaluated", "event_thrown", "deadline_set", "warning",
})  # fmt: skip
_FACTS = tuple(column.name for column in _EVENT.columns if column.name != "hash")
_AT = _FACTS.index("at")


@dataclass(frozen=True)
class Head:
    """Where a chain ends: the last hash and the number of events."""

    hash: str = FIRST
    count: int = 0


@dataclass(frozen=True)
class Broken:
    """A place where the record is not what it was. `why`: changed, missing, inserted, cut, head, archive; `seq` None: the whole stream."""

    stream: str
    seq: int | None
    why: str


def entry(kind: str, at: datetime, *, definition_id: str = "", node: str | None = None, node_name: str | None = None,
          activation: str | None = None, **facts: Any) -> Entry:  # fmt: skip
    """A line about what a person did, beside those that the core writes."""
    return Entry(cast(HistoryKind, kind), at, definition_id, node=node, node_name=node_name, activation=activation, facts=facts)


def chain(head: Head, stream: str, entries: Iterable[Entry], actor: Actor) -> tuple[list[dict[str, Any]], Head]:
    """The event rows for `entries` after `head`, and the new head."""
    rows: list[dict[str, Any]] = []
    lines: list[Any] = []  # of the last row
    at, definition_id = None, None
    for entry in entries:
        is_inner = entry.kind in _INNER
        if is_inner and rows and len(lines) < LONGEST and entry.at == at and entry.definition_id == definition_id:
            lines.append(_line_of(stream, entry))
            if len(lines) == 1:
                rows[-1]["facts"]["lines"] = lines
            continue
        at, definition_id = entry.at, entry.definition_id
        lines = [_line_of(stream, entry)] if is_inner else []
        own = _BY_ITSELF | {"facts": {"lines": lines}} if is_inner else {name: getattr(entry, name) for name in _OWN} | {"facts": dict(entry.facts)}
        rows.append({
            "stream": stream, "seq": head.count + len(rows) + 1, "at": at, "actor_id": actor.id, "actor_name": actor.name,
            "definition_id": definition_id, **own,
        })  # fmt: skip
    before = head.hash
    for row in rows:
        before = row["hash"] = digest(before, row)
    return rows, Head(before, head.count + len(rows))


def _line_of(stream: str, entry: Entry) -> list[Any]:
    """`[kind, node, node kind, node name, activation, scope, facts]`, ids without the instance's own in front, facts only if any."""
    kind, _, _, node, node_kind, node_name, activation, scope, facts = entry
    line = [kind, node, node_kind, node_name, activation and activation.removeprefix(stream), scope and scope.removeprefix(stream)]
    return [*line, dict(facts)] if facts else line


def entries(session: Session, stream: str, definition_id: str | None = None) -> Iterator[Entry]:
    """Everything in a stream, or what happened in the diagram of one definition, oldest first."""
    query = select(_EVENT).where(_EVENT.c.stream == stream).order_by(_EVENT.c.seq)
    if definition_id is not None:
        query = query.where(_EVENT.c.definition_id == definition_id)
    for row in session.execute(query).mappings():
        at, of, facts = row["at"], row["definition_id"] or "", dict(row["facts"])
        lines = facts.pop("lines", ())
        if row["kind"] != MOVED:
            yield Entry(row["kind"], at, of, *(row[name] for name in _PLACE), facts=facts)
        for kind, node, node_kind, node_name, activation, scope, *rest in lines:
            yield Entry(kind, at, of, node, node_kind, node_name, _id(stream, activation), _id(stream, scope), *(rest or [{}]))


def _id(stream: str, shortened: str | None) -> str | None:
    return stream + shortened if shortened is not None and shortened[:1] in ("", ".") else shortened


def digest(before: str, row: Mapping[str, Any]) -> str:
    """SHA-256 over the previous hash and the row's facts in one canonical form."""
    facts = [row[name] for name in _FACTS]
    facts[_AT] = _moment(facts[_AT])
    return hashlib.sha256(before.encode() + b"\n" + canonical(facts)).hexdigest()


@lru_cache(maxsize=256)  # the lines of a step have one moment
def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def append(session: Session, stream: str, entries: Sequence[Entry], actor: Actor, now: datetime) -> None:
    """Add lines to a stream outside a step: what people did that moved no token. Locks the stream's head."""
    owner, head = _locked_head(session, stream)
    rows, head = chain(head, stream, entries, actor)
    if rows:
        session.execute(_EVENT.insert(), rows)
        session.execute(update(owner).where(owner.id == stream).values(history_head=head.hash, history_count=head.count))


def _locked_head(session: Session, stream: str) -> tuple[type[ProcessInstance] | type[Stream], Head]:
    for owner in (ProcessInstance, Stream):
        query = select(owner.history_head, owner.history_count).where(owner.id == stream).with_for_update()
        found = session.execute(query).first()
        if found is not None:
            return owner, Head(*found)
    session.execute(cast(Table, Stream.__table__).insert(), {"id": stream, "history_head": FIRST, "history_count": 0})
    return Stream, Head()


# --------------------------------------------------------------------------------------------------------------- timeline


@dataclass(frozen=True)
class TimelineRow:
    """A line of an instance's history in people's words. `tone`: ok, late, alert, calm; `words`: an opinion or a reason; `seq`: its number."""

    at: datetime
    kind: str
    title: str
    who: str
    words: str
    tone: str
    node: str | None
    seq: int


# What people want to know of an instance, and how it strikes them. The rest of the record is for auditors.
_TONES: Mapping[str, str] = {
    "instance_started": "calm", "instance_ended": "ok", "task_completed": "ok", "action_performed": "calm", "event_caught": "calm",
    "deadline_moved": "late", "clock_stopped": "calm", "clock_resumed": "calm", "incident_opened": "alert",
    "incident_resolved": "calm", "task_claimed": "calm", "task_released": "calm", "task_assigned": "calm", "task_updated": "calm",
    "change_denied": "late",
}  # fmt: skip


def timeline(
    session: Session, instance_id: str, actor: Actor, language: str = "zh", *, before: int | None = None, most: int | None = None
) -> list[TimelineRow]:  # fmt: skip
    """What happened to an instance, oldest first. Raises NotFound if the actor may not see it.

    `most`: only so many lines, the newest; `before`: only lines with a smaller `seq`.
    """
    if not may_see_instance(session, actor, instance_id):
        raise NotFound("instance", instance_id)
    query = select(_EVENT).where(_EVENT.c.stream == instance_id, _EVENT.c.kind.in_(_TONES)).order_by(_EVENT.c.seq.desc())
    if before is not None:
        query = query.where(_EVENT.c.seq < before)
    may_read = _is_readable(session, instance_id, actor)
    return [_line(row, language, may_read(row)) for row in session.execute(query.limit(most)).mappings()][::-1]


# What people say at these is said among those who handle the case. Why a case is ended is said to the one whose it is.
_AMONG_OFFICES = frozenset({"task_completed", "action_performed", "task_updated", "change_denied"})


def _is_readable(session: Session, instance_id: str, actor: Actor) -> Callable[[Mapping[str, Any]], bool]:
    """Whether the actor may read what was said at a line: an enterprise what its people said or was said at its own tasks."""
    if actor.kind is not Kind.ENTERPRISE:
        return lambda row: True
    own = set(session.scalars(select(UserTask.node).distinct().where(UserTask.instance_id == instance_id, visible_tasks(actor))))
    colleagues = {actor.id, *session.scalars(select(Person.id).where(Person.enterprise_id == actor.enterprise_id))}

    def _may_read(row: Mapping[str, Any]) -> bool:
        is_own = row["actor_id"] in colleagues or row["kind"] == "task_completed" and row["node"] in own
        return is_own or row["kind"] not in _AMONG_OFFICES

    return _may_read


def _line(row: Mapping[str, Any], language: str, may_read: bool) -> TimelineRow:
    """`may_read`: what somebody said at it is shown too."""
    kind, facts, name = row["kind"], row["facts"], row["node_name"] or ""
    key = f"{kind}.{facts.get('status')}" if kind == "instance_ended" else kind
    words = str(facts.get("opinion") or facts.get("reason") or "") if may_read else ""
    if kind == "incident_opened":
        words = incident_sentence(facts.get("code", ""), facts, language)
    due = facts.get("due")
    if isinstance(due, str) and not words:
        words = text("timeline.until", language, due=_local(due))
    who = "" if row["actor_id"] == SYSTEM.id else row["actor_name"]
    title = text(f"timeline.{key}", language, node=name, action=facts.get("action", ""))
    tone = "alert" if facts.get("status") == "failed" else _TONES[kind]
    return TimelineRow(row["at"], kind, title, who, words, tone, row["node"], row["seq"])


def _local(moment: str) -> str:
    try:
        return datetime.fromisoformat(moment).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return moment


# ----------------------------------------------------------------------------------------------------------- verification


def verify(session: Session) -> list[Broken]:
    """Every place where the stored record differs from what was written, in stream order; an intact record gives none."""
    heads = _heads(session)
    broken: list[Broken] = []
    expected, stream = Head(), ""
    for row in session.execute(select(_EVENT).order_by(_EVENT.c.stream, _EVENT.c.seq).execution_options(yield_per=1000)).mappings():
        if row["stream"] != stream:
            broken += _check_head(stream, expected, heads)
            expected, stream = Head(), row["stream"]
        if row["seq"] != expected.count + 1:
            broken.append(Broken(stream, expected.count + 1, "missing"))
        elif row["hash"] != digest(expected.hash, row):
            broken.append(Broken(stream, row["seq"], "changed"))
        expected = Head(row["hash"], row["seq"])
    broken += _check_head(stream, expected, heads)
    broken += [Broken(left, None, "missing") for left, head in heads.items() if head.count]
    return broken + list(_check_archives(session))


def _check_archives(session: Session) -> Iterator[Broken]:
    """The heads of archived streams are kept in a row of their own and in the `system` stream, whose chain proves them."""
    said: dict[str, Any] = {}
    for facts in session.scalars(select(Event.facts).where(Event.stream == SYSTEM_STREAM, Event.kind == "instance_archived")):
        said[facts["instance_id"]] = tuple(facts[name] for name in ("head", "count", "sha256"))
    for row in session.execute(select(Archive.instance_id, Archive.head, Archive.count, Archive.sha256)):
        if said.pop(row.instance_id, None) != (row.head, row.count, row.sha256):
            yield Broken(row.instance_id, None, "archive")
    yield from (Broken(instance_id, None, "archive") for instance_id in said)


def _heads(session: Session) -> dict[str, Head]:
    found: dict[str, Head] = {}
    for owner in (ProcessInstance, Stream):
        rows = session.execute(select(owner.id, owner.history_head, owner.history_count))
        found |= {id_: Head(hash_, count) for id_, hash_, count in rows}
    return found


def _check_head(stream: str, end: Head, heads: dict[str, Head]) -> Iterator[Broken]:
    if not stream:
        return
    head = heads.pop(stream, None)
    if head is None:
        yield Broken(stream, None, "inserted")
    elif head != end:
        yield Broken(stream, end.count + 1 if head.count > end.count else end.count, "cut" if head.count > end.count else "head")
