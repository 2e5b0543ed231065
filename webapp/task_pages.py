"""One user task: its form, the case's facts and history, the diagram with this step marked; claim, release, complete."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.core.forms.model import FieldError
from engine.core.runtime.step import Json
from engine.verbs import departments, tasks
from engine.verbs.access import DEPARTMENT, Act, Kind, may, may_work_on
from engine.verbs.errors import AlreadyClaimed, FormInvalid, ReasonMissing, StimulusRefused, TaskNotOpen
from webapp import times
from webapp.case_parts import case_parts
from webapp.clock import now
from webapp.database import store, writing
from webapp.error_pages import sentence
from webapp.failures import attended
from webapp.form_views import fragment, saved_words, shown, typed_words
from webapp.posted_forms import Raw, posted, reason, received, typed
from webapp.security import needs, signed_in
from webapp.texts import t

pages = Blueprint("task_pages", __name__, url_prefix="/tasks")


@pages.get("/<task_id>")
@signed_in
def show(task_id: str) -> ResponseReturnValue:
    return _page(task_id)


@pages.post("/<task_id>/claim")
@signed_in
def claim(task_id: str) -> ResponseReturnValue:
    with writing() as session:
        is_done = tasks.claim(session, task_id, g.actor, now())
    _tell(is_done, t("task.claimed"))
    return redirect(url_for(".show", task_id=task_id), 303)


@pages.post("/<task_id>/release")
@signed_in
def release(task_id: str) -> ResponseReturnValue:
    with writing() as session:
        is_done = tasks.release(session, task_id, g.actor, now())
    _tell(is_done, t("task.released"))
    return redirect(url_for("inbox.show"), 303)


@pages.post("/<task_id>/assign")
@signed_in
def assign(task_id: str) -> ResponseReturnValue:
    """A supervisor gives the task to somebody."""
    with writing() as session:
        is_done = tasks.assign(session, task_id, request.form.get("person", ""), g.actor, now())
    _tell(is_done, t("task.assigned"))
    return redirect(url_for(".show", task_id=task_id), 303)


@pages.post("/<task_id>/change")
@needs(Act.SUPERVISE)
def change(task_id: str) -> ResponseReturnValue:
    """A supervisor changes what the task's candidates see: until when, how urgent, whose it is; with a reason."""
    try:
        with writing() as session:
            values = _changed(tasks.get(session, task_id, g.actor))
            if values:
                _tell(tasks.update_task(session, task_id, values, reason(), g.actor, now()), t("task.changed"))
            else:
                flash(t("task.nothing_changed"), "ok")
    except (ReasonMissing, StimulusRefused, TaskNotOpen) as refused:
        flash(sentence(refused), "late")
    return redirect(url_for(".show", task_id=task_id), 303)


def _changed(task: tasks.TaskDetail) -> dict[str, Json]:
    """What of the task shall be another, as `tasks.update_task` takes it. What is no moment or number is left for it to refuse."""
    given = {name: request.form.get(name, "").strip()[:40] for name in ("due", "priority", "department")}
    values: dict[str, Json] = {}
    if given["due"] != times.typed(task.due_at):
        values["due_at"] = times.from_typed(given["due"]) if given["due"] else None
    if given["priority"] not in ("", str(task.priority)):
        values["priority"] = int(given["priority"]) if given["priority"].isascii() and given["priority"].isdigit() else given["priority"]
    if given["department"]:
        values["candidate_groups"] = [DEPARTMENT + given["department"]]
    return values


@pages.post("/<task_id>/draft")
@signed_in
def draft(task_id: str) -> ResponseReturnValue:
    """What has been typed so far, kept without being judged. Answers with the sentence that the page shows."""
    with writing() as session:
        saved_at = tasks.save_draft(session, task_id, typed(), g.actor, now())
    return saved_words(saved_at)


