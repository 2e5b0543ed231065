"""Sign in and out; outside production, one tap enters a demonstration account."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row
from sqlalchemy.orm import Session

from engine.verbs import lockout, people
from engine.verbs.access import Kind
from engine.verbs.errors import EngineError
from webapp.clock import now
from webapp.database import store, writing
from webapp.error_pages import sentence
from webapp.security import enter, public, safe_target, signed_in

pages = Blueprint("signing_in", __name__)
Found = TypeVar("Found")


@pages.get("/sign-in")
@public
def show() -> ResponseReturnValue:
    if g.actor is not None:
        return redirect(safe_target(request.args.get("next")), 303)
    return _page()


@pages.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    username = request.form.get("username", "")[:200].strip()
    with writing() as db:
        outcome = guarded(db, partial(people.sign_in, db, username, request.form.get("password", "")[:1000], now()))
    if isinstance(outcome, EngineError):
        return _page(username, sentence(outcome)), 401
    return _enter(outcome)


@pages.post("/sign-in/demonstration")
@public
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


def guarded(db: Session, attempt: Callable[[], Found]) -> Found | EngineError:
    """What an attempt with a password gives. Raises TooManyRefusals for an address that has had too many.

    Only failures count: a whole office comes from one address every morning. A refusal counts as one, so it leaves the transaction as a
    value and not as an exception.
    """
    lockout.check_address(db, _address(), current_app.extensions["settings"].refused_sign_ins, now())
    try:
        return attempt()
    except EngineError as refusal:
        lockout.count_refusal(db, _address(), now())
        return refusal


def _address() -> str:
    """Where the request comes from; with IPv6 the network, of which one household has as many addresses as it likes."""
    address = ip_address(request.remote_addr or "0.0.0.0")
    return str(ip_network((address, 64), strict=False) if address.version == 6 else address)


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
