"""The only wall clock of the web pages; tests put their own in `app.extensions["clock"]`."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app


def wall() -> datetime:
    return datetime.now(UTC)


def now() -> datetime:
    """The present moment, aware UTC."""
    return current_app.extensions["clock"]()
