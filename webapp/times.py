"""Moments and limits in people's words: Asia/Shanghai is applied here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from flask import g
from markupsafe import Markup, escape

from engine.core.calendar import CHINA, Calendar
from engine.texts import text
from engine.verbs import calendars
from webapp.clock import now
from webapp.database import store
from webapp.texts import language, t

Urgency = Literal["calm", "soon", "late"]
SAID = 4_096  # moments in words that a process remembers


@dataclass(frozen=True)
class Remaining:
    """What is left until a limit, in words, and how urgent that is."""

    words: str
    urgency: Urgency


def local_words(moment: datetime | None) -> str:
    """`今天 10:42`, `11月25日 10:42`, another year with its year."""
    return _words(moment, _today(), language()) if moment else "—"


def local(moment: datetime | None) -> Markup:
    """The moment as a `time` element with the full moment in its title."""
    return _element(moment, _today(), language()) if moment else Markup("—")


def _today() -> date:
    return now().astimezone(CHINA).date()


# A list says the same few moments again and again, and nothing but the arguments decides how.
@lru_cache(maxsize=SAID)
def _words(moment: datetime, today: date, language: str) -> str:
    there = moment.astimezone(CHINA)
    key = {0: "time.today", -1: "time.yesterday", 1: "time.tomorrow"}.get((there.date() - today).days)
    if key is None:
        key = "time.this_year" if there.year == today.year else "time.other_year"
    return text(key, language, year=there.year, month=there.month, day=there.day, clock=f"{there:%H:%M}")


@lru_cache(maxsize=SAID)
def _element(moment: datetime, today: date, language: str) -> Markup:
    there = moment.astimezone(CHINA)
    weekday = text(f"time.weekday_{there.isoweekday()}", language)
    full = text("time.full", language, date=f"{there:%Y-%m-%d}", clock=f"{there:%H:%M:%S}", weekday=weekday)
    exact, title, words = moment.isoformat(timespec="seconds"), escape(full), escape(_words(moment, today, language))
    return Markup(f'<time datetime="{exact}" title="{title}">{words}</time>')


def local_day(moment: datetime | None) -> str:
    """`2026-11-25`"""
    return f"{moment.astimezone(CHINA):%Y-%m-%d}" if moment else "—"


def typed(moment: datetime | None) -> str:
    """The moment as a field for a day and a time has it: `2026-11-25T17:30`, empty without one."""
    return f"{moment.astimezone(CHINA):%Y-%m-%dT%H:%M}" if moment else ""


def from_typed(text: str) -> str:
    """What such a field holds as an ISO moment; anything else as it is, for whoever judges it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA).isoformat()
    except ValueError:
        return text


def calendar() -> Calendar:
    """The calendar of working days, read once per request."""
    if "calendar" not in g:
        with store().reading() as session:
            g.calendar = calendars.calendar(session)
    return g.calendar


def remaining(due_at: datetime | None) -> Remaining | None:
    """`还剩 2 个工作日`, `今天 18:00 到期`, `超期 1 个工作日`; None without a limit."""
    if due_at is None:
        return None
    moment = now()
    left = calendar().remaining(moment, due_at)
    if left < 0:
        return Remaining(t("time.overdue", n=-left), "late")
    if left == 0 and local_day(due_at) != local_day(moment):  # a limit in plain days may end on a day off
        return Remaining(t("time.due_next"), "soon")
    if left == 0:
        return Remaining(t("time.due_today", clock=f"{due_at.astimezone(CHINA):%H:%M}"), "soon")
    return Remaining(t("time.left", n=left), "soon" if left == 1 else "calm")
