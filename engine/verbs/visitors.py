"""What every page asks about the person before it, in one round trip: who they are, what they may, what they have not read yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.core.calendar import Calendar
from engine.tables.prepared import together
from engine.verbs import access, calendars, notifications, people
from engine.verbs.access import Actor


@dataclass(frozen=True)
class Visitor:
    """`password_stamp` and `password_is_temporary`: see `people.standing`. `unread`: notifications. `calendar`: in force now."""

    actor: Actor
    password_stamp: str
    password_is_temporary: bool
    unread: int
    calendar: Calendar


def visitor(session: Session, person_id: str, now: datetime) -> Visitor | None:
    """None for someone who does not exist or may no longer sign in."""
    asked = {"person_id": person_id, "now": now}
    statements = (people.STANDING, notifications.UNREAD, calendars.OWN_DAYS, *access.RIGHTS)
    standing, unread, days, *rights = together(session, [(statement, asked) for statement in statements])
    actor = access.acting(*rights)
    if actor is None or not standing:
        return None
    return Visitor(
        actor, standing[0].password_stamp, standing[0].password_is_temporary, int(unread[0].n), calendars.with_own_days(days)
    )  # fmt: skip
