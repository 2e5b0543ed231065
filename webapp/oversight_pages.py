"""What supervisors and administrators keep an eye on besides cases: starts that wait for the rest, and the anchor of the record."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.verbs import anchors, conditional_starts, partial_starts, tasks
from engine.verbs.access import Act
from engine.verbs.errors import ReasonMissing
from webapp.clock import now
from webapp.database import store, writing
from webapp.error_pages import sentence
from webapp.inbox import page_number
from webapp.posted_forms import reason
from webapp.security import needs
from webapp.texts import t

pages = Blueprint("oversight_pages", __name__, url_prefix="/oversight")
SHOWN = 20  # waiting starts on a page


@pages.get("")
@needs(Act.REPAIR)
def show() -> ResponseReturnValue:
    with store().reading() as session:
        page = tasks.page(session, partial_starts.pending(g.actor, now()), page_number(), SHOWN)
        waiting = partial_starts.describe(session, page.rows)
        costly = conditional_starts.costly(session, g.actor)
        anchor = anchors.last(session)
    return render_template(
        "oversight.html", page=page, waiting=waiting, costly=costly, anchor=anchor, words=_words, address=lambda number: url_for(".show", page=number),
    )  # fmt: skip


@pages.post("/starts/<start_id>/drop")
@needs(Act.REPAIR)
def drop(start_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            partial_starts.drop(session, start_id, reason(), g.actor, now())
    except ReasonMissing as refusal:
        flash(sentence(refusal), "late")
    else:
        flash(t("oversight.dropped"), "ok")
    return redirect(url_for(".show"), 303)


def _words(slot: str) -> str:
    """An event as the diagram has it: what kind, and its name, time or condition."""
    kind, _, rest = slot.partition(" ")
    return t(f"oversight.{kind}", name=rest.partition(" ")[2] if kind == "timer" else rest.removeprefix("="))
