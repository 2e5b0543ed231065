"""States of instances that this process has just read or written, so that the next step need not decode them again.

An entry is used only for a row whose state is letter for letter the one it was made from, at the same revision, read in the
transaction that uses it; and it is entered after the commit, so it cannot hold what was rolled back. Another process that moves the
instance changes both: what is remembered here then never matches again.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Pool
from sqlalchemy.orm import Session

from engine.core.runtime.step import State
from engine.tables.store import after_commit, connection_of

KEPT = 500  # instances of one database
LARGEST = 200_000  # characters of a state worth keeping


class _Entry(NamedTuple):
    revision: int
    text: str
    state: State


_by_pool: WeakKeyDictionary[Pool, OrderedDict[str, _Entry]] = WeakKeyDictionary()
_lock = Lock()


def find(session: Session, instance_id: str, revision: int, text: str) -> State | None:
    """The decoded state, variables and all, of a row that has just been read; None if it is not the remembered one."""
    kept = _by_pool.get(_pool(session))
    entry = kept.get(instance_id) if kept else None
    return entry.state if entry is not None and entry.revision == revision and entry.text == text else None


def keep(session: Session, state: State, revision: int, text: str) -> None:
    """Remember a state once this transaction has been committed; never if its caller does not say when that is."""
    if len(text) <= LARGEST:
        pool = _pool(session)
        after_commit(session, lambda: _enter(pool, state.instance_id, _Entry(revision, text, state)))


def forget(session: Session, instance_id: str | None = None) -> None:
    """Begin cold, with one instance or with all: for measuring."""
    with _lock:
        if instance_id is None:
            _by_pool.pop(_pool(session), None)
        else:
            _by_pool.get(_pool(session), OrderedDict()).pop(instance_id, None)


def _enter(pool: Pool, instance_id: str, entry: _Entry) -> None:
    with _lock:
        kept = _by_pool.setdefault(pool, OrderedDict())
        kept[instance_id] = entry
        kept.move_to_end(instance_id)
        if len(kept) > KEPT:
            kept.popitem(last=False)


def _pool(session: Session) -> Pool:
    return connection_of(session).engine.pool
