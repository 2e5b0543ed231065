"""A form of the engine made ready for a page, or for the part of it that htmx exchanges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Response, render_template

from engine.core.calendar import CHINA
from engine.core.forms.model import FieldError
from engine.core.forms.parts import View
from engine.core.forms.view import view
from engine.verbs.filling import TaskForm
from webapp.posted_forms import Raw
from webapp.texts import t


def shown(
    task_form: TaskForm, now: datetime, raw: Raw | None = None, errors: Mapping[str, FieldError] | None = None,
    *, read_only: bool = False,
) -> View | None:  # fmt: skip
    """What to draw: `raw` as typed just now, else the saved draft, else the variables. None if there is no form."""
    if task_form.form is None:
        return None
    typed = raw if raw is not None else task_form.draft
    return view(
        task_form.form, task_form.variables, typed, now=now, read_only=read_only, errors=errors, attachments=task_form.attachments
    )


def fragment(form: View | None, refresh_url: str, draft_url: str = "") -> str:
    """Only the fields, for an exchange in place."""
    return render_template("form_fragment.html", form=form, refresh_url=refresh_url, draft_url=draft_url)


def saved_words(saved_at: datetime) -> Response:
    """`已保存 10:42`: what the page says about a draft."""
    return Response(t("form.saved", time=f"{saved_at.astimezone(CHINA):%H:%M}"), mimetype="text/plain")


def typed_words(form: View | None) -> list[tuple[str, str]]:
    """Label and words of every field that something was typed into, to be read and copied."""
    found = []
    for part in form.walk() if form else ():
        words = [*part.display] or list(part.texts)
        words += [file.name for file in part.files]
        filled = "、".join(word for word in words if word)
        if part.name and part.kind not in ("checkbox",) and filled:
            found.append((part.label, filled))
    return found
