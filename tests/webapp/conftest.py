"""A small town for the pages: two enterprises, people of every kind, one process, and browsers that are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.tables.store import Store
from engine.verbs import definitions, people, records
from engine.verbs.access import SYSTEM
from tests.verbs.running import Clock, work
from webapp.app import create_app
from webapp.settings import Settings

FILES = Path(__file__).parent / "files"
PASSWORD = "correct-horse-staple"
USCC = {"xinyuan": "91410500MA3X00001T", "xingtai": "91410500MA3X00002M"}
NAMES = {
    "zhao": "赵敏", "qian": "钱进", "wang": "王建国", "li": "李慧", "ma": "马超", "sun": "孙立", "zhou": "周正", "wu": "吴工", "admin": "系统管理员",
}  # fmt: skip


@pytest.fixture
def town(store: Store, clock: Clock) -> Store:
    """The store with people in it. zhao and qian belong to two enterprises, wang serves zhao's; li and ma share a department."""
    with store.writing() as session:
        zone = records.put_zone(session, "高新区", SYSTEM, clock.now, id="zone")
        for id_, name in (("environment", "生态环境分局"), ("finance", "金融工作局")):
            records.put_department(session, name, SYSTEM, clock.now, id=id_, zone_id=zone)
        for id_, name in (("xinyuan", "鑫源精密机械有限公司"), ("xingtai", "兴泰化工有限公司")):
            uscc = _with_check_character(USCC[id_][:17])
            records.create_enterprise(session, uscc=uscc, name=name, actor=SYSTEM, now=clock.now, zone_id=zone, id=id_)
        places = {
            "zhao": ("enterprise", {"enterprise_id": "xinyuan"}), "qian": ("enterprise", {"enterprise_id": "xingtai"}),
            "wang": ("cadre", {"zone_id": zone}), "li": ("department", {"department_id": "environment"}),
            "ma": ("department", {"department_id": "environment"}), "sun": ("department", {"department_id": "finance"}),
            "zhou": ("supervisor", {"zone_id": zone}), "wu": ("designer", {}), "admin": ("administrator", {}),
        }  # fmt: skip
        ids = {
            username: people.create(
                session, username=username, name=NAMES[username], kind=kind, password=PASSWORD, actor=SYSTEM, now=clock.now,
                demonstration=username != "admin", **place,
            )
            for username, (kind, place) in places.items()
        }  # fmt: skip
        records.assign_cadre(session, "xinyuan", ids["wang"], SYSTEM, clock.now)
        definitions.deploy(session, {file.name: file.read_bytes() for file in FILES.iterdir()}, SYSTEM, clock.now, source="files")
    return store


def _with_check_character(code: str) -> str:
    from stdnum.cn import uscc

    return code + uscc.calc_check_digit(code)


@pytest.fixture
def app(town: Store, clock: Clock) -> Flask:
    return create_app(town, Settings(secret="s" * 32, sign_in_rate="1000 per minute"), clock)


@dataclass
class Visitor:
    """A browser in which one person is signed in."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, **options: object) -> TestResponse:
        response = self.client.get(path, **options)
        found = re.search(r'name="csrf_token" value="([^"]+)"', response.get_data(as_text=True))
        self.token = found.group(1) if found else self.token
        return response

    def post(self, path: str, data: dict[str, object] | None = None, **options: object) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **options)

    def text(self, path: str) -> str:
        response = self.get(path)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_data(as_text=True)


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Nobody is signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def visit(app: Flask) -> Callable[[str], Visitor]:
    """`visit("li")`: a browser in which li has signed in with a password."""

    def _visit(username: str) -> Visitor:
        visitor = Visitor(app.test_client())
        visitor.get("/sign-in")
        answer = visitor.post("/sign-in", {"username": username, "password": PASSWORD})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        visitor.get(answer.location)
        return visitor

    return _visit


@pytest.fixture
def file_request(visit: Callable[[str], Visitor], town: Store, clock: Clock) -> Callable[..., str]:
    """`file_request("zhao", subject="排水")`: a case filed over the page; its instance id."""

    def _file(username: str = "zhao", **fields: object) -> str:
        visitor = visit(username)
        key = re.search(r'name="_request_key" value="(\w+)"', visitor.text("/start/request"))
        answer = visitor.post("/start/request", {"_request_key": key.group(1), "subject": "厂区排水", "urgent": "", "papers": "", **fields})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        work(town, clock)
        return answer.location.rpartition("/")[2]

    return _file


@pytest.fixture
def open_task(town: Store) -> Callable[[str], str]:
    """`open_task(instance_id)`: the id of its open task."""
    from engine.verbs import instances

    def _open(instance_id: str) -> str:
        with town.reading() as session:
            return instances.open_tasks(session, [instance_id])[instance_id][0].id

    return _open
