"""Start a process by hand: what one may start, its form, and a double click that starts it once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.core.forms.model import FieldError
from engine.verbs import definitions, starting
from engine.verbs.access import Act
from engine.verbs.errors import FormInvalid
from webapp.clock import now
from webapp.database import store, writing
from webapp.failures import attended
from webapp.form_views import fragment, saved_words, shown
from webapp.posted_forms import Raw, posted, received, typed
from webapp.security import needs
from webapp.texts import t

pages = Blueprint("starting_pages", __name__, url_prefix="/start")


@pages.get("")
@needs(Act.START)
def choose() -> ResponseReturnValue:
    with store().reading() as session:
        processes = definitions.startable(session, g.actor)
    return render_template("start.html", processes=processes)


@pages.get("/<key>")
@needs(Act.START)
def fill_in(key: str) -> ResponseReturnValue:
    return _page(key, secrets.token_hex(16))


@pages.post("/<key>/refresh")
@needs(Act.START)
def refresh(key: str) -> ResponseReturnValue:
    request_key = _request_key()
    with writing() as session:
        sent = posted(session, request_key=request_key)
        form = shown(starting.start_form(session, key, g.actor, now(), request_key=request_key), now(), sent.raw, sent.refused)
    return fragment(form, url_for(".refresh", key=key), url_for(".draft", key=key))


@pages.post("/<key>/draft")
@needs(Act.START)
def draft(key: str) -> ResponseReturnValue:
    """What has been typed so far. Answers with the sentence that the page shows."""
    with writing() as session:
        saved_at = starting.save_draft(session, key, typed(), g.actor, now())
    return saved_words(saved_at)


@pages.post("/<key>")
@needs(Act.START)
def start(key: str) -> ResponseReturnValue:
    request_key = _request_key()
    sent = received(partial(starting.require_startable, key=key, actor=g.actor), request_key=request_key)
    if not sent.submitted:
        return _page(key, request_key, sent.raw, sent.refused)
    try:
        with writing() as session:
            instance = starting.start_from_form(session, key, sent.raw, g.actor, now(), request_key)
    except FormInvalid as invalid:
        return make_response(_page(key, request_key, sent.raw, invalid.submission.errors), 422)
    except Exception as failure:
        keep = partial(starting.save_draft, key=key, raw=sent.raw, actor=g.actor, now=now())
        flash(attended(failure, keep), "late")
        return make_response(_page(key, request_key, sent.raw), 500)
    words = t("start.started", key=instance.business_key) if instance.business_key else t("start.started_plain")
    flash(words, "ok")
    return redirect(url_for("instance_pages.show", instance_id=instance.id), 303)


def _request_key() -> str:
    return request.form.get("_request_key", "")[:64] or secrets.token_hex(16)


def _page(key: str, request_key: str, raw: Raw | None = None, errors: Mapping[str, FieldError] | None = None) -> str:
    with store().reading() as session:
        process = definitions.latest(session, key)
        task_form = starting.start_form(session, key, g.actor, now(), request_key=request_key if raw is not None else None)
    is_enterprise = g.actor.kind == "enterprise"
    return render_template(
        "start_form.html", process=process, form=shown(task_form, now(), raw, errors), request_key=request_key,
        draft_from=task_form.saved_at if raw is None else None,
        refresh_url=url_for(".refresh", key=key), draft_url=url_for(".draft", key=key),
        back=url_for("enterprise_pages.show" if is_enterprise else ".choose"),
        back_words=t("menu.enterprise" if is_enterprise else "start.title"),
    )  # fmt: skip
