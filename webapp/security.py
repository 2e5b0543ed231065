"""Who may open which page, and what every answer carries to keep browsers safe.

Denied by default: a view without one of the marks below answers nobody. `public` opens it to everyone, `signed_in` to every
signed-in person (the rows are then limited by the verbs), `needs(act)` to those whose kind has that act.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect

from engine.verbs import access, visitors
from engine.verbs.access import Act
from webapp.clock import now
from webapp.database import store

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
csrf = CSRFProtect()
WITH_TEMPORARY_PASSWORD = ("password_pages.show", "password_pages.change", "signing_in.sign_out")
POLICY = "; ".join(
    [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "style-src-attr 'unsafe-inline'", "img-src 'self' data:",
        "font-src 'self' data:", "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """What a view asks of the visitor."""

    public: bool = False
    act: Act | None = None


def public(view: View) -> View:
    view.mark = Mark(public=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    view.mark = Mark()  # type: ignore[attr-defined]
    return view


def needs(act: Act) -> Callable[[View], View]:
    def marked(view: View) -> View:
        view.mark = Mark(act=act)  # type: ignore[attr-defined]
        return view

    return marked


def mark_of(app: Flask, endpoint: str) -> Mark | None:
    """The mark of a view, None for a forgotten one. Static files are public."""
    if endpoint == "static":
        return Mark(public=True)
    return getattr(app.view_functions[endpoint], "mark", None)


def safe_target(target: str | None) -> str:
    """A path of this site to go back to, never another site's address."""
    if target:
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith(("//", "/\\")):
            return target
    return url_for("home.home")


def enter(person_id: str, stamp: str) -> None:
    """Begin a fresh session for this person; nothing of an earlier one survives."""
    session.clear()
    session["person"], session["stamp"] = person_id, stamp


def _load_actor() -> None:
    g.actor, g.must_change_password = None, False
    person, stamp = session.get("person"), session.get("stamp")
    if not person or request.endpoint == "static":
        return
    with store().reading() as db:
        visitor = visitors.visitor(db, person, now())
    if visitor is None or visitor.password_stamp != stamp:
        session.clear()
        return
    g.actor, g.must_change_password = visitor.actor, visitor.password_is_temporary
    g.unread, g.calendar = visitor.unread, visitor.calendar


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:  # no such page: the 404 page says so, to strangers too
        return None
    mark = mark_of(current_app, request.endpoint)
    if mark is not None and mark.public:
        return None
    if g.actor is None:
        if request.headers.get("HX-Request"):
            return Response(status=401, headers={"HX-Redirect": url_for("signing_in.show")})
        if request.method not in ("GET", "HEAD"):
            abort(401)
        return redirect(url_for("signing_in.show", next=request.full_path.rstrip("?")), 303)
    if g.must_change_password and request.endpoint not in WITH_TEMPORARY_PASSWORD:
        return redirect(url_for("password_pages.show"), 303)
    if mark is None or (mark.act is not None and not access.may(g.actor, mark.act)):
        abort(403)
    return None


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
    if request.endpoint != "static":
        # Shared computers stand in service halls: the back button must not show the last person's cases.
        headers.setdefault("Cache-Control", "no-store")
    if current_app.extensions["settings"].production:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def protect(app: Flask) -> None:
    """Cookies, CSRF, the guard before and the headers after every request."""
    production = app.extensions["settings"].production
    app.config.update(
        SESSION_COOKIE_NAME="__Host-zhuqi" if production else "zhuqi",
        SESSION_COOKIE_SECURE=production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form may stay open all day; the token ends with the session
        WTF_CSRF_SSL_STRICT=production,
    )
    app.before_request(_load_actor)
    csrf.init_app(app)
    app.before_request(_guard)
    app.after_request(_headers)
