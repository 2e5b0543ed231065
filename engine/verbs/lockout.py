"""Guessing passwords is slowed down: after some failures an account stands still for a while, and nobody outside is told that it does."""

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
    """Unknown name, wrong password, closed or locked account: which one is not told, so that names cannot be tried out."""

    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__(failures=FAILURES, minutes=LOCK // timedelta(minutes=1))


def is_locked(locked_until: datetime | None, now: datetime) -> bool:
    return locked_until is not None and locked_until > now


def count_failure(session: Session, person: Row, now: datetime) -> None:
    """One more wrong password; the one that fills the measure locks the account. After the lock, counting begins anew."""
    failed = 1 if person.locked_until is not None else person.failed_count + 1
    until = now + LOCK if failed >= FAILURES else None
    session.execute(update(Person).where(Person.id == person.id).values(failed_count=failed, locked_until=until))
    if until is not None:
        line = history.entry("person_locked", now, person=person.id, until=until.isoformat())
        history.append(session, history.SYSTEM_STREAM, [line], SYSTEM, now)
