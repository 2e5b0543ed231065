"""What the worker does beside jobs: archive what has expired, throw away what was left lying. In small transactions of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from engine.tables.store import Store
from engine.verbs import partial_starts, retention
from engine.verbs.errors import Conflict, NotFound

log = structlog.get_logger(__name__)
TIDY = timedelta(days=1)
Keep = Callable[[str, bytes], None]  # puts a file of this name into the archive, safely; the same file twice changes nothing


def archive_expired(store: Store, keep: Keep, now: datetime, limit: int = retention.BATCH) -> int:
    """Archive and remove up to `limit` instances whose time is over; how many.

    A pack is on disk before its instance is removed. Dying in between leaves a file that the next round writes again.
    """
    done = 0
    with store.reading() as session:
        found = list(session.scalars(retention.expired(now).limit(limit)))
    for instance_id in found:
        try:
            with store.reading() as session:
                pack = retention.pack(session, instance_id)
            keep(pack.name, pack.content)
            with store.writing() as session:
                retention.purge(session, pack, now)
            done += 1
        except (Conflict, NotFound):
            log.info("not_archived", instance=instance_id)  # held, or done by another worker meanwhile
    return done


def tidy(store: Store, now: datetime) -> None:
    """What is done once a day."""
    with store.writing() as session:
        retention.tidy(session, now)
        partial_starts.expire(session, now)
