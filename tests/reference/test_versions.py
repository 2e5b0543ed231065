"""Reference tables in the database: versions from files and from pages, and what reads them."""

from datetime import date

import pytest
from sqlalchemy import select

from engine.core.problems import Refused
from engine.core.reference import key_text
from engine.tables.people import Department
from engine.tables.settings import Holiday
from engine.verbs import calendars, definitions, history, reference
from engine.verbs.access import SYSTEM, Actor, Kind
from engine.verbs.errors import NotAllowed, NotFound
from engine.verbs.library import Deployed
from tests.verbs.files import _HEAD
from tests.verbs.running import Running, deploy

DESIGNER = Actor("wu", "吴工", Kind.DESIGNER)
FILE = "workflows/reference/fees.csv"
FEES = b"id,name\na,one\nb,two\n"


@pytest.fixture
def load(any_store, clock):
    """`load(content)`: deploy the table from its file."""

    def _load(content: bytes = FEES, file: str = FILE) -> reference.Loaded:
        with any_store.writing() as session:
            return reference.load(session, {file: content}, SYSTEM, clock.now)

    return _load


@pytest.fixture
def change(any_store, clock):
    """`change(key, version, "fees", id=…)`: what a designer saves on the page."""

    def _change(key, version, table="fees", /, **cells):
        with any_store.writing() as session:
            return reference.put_row(session, table, cells, key, version, DESIGNER, clock.now)

    return _change


def rows(store, name="fees", version=None):
    with store.reading() as session:
        table, _ = reference.get(session, name, DESIGNER, version=version)
    return [tuple(row.values()) for row in table.rows]


def numbers(store, name="fees"):
    with store.reading() as session:
        return [row.version for row in reference.versions(session, name, DESIGNER)]


def test_a_file_makes_a_version_and_the_same_file_makes_none(any_store, load):
    assert load().changed == 2
    assert load() == reference.Loaded(0, ())
    assert numbers(any_store) == [1] and rows(any_store) == [("a", "one"), ("b", "two")]


def test_a_change_on_the_page_is_a_version_and_stays_when_the_file_comes_again(any_store, load, change):
    load()
    change(("b",), 1, id="b", name="2")

    assert load() == reference.Loaded(0, (FILE,))
    assert numbers(any_store) == [2, 1]
    assert rows(any_store) == [("a", "one"), ("b", "2")] and rows(any_store, version=1)[1] == ("b", "two")


def test_a_file_that_has_changed_itself_wins(any_store, load, change):
    load()
    change(None, 1, id="c", name="three")

    assert load(b"id,name\na,one\nb,zwei\n").changed == 2
    assert rows(any_store) == [("a", "one"), ("b", "zwei")] and numbers(any_store) == [3, 2, 1]


def test_a_file_with_errors_changes_nothing(any_store, load):
    with pytest.raises(Refused):
        load(b"id,name\n,x\n")
    with pytest.raises(NotFound):
        rows(any_store)


def test_one_table_in_two_files_is_refused(any_store, clock):
    with any_store.writing() as session, pytest.raises(Refused) as refused:
        reference.load(session, {"a/fees.csv": FEES, "b/fees.csv": FEES}, SYSTEM, clock.now)
    assert [problem.code for problem in refused.value.problems] == ["reference_in_two_files"]


def test_who_saw_an_older_version_is_told_who_was_quicker(any_store, load, change):
    load()
    change(("a",), 1, id="a", name="1")

    with pytest.raises(reference.ReferenceChanged) as late:
        change(("b",), 1, id="b", name="2")
    assert "fees" in late.value.sentence() and rows(any_store)[1] == ("b", "two")


def test_a_row_that_does_not_fit_is_refused_with_its_columns(load, change):
    load()
    with pytest.raises(reference.RowInvalid) as empty:
        change(None, 1, id="", name="x")
    with pytest.raises(reference.RowInvalid) as twice:
        change(None, 1, id="a", name="x")
    with pytest.raises(reference.RowInvalid):
        change(("a",), 1, id="b", name="x")
    assert (empty.value.faults["id"][0], twice.value.faults["id"][0]) == ("empty", "twice")


def test_saving_what_is_there_makes_no_version(any_store, load, change):
    load()
    assert len(change(("a",), 1, id="a", name="one")) == 0
    assert numbers(any_store) == [1]


