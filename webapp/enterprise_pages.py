"""An enterprise's own pages: file something, follow it in plain words, answer what is asked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from engine.verbs import definitions, inboxes, instances, records, tasks
from engine.verbs.access import Kind
from engine.verbs.errors import NotAllowed
from webapp.case_parts import case_parts, line_asked_for, steps_of
from webapp.clock import now
from webapp.database import store
from webapp.inbox import page_number
from webapp.security import signed_in

pages = Blueprint("enterprise_pages", __name__, url_prefix="/enterprise")
SHOWN = 10  # cases on a page
WAITING = 20  # tasks of one's own on the page


@pages.get("")
@signed_in
def show() -> ResponseReturnValue:
    _require_enterprise()
    moment = now()
    with store().reading() as session:
        enterprise = records.enterprise(session, g.actor.enterprise_id, g.actor) if g.actor.enterprise_id else None
        cadres = records.assignments(session, enterprise.id, g.actor, moment) if enterprise else []
        page = tasks.page(session, instances.list_instances(g.actor, now=moment), page_number(), SHOWN)
        cases = [(row, steps_of(session, row.id, row.definition_id)) for row in page.rows]
        mine = tasks.page(session, tasks.inbox(g.actor, "mine", moment), 1, WAITING)
        free = tasks.page(session, tasks.inbox(g.actor, "groups", moment), 1, WAITING)
        startable = definitions.startable(session, g.actor)
    return render_template(
        "enterprise.html", enterprise=enterprise, cadres=cadres, page=page, cases=cases, waiting=[*mine.rows, *free.rows],
        waiting_count=mine.total + free.total, startable=startable, address=lambda number: url_for(".show", page=number),
    )  # fmt: skip


@pages.get("/cases/<instance_id>")
@signed_in
def follow(instance_id: str) -> ResponseReturnValue:
    _require_enterprise()
    with store().reading() as session:
        instance = instances.get(session, instance_id, g.actor)
        case = case_parts(session, instance_id, g.actor, now(), before=line_asked_for())
        actions = instances.actions(session, instance_id, g.actor)
        mine = [task for box in ("mine", "groups") for task in session.execute(_in_case(box, instance_id))]
    return render_template("follow.html", instance=instance, case=case, actions=actions, mine=mine)


def _in_case(box: inboxes.Box, instance_id: str) -> Select[Any]:
    """The actor's open tasks of one case."""
    return tasks.inbox(g.actor, box, now(), instance_id=instance_id)


def _require_enterprise() -> None:
    if g.actor.kind is not Kind.ENTERPRISE:
        raise NotAllowed("enterprise_page")
