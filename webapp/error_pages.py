"""What a person reads when something cannot be done: what happened, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, InternalServerError

from engine.tables.store import is_passing
from engine.verbs import errors, lockout, reference
from webapp import failures
from webapp.texts import language, t

log = structlog.get_logger(__name__)
STATUS: Mapping[type[errors.EngineError], int] = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.TaskNotOpen: 409,
    errors.AlreadyClaimed: 409,
    errors.Conflict: 409,
    reference.ReferenceChanged: 409,
    lockout.TooManyRefusals: 429,
}
KNOWN = (400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503)


def register(app: Flask) -> None:
    """Every way a request can fail ends in one of these pages."""
    app.register_error_handler(errors.EngineError, _engine_error)
    app.register_error_handler(CSRFError, _stale_page)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _crossed)
    app.register_error_handler(Exception, _unexpected)


def sentence(error: errors.EngineError) -> str:
    """The error in the reader's language."""
    return error.sentence(language())


def _engine_error(error: errors.EngineError) -> ResponseReturnValue:
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)
    answer = page(status, what=sentence(error))
    if isinstance(error, lockout.TooManyRefusals):
        answer.headers["Retry-After"] = str(error.facts["seconds"])
    return answer


def _stale_page(error: CSRFError) -> ResponseReturnValue:
    return page(400, what=t("error_page.stale"), advice=t("error_page.stale_advice"))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    response = error.get_response()
    if response.status_code < 400:  # redirects by the router
        return response
    answer = page(error.code if error.code in KNOWN else 400)
    answer.headers.extend({k: v for k, v in response.headers if k in ("Allow", "Retry-After")})
    return answer


def _crossed(error: DBAPIError) -> ResponseReturnValue:
    """The database has undone a transaction, also when it was run again: nothing was lost, and doing it later helps."""
    if not is_passing(error) and "database is locked" not in str(error.orig):
        return _unexpected(error)
    log.warning("transactions_crossed", error=str(error.orig), method=request.method, path=request.path)
    answer = page(503, what=t("error_page.crossed"), advice=t("error_page.crossed_advice"))
    answer.headers["Retry-After"] = "1"
    return answer


def _unexpected(error: Exception) -> ResponseReturnValue:
    number = failures.number_of(error)
    original = InternalServerError(original_exception=error)
    return page(original.code or 500, number=number)


def page(status: int, what: str | None = None, advice: str | None = None, number: str | None = None) -> Response:
    """The error page for a status; `what` says more exactly what happened, `number` finds it in the log."""
    return make_response(
        render_template(
            "error.html", status=status, title=t(f"error_page.{status}"), what=what or t(f"error_page.{status}_what"),
            advice=advice or t(f"error_page.{status}_advice"), number=number,
        ),
        status,
    )  # fmt: skip
