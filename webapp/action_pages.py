"""What a diagram offers people to do with a running case beyond its tasks: withdraw, urge, end …"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask import Blueprint, flash, g, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.core.forms.model import FieldError
from engine.verbs import filling, instances
from engine.verbs.errors import FormInvalid, NotFound
from engine.verbs.instances import Action
from webapp.clock import now
from webapp.database import store, writing
from webapp.failures import attended
from webapp.form_views import fragment, shown
from webapp.posted_forms import Raw, posted, received
from webapp.security import signed_in
from webapp.texts import t

pages = Blueprint("action_pages", __name__, url_prefix="/instances/<instance_id>/actions/<wait_id>")


@pages.get("")
@signed_in
def show(instance_id: str, wait_id: str) -> ResponseReturnValue:
    return _page(instance_id, wait_id)


@pages.post("/refresh")
@signed_in
def refresh(instance_id: str, wait_id: str) -> ResponseReturnValue:
    with writing() as session:
        sent = posted(session, request_key=wait_id)
        form = shown(instances.action_form(session, wait_id, g.actor, now()), now(), sent.raw, sent.refused)
    return fragment(form, refresh_url=url_for(".refresh", instance_id=instance_id, wait_id=wait_id))


@pages.post("")
@signed_in
def perform(instance_id: str, wait_id: str) -> ResponseReturnValue:
    with store().reading() as session:
        action = _offered(session, instance_id, wait_id)
    sent = received(request_key=wait_id)
    if not sent.submitted:
        return _page(instance_id, wait_id, sent.raw, sent.refused)
    try:
        with writing() as session:
            instances.perform_action(session, wait_id, sent.raw, g.actor, now())
    except FormInvalid as invalid:
        return make_response(_page(instance_id, wait_id, sent.raw, invalid.submission.errors), 422)
    except Exception as failure:
        keep = partial(filling.save_draft, subject=wait_id, raw=sent.raw, actor=g.actor, now=now())
        flash(attended(failure, keep, wait_id), "late")
        return make_response(_page(instance_id, wait_id, sent.raw), 500)
    flash(t("action.done", label=action.label), "ok")
    return redirect(url_for("instance_pages.show", instance_id=instance_id), 303)


def _offered(session: Session, instance_id: str, wait_id: str) -> Action:
    """The action, if the diagram offers it to this person now."""
    for action in instances.actions(session, instance_id, g.actor):
        if action.wait_id == wait_id:
            return action
    raise NotFound("action", wait_id)


def _page(instance_id: str, wait_id: str, raw: Raw | None = None, errors: Mapping[str, FieldError] | None = None) -> str:
    with store().reading() as session:
        instance = instances.get(session, instance_id, g.actor)
        action = _offered(session, instance_id, wait_id)
        form = shown(instances.action_form(session, wait_id, g.actor, now()), now(), raw, errors)
    return render_template(
        "action.html", instance=instance, action=action, form=form,
        refresh_url=url_for(".refresh", instance_id=instance_id, wait_id=wait_id),
        back=url_for("instance_pages.show", instance_id=instance_id),
    )  # fmt: skip
