"""Refused sign-ins of an address: counted in the database, and forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from engine.tables.people import RefusedAddress
from engine.tables.store import Store
from engine.verbs import lockout
from tests.verbs.running import Clock

MINUTE = timedelta(minutes=1)


def refuse(store: Store, address: str, clock: Clock) -> None:
    with store.writing() as session:
        lockout.count_refusal(session, address, clock.now)


def is_slowed(store: Store, address: str, clock: Clock, most: int = 2) -> bool:
    with store.reading() as session:
        try:
            lockout.check_address(session, address, most, clock.now)
        except lockout.TooManyRefusals:
            return True
    return False


def test_an_address_waits_out_the_minute_in_which_it_was_refused_too_often(any_store: Store, clock: Clock) -> None:
    refuse(any_store, "192.0.2.1", clock)
    assert not is_slowed(any_store, "192.0.2.1", clock)
    refuse(any_store, "192.0.2.1", clock)
    assert is_slowed(any_store, "192.0.2.1", clock) and not is_slowed(any_store, "192.0.2.2", clock)

    clock.now += MINUTE
    assert not is_slowed(any_store, "192.0.2.1", clock)
    refuse(any_store, "192.0.2.1", clock)
    assert not is_slowed(any_store, "192.0.2.1", clock)


def test_how_long_to_wait_is_said(any_store: Store, clock: Clock) -> None:
    refuse(any_store, "192.0.2.1", clock)
    clock.now += timedelta(seconds=20)
    with any_store.reading() as session, pytest.raises(lockout.TooManyRefusals) as refused:
        lockout.check_address(session, "192.0.2.1", 1, clock.now)
    assert refused.value.facts == {"seconds": 41}


def test_what_is_over_does_not_pile_up(any_store: Store, clock: Clock) -> None:
    for number in range(30):
        refuse(any_store, f"192.0.2.{number}", clock)
    clock.now += MINUTE
    refuse(any_store, "198.51.100.1", clock)
    with any_store.reading() as session:
        assert session.scalar(select(func.count()).select_from(RefusedAddress)) == 1
