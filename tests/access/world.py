"""A small world: two zones, three departments, two enterprises, and one person in every position that the rules know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.verbs import access, departments, people, records, starting, tasks
from engine.verbs.access import SYSTEM, Actor
from engine.verbs.stepping import InstanceFacts
from tests.verbs.running import Clock, deploy

FILES = Path(__file__).parent.parent / "tasks" / "files"
CODES = {"acme": "91410500MA3X1234A7", "bolt": "91410500MA3X5678B1"}
PEOPLE: dict[str, dict[str, object]] = {
    "acme_boss": {"kind": "enterprise", "enterprise_id": "acme"},
    "acme_clerk": {"kind": "enterprise", "enterprise_id": "acme", "groups": ["desk"]},
    "bolt_boss": {"kind": "enterprise", "enterprise_id": "bolt", "groups": ["desk"]},
    "cadre_of_acme": {"kind": "cadre"},
    "cadre_of_bolt": {"kind": "cadre"},
    "cadre_once_of_acme": {"kind": "cadre"},
    "housing_one": {"kind": "department", "department_id": "housing"},
    "housing_two": {"kind": "department", "department_id": "housing"},
    "water_one": {"kind": "department", "department_id": "water"},
    "tax_one": {"kind": "department", "department_id": "tax"},
    "desk_one": {"kind": "department", "department_id": "water", "groups": ["desk"]},
    "desk_two": {"kind": "cadre", "groups": ["desk"]},
    "supervisor_east": {"kind": "supervisor", "zone_id": "east"},
    "supervisor_west": {"kind": "supervisor", "zone_id": "west"},
    "designer": {"kind": "designer"},
    "administrator": {"kind": "administrator"},
}


@dataclass
class World:
    store: Store
    clock: Clock

    def actor(self, name: str) -> Actor:
        with self.store.reading() as session:
            return access.actor(session, name, self.clock.now)

    @property
    def actors(self) -> list[Actor]:
        return [self.actor(name) for name in PEOPLE]

    def start(self, who: str = "acme_boss", key: str = "case", request_key: str | None = None, **raw: str) -> InstanceFacts:
        typed = {name: [text] for name, text in {"topic": "路灯不亮", **raw}.items()}
        with self.store.writing() as session:
            return starting.start_from_form(session, key, typed, self.actor(who), self.clock.now, request_key)

    def task(self, instance: InstanceFacts, node: str) -> str:
        with self.store.reading() as session:
            query = select(UserTask.id).where(UserTask.instance_id == instance.id, UserTask.node == node)
            return session.scalars(query.order_by(UserTask.created_at)).one()

    def claim(self, instance: InstanceFacts, node: str, who: str) -> None:
        with self.store.writing() as session:
            tasks.claim(session, self.task(instance, node), self.actor(who), self.clock.now)

    def complete(self, instance: InstanceFacts, node: str, who: str, **raw: str) -> InstanceFacts:
        typed = {name: [text] for name, text in raw.items()}
        with self.store.writing() as session:
            return tasks.complete(session, self.task(instance, node), typed, self.actor(who), self.clock.now)


def populate(store: Store, clock: Clock) -> World:
    """People without passwords, so that no time is spent on hashing; the `case` process deployed."""
    now = clock.now
    with store.writing() as session:
        for zone in ("east", "west"):
            records.put_zone(session, zone, SYSTEM, now, id=zone)
        for id_, zone in (("housing", "east"), ("water", "east"), ("tax", "west")):
            departments.put_department(session, id_, SYSTEM, now, id=id_, zone_id=zone)
        for name, zone in (("acme", "east"), ("bolt", "west")):
            records.create_enterprise(session, uscc=CODES[name], name=name, actor=SYSTEM, now=now, zone_id=zone, id=name)
        for name, facts in PEOPLE.items():
            people.create(session, username=name, name=name, password=None, actor=SYSTEM, now=now, id=name, **facts)  # type: ignore[arg-type]
        records.assign_cadre(session, "acme", "cadre_of_acme", SYSTEM, now)
        records.assign_cadre(session, "bolt", "cadre_of_bolt", SYSTEM, now)
        records.assign_cadre(
            session, "acme", "cadre_once_of_acme", SYSTEM, now, valid_from=now - timedelta(days=90), valid_until=now - timedelta(days=1)
        )
    deploy(store, clock, {file.name: file.read_bytes() for file in FILES.iterdir() if file.suffix in (".bpmn", ".form")})
    return World(store, clock)
