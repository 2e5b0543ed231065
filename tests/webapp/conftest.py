"""The small town of `town`, the application over it, and browsers in which its people are signed in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from engine.tables.people import Person
from engine.tables.store import Store
from engine.verbs import instances
from tests.verbs.running import Clock, work
from tests.webapp.town import settle
from webapp.app import create_app
from webapp.settings import Settings


@pytest.fixture(scope="session")
def settled_town(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's database, made once and copied for each test: hashing nine passwords takes its time."""
    file = tmp_path_factory.mktemp("town") / "town.sqlite"
    shutil.copy(empty_database, file)
    store = Store(f"sqlite:///{file}")
    settle(store, Clock())
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    store.close()
    return file


@pytest.fixture
def town(settled_town: Path, tmp_path: Path) -> Iterator[Store]:
    """A fresh copy of the town."""
    file = tmp_path / "town.sqlite"
    shutil.copy(settled_town, file)
    store = Store(f"sqlite:///{file}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each test has an application of its own; the templates are the same."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(town: Store, clock: Clock, compiled_templates: FileSystemBytecodeCache) -> Flask:
    made = create_app(town, Settings(secret="s" * 32, refused_sign_ins=1_000), clock)
    made.jinja_env.bytecode_cache = compiled_templates
    return made


@dataclass
class Visitor:
    """A browser in which one person is signed in."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, **options: object) -> TestResponse:
        response = self.client.get(path, **options)
        found = re.search(r'name="csrf_token" value="([^"]+)"', response.get_data(as_text=True))
        self.token = found.group(1) if found else self.token
        return response

    def post(self, path: str, data: dict[str, object] | None = None, **options: object) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **options)

    def text(self, path: str) -> str:
        response = self.get(path)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_data(as_text=True)


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Nobody is signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def visit(app: Flask) -> Callable[[str], Visitor]:
    """`visit("li")`: a browser in which li has signed in before."""

    def _visit(username: str) -> Visitor:
        with app.extensions["store"].reading() as session:
            person = session.execute(select(Person.id, Person.password_stamp).where(Person.username == username)).one()
        visitor = Visitor(app.test_client())
        with visitor.client.session_transaction() as cookie:
            cookie["person"], cookie["stamp"] = person
        visitor.get("/", follow_redirects=True)
        return visitor

    return _visit


@pytest.fixture
def file_request(visit: Callable[[str], Visitor], town: Store, clock: Clock) -> Callable[..., str]:
    """`file_request("zhao", subject="排水")`: a case filed over the page; its instance id."""

    def _file(username: str = "zhao", **fields: object) -> str:
        visitor = visit(username)
        key = re.search(r'name="_request_key" value="(\w+)"', visitor.text("/start/request"))
        answer = visitor.post("/start/request", {"_request_key": key.group(1), "subject": "厂区排水", "urgent": "", "papers": "", **fields})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        work(town, clock)
        return answer.location.rpartition("/")[2]

    return _file


@pytest.fixture
def open_task(town: Store) -> Callable[[str], str]:
    """`open_task(instance_id)`: the id of its open task."""
    def _open(instance_id: str) -> str:
        with town.reading() as session:
            return instances.open_tasks(session, [instance_id])[instance_id][0].id

    return _open
