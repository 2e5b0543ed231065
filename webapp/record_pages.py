"""The enterprises that are served, for those in charge: in which zone each is, and which cadre serves it; both can be changed."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.verbs import records, sources, tasks
from engine.verbs.access import Act, Kind
from engine.verbs.errors import ReasonMissing
from webapp.clock import now
from webapp.database import store, writing
from webapp.error_pages import sentence
from webapp.inbox import page_number
from webapp.posted_forms import reason
from webapp.security import needs
from webapp.texts import t

pages = Blueprint("record_pages", __name__, url_prefix="/enterprises")
SHOWN = 30  # enterprises on a page


@pages.get("")
@needs(Act.MANAGE_RECORDS)
def show_all() -> ResponseReturnValue:
    query = request.args.get("q", "").strip()[:100]
    page = None  # whoever has no zone would read the firms of the whole city, and says first which one is meant
    if query or g.actor.zone_id is not None:
        with store().reading() as session:
            page = tasks.page(session, records.enterprises(g.actor, query=query), page_number(), SHOWN)
    return render_template(
        "enterprises.html", page=page, query=query, address=lambda number: url_for(".show_all", q=query or None, page=number)
    )


@pages.get("/<enterprise_id>")
@needs(Act.MANAGE_RECORDS)
def show(enterprise_id: str) -> ResponseReturnValue:
    moment = now()
    with store().reading() as session:
        enterprise = records.enterprise(session, enterprise_id, g.actor)
        assignments = records.assignments(session, enterprise_id, g.actor)
        serving = {row.person_id for row in records.assignments(session, enterprise_id, g.actor, moment)}
        cadres = sources.cadres(session, g.actor)
        zones = records.zones(session) if g.actor.kind is not Kind.SUPERVISOR else []
    return render_template(
        "enterprise_record.html", enterprise=enterprise, assignments=assignments, serving=serving, cadres=cadres, zones=zones, moment=moment
    )


@pages.post("/<enterprise_id>/cadre")
@needs(Act.MANAGE_RECORDS)
def entrust(enterprise_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            is_new = records.entrust(session, enterprise_id, request.form.get("person", ""), g.actor, now(), reason=reason())
    except ReasonMissing as refusal:
        flash(sentence(refusal), "late")
    else:
        flash(t("records.entrusted" if is_new else "records.nothing_changed"), "ok")
    return redirect(url_for(".show", enterprise_id=enterprise_id), 303)


@pages.post("/<enterprise_id>/zone")
@needs(Act.MANAGE_RECORDS)
def move(enterprise_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            is_new = records.move_enterprise(session, enterprise_id, request.form.get("zone", ""), reason(), g.actor, now())
    except ReasonMissing as refusal:
        flash(sentence(refusal), "late")
    else:
        flash(t("records.moved" if is_new else "records.nothing_changed"), "ok")
    return redirect(url_for(".show", enterprise_id=enterprise_id), 303)
