"""The inbox: open tasks that are mine, free for my groups or overdue, and those I have done."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.verbs import definitions, inboxes
from webapp.clock import now
from webapp.database import store
from webapp.security import signed_in

pages = Blueprint("inbox", __name__)
BOXES = ("mine", "groups", "overdue", "done")


@pages.get("/inbox")
@signed_in
def show() -> ResponseReturnValue:
    box = request.args.get("box", "mine")
    box = box if box in BOXES else "mine"
    query = request.args.get("q", "").strip()[:100]
    process = request.args.get("process") or None
    moment = now()
    with store().reading() as session:
        if query or process:
            counts = inboxes.counts(session, g.actor, moment)
            page = inboxes.page(session, inboxes.inbox(g.actor, box, moment, query=query, process=process), page_number())
        else:
            counts, page = inboxes.opened(session, g.actor, box, moment, page_number())
        processes = list(definitions.names(session).items())
    return render_template(
        "inbox.html", box=box, boxes=BOXES, counts=counts, in_words=inboxes.in_words, page=page, query=query, process=process, processes=processes,
        address=lambda number: url_for(".show", box=box, q=query or None, process=process, page=number),
    )  # fmt: skip


def page_number() -> int:
    """The page asked for, from 1."""
    return max(1, min(request.args.get("page", 1, int), 100_000))
