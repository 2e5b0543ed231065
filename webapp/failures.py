"""A fault of the program while a person acts: nothing they have typed is lost, and an incident says so where they acted."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from flask import g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from engine.tables.store import is_passing
from engine.verbs import incidents
from engine.verbs.errors import EngineError
from webapp.clock import now
from webapp.database import writing
from webapp.texts import t

log = structlog.get_logger(__name__)


def number_of(failure: Exception) -> str:
    """A number that finds the fault in the log, where it is written by this."""
    number = secrets.token_hex(4).upper()
    log.error("request failed", number=number, method=request.method, path=request.path, exc_info=failure)
    return number


def attended(failure: Exception, keep_draft: Callable[[Session], object], wait_id: str | None = None) -> str:
    """See to a fault: keep what was typed, open an incident at the wait that was acted on; the sentence for the person.

    What is no fault of the program (a refusal, an answer, a database that is away) is raised again.
    """
    if isinstance(failure, EngineError | HTTPException) or (isinstance(failure, DBAPIError) and is_passing(failure)):
        raise failure
    number = number_of(failure)
    with writing() as session:
        keep_draft(session)
    if wait_id is not None:
        _tell(wait_id, number)
    return t("error_page.fault", number=number)


def _tell(wait_id: str, number: str) -> None:
    """A transaction of its own: an instance that cannot even say so must not cost the draft."""
    try:
        with writing() as session:
            incidents.tell_of_act(session, wait_id, g.actor, number, now())
    except Exception:
        log.exception("incident_not_opened", number=number, wait=wait_id)
