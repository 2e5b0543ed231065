"""The administrator's pages for people, and everybody's own password."""

from __future__ import annotations

import re

from sqlalchemy import select

from engine.tables.instances import Event
from engine.tables.people import Person
from engine.tables.tasks import TaskCandidate, UserTask
from tests.webapp.town import PASSWORD

NEW = {"username": "Chen", "name": "陈思", "kind": "department", "department_id": "finance", "position": "科员", "groups": "experts，judges"}


def id_of(town, username: str) -> str:
    with town.reading() as session:
        return session.scalar(select(Person.id).where(Person.username == username))


def handed_over(page) -> str:
    return re.search(r"<code[^>]*>([^<]+)</code>", page.text).group(1)


def test_a_new_person_gets_a_first_password_and_must_set_their_own(town, visit, stranger):
    admin = visit("admin")
    admin.get("/people/new")
    password = handed_over(admin.post("/people/new", NEW))

    stranger.get("/sign-in")
    assert stranger.post("/sign-in", {"username": "chen", "password": password}).status_code == 303
    for path in ("/", "/inbox", "/people", "/start"):
        assert stranger.client.get(path).location == "/password"
    stranger.get("/password")
    own = "自己的密码，好记又够长"
    assert stranger.post("/password", {"old": password, "new": own, "again": own}).status_code == 303
    assert stranger.get("/inbox").status_code == 200
    assert password not in admin.get(f"/people/{id_of(town, 'chen')}").text


def test_what_is_missing_or_taken_is_said_beside_what_was_typed(visit):
    admin = visit("admin")
    admin.get("/people/new")
    for typed, said in (
        ({**NEW, "username": "li"}, "已有人使用"), ({**NEW, "department_id": ""}, "部门"),
        ({**NEW, "kind": "enterprise", "enterprise": "91410500"}, "没有登记"), ({**NEW, "groups": "cadre"}, "不能手工授予"),
    ):  # fmt: skip
        answer = admin.post("/people/new", typed)
        assert answer.status_code == 422 and said in answer.text and "陈思" in answer.text


def test_people_are_found_by_name_and_kind(visit):
    page = visit("admin").get("/people?q=李&kind=department")
    assert "李慧" in page.text and "马超" not in page.text
    assert "没有这样的人" in visit("admin").get("/people?q=李&kind=cadre").text


def test_a_closed_account_is_signed_out_gives_its_tasks_back_and_comes_back(town, visit, file_request, open_task):
    li, admin = visit("li"), visit("admin")
    task = open_task(file_request("zhao"))
    li.post(f"/tasks/{task}/claim")
    address = f"/people/{id_of(town, 'li')}"
    admin.get(address)
    admin.post(f"{address}/active", {"active": "no"})
    assert li.client.get("/inbox").location.startswith("/sign-in")
    with town.reading() as session:
        assert session.execute(select(UserTask.assignee, UserTask.closed_at).where(UserTask.id == task)).one() == (None, None)
        assert session.scalar(select(TaskCandidate.is_free).where(TaskCandidate.task_id == task))
    assert "已停用" in admin.get(address).text
    admin.post(f"{address}/active", {"active": "yes"})
    assert "停用账号" in admin.get(address).text


def test_a_person_moves_to_another_department_with_the_next_request(town, visit):
    admin, address = visit("admin"), f"/people/{id_of(town, 'li')}"
    admin.get(address)
    moved = {"name": "李慧", "kind": "department", "department_id": "finance", "zone_id": "", "groups": ""}
    assert admin.post(address, moved).status_code == 303
    with town.reading() as session:
        assert session.scalar(select(Person.department_id).where(Person.username == "li")) == "finance"
        assert session.scalar(select(Event.facts).where(Event.kind == "person_changed"))["changed"] == ["department_id"]


def test_ones_own_password_needs_the_old_one_and_ends_other_sessions(visit):
    here, there = visit("li"), visit("li")
    here.get("/password")
    own = "另一个又长又好记的密码"
    assert "不正确" in here.post("/password", {"old": "wrong", "new": own, "again": own}).text
    assert "不一样" in here.post("/password", {"old": PASSWORD, "new": own, "again": own + "！"}).text
    assert here.post("/password", {"old": PASSWORD, "new": own, "again": own}).status_code == 303
    assert here.get("/inbox").status_code == 200
    assert there.client.get("/inbox").location.startswith("/sign-in")
