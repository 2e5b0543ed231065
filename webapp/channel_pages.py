"""Where enterprises bring complaints, suggestions and requests: published to everyone, without signing in (clause 7.2.2)."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from engine.verbs.reference_tables import rows_in_force
from webapp.database import store
from webapp.security import public

pages = Blueprint("channel_pages", __name__, url_prefix="/channels")
TABLE = "channels"


@pages.get("")
@public
def show() -> ResponseReturnValue:
    """The rows of the reference table as they are in force."""
    with store().reading() as session:
        found = rows_in_force(session)(TABLE)
    rows = found.rows if found is not None else ()
    return render_template("channels.html", channels=rows, is_web=_is_web)


def _is_web(address: object) -> bool:
    return str(address or "").startswith(("https://", "http://"))
