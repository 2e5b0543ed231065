"""Every page × every kind of person: what is not listed here as open answers nobody."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from sqlalchemy import select

from engine.tables.jobs import PartialStart
from engine.tables.people import Person
from engine.verbs import attachments, incidents, instances
from engine.verbs.access import SYSTEM
from tests.webapp.conftest import Visitor
from webapp.security import mark_of

EVERYONE = {"zhao", "qian", "wang", "li", "ma", "sun", "zhou", "wu", "admin"}
STAFF_OF_CASE = {"wang", "li", "ma", "zhou"}  # who may see zhao's case among the staff
STARTERS = EVERYONE - {"wu", "admin"}
# endpoint → who gets an answer other than "no" when asking about a case of zhao's enterprise that waits for li's department.
OPEN: dict[str, set[str]] = {
    "home.home": EVERYONE,
    "inbox.show": EVERYONE,
    "task_pages.show": STAFF_OF_CASE,
    "task_pages.claim": {"li", "ma"},
    "task_pages.release": set(),  # nobody holds it
    "task_pages.draft": {"li", "ma"},
    "task_pages.refresh": {"li", "ma"},
    "task_pages.complete": {"li", "ma"},
    "task_pages.assign": {"zhou"},
    "task_pages.change": {"zhou"},
    "starting_pages.choose": STARTERS,
    "starting_pages.fill_in": {"zhao", "qian", "wang"},
    "starting_pages.draft": {"zhao", "qian", "wang"},
    "starting_pages.refresh": {"zhao", "qian", "wang"},
    "starting_pages.start": {"zhao", "qian", "wang"},
    "enterprise_pages.show": {"zhao", "qian"},
    "enterprise_pages.follow": {"zhao"},
    "instance_pages.show_all": EVERYONE,  # the list holds only what each may see
    "instance_pages.show": STAFF_OF_CASE | {"zhao"},
    "instance_pages.retry": {"zhou", "admin"},
    "instance_pages.terminate": {"zhou"},
    "instance_pages.hold": {"zhou"},
    "instance_pages.unhold": {"zhou"},
    **{f"record_pages.{view}": {"zhou", "admin"} for view in ("show_all", "show", "entrust")},
    "record_pages.move": {"admin"},
    "oversight_pages.show": {"zhou", "admin"},
    "oversight_pages.drop": {"zhou", "admin"},
    "action_pages.show": {"zhao"},
    "action_pages.refresh": {"zhao"},
    "action_pages.perform": {"zhao"},
    "attachment_pages.download": STAFF_OF_CASE | {"zhao"},
    "attachment_pages.download_shown": STAFF_OF_CASE,
    "definition_pages.show_all": {"zhou", "wu", "admin"},
    "definition_pages.show": {"zhou", "wu", "admin"},
    **{
        f"reference_pages.{view}": {"wu", "admin"}
        for view in ("show_all", "show", "edit", "save", "delete", "download", "preview", "replace")
    },
    **{f"people_pages.{view}": {"admin"} for view in ("show_all", "begin", "create", "show", "save", "issue_password", "set_active", "unlock")},
    "password_pages.show": EVERYONE,
    "password_pages.change": EVERYONE,
    "clause_pages.show_all": EVERYONE,
    "clause_pages.picture": EVERYONE,
    "notification_pages.show": EVERYONE,
    "notification_pages.read": EVERYONE,
    "signing_in.sign_out": EVERYONE,
}
PUBLIC = {"static", "health.alive", "health.ready", "signing_in.show", "signing_in.sign_in", "signing_in.demonstrate", "texts.change", "channel_pages.show"}


def endpoints(app):
    return {rule.endpoint for rule in app.url_map.iter_rules()}


def test_every_page_is_listed_here_and_marked_in_its_view(app):
    assert endpoints(app) == OPEN.keys() | PUBLIC
    assert all(mark_of(app, endpoint) is not None for endpoint in endpoints(app))
    assert {endpoint for endpoint in endpoints(app) if mark_of(app, endpoint).public} == PUBLIC


@pytest.fixture
def address(app, town, clock, file_request, open_task, visit) -> Callable[[str], tuple[str, str, dict[str, str]]]:
    """`address("task_pages.claim")`: method, path and fields of a request to that page about zhao's case."""
    paper = (io.BytesIO(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"), "材料.pdf")
    case = file_request("zhao", papers=paper)
    broken = file_request("zhao", subject="故障")
    visitor = visit("li")
    visitor.post(f"/tasks/{open_task(broken)}/complete", {"result": "…", "settled": "yes"})
    with town.writing() as session:
        session.add(PartialStart(id="start", process_key="request", node="filed", slot="message paid", variables={}, created_at=clock.now))
        session.flush()
    with town.reading() as session:
        ids = {
            "instance_id": case,
            "task_id": open_task(case),
            "wait_id": _withdrawal(session, case),
            "attachment_id": attachments.of_instance(session, case, SYSTEM)[0].id,
            "definition_id": "request:1",
            "key": "request",
            "start_id": "start",
            "enterprise_id": "xingtai",
            "name": "policies",
            "person_id": session.scalar(select(Person.id).where(Person.username == "sun")),
        }
        cadre = session.scalar(select(Person.id).where(Person.username == "wang"))
        colleague = session.scalar(select(Person.id).where(Person.username == "ma"))
        incident = session.execute(incidents.list_incidents(SYSTEM, broken)).one().id
    person = {"name": "孙立", "kind": "department", "department_id": "finance"}
    fields = {"task_pages.assign": {"person": colleague}, "people_pages.create": {**person, "username": "sun2"}, "people_pages.save": person, "task_pages.complete": {"result": "好", "settled": "yes"}, "instance_pages.terminate": {"reason": "重复"}, "instance_pages.hold": {"reason": "复议期间"}, "oversight_pages.drop": {"reason": "不会再来"}, "record_pages.entrust": {"person": cadre, "reason": "换岗"}, "record_pages.move": {"zone": "zone", "reason": "迁址"},
              "reference_pages.save": {"_version": "1", "cell.id": "p3", "cell.title": "稳岗返还"},
              "reference_pages.replace": {"_version": "1", "content": "id,title\np9,稳岗返还\n"}}  # fmt: skip

    def _address(endpoint: str) -> tuple[str, str, dict[str, str]]:
        rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
        own = {**ids, "instance_id": broken, "incident_id": incident} if endpoint == "instance_pages.retry" else ids
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(endpoint, {name: own[name] for name in rule.arguments})
        return ("POST" if "POST" in rule.methods else "GET"), path, fields.get(endpoint, {})

    return _address


def _withdrawal(session, instance_id: str) -> str:
    return next(action.wait_id for action in instances.actions(session, instance_id, SYSTEM))


def ask(visitor: Visitor, method: str, path: str, fields: dict[str, str]) -> int:
    if method == "POST":
        return visitor.post(path, fields, follow_redirects=True).status_code
    return visitor.client.get(path, follow_redirects=True).status_code


@pytest.mark.parametrize("endpoint", sorted(OPEN))
def test_only_those_listed_get_an_answer(endpoint, address, visit):
    method, path, fields = address(endpoint)
    allowed = OPEN[endpoint]

    refused = {person: ask(visit(person), method, path, fields) for person in sorted(EVERYONE - allowed)}
    assert set(refused.values()) <= {403, 404}, refused

    # What one of them does may close the door behind them, so those who may are asked one by one only where nothing changes.
    for person in sorted(allowed) if method == "GET" else sorted(allowed)[:1]:
        assert ask(visit(person), method, path, fields) in (200, 422), person


@pytest.mark.parametrize("endpoint", sorted(OPEN))
def test_a_stranger_is_sent_to_the_door(endpoint, address, stranger):
    method, path, fields = address(endpoint)
    stranger.get("/sign-in")
    answer = stranger.post(path, fields) if method == "POST" else stranger.client.get(path)
    assert answer.status_code == (401 if method == "POST" else 303)
    assert method == "POST" or answer.location.startswith("/sign-in")


def test_a_view_without_a_mark_answers_nobody(app, visit):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert visit("admin").get("/forgotten").status_code == 403
