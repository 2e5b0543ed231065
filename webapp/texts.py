"""The pages' sentences in the reader's language, chosen by a cookie: Chinese unless English was asked for."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, g, has_request_context, redirect, request
from flask.typing import ResponseReturnValue

from engine.texts import LANGUAGES, add_catalogue, text
from webapp.security import public, safe_target

add_catalogue(Path(__file__).parent / "texts")
COOKIE = "language"
pages = Blueprint("texts", __name__)


def language() -> str:
    """`zh` or `en`."""
    if not has_request_context():
        return "zh"
    chosen: str | None = g.get("language")
    if chosen is None:
        wanted = request.cookies.get(COOKIE, "zh")
        chosen = g.language = wanted if wanted in LANGUAGES else "zh"
    return chosen


def t(code: str, /, **facts: object) -> str:
    """The sentence for `code` in the reader's language."""
    return text(code, language(), **facts)


@pages.post("/language")
@public
def change() -> ResponseReturnValue:
    """Switch the language and return to the page one was on."""
    wanted = request.form.get("language", "zh")
    response = redirect(safe_target(request.form.get("next")), 303)
    if wanted in LANGUAGES:
        response.set_cookie(COOKIE, wanted, max_age=365 * 24 * 3600, samesite="Lax", httponly=True, secure=request.is_secure)
    return response
