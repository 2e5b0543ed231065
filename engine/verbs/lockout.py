"""Guessing passwords is slowed down: after some failures an account stands still for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Row, update
from sqlalchemy.orm import Session

from engine.tables.people import Person
from engine.verbs import history
from engine.verbs.access import SYSTEM
from engine.verbs.errors import EngineError

FAILURES = 5
LOCK = timedelta(minutes=15)


class SignInRefused(EngineError):
    """Unknown name or wrong password: which one is not told."""

    code = "sign_in_refused"


class LockedOut(EngineError):
    """Too many wrong passwords. `until` is the moment from which on the account can be tried again."""

    code = "locked_out"


def require_unlocked(locked_until: datetime | None, now: datetime) -> None:
    """Raises LockedOut; the password is not even looked at then."""
    if locked_until is not None and locked_until > now:
        raise LockedOut(until=locked_until)


def count_failure(session: Session, person: Row, now: datetime) -> None:
    """One more wrong password. The one that fills the measure raises LockedOut; after the lock, counting begins anew."""
    failed = 1 if person.locked_until is not None else person.failed_count + 1
    until = now + LOCK if failed >= FAILURES else None
    session.execute(update(Person).where(Person.id == person.id).values(failed_count=failed, locked_until=until))
    if until is not None:
        line = history.entry("person_locked", now, person=person.id, until=until.isoformat())
        history.append(session, history.SYSTEM_STREAM, [line], SYSTEM, now)
        raise LockedOut(until=until)
