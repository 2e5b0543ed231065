"""Every page that people open, on a large database: asked of the application itself, as people of each kind: `zhuqi bench pages`.

Nobody lists the pages here. The addresses without parameters are the application's own; those with parameters are the first ones that
the pages opened so far lead to. So a page that is added later is measured too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from engine.tables.people import Person
from engine.tables.store import Store
from webapp.app import create_app
from webapp.bench.lists import EVENTS, TASKS
from webapp.bench.measure import Line, line, taking_turns
from webapp.bench.seeding import seed
from webapp.bench.spending import Spent, watch
from webapp.bench.townspeople import ROLES
from webapp.bench.worlds import has_postgresql, stores
from webapp.settings import Settings

TARGET = "< 200 ms"
ROUNDS = 12
SKIPPED = frozenset({"static"})
# What people type rather than follow: searches, filters, the last pages of long lists.
TYPED = (
    "/inbox?box=groups&q=SQ2026000123", "/inbox?box=groups&q=永昌", "/inbox?box=groups&page=50", "/inbox?box=done&q=没有这个词", "/instances?q=永昌",
    "/instances?q=1", "/instances?q=没有这个词", "/instances?status=terminated", "/instances?overdue=1", "/instances?incident=1",
    "/instances?process=appeal_handling", "/instances?page=50", "/people?q=没有这个人", "/people?kind=enterprise", "/notifications?page=40",
)  # fmt: skip
_LINK = re.compile(r'href="(/[^"#]*)"')


@dataclass
class Visitor:
    """One person's browser. `paths`: the kind of page → an address of it that answers."""

    client: FlaskClient
    paths: dict[str, str] = field(default_factory=dict)

    def opens(self, path: str) -> str | None:
        """The page; None if it is not for this person, or sends them elsewhere."""
        answer = self.client.get(path)
        if answer.status_code >= 500:
            raise RuntimeError(f"{path}: {answer.status}")
        if answer.status_code != 200:
            return None
        return answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""


def pages(scale: float = 1) -> Iterator[Line]:
    """On each kind of database, seeded for it; `scale` shrinks the database too."""
    for database in ("sqlite", "postgresql"):
        if database == "sqlite" or has_postgresql():
            with stores(database) as store:
                store.migrate()
                seed(store, int(TASKS * scale), int(EVENTS * scale), datetime.now(UTC), services=True)
                yield from walk(store, scale)


def walk(store: Store, scale: float = 1, roles: Mapping[str, str] = ROLES) -> Iterator[Line]:
    """All pages of a database that has been seeded, by each kind of person: what they are called here, and their user name."""
    watched = Store(store.url)
    spent = watch(watched)
    app = create_app(watched, Settings(secret="bench" * 8))
    try:
        for role, username in roles.items():
            visitor = Visitor(_signed_in(app, watched, username))
            explore(app, visitor)
            yield from _timed(visitor, role, spent, store.url.get_backend_name(), max(2, int(ROUNDS * scale)))
    finally:
        watched.close()


def explore(app: Flask, visitor: Visitor) -> None:
    """Open what has an address of its own, then whatever else there are links to, one page of each kind."""
    waiting = [*_plain(app), *TYPED]
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(app, path)
        if kind is None or kind in visitor.paths:
            continue
        content = visitor.opens(path)
        if content is not None:
            visitor.paths[kind] = path
            waiting += (unescape(link) for link in _LINK.findall(content))


def kind_of(app: Flask, path: str) -> str | None:
    """What pages have in common that differ only in whose they are, or in how far one has turned the leaves: the rule, and for a page
    without parameters its question.
    """
    address = urlsplit(path)
    try:
        rule, values = app.url_map.bind("localhost").match(address.path, return_rule=True)
    except HTTPException:
        return None
    if rule.endpoint in SKIPPED:
        return None
    asked = [f"{name}={value}" for name, value in parse_qsl(address.query) if name != "page" or path in TYPED]
    return rule.rule if values or not asked else f"{rule.rule}?{'&'.join(asked)}"


def _plain(app: Flask) -> list[str]:
    rules = (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint not in SKIPPED)
    return sorted(rule.rule for rule in rules)


def _signed_in(app: Flask, store: Store, username: str) -> FlaskClient:
    """Without the password: hashing it is meant to take its time."""
    with store.reading() as session:
        person = session.execute(select(Person.id, Person.password_stamp).where(Person.username == username)).one()
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["person"], kept["stamp"] = person.id, person.password_stamp
    return client


def _timed(visitor: Visitor, role: str, spent: Spent, database: str, rounds: int) -> Iterator[Line]:
    uses: dict[str, list[tuple[int, float]]] = {kind: [] for kind in visitor.paths}
    asked = {kind: _opening(visitor.client, path, spent, uses[kind]) for kind, path in visitor.paths.items()}
    for kind, times in taking_turns(asked, rounds, warm_up=1).items():
        statements, seconds = zip(*uses[kind][1:], strict=True)
        yield line(
            "pages", f"{role} {kind}", times, database=database, unit="page", target=TARGET, statements=max(statements),
            database_ms=round(1_000 * sorted(seconds)[len(seconds) // 2], 1),
        )  # fmt: skip


def _opening(client: FlaskClient, path: str, spent: Spent, uses: list[tuple[int, float]]) -> Callable[[], object]:
    def open_once() -> None:
        spent.begin()
        client.get(path).close()
        uses.append((spent.statements, spent.seconds))

    return open_once
