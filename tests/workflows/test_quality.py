"""Complaints, evaluation and improvement as they run for real: messages between processes, figures from the record, cycles from a table."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from engine.core.calendar import CHINA
from engine.tables.instances import ProcessInstance
from engine.tables.jobs import Job
from engine.verbs import deploying, messages, records, reference, statistics
from engine.verbs.access import SYSTEM, Actor, Kind
from tests.verbs.running import Running, work
from tests.workflows import shipped

OURS = {
    "complaint_handling", "special_study", "complaint_review", "satisfaction_survey", "third_party_evaluation", "self_evaluation",
    "service_improvement", "bad_rating_rectification", "service_termination",
}  # fmt: skip
COMPLAINT = {
    "enterprise_id": "hengtong", "enterprise_name": "恒通机械有限公司", "complaint_kind": "service", "matter": "approval", "harm": "general",
    "complaint_title": "同一材料三次要求补正", "complaint_content": "每次说法不一。",
}  # fmt: skip


@pytest.fixture
def town(store, clock):
    """Our processes, all forms and all reference tables deployed, and one enterprise."""
    root = shipped.ROOT
    folders = [file for key in OURS for file in (root / "workflows" / key).iterdir() if file.suffix in (".bpmn", ".dmn")]
    files = {file.relative_to(root).as_posix(): file.read_bytes() for file in [*folders, *(root / "forms").glob("*.form")]}
    tables = {f"workflows/reference/{file.name}": file.read_bytes() for file in (root / "workflows" / "reference").glob("*.csv")}
    with store.writing() as session:
        reference.load(session, tables, SYSTEM, clock())
        deploying.deploy(session, files, SYSTEM, clock(), source="files")
        records.create_enterprise(session, id="hengtong", uscc="91410600MA9D000011", name="恒通机械有限公司", actor=SYSTEM, now=clock())
    return store


def publish(store, clock, name, **variables):
    with store.writing() as session:
        messages.publish(session, name, "", variables, SYSTEM, clock())
    work(store, clock)


def cases(store, clock, process):
    with store.reading() as session:
        ids = session.scalars(select(ProcessInstance.id).where(ProcessInstance.process_key == process).order_by(ProcessInstance.started_at))
        return [Running(store, clock, id_) for id_ in ids]


def test_the_cycles_of_reviews_come_from_the_reference_table(town):
    with town.reading() as session:
        due = dict(session.execute(select(Job.process_key, Job.due_at).where(Job.kind == "timer_start")).all())
    local = {process: f"{moment.astimezone(CHINA):%m-%d %H:%M}" for process, moment in due.items()}
    assert local == {"complaint_review": "04-01 09:00", "self_evaluation": "04-05 09:00", "satisfaction_survey": "06-10 09:00"}


def test_a_cycle_that_is_changed_on_the_page_moves_the_next_date(town, clock):
    chief = Actor("chief", "孙慧", Kind.DESIGNER)

    def due() -> datetime:
        with town.reading() as session:
            return session.scalars(select(Job.due_at).where(Job.process_key == "complaint_review", Job.kind == "timer_start")).one()

    before = due()
    with town.writing() as session:
        table, version = reference.get(session, "schedules", chief)
        row = next(row for row in table.rows if row["id"] == "complaint_review")
        cells = {name: str(value or "") for name, value in row.items()} | {"cycle": "0 0 9 15 * *"}
        reference.put_row(session, "schedules", cells, ("complaint_review",), version, chief, clock.now)

    assert due() != before and due().day == 15


def test_a_review_begins_by_itself_with_the_figures_of_the_month_before(town, clock):
    Running.start(town, clock, "complaint_handling", **COMPLAINT).pass_time(timedelta(days=31))

    (review,) = cases(town, clock, "complaint_review")

    assert review.open_tasks == ["write_review"]
    assert (review.variables["period_from"], review.variables["period_to"]) == ("2026-03-01", "2026-03-31")
    assert (review.variables["figures"]["started"], review.variables["figures_before"]["started"]) == (1, 0)
    assert [signal["kind"] for signal in review.variables["signals"]] == ["overdue"]


def test_the_third_complaint_of_the_same_matter_is_studied_and_one_of_another_matter_is_not(town, clock):
    levels = []
    for matter in ("approval", "fees", "approval", "approval"):
        case = Running.start(town, clock, "complaint_handling", **{**COMPLAINT, "matter": matter})
        work(town, clock)
        case.complete("sign_complaint", sign_choice="accept", sign_note=None, transfer_to=None)
        levels.append(case.variables["level"])

    assert levels == ["ordinary", "ordinary", "ordinary", "repeated"]
    assert case.open_tasks == ["contact_enterprise", "convene_study"]


def test_a_bad_answer_to_a_survey_goes_through_rectification_into_an_improvement(town, clock):
    publish(town, clock, "service_finished", enterprise_id="hengtong", enterprise_name="恒通机械有限公司", source_business_key="BB1", title="代办")
    (survey,) = cases(town, clock, "satisfaction_survey")
    answers = [{**row, "grade": 3} for row in survey.variables["answers"]]
    survey.complete("answer_survey", answers=answers, satisfaction=1, rating_text="拖延。")
    work(town, clock)
    (rectification,) = cases(town, clock, "bad_rating_rectification")
    facts = {"verify_note": "转办积压。", "department_id": "industry", "responsible_id": None, "systemic": True}
    rectification.complete("verify_rating", verdict="limited", **facts)
    rectification.complete("rectify_matter", rectify_choice="rectified", rectify_text="已改。", rectify_files=[], challenge_reason=None)
    rectification.complete("return_visit", visit_result="satisfied", visit_grade=4, visit_note="当面。")
    work(town, clock)
    (improvement,) = cases(town, clock, "service_improvement")

    assert (survey.status, rectification.status) == ("completed", "completed")
    assert improvement.open_tasks == ["plan_improvement"]
    assert improvement.variables["source_business_key"] == rectification.variables["business_key"]
    assert improvement.variables["improvement_text"] == "转办积压。"


def test_a_service_rated_badly_and_surveyed_is_rectified_once(town, clock):
    facts = {"enterprise_id": "hengtong", "enterprise_name": "恒通机械有限公司", "source_business_key": "BB1", "title": "代办", "rating": 2, "rating_text": "拖。"}
    with town.writing() as session:
        messages.publish(session, "bad_rating", "BB1", facts, SYSTEM, clock())
        messages.publish(session, "service_finished", "BB1", facts, SYSTEM, clock())
    (survey,) = cases(town, clock, "satisfaction_survey")
    survey.complete("answer_survey", answers=[{**row, "grade": 1} for row in survey.variables["answers"]], satisfaction=None, rating_text="还是拖。")
    with town.writing() as session:  # somebody says it a third time while it is being rectified
        messages.publish(session, "bad_rating", "BB1", {**facts, "satisfaction": 1, "rating_text": "没人解释。"}, SYSTEM, clock())
    work(town, clock)

    (rectification,) = cases(town, clock, "bad_rating_rectification")
    assert survey.variables["satisfaction"] == 2
    assert [row["text"] for row in rectification.variables["further_ratings"]] == ["没人解释。"]


def test_nobody_s_answer_is_a_bad_rating(town, clock):
    publish(town, clock, "service_finished", enterprise_id="hengtong", enterprise_name="恒通机械有限公司", source_business_key="BB1", title="代办")
    (survey,) = cases(town, clock, "satisfaction_survey")
    survey.pass_time(timedelta(days=10))

    assert survey.status == "completed" and survey.variables["rating_default"] is True
    assert cases(town, clock, "bad_rating_rectification") == []


def test_every_questionnaire_asks_for_every_indicator_of_the_standard():
    table = next(table for table in shipped.tables() if table.name == "questionnaire")
    asked: dict[str, set[str]] = {}
    for row in table.rows:
        asked.setdefault(str(row["questionnaire"]), set()).add(str(row["indicator"]))
    assert set(asked) == {"service", "period", "third_party"}
    assert all(indicators == {f"7.1.2{letter}" for letter in "abcde"} for indicators in asked.values())


def test_whoever_throws_a_message_gives_what_its_process_reads():
    """Beside its own facts, each names whom it concerns and where it comes from."""
    for process in shipped.everything().processes.values():
        for node in process.nodes.values():
            thrown = {event.name.text for event in node.events if event.name} if "Throw" in node.kind or "end" in node.kind else set()
            if thrown & {"bad_rating", "improvement_wanted", "service_finished"}:
                given = {mapping.target for mapping in node.inputs}
                assert {"enterprise_id", "enterprise_name", "source_business_key", "title"} <= given, (process.id, node.id)
            if "bad_rating" in thrown:
                assert given & {"satisfaction", "rating"}, (process.id, node.id)
            if "improvement_wanted" in thrown:
                assert {"improvement_source", "improvement_text"} <= given, (process.id, node.id)


def test_a_rating_found_unfair_is_counted_where_the_self_evaluation_looks_for_it(town, clock):
    publish(town, clock, "bad_rating", enterprise_id="hengtong", enterprise_name="恒通机械有限公司", source_business_key="BB1", title="代办", rating=1)
    (case,) = cases(town, clock, "bad_rating_rectification")
    facts = {"verify_note": "已联系。", "department_id": "industry", "responsible_id": None, "systemic": False}
    case.complete("verify_rating", verdict="limited", **facts)
    case.complete("rectify_matter", rectify_choice="challenge", rectify_text=None, rectify_files=[], challenge_reason="评错了对象。")
    case.complete("review_challenge", review_choice="unfair", review_opinion="属实。")
    work(town, clock)

    with town.reading() as session:
        found = statistics.figures(
            session, clock() - timedelta(days=1), clock() + timedelta(days=1), processes=["bad_rating_rectification"], rating="satisfaction"
        )

    evaluation = Running.start(town, clock, "self_evaluation", period_from="2026-03-01", period_to="2026-03-31")
    work(town, clock)
    assert evaluation.variables["struck_count"] == 1
    assert found["ratings"]["count"] == 0, "the grade belongs to the case that was rated and must not be counted twice"
