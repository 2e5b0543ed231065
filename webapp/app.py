"""The web application: built from a store and settings, with every page family registered in one place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from flask import Flask, g, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from engine.tables.store import Store
from engine.verbs.access import Act, may
from webapp import (
    action_pages, attachment_pages, channel_pages, clause_pages, clock, definition_pages, enterprise_pages, error_pages, health, home, inbox, instance_pages,
    menu, notification_pages, oversight_pages, password_pages, people_pages, people_words, record_pages, reference_pages, security, signing_in, starting_pages, task_pages, texts, times,
)  # fmt: skip
from webapp.attempts import Application
from webapp.settings import Settings
from webapp.templating import InLanguages

FAMILIES = (
    home, signing_in, inbox, task_pages, starting_pages, enterprise_pages, instance_pages, oversight_pages, action_pages, attachment_pages,
    definition_pages, reference_pages, people_pages, record_pages, password_pages, clause_pages, channel_pages, notification_pages, texts, health,
)  # fmt: skip


def create_app(store: Store, settings: Settings, now: Callable[[], datetime] = clock.wall) -> Flask:
    """The WSGI application over an open, migrated store. `now` gives aware UTC; tests pass their own."""
    app = Application(__name__)
    app.jinja_environment = InLanguages
    app.secret_key = settings.secret
    app.config.update(
        MAX_CONTENT_LENGTH=settings.largest_request,
        MAX_FORM_PARTS=2_000,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
    )
    app.extensions.update(store=store, settings=settings, clock=now)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    app.get_send_file_max_age = _max_age  # type: ignore[method-assign]
    security.protect(app)
    error_pages.register(app)
    for family in FAMILIES:
        app.register_blueprint(family.pages)
    _words(app)
    return app


def _words(app: Flask) -> None:
    """What every template may call."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(local=times.local, local_words=times.local_words, local_day=times.local_day)
    app.jinja_env.globals.update(
        t=texts.t, asset=asset, remaining=times.remaining, menu=menu.entries, unread=menu.unread, kind_words=people_words.kind,
        file_address=attachment_pages.address, Act=Act, may=lambda act: g.actor is not None and may(g.actor, act),
    )  # fmt: skip
    app.context_processor(lambda: {"lang": texts.language(), "actor": g.get("actor")})


def _max_age(name: str | None) -> int:
    """Seconds that a browser may keep a static file: built ones carry their hash in the address."""
    return 365 * 24 * 3600 if name and name.startswith("built/") else 24 * 3600


def asset(name: str) -> str:
    """The address of a built file, changing when its content does."""
    return url_for("static", filename=f"built/{name}", v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    file = Path(__file__).parent / "static" / "built" / name
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "missing"
