"""One's own password: changed with the old one, and set anew after signing in with one that an administrator handed over."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.verbs import people
from webapp.clock import now
from webapp.database import writing
from webapp.error_pages import sentence
from webapp.security import enter, signed_in
from webapp.signing_in import guarded
from webapp.texts import t

pages = Blueprint("password_pages", __name__, url_prefix="/password")


@pages.get("")
@signed_in
def show() -> ResponseReturnValue:
    return _page()


@pages.post("")
@signed_in
def change() -> ResponseReturnValue:
    """Ends every other session of the person; this one goes on."""
    old, new = (request.form.get(name, "")[:2000] for name in ("old", "new"))
    if new != request.form.get("again", "")[:2000]:
        return _page(t("password.differ")), 422
    with writing() as db:
        refusal = guarded(db, partial(people.change_password, db, old, new, g.actor, now()))
        standing = people.standing(db, g.actor.id)
    if refusal is not None or standing is None:
        return _page(sentence(refusal) if refusal else ""), 422
    enter(g.actor.id, standing.password_stamp)
    flash(t("password.changed"), "ok")
    return redirect(url_for("home.home"), 303)


def _page(refusal: str = "") -> str:
    return render_template("password.html", refusal=refusal, minimum=people.MINIMUM, must_change=g.must_change_password)
