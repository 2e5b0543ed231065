"""Guessing passwords is slowed down: after some failures an account stands still for a while, and nobody outside is told that it does.

So does an address from which many are refused, whosever they are. Both are counted in the database, for all web processes together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Row, Table, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.tables.people import Person, RefusedAddress
from engine.verbs import history
from engine.verbs.access import SYSTEM
from engine.verbs.errors import EngineError

FAILURES = 5
LOCK = timedelta(minutes=15)
SPAN = timedelta(minutes=1)  # in which refusals of an address are counted
TIDIED = 100  # rows of past spans that one refusal takes away: more than it adds
_ADDRESS = cast(Table, RefusedAddress.__table__)


class SignInRefused(EngineError):
    """Unknown name, wrong password, closed or locked account: which one is not told, so that names cannot be tried out."""

    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__(failures=FAILURES, minutes=LOCK // timedelta(minutes=1))


class TooManyRefusals(EngineError):
    """Too many sign-ins from this address were refused. `seconds`: when to try again."""

    code = "too_many_refusals"


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


def check_address(session: Session, address: str, most: int, now: datetime) -> None:
    """Raises TooManyRefusals once `most` sign-ins from the address were refused within `SPAN`."""
    here = (_ADDRESS.c.address == address, _ADDRESS.c.since > now - SPAN, _ADDRESS.c.count >= most)
    since = session.scalar(select(_ADDRESS.c.since).where(*here))
    if since is not None:
        raise TooManyRefusals(seconds=int((since + SPAN - now).total_seconds()) + 1)


def count_refusal(session: Session, address: str, now: datetime) -> None:
    """One more refused sign-in from an address. Rows whose span is over go with it, so the table stays as small as the last minute."""
    over = select(_ADDRESS.c.address).where(_ADDRESS.c.since <= now - SPAN, _ADDRESS.c.address != address).limit(TIDIED)
    session.execute(delete(_ADDRESS).where(_ADDRESS.c.address.in_(over.with_for_update(skip_locked=True))))
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    is_over = _ADDRESS.c.since <= now - SPAN
    again = {"since": case((is_over, now), else_=_ADDRESS.c.since), "count": case((is_over, 1), else_=_ADDRESS.c.count + 1)}
    new = insert(_ADDRESS).values(address=address, since=now, count=1)
    session.execute(new.on_conflict_do_update(index_elements=["address"], set_=again))
