"""The store of the running application; a view opens its transactions with it, visibly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g
from sqlalchemy.orm import Session

from engine.tables.store import Store, after_commit


def store() -> Store:
    return current_app.extensions["store"]


@contextmanager
def writing() -> Iterator[Session]:
    """A transaction of the request that is being answered.

    Once its commit begins, something of the request may be kept, and after it, is: `attempts` decides by that whether its view is
    run again. What is written may travel with the commit, so that a deadlock of the writes shows only there.
    """
    with store().writing() as session:
        after_commit(session, _note_kept)
        yield session
        g.may_be_kept = True


def _note_kept() -> None:
    g.is_kept = True
