"""Starts that wait for the rest, and the anchor of the record, as supervisors see them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.tables.instances import Event
from engine.tables.jobs import PartialStart
from engine.verbs import conditional_starts
from engine.verbs.access import SYSTEM
from tests.verbs.running import deploy_diagrams
from tests.verbs.test_partial_starts import bring, broadcast, publish
from webapp import anchors


@pytest.fixture
def waiting(town, clock) -> str:
    """The id of a start that waits: the application of A1 is there, its payment and the signal are not."""
    bring(town, clock)
    publish(town, clock, "application", "A1")
    with town.reading() as session:
        return session.scalars(select(PartialStart.id)).one()


def test_a_supervisor_sees_what_has_come_and_what_is_missing(visit, waiting):
    page = visit("zhou").text("/oversight")
    come, missing = (re.search(rf"<dt>{label}</dt><dd>(.*?)</dd>", page, re.S).group(1) for label in ("已发生", "还在等"))
    assert "消息“application”" in come and "A1" in come
    assert "消息“payment”" in missing and "信号“season opened”" in missing and "application" not in missing


def test_what_comes_for_any_key_is_not_missing(visit, waiting, town, clock):
    broadcast(town, clock)
    missing = re.findall(r"<dt>还在等</dt><dd>(.*?)</dd>", visit("zhou").text("/oversight"))
    assert missing == ["消息“payment”"] * 2


def test_dropping_needs_a_reason_which_is_recorded(visit, waiting, town):
    zhou = visit("zhou")
    zhou.get("/oversight")
    assert "请写明原因" in zhou.post(f"/oversight/starts/{waiting}/drop", {"reason": " "}, follow_redirects=True).text
    assert "已作废" in zhou.post(f"/oversight/starts/{waiting}/drop", {"reason": "企业已撤回申请"}, follow_redirects=True).text

    assert "没有在等其余事件的启动" in zhou.text("/oversight")
    with town.reading() as session:
        facts = session.scalars(select(Event.facts).where(Event.kind == "partial_start_dropped")).one()
    assert (facts["event"], facts["key"], facts["reason"]) == ("message application", "A1", "企业已撤回申请")
    assert zhou.post(f"/oversight/starts/{waiting}/drop", {"reason": "再来"}).status_code == 404


@pytest.mark.parametrize("username", ["zhao", "li", "wang", "wu"])
def test_it_is_not_for_others(visit, waiting, username):
    visitor = visit(username)
    assert visitor.get("/oversight").status_code == 403
    assert visitor.post(f"/oversight/starts/{waiting}/drop", {"reason": "x"}).status_code == 403


def test_the_last_anchor_is_shown(visit, town, clock, tmp_path: Path):
    assert "还没有锚点" in visit("admin").text("/oversight")
    anchor = anchors.drop(town, tmp_path / "anchors", clock.now)
    page = visit("admin").text("/oversight")
    assert anchor.chain in page and "09:00" in page


def test_a_start_condition_that_costs_too_much_is_seen(visit, town, clock):
    assert "没能判断" not in visit("zhou").text("/oversight")
    deploy_diagrams(town, clock, "conditional_start_costly")
    with town.writing() as session:
        conditional_starts.evaluate(session, {"level": 1_000_000_000}, SYSTEM, clock())

    page = visit("zhou").text("/oversight")

    assert "没能判断的启动条件" in page and "conditional start costly" in page and "too hot" in page
