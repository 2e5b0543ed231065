"""A database as large as a city's after years, in minutes: a few cases are really run, then their rows are copied under new ids.

Every copy is consistent in itself: state, waits, tasks, candidates, variables, incidents, and a hash chain of its own that verifies.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from engine.core.runtime.step import CompleteTask, Json
from engine.tables.instances import Event, Incident, InstanceText, ProcessInstance, Variable
from engine.tables.people import Notification
from engine.tables.prepared import Prepared
from engine.tables.store import Store
from engine.tables.tasks import Attachment, TaskCandidate, UserTask
from engine.tables.types import FAR_FUTURE
from engine.verbs import definitions, history, ids, search, stepping
from engine.verbs.access import OWN_ENTERPRISE, SERVING_CADRES, SYSTEM, ZONE_SUPERVISORS
from webapp import demonstration
from webapp.bench import diagrams, townspeople
from webapp.bench.townspeople import CADRES, DEPARTMENTS, DESK, PEOPLE, SERVED, SPAN, ZONES, firm, zone

BATCH = 2_000  # instances of one transaction
_FILE = b"bench\n" * 300
_NUMBERED = ("instance_text", "id")  # a number that the database gives
_TABLES: Mapping[str, Table] = {
    table.__tablename__: cast(Table, table.__table__)
    for table in (ProcessInstance, InstanceText, Variable, UserTask, TaskCandidate, Event, Incident, Attachment, Notification)
}
Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Pattern:
    """The rows of one case by table, and the id that all its ids begin with; one in so many cases is a copy of it. `year`: of its keys."""

    id: str
    rows: Rows
    year: int
    one_in: int


def is_empty(store: Store) -> bool:
    """Seeded rows are for measuring: they must not be mixed with anybody's work."""
    with store.reading() as session:
        return session.scalar(select(ProcessInstance.id).limit(1)) is None


