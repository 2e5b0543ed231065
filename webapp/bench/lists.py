"""What pages of lists ask of a large database: inbox, search, lists of cases, the numbers on the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.tables.people import Person
from engine.tables.store import Store
from engine.verbs import instances, tasks
from engine.verbs.access import Actor, actor
from engine.verbs.instances import Filter
from webapp.bench.measure import Line, line, taking_turns
from webapp.bench.seeding import CADRES, seed
from webapp.bench.worlds import has_postgresql, stores

TASKS, EVENTS = 100_000, 1_000_000
TARGET = "p95 < 50 ms"
Question = Callable[[Session], object]


def lists(scale: float = 1) -> Iterator[Line]:
    """On each kind of database, seeded for it; `scale` shrinks the database too."""
    for database in ("sqlite", "postgresql"):
        if database == "sqlite" or has_postgresql():
            with stores(database) as store:
                store.migrate()
                seed(store, int(TASKS * scale), int(EVENTS * scale), datetime.now(UTC))
                yield from ask(store, scale)


def ask(store: Store, scale: float = 1) -> Iterator[Line]:
    """The questions, to a database that has been seeded."""
    with store.reading() as session:
        named = {
            "desk": session.scalars(select(Person.id).where(Person.username == "bench-0")).one(), "office": f"bench-p{CADRES + 100}",
            "cadre": "bench-p7", "supervisor": f"bench-p{CADRES + 3}",
        }  # fmt: skip
        who = {name: actor(session, id_, datetime.now(UTC)) for name, id_ in named.items()}
    questions = _questions(who)
    times = taking_turns({name: _asked(store, question) for name, question in questions.items()}, max(10, int(60 * scale)), warm_up=2)
    for name, own in times.items():
        yield line("lists", name, own, database=store.url.get_backend_name(), unit="page", target=TARGET)


def _asked(store: Store, question: Question) -> Callable[[], object]:
    def ask_once() -> object:
        with store.reading() as session:
            return question(session)

    return ask_once


def _questions(who: dict[str, Actor]) -> dict[str, Question]:
    now = datetime.now(UTC)

    def box(name: str, which: str, number: int = 1, query: str = "") -> Question:
        return lambda session: tasks.page(session, tasks.inbox(who[name], which, now, query=query), number)

    def cases(name: str, number: int = 1, **chosen: object) -> Question:
        return lambda session: tasks.page(session, instances.list_instances(who[name], Filter(**chosen), now), number)  # type: ignore[arg-type]

    found: dict[str, Question] = {
        "inbox, 50 000 free": box("desk", "groups"), "inbox, page 40": box("desk", "groups", 40), "inbox, mine": box("office", "mine"),
        "inbox, overdue": box("desk", "overdue"), "inbox, cadre": box("cadre", "groups"), "inbox, done": box("desk", "done"),
        "inbox, number found": box("desk", "groups", query="SQ2026000123"), "inbox, word found": box("desk", "groups", query="永昌"),
        "inbox, nothing found": box("desk", "groups", query="没有这个词"), "cases, zone": cases("supervisor"),
        "cases, zone, page 50": cases("supervisor", 50), "cases, office": cases("office"), "cases, desk": cases("desk"),
        "cases, active": cases("supervisor", status="active"), "cases, overdue": cases("supervisor", overdue=True),
        "cases, department": cases("supervisor", department="bench-3"), "cases, nothing found": cases("supervisor", query="没有这个词"),
    }  # fmt: skip
    return found | {"numbers of all boxes": lambda session: tasks.counts(session, who["desk"], now)}