@pages.post("/<task_id>/refresh")
@signed_in
def refresh(task_id: str) -> ResponseReturnValue:
    """The form drawn anew for what is typed: conditions, rows of lists, uploads."""
    with writing() as session:
        sent = posted(session, task_id=task_id)
        tasks.save_draft(session, task_id, sent.raw, g.actor, now())
        form = shown(tasks.form(session, task_id, g.actor), now(), sent.raw, sent.refused)
    return fragment(form, url_for(".refresh", task_id=task_id), url_for(".draft", task_id=task_id))


@pages.post("/<task_id>/complete")
@signed_in
def complete(task_id: str) -> ResponseReturnValue:
    sent = received(task_id=task_id)
    if not sent.submitted:
        with writing() as session:
            tasks.save_draft(session, task_id, sent.raw, g.actor, now())
        return _page(task_id, sent.raw, sent.refused)
    try:
        with writing() as session:
            task = tasks.get(session, task_id, g.actor)
            tasks.complete(session, task_id, sent.raw, g.actor, now())
            is_done = not tasks.is_open(session, task_id)
    except StimulusRefused as refused:
        # A listener of the diagram does not agree, or an earlier change waits for one: what was typed stays.
        flash(sentence(refused), "late")
        return make_response(_page(task_id, sent.raw), 409)
    except FormInvalid as invalid:
        return make_response(_page(task_id, sent.raw, invalid.submission.errors), 422)
    except (TaskNotOpen, AlreadyClaimed) as late:
        return _too_late(task_id, sent.raw, late)
    except Exception as failure:
        keep = partial(tasks.save_draft, task_id=task_id, raw=sent.raw, actor=g.actor, now=now())
        flash(attended(failure, keep, task_id), "late")
        return make_response(_page(task_id, sent.raw), 500)
    _tell(is_done, t("task.completed", task=task.name))
    return redirect(_next(task), 303)


def _tell(is_done: bool, done: str) -> None:
    """What has come of an act: it is done, or a listener of the diagram is heard first."""
    flash(done if is_done else t("task.change_waits"), "ok")


def _too_late(task_id: str, raw: Raw, late: TaskNotOpen | AlreadyClaimed) -> ResponseReturnValue:
    """Somebody was faster: who, when, and everything this person typed, which stays theirs as a draft."""
    with writing() as session:
        tasks.save_draft(session, task_id, raw, g.actor, now())
        form = shown(tasks.form(session, task_id, g.actor), now(), raw)
    return make_response(render_template("too_late.html", what=sentence(late), typed=typed_words(form), task_id=task_id), 409)


def _page(task_id: str, raw: Raw | None = None, errors: Mapping[str, FieldError] | None = None) -> str:
    with store().reading() as session:
        task = tasks.get(session, task_id, g.actor)
        may_work = may_work_on(g.actor, task)
        task_form = tasks.form(session, task_id, g.actor)
        holders = tasks.holders(session, task, g.actor)
        may_change = task.closed_at is None and may(g.actor, Act.SUPERVISE)
        offices = departments.departments(session, task.zone_id) if may_change else []
        case = case_parts(session, task.instance_id, g.actor, now(), (task.definition_id, task.id))
    return render_template(
        "task.html", task=task, case=case, may_work=may_work, holders=holders, may_change=may_change, departments=offices, due=times.typed(task.due_at),
        may_release=tasks.may_release(g.actor, task),
        form=shown(task_form, now(), raw, errors, read_only=not may_work), draft_from=task_form.saved_at if raw is None and may_work else None,
        refresh_url=url_for(".refresh", task_id=task_id), draft_url=url_for(".draft", task_id=task_id),
    )  # fmt: skip


def _next(task: tasks.TaskDetail) -> str:
    """Where to go when a task is done: an enterprise sees its case move, everybody else has more to do."""
    if g.actor.kind is Kind.ENTERPRISE:
        return url_for("enterprise_pages.follow", instance_id=task.instance_id)
    return url_for("inbox.show")