def seed(store: Store, open_tasks: int, events: int, now: datetime, *, services: bool = False) -> dict[str, int]:
    """Fill a database: so many cases that have an open task and, together, so many events; some more that have ended or are stuck.

    `services`: the shipped processes too, with their demonstration cases. How many rows of each kind have been copied.
    """
    if services:
        demonstration.prepare(store, now)
    with store.writing() as session:
        definitions.deploy(session, {"bench_ring.bpmn": diagrams.ring("zhuqi").encode()}, SYSTEM, now, source="api")
        townspeople.settle(session, max(SERVED, open_tasks), now)
    patterns = _patterns(store, max(1, events // max(1, open_tasks)), now)
    insert = {name: Prepared(table.insert().inline(), [column for column in table.columns.keys() if (name, column) != _NUMBERED]) for name, table in _TABLES.items()}
    made, chance = dict.fromkeys(_TABLES, 0), random.Random(4)
    for begin in range(0, open_tasks, BATCH):
        rows: Rows = {table: [] for table in _TABLES}
        for number in range(begin, min(begin + BATCH, open_tasks)):
            # The oldest first, under ids that grow with time, as they would have come.
            at = now - SPAN * (1 - number / open_tasks)
            for pattern in patterns:
                if number % pattern.one_in == 0:
                    for table, copied in _copy(pattern, number, max(SERVED, open_tasks), at, now, chance).items():
                        rows[table] += copied
        with store.writing() as session:
            for table, of_table in rows.items():
                if of_table:
                    insert[table].run(session, of_table)
                made[table] += len(of_table)
    _analyze(store)
    return made


def _analyze(store: Store) -> None:
    """What PostgreSQL does by itself after a while; SQLite never does."""
    if not store.is_sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


# ---------------------------------------------------------------------------------------------------------------- patterns


def _patterns(store: Store, events_each: int, now: datetime) -> list[Pattern]:
    """A case that runs and has so many events, one that has ended with a rating, one with an incident; they stay in the database."""
    with store.writing() as session:
        return [
            _played(session, now, 2026, 1, {"round": 0, "last": 10**9}, events_each),
            _played(session, now, 2025, 5, {"round": 0, "last": 3, "rating": 4}, 1_000),
            _played(session, now, 2024, 200, {"round": "?", "last": 3}, 1_000),
        ]


def _played(session: Session, now: datetime, year: int, one_in: int, variables: Mapping[str, Json], events: int) -> Pattern:
    """Started, and its tasks completed until there are so many events or no more tasks."""
    instance_id = stepping.start(session, "bench_ring", variables, SYSTEM, now).id
    count = select(ProcessInstance.history_count).where(ProcessInstance.id == instance_id)
    open_task = select(UserTask.id).where(UserTask.instance_id == instance_id, UserTask.closed_at.is_(None))
    while session.scalars(count).one() < events and (task_id := session.scalar(open_task)):
        stepping.step(session, instance_id, CompleteTask(task_id, {}), SYSTEM, now)
    return Pattern(instance_id, _read(session, instance_id), year, one_in)


def _read(session: Session, instance_id: str) -> Rows:
    rows = {}
    for name, table in _TABLES.items():
        owner = {"process_instance": "id", "event": "stream"}.get(name, "instance_id")
        rows[name] = [dict(row) for row in session.execute(select(table).where(table.c[owner] == instance_id)).mappings()]
    rows["event"].sort(key=lambda row: row["seq"])
    return rows


# ------------------------------------------------------------------------------------------------------------------ copies


def _copy(pattern: Pattern, number: int, enterprises: int, at: datetime, now: datetime, chance: random.Random) -> Rows:
    """The pattern's rows as another case: of another enterprise, offered to another group or held by a person, begun at `at`."""
    id_ = ids.growing(at)
    place = chance.randrange(SERVED if chance.random() < 0.8 else enterprises)
    group, holder = _takers(chance)
    labels = {
        "business_key": f"SQ{pattern.year}{number:06d}", "title": f"{_word(chance)}路段{_word(chance)}问题", "enterprise_id": f"bench-e{place}",
        "enterprise_name": firm(place), "zone_id": zone(place),
    }  # fmt: skip
    texts = {pattern.id: id_, diagrams.GROUP: group}
    rows = {table: [_moved(row, texts, now - at) for row in rows] for table, rows in pattern.rows.items()}
    due = now + timedelta(hours=chance.randrange(-200, 2_000)) if chance.random() < 0.7 else None
    for task in rows["user_task"]:
        task |= labels
        if task["closed_at"] is None:
            task |= {"assignee": holder, "due_at": due, "urgent_at": due or task["urgent_at"]}
        else:
            closer = _somebody(chance)
            task |= {"closed_by": closer, "assignee": closer}
    is_open = {task["id"]: task["closed_at"] is None for task in rows["user_task"]}
    for candidate in rows["task_candidate"]:
        still = is_open[candidate["task_id"]]
        candidate |= {"is_free": still and holder is None, "urgent_at": due if still and due else candidate["urgent_at"]}
        candidate["enterprise_id"] = labels["enterprise_id"] if candidate["value"] == SERVING_CADRES else None
    (instance,) = rows["process_instance"]
    instance |= labels | {"due_at": due if any(is_open.values()) else None}
    (text,) = rows["instance_text"]
    text |= search.indexed((labels["business_key"], labels["title"], labels["enterprise_name"]))
    instance |= _chained(rows["event"])
    rows["notification"] = [_note(instance, holder or _somebody(chance), chance)]
    rows["attachment"] = [_file(instance)] if number % 10 == 0 else []
    return rows


def _takers(chance: random.Random) -> tuple[str, str | None]:
    """The group that a task is offered to, and who holds it, if anybody."""
    drawn = chance.random()
    for group, until in ((DESK, 0.5), (SERVING_CADRES, 0.6), (OWN_ENTERPRISE, 0.64), (ZONE_SUPERVISORS, 0.66)):
        if drawn < until:
            return group, None
    holder = _somebody(chance, CADRES + ZONES + 1) if chance.random() < 0.6 else None
    return f"dept:bench-{chance.randrange(DEPARTMENTS)}", holder


def _somebody(chance: random.Random, first: int = 1) -> str:
    """One of those who work; in one of thirty cases the same one, who has much of everything."""
    return f"bench-p{0 if chance.random() < 1 / 30 else chance.randrange(first, PEOPLE)}"


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("永昌恒达信和瑞丰新源泰安兴隆华盛") for _ in range(2))


def _chained(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Hashes of a chain of their own; what the instance's row says of them."""
    head = history.Head()
    for event in events:
        event["hash"] = history.digest(head.hash, event)
        head = history.Head(event["hash"], event["seq"])
    return {"history_head": head.hash, "history_count": head.count}


def _note(instance: Mapping[str, Any], person_id: str, chance: random.Random) -> dict[str, Any]:
    at = instance["started_at"] + timedelta(hours=1)
    return {
        "id": f"{instance['id']}-n", "person_id": person_id, "subject": f"“{instance['title']}”等待办理", "body": "请在期限内办理。",
        "instance_id": instance["id"], "task_id": None, "cause": None, "created_at": at, "read_at": at if chance.random() < 0.7 else None,
    }  # fmt: skip


def _file(instance: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{instance['id']}-f", "instance_id": instance["id"], "task_id": None, "request_key": None, "filename": "现场情况.txt",
        "media_type": "text/plain", "size": len(_FILE), "sha256": hashlib.sha256(_FILE).hexdigest(), "content": _FILE,
        "uploaded_by": "bench-p0", "uploaded_at": instance["started_at"],
    }  # fmt: skip


def _moved(row: dict[str, Any], texts: Mapping[str, str], earlier: timedelta) -> dict[str, Any]:
    """A row under other names and at another time; the far future stays where it is."""
    made = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            made[name] = value - earlier if value != FAR_FUTURE else value
        else:
            made[name] = _renamed(value, texts)
    return made


def _renamed(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for old, new in texts.items():
            if value == old or value.startswith(old + "."):
                return new + value[len(old) :]
        return value
    if isinstance(value, list):
        return [_renamed(each, texts) for each in value]
    return {key: _renamed(each, texts) for key, each in value.items()} if isinstance(value, dict) else value
