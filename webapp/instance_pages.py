"""Cases for those who see more than their own tasks: a list to search, and one case on its diagram."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.core.runtime.step import Status
from engine.verbs import audience, definitions, departments, incidents, instances, retention, tasks
from engine.verbs.access import Act, Actor, Kind, may
from engine.verbs.errors import ReasonMissing
from webapp.case_parts import case_parts, line_asked_for
from webapp.clock import now
from webapp.database import store, writing
from webapp.error_pages import sentence
from webapp.inbox import page_number
from webapp.posted_forms import reason
from webapp.security import needs, signed_in
from webapp.texts import language, t
from webapp.words import value_from_words, value_in_words

pages = Blueprint("instance_pages", __name__, url_prefix="/instances")


@pages.get("")
@signed_in
def show_all() -> ResponseReturnValue:
    if g.actor.kind is Kind.ENTERPRISE:
        return redirect(url_for("enterprise_pages.show"), 303)
    chosen = _chosen()
    with store().reading() as session:
        page = tasks.page(session, instances.list_instances(g.actor, chosen, now()), page_number(), 20)
        current = instances.open_tasks(session, [row.id for row in page.rows])
        processes = definitions.names(session).items()
        offices = departments.departments(session, g.actor.zone_id)
        kept = retention.kept(session, now()) if g.actor.kind in (Kind.SUPERVISOR, Kind.ADMINISTRATOR) else {}
    asked = {name: value for name, value in request.args.items() if name != "page"}
    return render_template(
        "instances.html", page=page, current=current, chosen=chosen, is_narrowed=chosen != instances.Filter(), processes=processes,
        departments=offices, kept=kept, statuses=[status.value for status in Status],
        address=lambda number: url_for(".show_all", **{**asked, "page": number}),
    )  # fmt: skip


def _chosen() -> instances.Filter:
    given = request.args
    return instances.Filter(
        process=given.get("process", ""), status=given.get("status", ""), department=given.get("department", ""),
        overdue="overdue" in given, incident="incident" in given, query=given.get("q", "")[:100],
    )  # fmt: skip


@pages.get("/<instance_id>")
@signed_in
def show(instance_id: str) -> ResponseReturnValue:
    if g.actor.kind is Kind.ENTERPRISE:
        return redirect(url_for("enterprise_pages.follow", instance_id=instance_id), 303)
    with store().reading() as session:
        instance = instances.get(session, instance_id, g.actor)
        call = _chosen_call(session, instance_id)
        case = case_parts(session, instance_id, g.actor, now(), (call.definition_id, call.id) if call else None, line_asked_for())
        found = session.execute(incidents.list_incidents(g.actor, instance_id)).all()
        reasons = audience.audience(session, instance_id, g.actor, now())
        actions = instances.actions(session, instance_id, g.actor)
        variables = _variables(session, instance)
        held = retention.held(session, instance_id) if may(g.actor, Act.SUPERVISE) else None
    return render_template(
        "instance.html", instance=instance, case=case, call=call, actions=actions, variables=variables, held=held,
        incidents=[(row, incidents.sentence(row, language())) for row in found],
        reasons=[(reason.who, reason.sentence(language())) for reason in reasons],
    )  # fmt: skip


def _chosen_call(session: Session, instance_id: str) -> instances.Call | None:
    """The called process whose diagram is asked for; None: the instance's own."""
    wanted = request.args.get("call")
    return next((call for call in instances.calls(session, instance_id) if call.id == wanted), None) if wanted else None


def _variables(session: Session, instance: instances.Detail) -> list[tuple[str, str, str]]:
    """Scope (empty for the whole case), name and value in words."""
    found = instances.variables(session, instance.id, g.actor)
    names = {instance.id: "", **{task.id: task.name for task in instance.tasks}}
    scopes = sorted(found, key=lambda scope: (scope != instance.id, scope))
    return [
        (names.get(scope, scope.removeprefix(instance.id)), name, value_in_words(value))
        for scope in scopes for name, value in sorted(found[scope].items())
    ]  # fmt: skip


@pages.post("/<instance_id>/incidents/<incident_id>/retry")
@needs(Act.REPAIR)
def retry(instance_id: str, incident_id: str) -> ResponseReturnValue:
    name = request.form.get("name", "").strip()[:200]
    corrected = {name: value_from_words(name, request.form.get("value", ""))} if name else None
    with writing() as session:
        incidents.retry(session, incident_id, g.actor, now(), corrected)
    flash(t("instance.retried"), "ok")
    return redirect(url_for(".show", instance_id=instance_id), 303)


@pages.post("/<instance_id>/terminate")
@needs(Act.TERMINATE)
def terminate(instance_id: str) -> ResponseReturnValue:
    return _decided(instance_id, instances.terminate, "instance.terminated")


@pages.post("/<instance_id>/hold")
@needs(Act.SUPERVISE)
def hold(instance_id: str) -> ResponseReturnValue:
    """Keep the case beyond the time after which it is archived."""
    return _decided(instance_id, retention.hold, "instance.held")


def _decided(instance_id: str, act: Callable[[Session, str, str, Actor, datetime], object], done: str) -> ResponseReturnValue:
    """What somebody decides about a case, for a reason that stays on record."""
    try:
        with writing() as session:
            act(session, instance_id, reason(), g.actor, now())
    except ReasonMissing as refusal:
        flash(sentence(refusal), "late")
    else:
        flash(t(done), "ok")
    return redirect(url_for(".show", instance_id=instance_id), 303)


@pages.post("/<instance_id>/unhold")
@needs(Act.SUPERVISE)
def unhold(instance_id: str) -> ResponseReturnValue:
    with writing() as session:
        retention.release(session, instance_id, g.actor, now())
    flash(t("instance.unheld"), "ok")
    return redirect(url_for(".show", instance_id=instance_id), 303)
