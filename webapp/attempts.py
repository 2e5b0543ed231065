"""A view whose transaction the database has undone is run again, so that two people in each other's way do not notice.

A deadlock, a serialization failure, a connection lost before the commit: nothing is kept then, and the same stimulus may succeed a
moment later. A view is never run again once a transaction of it may have been kept (`database.writing`): a commit that got no
answer may have been heard.
"""

from __future__ import annotations

from time import sleep

import structlog
from flask import Flask, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from engine.tables.store import is_passing, is_undone

log = structlog.get_logger(__name__)
PAUSES = (0.05, 0.2, 0.8)  # seconds before each further attempt


class Application(Flask):
    """Flask, with views that are run again."""

    def dispatch_request(self) -> ResponseReturnValue:
        for pause in PAUSES:
            try:
                return super().dispatch_request()
            except DBAPIError as failure:
                if not is_passing(failure) or "is_kept" in g or ("may_be_kept" in g and not is_undone(failure)):
                    raise
                log.info("view_run_again", method=request.method, path=request.path, error=str(failure.orig))
            sleep(pause)
        return super().dispatch_request()
