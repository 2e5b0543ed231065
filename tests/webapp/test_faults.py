"""A fault of the program while a person acts: nothing typed is lost, and whoever repairs cases sees it where it happened."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import func, select, text

from engine.tables.instances import Event, Incident
from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.verbs import instances
from engine.verbs.access import SYSTEM

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
FILLED = {"result": "已经写了很久的办理经过", "settled": "yes"}


def forbid(store: Store, name: str, what: str) -> None:
    """Let the database refuse a write, as it would something that a fault in the program gave it."""
    with store.writing() as session:
        session.execute(text(f"CREATE TRIGGER {name} BEFORE {what} BEGIN SELECT RAISE(ABORT, 'a fault'); END"))


def allow(store: Store, name: str) -> None:
    with store.writing() as session:
        session.execute(text(f"DROP TRIGGER {name}"))


def number_in(page: str) -> str:
    found = re.search(r"编号 ([0-9A-F]{8})", page)
    assert found is not None, page
    return found.group(1)


@pytest.fixture
def faulty(town: Store) -> Store:
    """No task can be completed."""
    forbid(town, "faulty", "UPDATE ON user_task WHEN NEW.outcome = 'completed'")
    return town


def test_what_was_typed_stands_on_the_page_again_and_is_kept(visit, file_request, open_task, faulty):
    task, li = open_task(file_request()), visit("li")
    li.get(f"/tasks/{task}")

    answer = li.post(f"/tasks/{task}/complete", FILLED)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 500 and "提交没有成功" in page and FILLED["result"] in page
    assert FILLED["result"] in visit("li").text(f"/tasks/{task}")
    with faulty.reading() as session:
        assert session.scalar(select(UserTask.closed_at).where(UserTask.id == task)) is None


def test_a_supervisor_sees_it_at_the_case_and_settles_it_and_the_person_submits_again(visit, file_request, open_task, faulty):
    case = file_request()
    task, li, zhou = open_task(case), visit("li"), visit("zhou")
    li.get(f"/tasks/{task}")
    number = number_in(li.post(f"/tasks/{task}/complete", FILLED).get_data(as_text=True))

    page = zhou.text(f"/instances/{case}")
    assert number in page and "李慧的提交" in page and "已留作草稿" in page
    assert case in zhou.text("/instances?incident=on")

    allow(faulty, "faulty")
    with faulty.reading() as session:
        incident = session.scalar(select(Incident.id).where(Incident.resolved_at.is_(None)))
    assert zhou.post(f"/instances/{case}/incidents/{incident}/retry").status_code == 303
    assert number not in re.sub(r"(?s)<ol class=\"timeline.*?</ol>", "", zhou.text(f"/instances/{case}"))
    assert li.post(f"/tasks/{task}/complete", FILLED).status_code == 303


def test_many_attempts_are_one_incident_that_ends_with_the_task(visit, file_request, open_task, faulty):
    case = file_request()
    task, li, ma = open_task(case), visit("li"), visit("ma")
    for person in (li, ma, li):
        person.get(f"/tasks/{task}")
        assert person.post(f"/tasks/{task}/complete", FILLED).status_code == 500
    with faulty.reading() as session:
        assert session.scalars(select(Incident.code)).all() == ["act_failed"]

    allow(faulty, "faulty")
    assert li.post(f"/tasks/{task}/complete", FILLED).status_code == 303

    with faulty.reading() as session:
        assert session.scalars(select(Incident.id).where(Incident.resolved_at.is_(None))).all() == []
        resolved = session.scalar(select(func.count()).select_from(Event).where(Event.stream == case, Event.kind == "incident_resolved"))
    assert resolved == 1


def test_an_action_that_cannot_be_done_is_told_at_the_case(visit, file_request, town):
    case = file_request()
    zhao = visit("zhao")
    address = re.search(rf"/instances/{case}/actions/[^\"]+", zhao.text(f"/enterprise/cases/{case}")).group(0)
    zhao.get(address)
    forbid(town, "faulty", "UPDATE ON user_task WHEN NEW.outcome = 'cancelled'")

    answer = zhao.post(address, {"withdrawal_reason": "不再需要了，问题已解决"})

    assert answer.status_code == 500 and "不再需要了" in answer.get_data(as_text=True)
    assert "赵敏的提交" in visit("zhou").text(f"/instances/{case}")
    allow(town, "faulty")
    assert zhao.post(address, {"withdrawal_reason": "不再需要了，问题已解决"}).status_code == 303


def test_a_start_that_cannot_be_done_keeps_the_form_and_its_files(visit, town):
    zhao = visit("zhao")
    key = re.search(r'name="_request_key" value="(\w+)"', zhao.text("/start/request")).group(1)
    forbid(town, "faulty", "INSERT ON process_instance")
    sent = {"_request_key": key, "subject": "厂区排水不畅", "urgent": "", "papers": (io.BytesIO(PDF), "现场照片.pdf")}

    answer = zhao.post("/start/request", sent, content_type="multipart/form-data")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 500 and "厂区排水不畅" in page and "现场照片.pdf" in page and key in page
    assert "厂区排水不畅" in zhao.text("/start/request")
    with town.reading() as session:
        assert session.execute(instances.list_instances(SYSTEM)).all() == []
