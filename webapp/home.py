"""The front door: everybody lands where their work is."""

from __future__ import annotations

from flask import Blueprint, g, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.security import signed_in

pages = Blueprint("home", __name__)
LANDING = {
    "enterprise": "enterprise_pages.show",
    "supervisor": "instance_pages.show_all",
    "administrator": "instance_pages.show_all",
    "designer": "definition_pages.show_all",
}


@pages.get("/")
@signed_in
def home() -> ResponseReturnValue:
    return redirect(url_for(LANDING.get(g.actor.kind, "inbox.show")), 303)