def test_rows_can_be_deleted_and_whole_tables_replaced_after_a_preview(any_store, load, clock):
    load()
    with any_store.writing() as session:
        reference.delete_row(session, "fees", ("a",), 1, DESIGNER, clock.now)
    upload = b"id,name\nb,2\nc,3\n"
    with any_store.reading() as session:
        table, changes, version = reference.preview(session, "fees", upload, DESIGNER)
    assert [key_text(key) for key in (*changes.added, *changes.changed, *changes.removed)] == ["c", "b"] and version == 2

    with any_store.writing() as session:
        reference.replace(session, "fees", upload, version, DESIGNER, clock.now)
    with any_store.writing() as session, pytest.raises(reference.ReferenceChanged):
        reference.replace(session, "fees", FEES, version, DESIGNER, clock.now)
    assert rows(any_store) == [("b", "2"), ("c", "3")]


def test_only_designers_and_administrators_change_tables(any_store, load, clock):
    load()
    for kind in (Kind.CADRE, Kind.SUPERVISOR, Kind.ENTERPRISE, Kind.DEPARTMENT):
        with any_store.writing() as session, pytest.raises(NotAllowed):
            reference.delete_row(session, "fees", ("a",), 1, Actor("x", "某人", kind), clock.now)


def test_every_change_is_in_the_record(any_store, load, change):
    load()
    change(None, 1, id="c", name="three")
    with any_store.reading() as session:
        assert history.verify(session) == []


def test_departments_and_days_follow_their_tables(any_store, load, change):
    load(b"id,name,duties\nwater,\xe6\xb0\xb4\xe5\x8a\xa1\xe5\xb1\x80,x\n", "departments.csv")
    load(b"day,is_workday,name\n2027-01-01,false,\xe5\x85\x83\xe6\x97\xa6\n2027-01-02,true,\n", "holidays.csv")
    change(("water",), 1, "departments", id="water", name="水利局", duties="x")
    load(b"day,is_workday,name\n2027-01-01,false,\xe5\x85\x83\xe6\x97\xa6\n", "holidays.csv")

    with any_store.reading() as session:
        assert session.scalar(select(Department.name).where(Department.id == "water")) == "水利局"
        assert list(session.scalars(select(Holiday.day))) == [date(2027, 1, 1)]
        assert not calendars.calendar(session).is_workday(date(2027, 1, 1))


def asking(expression: str) -> bytes:
    """A script that sets `found`, then a task."""
    return (
        f'{_HEAD}<bpmn:process id="asking" name="asking" isExecutable="true"><bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing>'
        '</bpmn:startEvent><bpmn:scriptTask id="look"><bpmn:extensionElements>'
        f'<zeebe:script expression="{expression}" resultVariable="found"/></bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming>'
        '<bpmn:outgoing>f2</bpmn:outgoing></bpmn:scriptTask><bpmn:userTask id="ask"><bpmn:extensionElements>'
        '<zeebe:assignmentDefinition candidateGroups="clerks"/></bpmn:extensionElements><bpmn:incoming>f2</bpmn:incoming>'
        '<bpmn:outgoing>f3</bpmn:outgoing></bpmn:userTask><bpmn:endEvent id="done"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="look"/><bpmn:sequenceFlow id="f2" sourceRef="look" targetRef="ask"/>'
        '<bpmn:sequenceFlow id="f3" sourceRef="ask" targetRef="done"/></bpmn:process></bpmn:definitions>'
    ).encode()


def test_instances_read_the_newest_version(any_store, load, change, clock):
    load()
    deploy(any_store, clock, {"asking.bpmn": asking('=reference(&#34;fees&#34;)[id = &#34;b&#34;][1].name')})
    first = Running.start(any_store, clock, "asking")
    change(("b",), 1, id="b", name="zwei")
    second = Running.start(any_store, clock, "asking")

    assert (first.variables["found"], second.variables["found"]) == ("two", "zwei")
    with any_store.reading() as session:
        assert Deployed(session).functions["reference"].parameters == ("name",)


def test_a_table_that_does_not_exist_is_warned_about_at_deployment(any_store, load, clock):
    files = {"asking.bpmn": asking('=reference(&#34;fee&#34;)')}
    with any_store.reading() as session:
        before = definitions.check(files, definitions.known(session))  # nobody has loaded any table yet
    load()
    with any_store.reading() as session:
        (warning,) = [problem for problem in definitions.check(files, definitions.known(session)) if problem not in before]
    assert (warning.code, warning.severity) == ("reference_table_unknown", "warning") and "fee" in warning.sentence()


def test_a_start_timer_may_be_data(any_store, clock, load):
    from tests.verbs import files

    load(b"id,period\nreview,R/P1M\n", "periods.csv")
    content = files.process(inside=files.timer_start('=reference("periods")[id = "review"][1].period'))
    deploy(any_store, clock, {**files.all_three(), "asking.bpmn": content})

    with any_store.reading() as session:
        from engine.tables.jobs import Job

        due = session.scalars(select(Job.due_at).where(Job.kind == "timer_start")).one()
    assert (due - clock.now).days in (30, 31)
