"""For load balancers and process supervisors: alive, and ready to serve."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from engine.verbs import retention
from webapp.clock import now
from webapp.database import store
from webapp.security import public

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@pages.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """The database answers too. `kept`: ended cases that are past their retention time, waiting to be archived or held."""
    try:
        with store().reading() as session:
            kept = retention.kept(session, now())
    except SQLAlchemyError:
        return {"status": "database unavailable"}, 503
    return {"status": "ok", "kept": kept}
