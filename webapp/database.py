"""The store of the running application; a view opens its transactions with it, visibly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g
from sqlalchemy.orm import Session

from engine.tables.store import Store


def store() -> Store:
    return current_app.extensions["store"]


@contextmanager
def writing() -> Iterator[Session]:
    """A transaction of the request that is being answered.

    Once its commit begins, something of the request may be kept: its view is not run again from there on (see `attempts`).
    """
    with store().writing() as session:
        yield session
        g.may_be_kept = True
