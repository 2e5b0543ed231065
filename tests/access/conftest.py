from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.tables.store import Store
from tests.access.world import World, populate
from tests.verbs.running import Clock


@pytest.fixture(scope="session")
def populated_database(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world in an SQLite file, made once and copied for each test."""
    file = tmp_path_factory.mktemp("world") / "world.sqlite"
    shutil.copy(empty_database, file)
    store = Store(f"sqlite:///{file}")
    populate(store, Clock())
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    store.close()
    return file


@pytest.fixture
def world(populated_database: Path, tmp_path: Path, clock: Clock) -> Iterator[World]:
    file = tmp_path / "world.sqlite"
    shutil.copy(populated_database, file)
    store = Store(f"sqlite:///{file}")
    yield World(store, clock)
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_world(request: pytest.FixtureRequest) -> World:
    """The test runs once on each kind of database."""
    if request.param == "sqlite":
        found: World = request.getfixturevalue("world")
        return found
    return populate(request.getfixturevalue("postgresql_store"), request.getfixturevalue("clock"))
