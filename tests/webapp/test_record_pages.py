"""Enterprises for those in charge: the zone each is in and the cadre who serves it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.tables.instances import Event
from engine.tables.people import Enterprise
from engine.verbs import people, records
from engine.verbs.access import SYSTEM

ADDRESS = "/enterprises/xinyuan"


@pytest.fixture
def gao(town, clock) -> str:
    """The id of a second cadre."""
    with town.writing() as session:
        return people.create(session, username="gao", name="高洁", kind="cadre", password=None, actor=SYSTEM, now=clock.now, zone_id="zone")


@pytest.fixture
def elsewhere(town, clock) -> str:
    with town.writing() as session:
        return records.put_zone(session, "老城区", SYSTEM, clock.now, id="old_town")


def facts(town, kind: str) -> list[dict]:
    with town.reading() as session:
        return list(session.scalars(select(Event.facts).where(Event.kind == kind).order_by(Event.seq)))


def test_enterprises_are_found_by_name_and_code(visit):
    zhou = visit("zhou")
    page = zhou.text("/enterprises?q=鑫源")
    assert "鑫源精密机械有限公司" in page and "兴泰化工" not in page
    assert "没有找到企业" in zhou.text("/enterprises?q=不存在")


def test_a_supervisor_sees_the_zone_s_enterprises_and_an_administrator_searches_the_city(visit):
    zhou, admin = visit("zhou"), visit("admin")
    assert "兴泰化工" in zhou.text("/enterprises")
    assert "先查找企业" in admin.text("/enterprises") and "兴泰化工" in admin.text("/enterprises?q=兴泰")


def test_a_cadre_takes_over_from_another_with_a_reason(visit, town, clock, gao):
    zhou = visit("zhou")
    zhou.get(ADDRESS)
    assert "请写明原因" in zhou.post(f"{ADDRESS}/cadre", {"person": gao, "reason": ""}, follow_redirects=True).text
    page = zhou.post(f"{ADDRESS}/cadre", {"person": gao, "reason": "王建国轮岗"}, follow_redirects=True).text

    assert "助企干部已更换" in page and page.count("正在服务") == 1
    with town.reading() as session:
        assert [row.name for row in records.assignments(session, "xinyuan", SYSTEM, clock.now)] == ["高洁"]
    assert facts(town, "cadre_assigned")[-1]["reason"] == facts(town, "cadre_released")[-1]["reason"] == "王建国轮岗"
    assert "没有改动" in zhou.post(f"{ADDRESS}/cadre", {"person": gao, "reason": "再来一次"}, follow_redirects=True).text


def test_an_administrator_moves_an_enterprise_to_another_zone(visit, town, elsewhere):
    admin, zhou = visit("admin"), visit("zhou")
    assert "调整片区" not in zhou.text(ADDRESS)
    admin.get(ADDRESS)
    assert "请写明原因" in admin.post(f"{ADDRESS}/zone", {"zone": elsewhere, "reason": " "}, follow_redirects=True).text
    assert "片区已调整" in admin.post(f"{ADDRESS}/zone", {"zone": elsewhere, "reason": "企业迁址"}, follow_redirects=True).text

    with town.reading() as session:
        assert session.scalar(select(Enterprise.zone_id).where(Enterprise.id == "xinyuan")) == "old_town"
    assert facts(town, "enterprise_moved") == [{"enterprise": "xinyuan", "before": "zone", "zone": "old_town", "reason": "企业迁址"}]
    assert zhou.get(ADDRESS).status_code == 404  # no longer of this supervisor's zone


def test_a_case_under_way_stays_with_the_zone_it_began_in(visit, file_request, elsewhere):
    case, admin = file_request("zhao"), visit("admin")
    admin.get(ADDRESS)
    admin.post(f"{ADDRESS}/zone", {"zone": elsewhere, "reason": "企业迁址"})
    assert "厂区排水" in visit("zhou").text(f"/instances/{case}")


def test_a_supervisor_cannot_move_an_enterprise_away(visit, elsewhere):
    zhou = visit("zhou")
    zhou.get(ADDRESS)
    assert zhou.post(f"{ADDRESS}/zone", {"zone": elsewhere, "reason": "x"}).status_code == 403


def test_who_is_no_cadre_cannot_be_entrusted(visit, town):
    zhou = visit("zhou")
    zhou.get(ADDRESS)
    assert zhou.post(f"{ADDRESS}/cadre", {"person": "nobody", "reason": "x"}).status_code == 404
    with town.reading() as session:
        assert len(records.assignments(session, "xinyuan", SYSTEM)) == 1
