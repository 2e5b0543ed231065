"""The administrator's pages for people and the published channels, as they are on a phone and on a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from engine.tables.people import Person
from engine.verbs import people
from engine.verbs.access import SYSTEM
from tests.browser.city import PASSWORD
from tests.browser.conftest import DESK, PHONE
from tests.browser.playing.play import FLAWLESS, MEASURES

pytestmark = pytest.mark.browser


def look_over(page) -> None:
    """Nothing is wider than the screen, everything can be read and has a name."""
    found = page.evaluate(MEASURES)
    assert found.pop("overflow") <= 0, page.url
    assert {name: found[name] for name in found} == FLAWLESS, page.url


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_an_administrator_registers_somebody_who_then_sets_a_password(site, sit_down, size):
    with site.store.writing() as session:
        people.create(session, username="root", name="管理员", kind="administrator", password=PASSWORD, actor=SYSTEM, now=site.clock.now)
    page = sit_down("root", size=size)
    page.goto("/people")
    look_over(page)
    page.get_by_role("link", name="登记人员").click()
    page.get_by_label("用户名").fill("chen")
    page.get_by_label("姓名").fill("陈思")
    page.get_by_label("类别").select_option("cadre")
    page.get_by_label("片区").select_option("zone")
    look_over(page)
    page.get_by_role("button", name="登记并生成初始密码").click()
    first = page.locator("code").inner_text()
    look_over(page)

    own = page.context.browser.new_context(viewport=size, locale="zh-CN", base_url=site.url).new_page()
    own.goto("/sign-in")
    own.get_by_label("用户名").fill("chen")
    own.get_by_label("密码").fill(first)
    own.get_by_role("button", name="登录", exact=True).click()
    expect(own.get_by_role("heading", level=1)).to_have_text("请设置自己的密码")
    look_over(own)
    own.get_by_label("初始密码").fill(first)
    own.get_by_label("新密码", exact=True).fill(PASSWORD)
    own.get_by_label("再输一遍新密码").fill(PASSWORD)
    own.get_by_role("button", name="保存新密码").click()
    expect(own.locator(".notice[data-tone=ok]")).to_contain_text("密码已修改")
    own.context.close()


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_a_person_is_closed_after_a_question(site, sit_down, size):
    with site.store.writing() as session:
        people.create(session, username="root", name="管理员", kind="administrator", password=PASSWORD, actor=SYSTEM, now=site.clock.now)
        li = session.scalar(select(Person.id).where(Person.username == "li"))
    page = sit_down("root", size=size)
    page.goto(f"/people/{li}")
    look_over(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="停用账号").click()
    expect(page.locator(".notice[data-tone=ok]")).to_contain_text("已停用")
    page.goto("/channels")
    look_over(page)
