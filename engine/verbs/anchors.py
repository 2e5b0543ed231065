"""What anchors the record outside the database: the ends of its streams, which a database that is rewritten as a whole cannot change.

An anchor holds the end of every stream to which something was added since the anchor before: stream, number and hash of its last event.
An event's hash covers all events before it, so one end vouches for its stream up to there. Whoever calls keeps the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.orm import Session

from engine.tables.instances import Archive, Event
from engine.tables.prepared import Prepared, together, upsert
from engine.tables.settings import Setting
from engine.verbs.history import FIRST, Broken

LATE = timedelta(hours=1)  # an event may be committed so much later than the moment it bears
LAST = "last_anchor"
TOGETHER = 500  # ends looked up in one round trip
_EVENT = cast(Table, Event.__table__)
_HASH = Prepared(select(_EVENT.c.hash).where(_EVENT.c.stream == bindparam("stream"), _EVENT.c.seq == bindparam("seq")))
_NOTE = Prepared(upsert(cast(Table, Setting.__table__), ("value",)), ["name", "value"])


@dataclass(frozen=True)
class Anchor:
    """One line of the file of anchors. `count`: how many ends; `digest`: of their text; `chain`: of this line and all before it."""

    at: datetime
    count: int
    digest: str
    chain: str

    @classmethod
    def after(cls, before: Anchor | None, at: datetime, ends: str) -> Anchor:
        digest, count = hashlib.sha256(ends.encode()).hexdigest(), ends.count("\n")
        return cls(at, count, digest, _chained(before.chain if before else FIRST, at, count, digest))

    @classmethod
    def read(cls, line: str) -> Anchor:
        """Raises ValueError."""
        at, count, digest, chain = line.split()
        return cls(datetime.fromisoformat(at), int(count), digest, chain)

    def line(self) -> str:
        return f"{self.at.isoformat()} {self.count} {self.digest} {self.chain}\n"

    def follows(self, before: Anchor | None) -> bool:
        return self.chain == _chained(before.chain if before else FIRST, self.at, self.count, self.digest)


def _chained(before: str, at: datetime, count: int, digest: str) -> str:
    return hashlib.sha256(f"{before}\n{at.isoformat()} {count} {digest}".encode()).hexdigest()


def ends(session: Session, since: datetime | None) -> str:
    """A line `stream number hash` for every stream with an event since the anchor at `since`, for all streams if there was none."""
    last = select(_EVENT.c.stream, func.max(_EVENT.c.seq).label("seq")).group_by(_EVENT.c.stream)
    if since is not None:
        last = last.where(_EVENT.c.at >= since - LATE)
    found = last.subquery()
    query = select(_EVENT.c.stream, _EVENT.c.seq, _EVENT.c.hash).join(
        found, (found.c.stream == _EVENT.c.stream) & (found.c.seq == _EVENT.c.seq)
    )
    return "".join(f"{stream} {seq} {hash_}\n" for stream, seq, hash_ in session.execute(query.order_by(_EVENT.c.stream)))


def note(session: Session, anchor: Anchor) -> None:
    """Let the pages know of the last anchor."""
    value = {"at": anchor.at.isoformat(), "count": anchor.count, "digest": anchor.digest, "chain": anchor.chain}
    _NOTE.run(session, {"name": LAST, "value": value})


def last(session: Session) -> Anchor | None:
    """The last anchor that was written, as this database knows it."""
    value = session.scalar(select(Setting.value).where(Setting.name == LAST))
    return Anchor(datetime.fromisoformat(value["at"]), value["count"], value["digest"], value["chain"]) if value else None


def check(session: Session, ends: str) -> Iterator[Broken]:
    """Where the record is not what an anchor says it was; what has been archived since is held against the archive's own row."""
    said = [(stream, int(seq), hash_) for stream, seq, hash_ in (line.split(" ") for line in ends.splitlines())]
    for first in range(0, len(said), TOGETHER):
        yield from _check(session, said[first : first + TOGETHER])


def _check(session: Session, said: Sequence[tuple[str, int, str]]) -> Iterator[Broken]:
    here = together(session, [(_HASH, {"stream": stream, "seq": seq}) for stream, seq, _ in said])
    gone = [stream for (stream, _, _), rows in zip(said, here, strict=True) if not rows]
    archived = {row.instance_id: row for row in session.scalars(select(Archive).where(Archive.instance_id.in_(gone)))} if gone else {}
    for (stream, seq, hash_), rows in zip(said, here, strict=True):
        if rows:
            is_same = rows[0].hash == hash_
        else:
            pack = archived.get(stream)
            is_same = pack is not None and (seq < pack.count or (seq, hash_) == (pack.count, pack.head))
        if not is_same:
            yield Broken(stream, seq, "anchor")
