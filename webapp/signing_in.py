"""Sign in and out; outside production, one tap enters a demonstration account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row
from sqlalchemy.orm import Session

from engine.verbs import people
from engine.verbs.access import Kind
from engine.verbs.errors import EngineError
from webapp.clock import now
from webapp.database import store, writing
from webapp.error_pages import sentence
from webapp.security import enter, limiter, public, safe_target, signed_in

pages = Blueprint("signing_in", __name__)


def was_refused(response: Response) -> bool:
    """Only failures count: a whole office comes from one address every morning."""
    return response.status_code >= 400


@pages.get("/sign-in")
@public
def show() -> ResponseReturnValue:
    if g.actor is not None:
        return redirect(safe_target(request.args.get("next")), 303)
    return _page()


@pages.post("/sign-in")
@public
@limiter.limit(lambda: current_app.config["SIGN_IN_RATE"], deduct_when=was_refused)
def sign_in() -> ResponseReturnValue:
    username = request.form.get("username", "")[:200].strip()
    with writing() as db:
        # A refusal counts the failed attempt, so it leaves the transaction as a value and not as an exception.
        outcome = _attempt(db, username, request.form.get("password", "")[:1000])
    if isinstance(outcome, EngineError):
        return _page(username, sentence(outcome)), 401
    return _enter(outcome)


@pages.post("/sign-in/demonstration")
@public
@limiter.limit(lambda: current_app.config["SIGN_IN_RATE"], deduct_when=was_refused)
def demonstrate() -> ResponseReturnValue:
    """Enter as one of the demonstration people, without a password; there is no such thing in production."""
    person = request.form.get("person", "")
    if person not in {each.id for each in _demonstrations()}:
        abort(404)
    return _enter(person)


@pages.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for(".show"), 303)


def _attempt(db: Session, username: str, password: str) -> str | EngineError:
    try:
        return people.sign_in(db, username, password, now())
    except EngineError as refusal:
        return refusal


def _enter(person_id: str) -> ResponseReturnValue:
    with store().reading() as db:
        standing = people.standing(db, person_id)
    if standing is None:  # closed between the two transactions
        abort(401)
    target = safe_target(request.form.get("next"))
    enter(person_id, standing.password_stamp)
    return redirect(target, 303)


def _demonstrations() -> list[Row[Any]]:
    if current_app.extensions["settings"].production:
        return []
    order = list(Kind)
    with store().reading() as db:
        return sorted(people.demonstrations(db), key=lambda person: order.index(person.kind))


def _page(username: str = "", refusal: str | None = None) -> str:
    wanted = request.values.get("next", "")
    return render_template("sign_in.html", username=username, refusal=refusal, wanted=wanted, demonstrations=_demonstrations())
