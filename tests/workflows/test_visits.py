"""First contact and visits as they run for real: what is agreed stands in the enterprise's file, and the monthly check finds who is due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from stdnum.cn import uscc

from engine.tables.instances import Event, ProcessInstance
from engine.tables.jobs import Job
from engine.verbs import access, deploying, people, records, reference, starting
from engine.verbs.access import SYSTEM
from tests.verbs.running import Running, work
from tests.workflows import shipped

FOLDERS = ("appeal_handling", "cadre_assignment", "enterprise_visit", "service_termination")


def put(session, clock, id_: str, number: int, **attributes: object) -> None:
    code = f"91410500MA3X{number:05}"
    records.create_enterprise(
        session, id=id_, uscc=code + uscc.calc_check_digit(code), name=f"企业{number}", actor=SYSTEM, now=clock(), attributes=attributes
    )


@pytest.fixture
def town(store, clock):
    """Assignments, visits and their schedule deployed; one enterprise with somebody who can sign in, one cadre."""
    root = shipped.ROOT
    folders = [file for key in FOLDERS for file in (root / "workflows" / key).iterdir() if file.suffix in (".bpmn", ".dmn")]
    files = {file.relative_to(root).as_posix(): file.read_bytes() for file in [*folders, *(root / "forms").glob("*.form")]}
    tables = {f"workflows/reference/{file.name}": file.read_bytes() for file in (root / "workflows" / "reference").glob("*.csv")}
    with store.writing() as session:
        reference.load(session, tables, SYSTEM, clock())
        deploying.deploy(session, files, SYSTEM, clock(), source="files")
        put(session, clock, "hengtong", 1)
        facts = {"actor": SYSTEM, "now": clock(), "password": None}
        people.create(session, id="wang", username="wang", name="王经理", kind="enterprise", enterprise_id="hengtong", **facts)
        people.create(session, id="li", username="li", name="李文静", kind="cadre", **facts)
    return store


def visits(store) -> dict[str, str]:
    """Enterprise → what its visit was started with."""
    with store.reading() as session:
        query = select(ProcessInstance.enterprise_id, ProcessInstance.id).where(ProcessInstance.process_key == "enterprise_visit")
        return {str(enterprise): id_ for enterprise, id_ in session.execute(query)}


def test_the_agreed_channel_and_the_cadre_stand_in_the_file_from_which_the_next_form_is_filled(town, clock):
    facts = {"enterprise_id": "hengtong", "enterprise_name": "企业1", "enterprise_kind": "key", "assignment_cause": "new"}
    case = Running.start(town, clock, "cadre_assignment", **facts)
    case.complete("choose_cadre", cadre_id="li", cadre_name="李文静", cadre_phone="13900000000", cadre_unit="专员", assignment_note=None)
    case.complete("accept_assignment", acceptance="accept", decline_reason=None)
    work(town, clock)
    case.complete(
        "contact_enterprise", contacted_at="2026-03-02T15:00+08:00", channel="online", channel_note="企业微信群", contact_name="王强",
        contact_phone="13800000000", contact_note="已沟通",
    )  # fmt: skip
    case.complete("confirm_channel", channel_choice="right", channel="online", channel_note="企业微信群")
    work(town, clock)

    with town.reading() as session:
        file = records.enterprise(session, "hengtong", SYSTEM)
        assert (file.contact, file.phone) == ("王强", "13800000000")
        assert file.attributes == {"kind": "key", "channel": "online", "channel_note": "企业微信群", "next_visit": "2026-03-09"}
        assert [row.person_id for row in records.assignments(session, "hengtong", SYSTEM, clock())] == ["li"]
        assert access.actor(session, "li", clock()).serves == {"hengtong"}
        filled = starting.start_form(session, "appeal_handling", access.actor(session, "wang", clock()), clock()).variables
        assert (filled["contact_name"], filled["contact_phone"]) == ("王强", "13800000000")
        lines = session.scalars(select(Event.facts).where(Event.kind == "enterprise_recorded")).all()
        assert [line["instance"] for line in lines] == [case.id]


def test_the_monthly_check_starts_the_visits_that_are_due_and_no_others(town, clock):
    today = date(2026, 4, 1)
    with town.writing() as session:
        put(session, clock, "long_ago", 2, kind="key", last_visit=str(today - timedelta(days=60)), channel="phone")
        put(session, clock, "lately", 3, kind="key", last_visit=str(today - timedelta(days=6)))
        put(session, clock, "agreed_later", 4, kind="key", last_visit=str(today - timedelta(days=90)), next_visit="2026-05-06")
        put(session, clock, "in_hand", 5, kind="key")
    Running.start(town, clock, "enterprise_visit", enterprise_id="in_hand", enterprise_name="企业5", visit_reason="自行走访", contact_name=None, contact_phone=None)
    begun = visits(town)["in_hand"]
    with town.reading() as session:
        clock.now = session.scalars(select(Job.due_at).where(Job.process_key == "visit_schedule", Job.kind == "timer_start")).one()

    work(town, clock)

    started = visits(town)
    assert started.keys() == {"in_hand", "hengtong", "long_ago"} and started["in_hand"] == begun
    assert Running(town, clock, started["long_ago"]).variables["channel"] == "phone"
    with town.reading() as session:
        check = session.scalars(select(ProcessInstance).where(ProcessInstance.process_key == "visit_schedule")).one()
        assert check.status == "completed"
