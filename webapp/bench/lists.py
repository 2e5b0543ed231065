"""What pages of lists ask of a large database: inbox, search, lists of cases, the numbers on the dashboard.

Times are the database's: the driver's execution and fetching. `all_ms` beside them is the median with everything around it.
"""

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
from webapp.bench.measure import Line, line, percentile, taking_turns
from webapp.bench.seeding import seed
from webapp.bench.spending import Spent, watch
from webapp.bench.townspeople import ROLES
from webapp.bench.worlds import has_postgresql, stores

TASKS, EVENTS = 100_000, 1_000_000
TARGET = "p95 < 50 ms"
Question = Callable[[Session], object]


def lists(scale: float = 1) -> Iterator[Line]:
    """On each kind of database, seeded for it; `scale` shrinks the database too."""
    for database in ("sqlite", "postgresql"):
        if database == "sqlite" or has_postgresql():
            with stores(database) as store:
                spent = watch(store)
                store.migrate()
                seed(store, int(TASKS * scale), int(EVENTS * scale), datetime.now(UTC))
                yield from ask(store, spent, scale)


def ask(store: Store, spent: Spent, scale: float = 1) -> Iterator[Line]:
    """The questions, to a database that has been seeded; `spent` watches the store."""
    with store.reading() as session:
        accounts = dict(session.execute(select(Person.username, Person.id).where(Person.username.in_(ROLES.values()))).all())
        who = {role: actor(session, accounts[username], datetime.now(UTC)) for role, username in ROLES.items()}
    questions = _questions(who)
    rounds, of_database = max(10, int(60 * scale)), {name: list[float]() for name in questions}
    asked = {name: _asked(store, question, spent, of_database[name]) for name, question in questions.items()}
    for name, whole in taking_turns(asked, rounds, warm_up=2).items():
        own, all_ms = of_database[name][-rounds:], round(percentile(whole, 0.5), 1)
        yield line("lists", name, own, database=store.url.get_backend_name(), unit="page", target=TARGET, all_ms=all_ms)


def _asked(store: Store, question: Question, spent: Spent, times: list[float]) -> Callable[[], object]:
    """Asks once; adds to `times` the milliseconds of the database."""

    def ask_once() -> object:
        with store.reading() as session:
            spent.begin()
            found = question(session)
            times.append(spent.seconds * 1000)
            return found

    return ask_once


def _questions(who: dict[str, Actor]) -> dict[str, Question]:
    now = datetime.now(UTC)

    def box(name: str, which: str, number: int = 1, query: str = "") -> Question:
        return lambda session: tasks.page(session, tasks.inbox(who[name], which, now, query=query), number)

    def cases(name: str, number: int = 1, **chosen: object) -> Question:
        return lambda session: tasks.page(session, instances.list_instances(who[name], Filter(**chosen), now), number)  # type: ignore[arg-type]

    return {
        "inbox, 50 000 free": box("lead", "groups"), "inbox, page 40": box("lead", "groups", 40), "inbox, mine": box("department", "mine"),
        "inbox, much mine": box("lead", "mine"), "inbox, overdue": box("lead", "overdue"), "inbox, cadre": box("cadre", "groups"),
        "inbox, cadre of 300": box("busy cadre", "groups"), "inbox, supervisor": box("supervisor", "groups"),
        "inbox, enterprise": box("enterprise", "groups"), "inbox, done": box("department", "done"), "inbox, much done": box("lead", "done"),
        "inbox, number found": box("lead", "groups", query="SQ2026000123"), "inbox, word found": box("lead", "groups", query="永昌"),
        "inbox, word of all": box("lead", "groups", query="路段"), "inbox, one sign": box("lead", "groups", query="1"),
        "inbox, name of tasks": box("lead", "groups", query="审核"), "inbox, name of others": box("lead", "groups", query="签收"),
        "inbox, nothing found": box("lead", "groups", query="没有这个词"), "inbox, long words": box("lead", "groups", query="没有这个词" * 20),
        "inbox, nothing done": box("lead", "done", query="没有这个词"), "inbox, cadre of 300 finds": box("busy cadre", "groups", query="永昌"),
        "inbox, supervisor finds": box("supervisor", "groups", query="永昌"), "numbers of all boxes": lambda session: tasks.counts(session, who["lead"], now),
        "cases, zone": cases("supervisor"), "cases, zone, page 50": cases("supervisor", 50), "cases, office": cases("department"),
        "cases, desk": cases("lead"), "cases, cadre of 300": cases("busy cadre"), "cases, enterprise": cases("enterprise"),
        "cases, stuck": cases("administrator"), "cases, active": cases("supervisor", status="active"),
        "cases, no status": cases("supervisor", status="failed"), "cases, desk, no status": cases("lead", status="failed"),
        "cases, desk, process": cases("lead", process="appeal_handling"), "cases, overdue": cases("supervisor", overdue=True),
        "cases, desk, overdue": cases("lead", overdue=True), "cases, incidents": cases("supervisor", incident=True),
        "cases, desk, incidents": cases("lead", incident=True), "cases, department": cases("supervisor", department="bench-3"),
        "cases, desk, department": cases("lead", department="bench-3"), "cases, word found": cases("supervisor", query="永昌"),
        "cases, word of all": cases("supervisor", query="路段"), "cases, one sign": cases("lead", query="1"),
        "cases, all narrowed": cases("lead", query="永昌", status="active", overdue=True, department="bench-3"),
        "cases, nothing found": cases("supervisor", query="没有这个词"),
    }  # fmt: skip
