"""A database as large as a city's after years, in minutes: one case is really run, then its rows are copied under new ids.

Every copy is consistent in itself: state, waits, tasks, candidates, variables, activities, and a hash chain of its own that verifies.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from engine.core.runtime.step import CompleteTask
from engine.tables.instances import Event, InstanceText, ProcessInstance, Variable
from engine.tables.people import CadreAssignment, Department, Enterprise, Membership, Person, Zone
from engine.tables.prepared import Prepared
from engine.tables.store import Store
from engine.tables.tasks import TaskCandidate, UserTask
from engine.tables.types import FAR_FUTURE
from engine.verbs import definitions, history, ids, people, search, stepping
from engine.verbs.access import SYSTEM
from webapp.bench import diagrams

DESK = "bench-desk"  # the group with half of all open tasks
PASSWORD = "bench-1234-bench"
ZONES, DEPARTMENTS, CADRES, ENTERPRISES = 10, 100, 400, 4_000
PEOPLE = 2_000
BATCH = 2_000  # instances of one transaction
SPAN = timedelta(days=300)
_OWN = ("process_instance", "variable", "user_task", "task_candidate", "event", "instance_text")
_NUMBERED = ("instance_text", "id")  # a number that the database gives


@dataclass
class Pattern:
    """The rows of one case by table, and the id that all its ids begin with."""

    id: str
    rows: dict[str, list[dict[str, Any]]]


def is_empty(store: Store) -> bool:
    """Seeded rows are for measuring: they must not be mixed with anybody's work."""
    with store.reading() as session:
        return session.scalar(select(ProcessInstance.id).limit(1)) is None


