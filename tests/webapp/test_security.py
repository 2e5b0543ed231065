"""Sessions, tokens, headers: what keeps a stranger, a stale page or another site out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from engine.verbs import people
from engine.verbs.access import SYSTEM
from tests.webapp.conftest import Visitor
from tests.webapp.town import PASSWORD
from webapp.app import create_app
from webapp.security import public
from webapp.settings import Settings


def test_every_answer_carries_the_policy(stranger):
    for path in ("/sign-in", "/nope", "/healthz", "/"):
        headers = stranger.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_production_cookies_travel_by_https_only(town, clock):
    client = create_app(town, Settings(secret="s" * 32, production=True), clock).test_client()
    answer = client.get("/sign-in", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-zhuqi=") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "演示账号" not in answer.get_data(as_text=True)


def test_a_post_without_the_token_changes_nothing(visit, file_request, open_task):
    task = open_task(file_request())
    li = visit("li")
    answer = li.client.post(f"/tasks/{task}/claim")
    assert answer.status_code == 400 and "这一页放得太久了" in answer.get_data(as_text=True)
    assert "待认领" in li.text(f"/tasks/{task}")


def test_wrong_passwords_are_counted_although_they_are_refused(stranger, town):
    stranger.get("/sign-in")
    for _ in range(5):
        answer = stranger.post("/sign-in", {"username": "li", "password": "wrong"})
    assert answer.status_code == 401 and "暂时锁定" not in answer.get_data(as_text=True)  # nor whether there is such an account
    again = stranger.post("/sign-in", {"username": "li", "password": PASSWORD})
    assert again.status_code == 401


def test_many_attempts_from_one_address_are_slowed_down_by_whichever_process_they_meet(town, clock):
    one, other = (Visitor(create_app(town, Settings(secret="s" * 32, refused_sign_ins=3), clock).test_client()) for _ in range(2))
    for visitor in (one, other):
        visitor.get("/sign-in")
    attempts = [(one, "nobody"), (other, "li"), (one, "ma"), (one, "zhao"), (other, "zhao")]
    answers = [visitor.post("/sign-in", {"username": username, "password": "x"}) for visitor, username in attempts]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[-1].headers["Retry-After"] == "61" and "太频繁" in answers[-1].get_data(as_text=True)

    assert other.post("/sign-in", {"username": "zhao", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 303
    clock.now += timedelta(minutes=1)
    assert one.post("/sign-in", {"username": "ma", "password": PASSWORD}).status_code == 303


def test_right_passwords_are_not_counted_against_an_office_that_shares_an_address(town, clock):
    app = create_app(town, Settings(secret="s" * 32, refused_sign_ins=1), clock)
    for username in ("li", "ma", "sun"):
        visitor = Visitor(app.test_client())
        visitor.get("/sign-in")
        assert visitor.post("/sign-in", {"username": username, "password": PASSWORD}).status_code == 303


def test_a_network_of_many_addresses_is_one(town, clock):
    visitor = Visitor(create_app(town, Settings(secret="s" * 32, refused_sign_ins=2), clock).test_client())
    visitor.get("/sign-in")
    statuses = [
        visitor.post("/sign-in", {"username": "li", "password": "x"}, environ_base={"REMOTE_ADDR": address}).status_code
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2:7::7", "2001:db8:1:3::1")
    ]
    assert statuses == [401, 401, 429, 401]


def test_a_new_password_ends_every_session(visit, town, clock):
    li = visit("li")
    with town.writing() as session:
        person = next(each for each in people.demonstrations(session) if each.username == "li")
        people.set_password(session, person.id, "another-long-secret", SYSTEM, clock.now)
    assert li.get("/inbox").status_code == 303


def test_signing_in_leaves_no_trace_of_the_session_before(visit):
    li = visit("li")
    before = li.client.get_cookie("zhuqi").value
    li.post("/sign-out")
    assert li.get("/inbox").status_code == 303
    assert li.client.get_cookie("zhuqi") is None or li.client.get_cookie("zhuqi").value != before


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\t//evil.example"])
def test_nobody_is_sent_to_another_site(stranger, target):
    stranger.get("/sign-in")
    answer = stranger.post("/sign-in", {"username": "li", "password": PASSWORD, "next": target})
    assert answer.location == "/"


def test_the_page_one_wanted_opens_after_signing_in(stranger):
    door = stranger.get("/inbox?box=groups")
    stranger.get(door.location)
    answer = stranger.post("/sign-in", {"username": "li", "password": PASSWORD, "next": "/inbox?box=groups"})
    assert answer.location == "/inbox?box=groups"


def test_one_tap_enters_only_demonstration_accounts(stranger, town):
    page = stranger.get("/sign-in").get_data(as_text=True)
    assert "赵敏" in page and "系统管理员" not in page.partition("演示账号")[2]
    with town.reading() as session:
        zhao = next(each.id for each in people.demonstrations(session) if each.username == "zhao")
    assert stranger.post("/sign-in/demonstration", {"person": zhao}).status_code == 303
    other = Visitor(stranger.client.application.test_client())
    other.get("/sign-in")
    assert other.post("/sign-in/demonstration", {"person": "someone"}).status_code == 404


def test_there_is_no_one_tap_entry_in_production(town, clock):
    visitor = Visitor(create_app(town, Settings(secret="s" * 32, production=True), clock).test_client())
    visitor.get("/sign-in", base_url="https://localhost")
    with town.reading() as session:
        zhao = people.demonstrations(session)[0].id
    answer = visitor.post(
        "/sign-in/demonstration", {"person": zhao}, base_url="https://localhost", headers={"Referer": "https://localhost/sign-in"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_transactions_in_each_others_way_are_a_page_that_says_so(app: Flask, visit: Callable[[str], Visitor], state: str) -> None:
    class Crossed(Exception):
        sqlstate = state

    @app.get("/crossed")
    @public
    def crossed() -> str:
        raise OperationalError("UPDATE", {}, Crossed())

    answer = visit("li").get("/crossed")

    assert answer.status_code == 503 and answer.headers["Retry-After"] == "1"
    assert "再提交一次" in answer.get_data(as_text=True)
