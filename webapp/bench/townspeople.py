"""The people of a seeded database: 2 000 who work, as many of enterprises, and what binds them. Ids and names are numbered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from engine.tables.people import CadreAssignment, Department, Enterprise, Membership, Person, Zone
from engine.verbs import people
from engine.verbs.access import SYSTEM

DESK = "bench-desk"  # the group with half of all open tasks
PASSWORD = "bench-1234-bench"
ZONES, DEPARTMENTS, CADRES, PEOPLE = 10, 100, 400, 2_000
SERVED = 4_000  # enterprises that have a cadre; most cases are theirs
FIRMS = 2_000  # enterprises that have an account
MANY = 300  # enterprises that the last cadre serves besides
SPAN = timedelta(days=300)
# Somebody of each kind, by user name: who is measured. `lead` belongs to the desk and has done and been told more than anybody else.
ROLES = {
    "lead": "bench-0", "department": f"bench-{CADRES + 100}", "cadre": "bench-7", "busy cadre": f"bench-{CADRES}", "enterprise": "bench-firm-7",
    "supervisor": f"bench-{CADRES + 3}", "designer": "bench-designer", "administrator": "bench-administrator",
}  # fmt: skip
_WORDS = "永昌恒达信和瑞丰新源泰安兴隆华盛"


def settle(session: Session, enterprises: int, now: datetime) -> None:
    """All of them, and so many enterprises, in an empty database."""
    zones = [{"id": zone(i), "name": f"测量区{i}"} for i in range(ZONES)]
    departments = [{"id": f"bench-{i}", "name": f"测量局{i}", "zone_id": None} for i in range(DEPARTMENTS)]
    firms = [
        {"id": f"bench-e{i}", "uscc": f"91{i:016d}", "name": firm(i), "zone_id": zone(i), "contact": f"联系人{i}", "phone": f"139{i:08d}",
         "attributes": {}, "created_at": now}
        for i in range(enterprises)
    ]  # fmt: skip
    _insert(session, Zone, zones)
    _insert(session, Department, departments)
    _insert(session, Enterprise, firms)
    # The others get the first one's password: hashing it is meant to take its time.
    people.create(
        session, id="bench-p0", username="bench-0", name="测量员0", kind="department", department_id="bench-0", password=PASSWORD, actor=SYSTEM,
        now=now, demonstration=True,
    )  # fmt: skip
    first = dict(session.execute(select(Person.__table__).where(Person.id == "bench-p0")).mappings().one())
    _insert(session, Person, [first | facts for facts in (*map(_worker, range(1, PEOPLE)), *map(_boss, range(FIRMS)), *_office())])
    desk = [number for number in range(PEOPLE) if number == 0 or number % 40 == 1]
    _insert(session, Membership, [{"person_id": f"bench-p{number}", "group": DESK} for number in desk])
    cadres = [1 + i % CADRES for i in range(SERVED)] + [CADRES] * MANY
    _insert(session, CadreAssignment, [
        {"id": f"bench-s{i}", "enterprise_id": f"bench-e{i % SERVED}", "person_id": f"bench-p{cadre}", "valid_from": now - SPAN}
        for i, cadre in enumerate(cadres)
    ])  # fmt: skip


def zone(enterprise: int) -> str:
    """The id of the zone in which this enterprise is."""
    return f"bench-zone-{enterprise % ZONES}"


def firm(enterprise: int) -> str:
    """What it is called."""
    return f"测量企业{_WORDS[enterprise % 16]}{_WORDS[enterprise * 7 % 16]}{enterprise}"


def _insert(session: Session, table: type, rows: list[dict[str, Any]]) -> None:
    session.execute(cast(Table, table.__table__).insert(), rows)  # type: ignore[attr-defined]


def _worker(i: int) -> Mapping[str, Any]:
    kind = "cadre" if i <= CADRES else "supervisor" if i <= CADRES + ZONES else "department"
    place = {"department_id": f"bench-{i % DEPARTMENTS}" if kind == "department" else None, "zone_id": zone(i) if kind == "supervisor" else None}
    return place | {"id": f"bench-p{i}", "username": f"bench-{i}", "name": f"测量员{i}", "kind": kind}


def _boss(i: int) -> Mapping[str, Any]:
    own = {"id": f"bench-f{i}", "username": f"bench-firm-{i}", "name": f"经办人{i}", "kind": "enterprise"}
    return own | {"enterprise_id": f"bench-e{i}", "department_id": None}


def _office() -> list[Mapping[str, Any]]:
    nowhere = {"department_id": None, "zone_id": None}
    return [nowhere | {"id": f"bench-{kind}", "username": f"bench-{kind}", "name": kind, "kind": kind} for kind in ("designer", "administrator")]