def seed(store: Store, open_tasks: int, events: int, now: datetime) -> dict[str, int]:
    """Fill a database; how many rows of each kind it has been given."""
    chance = random.Random(4)
    with store.writing() as session:
        files = {"bench_ring.bpmn": diagrams.ring("zhuqi").encode()}
        definitions.deploy(session, files, SYSTEM, now, source="api")
        _people(session, now, chance)
    pattern = _pattern(store, max(1, events // max(1, open_tasks)), now)
    insert = {table: Prepared(_TABLES[table].insert().inline(), [name for name in _TABLES[table].columns.keys() if (table, name) != _NUMBERED]) for table in _OWN}
    made = dict.fromkeys(_OWN, 0)
    for begin in range(0, open_tasks, BATCH):
        with store.writing() as session:
            rows: dict[str, list[dict[str, Any]]] = {table: [] for table in _OWN}
            for number in range(begin, min(begin + BATCH, open_tasks)):
                for table, copied in _copy(pattern, number, open_tasks, now, chance).items():
                    rows[table] += copied
            for table in _OWN:
                if rows[table]:
                    insert[table].run(session, rows[table])
                made[table] += len(rows[table])
    _analyze(store)
    return made


_TABLES: Mapping[str, Table] = {
    table.__tablename__: cast(Table, table.__table__)
    for table in (ProcessInstance, InstanceText, Variable, UserTask, TaskCandidate, Event, Zone, Department, Enterprise, Person, Membership, CadreAssignment)
}


def _analyze(store: Store) -> None:
    """What PostgreSQL does by itself after a while; SQLite never does."""
    if not store.is_sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")


# ------------------------------------------------------------------------------------------------------------------ people


def _people(session: Session, now: datetime, chance: random.Random) -> None:
    """2 000 people: departments, cadres and supervisors, the desk among them; and the enterprises they serve."""
    zones = [{"id": f"bench-zone-{i}", "name": f"测量区{i}"} for i in range(ZONES)]
    departments = [{"id": f"bench-{i}", "name": f"测量局{i}", "zone_id": None} for i in range(DEPARTMENTS)]
    enterprises = [
        {"id": f"bench-e{i}", "uscc": f"91{i:016d}", "name": f"测量企业{_word(chance)}{i}", "zone_id": zones[i % ZONES]["id"], "attributes": {},
         "created_at": now}
        for i in range(ENTERPRISES)
    ]  # fmt: skip
    for table, lines in {"zone": zones, "department": departments}.items():
        session.execute(_TABLES[table].insert(), lines)
    first = people.create(
        session, username="bench-0", name="测量员0", kind="department", department_id="bench-0", password=PASSWORD, actor=SYSTEM, now=now,
        demonstration=True,
    )  # fmt: skip
    known = session.execute(select(Person.__table__).where(Person.id == first)).mappings().one()
    persons = [_person(dict(known), i) for i in range(1, PEOPLE)]
    desk = [{"person_id": person["id"], "group": DESK} for person in persons if int(person["id"].split("-p")[1]) % 40 == 1]
    serving = [
        {"id": f"bench-s{i}", "enterprise_id": f"bench-e{i}", "person_id": f"bench-p{1 + i % CADRES}", "valid_from": now - SPAN}
        for i in range(ENTERPRISES)
    ]  # fmt: skip
    rows = {
        "enterprise": enterprises, "person": persons,
        "membership": [{"person_id": first, "group": DESK}, *desk], "cadre_assignment": serving,
    }  # fmt: skip
    for table, lines in rows.items():
        session.execute(_TABLES[table].insert(), lines)


def _person(pattern: dict[str, Any], i: int) -> dict[str, Any]:
    kind = "cadre" if i <= CADRES else "supervisor" if i <= CADRES + ZONES else "department"
    place = {"department_id": f"bench-{i % DEPARTMENTS}" if kind == "department" else None, "zone_id": None}
    if kind == "supervisor":
        place["zone_id"] = f"bench-zone-{i % ZONES}"
    return pattern | place | {"id": f"bench-p{i}", "username": f"bench-{i}", "name": f"测量员{i}", "kind": kind}


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("永昌恒达信和瑞丰新源泰安兴隆华盛") for _ in range(2))


# ------------------------------------------------------------------------------------------------------------------- cases


def _pattern(store: Store, events_each: int, now: datetime) -> Pattern:
    """One running case with at least so many events; it stays in the database."""
    with store.writing() as session:
        facts = stepping.start(session, "bench_ring", {"round": 0, "last": 10**9}, SYSTEM, now)
        while (session.scalar(select(ProcessInstance.history_count).where(ProcessInstance.id == facts.id)) or 0) < events_each:
            open_task = select(UserTask.id).where(UserTask.instance_id == facts.id, UserTask.closed_at.is_(None))
            stepping.step(session, facts.id, CompleteTask(session.scalars(open_task).one(), {}), SYSTEM, now)
        return _read(session, facts.id)


def _read(session: Session, instance_id: str) -> Pattern:
    rows = {}
    for name in _OWN:
        table = _TABLES[name]
        owner = {"process_instance": "id", "event": "stream"}.get(name, "instance_id")
        rows[name] = [dict(row) for row in session.execute(select(table).where(table.c[owner] == instance_id)).mappings()]
    rows["event"].sort(key=lambda row: row["seq"])
    return Pattern(instance_id, rows)


def _copy(pattern: Pattern, number: int, of: int, now: datetime, chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    """The pattern's rows as another case: of another enterprise, offered to another group or held by a person, begun earlier."""
    # The oldest first, under ids that grow with time, as they would have come.
    earlier = SPAN * (1 - number / max(1, of))
    id_ = ids.growing(now - earlier)
    place = chance.randrange(ENTERPRISES)
    group = DESK if chance.random() < 0.5 else f"dept:bench-{chance.randrange(DEPARTMENTS)}"
    holder = f"bench-p{chance.randrange(CADRES + ZONES + 1, PEOPLE)}" if group != DESK and chance.random() < 0.4 else None
    labels = {
        "business_key": f"SQ2026{number:06d}", "title": f"{_word(chance)}路段{_word(chance)}问题", "enterprise_id": f"bench-e{place}",
        "enterprise_name": f"测量企业{place}", "zone_id": f"bench-zone-{place % ZONES}",
    }  # fmt: skip
    texts = {pattern.id: id_, diagrams.GROUP: group}
    due = now + timedelta(hours=chance.randrange(-200, 2_000)) if chance.random() < 0.7 else None
    rows = {table: [_moved(row, texts, earlier) for row in rows] for table, rows in pattern.rows.items()}
    for task in rows["user_task"]:
        task |= labels
        if task["closed_at"] is None:
            task |= {"assignee": holder, "due_at": due, "urgent_at": due or task["urgent_at"]}
        else:
            task |= {"closed_by": f"bench-p{chance.randrange(1, PEOPLE)}"}
    is_open = {task["id"]: task["closed_at"] is None for task in rows["user_task"]}
    for candidate in rows["task_candidate"]:
        still = is_open[candidate["task_id"]]
        candidate |= {"is_free": still and holder is None, "urgent_at": due if still and due else candidate["urgent_at"]}
    (instance,) = rows["process_instance"]
    instance |= labels | {"due_at": due}
    (text,) = rows["instance_text"]
    text |= search.indexed((labels["business_key"], labels["title"], labels["enterprise_name"]))
    head = history.Head()
    for event in rows["event"]:
        event["hash"] = history.digest(head.hash, event)
        head = history.Head(event["hash"], event["seq"])
    instance |= {"history_head": head.hash, "history_count": head.count}
    return rows


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
