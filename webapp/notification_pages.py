"""What the system told a person: reminders, results, escalations."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.verbs import notifications, tasks
from webapp.clock import now
from webapp.database import store, writing
from webapp.inbox import page_number
from webapp.security import signed_in

pages = Blueprint("notification_pages", __name__, url_prefix="/notifications")


@pages.get("")
@signed_in
def show() -> ResponseReturnValue:
    with store().reading() as session:
        page = tasks.page(session, notifications.all_of(g.actor), page_number(), 20)
    return render_template("notifications.html", page=page, address=lambda number: url_for(".show", page=number))


@pages.post("/read")
@signed_in
def read() -> ResponseReturnValue:
    with writing() as session:
        notifications.mark_all_read(session, g.actor, now())
    return redirect(url_for(".show"), 303)
