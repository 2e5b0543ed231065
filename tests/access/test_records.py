from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.tables.people import Enterprise
from engine.core import reference
from engine.verbs import access, departments, records, reference_tables
from engine.verbs import reference as loading
from engine.verbs.access import SYSTEM
from engine.verbs.errors import NotAllowed, NotFound
from tests.access.world import CODES, World


@pytest.mark.parametrize("text", ["91110000802100433B", " 91110000 8021 0043 3b "])
def test_a_credit_code_is_kept_in_its_standard_form(world: World, text: str) -> None:
    with world.store.writing() as session:
        made = records.create_enterprise(session, uscc=text, name="新企业", actor=SYSTEM, now=world.clock.now)

        assert session.scalar(select(Enterprise.uscc).where(Enterprise.id == made)) == "91110000802100433B"


@pytest.mark.parametrize("text", ["", "91110000802100433C", "9111000080210043", "I1110000802100433B", "甲" * 18, "\0"])
def test_a_wrong_credit_code_is_refused(world: World, text: str) -> None:
    with world.store.writing() as session, pytest.raises(records.UsccInvalid):
        records.create_enterprise(session, uscc=text, name="新企业", actor=SYSTEM, now=world.clock.now)


def test_one_enterprise_per_credit_code(world: World) -> None:
    with world.store.writing() as session, pytest.raises(records.UsccTaken) as taken:
        records.create_enterprise(session, uscc=CODES["acme"].lower(), name="冒名", actor=SYSTEM, now=world.clock.now)

    assert "acme" in taken.value.sentence()


def test_a_cadre_serves_for_a_period_and_sees_for_as_long(world: World) -> None:
    now = world.clock.now
    with world.store.writing() as session:
        made = records.assign_cadre(
            session, "bolt", "cadre_of_acme", SYSTEM, now, valid_from=now + timedelta(days=1), valid_until=now + timedelta(days=3)
        )
    seen = []
    for days in range(5):
        world.clock.now = now + timedelta(days=days)
        seen.append("bolt" in world.actor("cadre_of_acme").serves)

    assert seen == [False, True, True, False, False]
    with world.store.writing() as session:
        records.end_assignment(session, made, now + timedelta(days=2), SYSTEM, now)
        assert [row.name for row in records.assignments(session, "bolt", SYSTEM, now + timedelta(days=2))] == ["cadre_of_bolt"]
        assert len(records.assignments(session, "bolt", SYSTEM)) == 2


def test_an_assignment_neither_overlaps_nor_ends_before_it_begins(world: World) -> None:
    now = world.clock.now
    with world.store.writing() as session:
        with pytest.raises(records.AlreadyAssigned):
            records.assign_cadre(session, "acme", "cadre_of_acme", SYSTEM, now, valid_until=now + timedelta(days=1))
        with pytest.raises(records.PeriodInvalid):
            records.assign_cadre(session, "bolt", "cadre_of_acme", SYSTEM, now, valid_until=now)
        with pytest.raises(NotFound):
            records.assign_cadre(session, "bolt", "housing_one", SYSTEM, now)
        records.assign_cadre(session, "acme", "cadre_once_of_acme", SYSTEM, now)


def test_departments_are_put_again_without_doubling(world: World) -> None:
    with world.store.writing() as session:
        for phone in ("12345", None):  # as a file of departments does it, which knows no zones
            departments.put_department(session, "housing", SYSTEM, world.clock.now, id="housing", phone=phone)

        assert [(row.phone, row.zone_id) for row in departments.departments(session) if row.id == "housing"] == [("12345", "east")]
        with pytest.raises(records.NameTaken):
            departments.put_department(session, "housing", SYSTEM, world.clock.now)
        with pytest.raises(records.NameMissing):
            records.put_zone(session, " ", SYSTEM, world.clock.now)


def test_a_department_put_by_hand_is_read_by_expressions_and_a_file_does_not_move_it(world: World) -> None:
    now = world.clock.now
    with world.store.writing() as session:
        departments.put_department(session, "园林局", SYSTEM, now, id="parks", zone_id="east", phone="12345")
    with world.store.writing() as session:
        rows = reference_tables.rows_in_force(session)("departments")
        assert {"id": "parks", "name": "园林局", "phone": "12345", "duties": None} in rows.rows
        file = reference.write(reference.schema_for("departments"), [{**row, "duties": "绿化"} for row in rows.rows])
        loading.load(session, {"departments.csv": file.encode()}, SYSTEM, now)

    with world.store.reading() as session:
        parks = next(row for row in departments.departments(session) if row.id == "parks")
        assert (parks.duties, parks.zone_id) == ("绿化", "east")


def test_a_supervisor_keeps_the_records_of_the_own_zone(world: World) -> None:
    east, now = world.actor("supervisor_east"), world.clock.now

    with world.store.writing() as session:
        records.assign_cadre(session, "acme", "cadre_of_bolt", east, now)
        departments.put_department(session, "parks", east, now, zone_id="east")
        for attempt in (
            lambda: departments.put_department(session, "harbour", east, now, zone_id="west"),
            lambda: departments.put_department(session, "tax", east, now, id="tax", zone_id="east"),
            lambda: records.put_zone(session, "north", east, now),
            lambda: records.create_enterprise(session, uscc="91110000802100433B", name="x", actor=east, now=now, zone_id="west"),
        ):
            with pytest.raises(NotAllowed):
                attempt()
        with pytest.raises(NotFound):
            records.assign_cadre(session, "bolt", "cadre_of_acme", east, now)


def test_enterprises_are_found_by_those_who_may_see_them(world: World) -> None:
    found = {}
    for actor in [*world.actors, access.SYSTEM]:
        with world.store.reading() as session:
            found[actor.id] = [row.id for row in session.execute(records.enterprises(actor, query="9141"))]

    assert found["acme_boss"] == found["cadre_of_acme"] == found["supervisor_east"] == found["housing_one"] == ["acme"]
    assert found["designer"] == found["cadre_once_of_acme"] == []
    assert found["administrator"] == found["system"] == ["acme", "bolt"]
