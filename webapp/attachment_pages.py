"""Files that people handed in, for those who may see them: with their case, or in the form of a task."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, g, request, send_file, url_for
from flask.typing import ResponseReturnValue

from engine.verbs import attachments, filling, tasks
from webapp.clock import now
from webapp.database import store
from webapp.security import signed_in

pages = Blueprint("attachment_pages", __name__)


@pages.get("/attachments/<attachment_id>")
@signed_in
def download(attachment_id: str) -> ResponseReturnValue:
    """A file of a case that the person may see."""
    return _file(attachment_id)


@pages.get("/tasks/<task_id>/files/<attachment_id>")
@signed_in
def download_shown(task_id: str, attachment_id: str) -> ResponseReturnValue:
    """A file in the form of a task: one that a called process hands over belongs to another case."""
    return _file(attachment_id, task_id)


def address(attachment_id: str) -> str:
    """Where a file is opened from the page that is being drawn."""
    task_id = (request.view_args or {}).get("task_id")
    if task_id is None:
        return url_for("attachment_pages.download", attachment_id=attachment_id)
    return url_for("attachment_pages.download_shown", task_id=task_id, attachment_id=attachment_id)


def _file(attachment_id: str, task_id: str | None = None) -> ResponseReturnValue:
    """Always as a download, never shown by the browser: the content came from outside."""
    with store().reading() as session:
        shown = filling.files_shown(tasks.form(session, task_id, g.actor), now()) if task_id is not None else frozenset()
        facts, content = attachments.open(session, attachment_id, g.actor, shown)
    response = send_file(BytesIO(content), facts.media_type, as_attachment=True, download_name=facts.filename, etag=False, max_age=0)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response
