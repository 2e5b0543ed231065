"""Service tasks that write into an enterprise's file, and the one that lists enterprises in batches."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.core.bpmn.checks import Known
from engine.core.files import judge, read
from engine.tables.instances import Event
from engine.tables.people import Enterprise
from engine.verbs import access, departments, people, records, recording, sources
from engine.verbs.access import SYSTEM
from engine.verbs.handlers import Context, sample_enterprises
from engine.verbs.jobs import JobFacts
from engine.verbs.service_types import RECORDS
from tests.bpmn.builder import file, flow, node
from tests.verbs.running import Running, deploy, work

CODES = ("91410500MA3X1234A7", "91410500MA3X5678B1", "91110000802100433B")


def task(headers: str, *inputs: str) -> bytes:
    """start → service task of type `record` → end, of a case that belongs to an enterprise."""
    mappings = "".join(f'<zeebe:input source="={source}" target="{source}"/>' for source in inputs)
    extension = (
        f'<extensionElements><zeebe:taskDefinition type="record"/><zeebe:taskHeaders>{headers}</zeebe:taskHeaders>'
        f"<zeebe:ioMapping>{mappings}</zeebe:ioMapping></extensionElements>"
    )
    xml = node("startEvent", "start") + node("serviceTask", "keep", extension, name="记入档案") + node("endEvent", "done")
    return file(xml + flow("start", "keep") + flow("keep", "done"))


def headers(record: str, fields: str) -> str:
    return f'<zeebe:header key="record" value="{record}"/><zeebe:header key="fields" value="{fields}"/>'


@pytest.fixture
def companies(any_store, clock):
    with any_store.writing() as session:
        for id_, code in zip("abc", CODES, strict=True):
            records.create_enterprise(session, id=id_, uscc=code, name=f"企业{id_}", actor=SYSTEM, now=clock())
        for id_ in ("li", "wang"):
            people.create(session, id=id_, username=id_, name=id_, kind="cadre", password=None, actor=SYSTEM, now=clock())
    return any_store


def test_what_a_task_names_is_written_into_the_file_of_its_own_enterprise(companies, clock):
    deploy(companies, clock, {"p.bpmn": task(headers("enterprise", "contact, channel"), "contact", "channel")})
    Running.start(companies, clock, "p", enterprise_id="a", contact="王强", channel="phone", phone="13800000000")
    work(companies, clock)

    with companies.reading() as session:
        files = {row.id: row for row in session.execute(select(Enterprise.id, Enterprise.contact, Enterprise.phone, Enterprise.attributes))}
        lines = list(session.scalars(select(Event.facts).where(Event.kind == "enterprise_recorded")))
    assert (files["a"].contact, files["a"].phone, files["a"].attributes) == ("王强", None, {"channel": "phone"})
    assert (files["b"].contact, files["b"].attributes) == (None, {})
    assert [(line["enterprise"], line["changed"], line["attributes"]) for line in lines] == [("a", ["channel", "contact"], {"channel": "phone"})]
    assert "王强" not in str(lines)


def test_the_same_again_changes_nothing_and_nothing_is_forgotten(companies, clock):
    with companies.writing() as session:
        facts = {"instance_id": "i", "now": clock()}
        assert recording.record(session, "enterprise", "a", {"contact": "王强", "kind": "key"}, **facts) == ["contact", "kind"]
        assert recording.record(session, "enterprise", "a", {"contact": "王强", "kind": None}, **facts) == []
        assert recording.record(session, "enterprise", "a", {"last_visit": "2026-03-02"}, **facts) == ["last_visit"]
        assert records.enterprise(session, "a", SYSTEM).attributes == {"kind": "key", "last_visit": "2026-03-02"}


@pytest.mark.parametrize(("what", "values"), [("enterprise", {"uscc": "x"}), ("person", {"name": "x"}), ("enterprise", {"contact": "长" * 501}), ("enterprise", {"kind": []})])
def test_other_records_fields_and_values_are_refused(companies, clock, what, values):
    with companies.writing() as session, pytest.raises(recording.FieldRefused):
        recording.record(session, what, "a", values, clock(), instance_id="i")


def test_a_cadre_takes_over_from_the_one_before(companies, clock):
    with companies.writing() as session:
        records.assign_cadre(session, "a", "li", SYSTEM, clock())
        changed = [recording.record(session, "cadre", "a", {"person": person}, clock(), instance_id="i") for person in ("wang", "wang", None)]
    with companies.reading() as session:
        assert changed == [["person"], [], []]
        assert access.actor(session, "wang", clock()).serves == {"a"} and access.actor(session, "li", clock()).serves == frozenset()


def test_a_case_without_an_enterprise_ends_in_an_incident_and_not_in_another_file(companies, clock):
    deploy(companies, clock, {"p.bpmn": task(headers("enterprise", "contact"), "contact")})
    case = Running.start(companies, clock, "p", contact="王强")
    case.pass_time(timedelta(days=1))
    assert case.incidents and case.status == "active"
    with companies.reading() as session:
        assert set(session.scalars(select(Enterprise.contact))) == {None}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (task(headers("enterprise", "contact"), "contact"), None), (task(headers("cadre", "person"), "person"), None),
        (task(headers("firm", "contact"), "contact"), "record_unknown"), (task("", "contact"), "record_unknown"),
        (task(headers("enterprise", "uscc, contact"), "contact"), "record_fields_unknown"), (task(headers("enterprise", "")), "record_fields_unknown"),
        (task(headers("enterprise", "contact, phone"), "contact"), "record_field_without_input"),
    ],
)  # fmt: skip
def test_deployment_checks_what_is_to_be_written(content, code):
    found = judge(read({"p.bpmn": content}), Known(records=RECORDS))
    assert [problem.code for problem in found if problem.code != "no_drawing"] == ([code] if code else [])
    assert all("{" not in problem.in_words("zh") for problem in found)


def test_enterprises_are_listed_in_batches_without_those_in_hand(companies, clock):
    deploy(companies, clock, {"p.bpmn": task(headers("enterprise", "contact"), "contact")})
    Running.start(companies, clock, "p", enterprise_id="b", contact="王强")
    with companies.reading() as session:
        first = records.without_case(session, ["p"], limit=1)
        second = records.without_case(session, ["p"], after=first[0].id, limit=5)
        assert [row.id for row in first] == ["a"] and [row.id for row in second] == ["c"]
        assert [row.id for row in records.without_case(session, [], limit=5)] == ["a", "b", "c"]


def test_a_sample_is_drawn_by_chance_from_those_served_and_can_be_drawn_again(companies, clock):
    deploy(companies, clock, {"p.bpmn": task(headers("enterprise", "contact"), "contact")})
    for id_ in "ab":
        Running.start(companies, clock, "p", enterprise_id=id_, contact="王强")
    job = JobFacts(
        id="j", type="sample enterprises", instance_id="i", definition_id="d", process_key="p", node="n", business_key=None, enterprise_id=None,
        headers={}, variables={"from": "2026-03-01", "to": "2026-03-02", "count": 2, "seed": "PJ1"}, retries=0, attempts=0,
    )  # fmt: skip
    context = Context(companies, clock())

    first = sample_enterprises(job, context)
    assert sorted(one["id"] for one in first["sample"]) == ["a", "b"] and sample_enterprises(job, context) == first
    left = sample_enterprises(replace(job, variables={**job.variables, "without": ["a"]}), context)
    assert [one["id"] for one in left["sample"]] == ["b"]
    assert sample_enterprises(replace(job, variables={**job.variables, "from": "2026-01-01", "to": "2026-01-31"}), context) == {"sample": []}


def test_people_of_a_department_without_a_zone_see_no_enterprises(companies, clock):
    with companies.writing() as session:
        departments.put_department(session, "第三方评价机构", SYSTEM, clock(), id="third_party")
        people.create(session, id="he", username="he", name="何睿", kind="department", department_id="third_party", password=None, actor=SYSTEM, now=clock())
        assert sources.my_enterprises(session, access.actor(session, "he", clock())) == []
