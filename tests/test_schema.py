"""The migrated schema is the one the models describe, on both kinds of database."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select

from engine.tables.schema import is_described, metadata
from engine.tables.settings import Holiday
from engine.tables.store import Store
from engine.tables.types import Utc


def indexes(store: Store) -> dict[str, set[str]]:
    found = inspect(store.engine)
    return {table: {index["name"] or "" for index in found.get_indexes(table)} for table in metadata.tables}


def test_a_migrated_database_has_exactly_the_models_tables(any_store: Store) -> None:
    with any_store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"include_name": is_described}), metadata) == []


def test_a_migrated_database_has_exactly_the_models_indexes(any_store: Store) -> None:
    described = {name: {str(index.name) for index in table.indexes} for name, table in metadata.tables.items()}

    for table, names in described.items():
        assert names <= indexes(any_store)[table]


def test_a_fresh_and_a_migrated_file_are_the_same(tmp_path: Path, sqlite_store: Store) -> None:
    fresh = Store(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
    metadata.create_all(fresh.engine)

    assert indexes(fresh) == indexes(sqlite_store)
    for table in metadata.tables:
        columns = [
            [(column["name"], str(column["type"]), column["nullable"]) for column in inspect(store.engine).get_columns(table)]
            for store in (fresh, sqlite_store)
        ]
        assert columns[0] == columns[1]
    fresh.close()


def test_migrating_twice_changes_nothing(any_store: Store) -> None:
    any_store.migrate()

    with any_store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"include_name": is_described}), metadata) == []


def test_text_that_no_database_can_hold_is_stored_with_marks(any_store: Store) -> None:
    with any_store.writing() as session:
        session.execute(Holiday.__table__.insert(), {"day": date(2026, 3, 4), "is_workday": True, "name": "a\x00b\ud800"})

    with any_store.reading() as session:
        assert session.scalars(select(Holiday.name)).one() == "a\N{REPLACEMENT CHARACTER}b?"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        Utc().process_bind_param(datetime(2026, 3, 2), None)  # type: ignore[arg-type]
