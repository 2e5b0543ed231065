"""Files that people handed in, for those who may see the case they belong to."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, g, send_file
from flask.typing import ResponseReturnValue

from engine.verbs import attachments
from webapp.database import store
from webapp.security import signed_in

pages = Blueprint("attachment_pages", __name__, url_prefix="/attachments")


@pages.get("/<attachment_id>")
@signed_in
def download(attachment_id: str) -> ResponseReturnValue:
    """Always as a download, never shown by the browser: the content came from outside."""
    with store().reading() as session:
        facts, content = attachments.open(session, attachment_id, g.actor)
    response = send_file(BytesIO(content), facts.media_type, as_attachment=True, download_name=facts.filename, etag=False, max_age=0)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response
