"""The working-day calendar in force: the State Council's notices, with the owners' own days on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.core.calendar import Calendar, functions, standard
from engine.tables.prepared import Prepared
from engine.tables.settings import Holiday
from engine.verbs import history
from engine.verbs.access import Act, Actor, require


def calendar(session: Session) -> Calendar:
    """The calendar that limits are counted by, from now on."""
    return _calendar(_own_days(session))


def feel_functions(session: Session) -> Mapping[str, object]:
    """The calendar's FEEL functions."""
    return _functions(_own_days(session))


def set_day(session: Session, day: date, is_workday: bool | None, actor: Actor, now: datetime, name: str | None = None) -> None:
    """Declare a day worked or free; None: as the notices say. Limits that are already running keep their due moments."""
    require(actor, Act.SET_CALENDAR)
    session.execute(delete(Holiday).where(Holiday.day == day))
    if is_workday is not None:
        session.execute(Holiday.__table__.insert(), {"day": day, "is_workday": is_workday, "name": name})
    facts = {"day": day.isoformat(), "is_workday": is_workday, "name": name}
    history.append(session, history.SYSTEM_STREAM, [history.entry("calendar_changed", now, **facts)], actor, now)


def with_own_days(rows: Iterable[Any]) -> Calendar:
    """The calendar by the rows of OWN_DAYS."""
    return _calendar(tuple((row.day, row.is_workday) for row in rows))


OWN_DAYS = Prepared(select(Holiday.day, Holiday.is_workday).order_by(Holiday.day))


def _own_days(session: Session) -> tuple[tuple[date, bool], ...]:
    return tuple((row.day, row.is_workday) for row in OWN_DAYS.rows(session))


@lru_cache(maxsize=16)
def _calendar(days: tuple[tuple[date, bool], ...]) -> Calendar:
    return standard().with_days(dict(days)) if days else standard()


@lru_cache(maxsize=16)
def _functions(days: tuple[tuple[date, bool], ...]) -> Mapping[str, object]:
    return functions(_calendar(days))
