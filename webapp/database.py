"""The store of the running application; a view opens its transaction with it, visibly."""

from __future__ import annotations

from flask import current_app

from engine.tables.store import Store


def store() -> Store:
    return current_app.extensions["store"]
