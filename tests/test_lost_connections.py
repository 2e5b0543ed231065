"""Connections to PostgreSQL that the server has ended, and what a transaction sees of it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.tables.store import Store

pytestmark = pytest.mark.postgresql
OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def end_others(url: str) -> None:
    """End every other connection to the database, and wait until they are gone."""
    killer = Store(url)
    with killer.reading() as session:
        session.execute(text(OTHERS)).all()
    killer.close()


def test_connections_ended_at_rest_are_replaced_unnoticed(postgresql_url: str) -> None:
    store = Store(postgresql_url)
    with store.writing() as one, store.writing() as other:
        before = {session.scalar(text("SELECT pg_backend_pid()")) for session in (one, other)}

    end_others(postgresql_url)

    with store.writing() as one, store.writing() as other:
        after = {session.scalar(text("SELECT pg_backend_pid()")) for session in (one, other)}
    assert len(after) == 2 and not before & after
    store.close()


def test_a_connection_ended_in_a_transaction_is_an_error_and_the_next_one_works(postgresql_url: str) -> None:
    store = Store(postgresql_url)

    with pytest.raises(DBAPIError), store.writing() as session:
        session.scalar(text("SELECT 1"))
        end_others(postgresql_url)
        session.scalar(text("SELECT 1"))

    with store.writing() as session:
        assert session.scalar(text("SELECT 1")) == 1
    store.close()


def test_a_connection_in_use_stays_the_same(postgresql_url: str) -> None:
    store = Store(postgresql_url)

    used = []
    for _ in range(3):
        with store.writing() as session:
            used.append(session.scalar(text("SELECT pg_backend_pid()")))

    assert len(set(used)) == 1
    store.close()
