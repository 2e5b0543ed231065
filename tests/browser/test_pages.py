"""Pages as they come out in a real browser: on a phone and a desk, without scripts, with the policy that forbids everything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_appeal import fill, open_task, submit

pytestmark = pytest.mark.browser
MEASURES = (Path(__file__).parent / "measures.js").read_text("utf-8")


def file_appeal(site, page: Page, title: str = "厂区频繁停电", kind: str = "utilities") -> str:
    """A filed appeal; the address of its page."""
    page.goto("/start/appeal_handling")
    fill(page, contact_name="赵敏", contact_phone="13800138000", appeal_title=title, appeal_type=kind)
    fill(page, appeal_content="上周停电三次，每次两小时以上，影响交货。")
    submit(site, page, "提交")
    return page.url


def assign(site, zhang: Page, department: str) -> None:
    open_task(zhang, "归类核定")
    fill(zhang, category="environment", urgency="normal")
    submit(site, zhang)
    open_task(zhang, "交办")
    fill(zhang, department_id=department)
    submit(site, zhang)


def judge(page: Page) -> dict[str, object]:
    found = page.evaluate(MEASURES)
    assert found.pop("overflow") <= 0, page.url
    assert found == {"pale": [], "unnamed": [], "headings": 1, "mains": 1, "doubled": [], "language": "zh-CN"}, page.url
    return found


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_fits_and_can_be_read(site, sit_down, size):
    zhao = sit_down("zhao", size=size)
    case = file_appeal(site, zhao).rpartition("/")[2]
    assign(site, sit_down("zhang"), "environment")
    visits = {
        "zhao": ["/enterprise", f"/enterprise/cases/{case}", "/inbox", "/start/appeal_handling"],
        "li": ["/inbox", "/inbox?box=groups", "/inbox?box=done", "/notifications", "/start", "/nope"],
        "zhou": ["/instances", f"/instances/{case}", "/definitions"],
        "wu": ["/definitions", "/definitions/appeal_handling:1"],
    }
    for person, paths in visits.items():
        page = sit_down(person, size=size)
        for path in paths:
            page.goto(path)
            judge(page)
    li = sit_down("li", size=size)
    open_task(li, "签收")
    judge(li)
    li.get_by_role("button", name="提交办结").click()
    expect(li.locator("[data-fault-summary]")).to_be_focused()
    judge(li)
    zhao.goto("/")
    zhao.get_by_role("banner").locator("summary").click()
    zhao.get_by_role("button", name="退出登录").click()
    judge(zhao)


def test_a_case_can_be_handled_without_scripts(site, sit_down):
    zhao = sit_down("zhao", script=False)
    case = file_appeal(site, zhao)
    zhang = sit_down("zhang")
    assign(site, zhang, "environment")
    li = sit_down("li", script=False)
    open_task(li, "签收")
    fill(li, sign_choice="accept")
    submit(site, li)
    open_task(li, "办理诉求")
    fill(li, handling_choice="progress")
    li.get_by_role("button", name="更新表单").click()
    fill(li, progress_text="已派人检查线路。")
    submit(site, li)
    zhao.goto(case)
    expect(zhao.locator(".steps [data-state=active]")).to_contain_text("承办")


def test_a_draft_saves_itself_and_is_there_on_another_day(site, sit_down):
    file_appeal(site, sit_down("zhao"))
    zhang = sit_down("zhang")
    open_task(zhang, "归类核定")
    task = zhang.url
    fill(zhang, classification_note="同一园区上月也有两家反映")
    zhang.locator("h1").click()
    expect(zhang.locator("[data-draft-status]")).to_have_text("已保存 09:00")
    again = sit_down("zhang", size=PHONE)
    again.goto(task)
    expect(again.locator("[name=classification_note]")).to_have_value("同一园区上月也有两家反映")


def test_an_impatient_double_click_files_once(site, sit_down):
    zhao = sit_down("zhao")
    zhao.goto("/start/appeal_handling")
    fill(zhao, contact_name="赵敏", contact_phone="13800138000", appeal_title="贷款续期太慢", appeal_type="finance")
    fill(zhao, appeal_content="续贷手续递交三周没有回音。")
    zhao.get_by_role("button", name="提交").dblclick()
    expect(zhao.get_by_role("heading", level=1)).to_have_text("贷款续期太慢")
    zhao.goto("/enterprise")
    expect(zhao.locator(".case")).to_have_count(1)


def test_a_page_can_be_used_by_keyboard_alone(site, sit_down):
    page = sit_down("zhang")
    page.goto("/inbox")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("banner").locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()


def test_the_current_step_is_in_sight_in_a_wide_diagram(site, sit_down):
    case = file_appeal(site, sit_down("zhao")).rpartition("/")[2]
    zhou = sit_down("zhou", size=PHONE)
    zhou.goto(f"/instances/{case}")
    inside = zhou.evaluate(
        """() => {
          const frame = document.querySelector("[data-diagram]").getBoundingClientRect();
          const step = document.querySelector(".mark-active").getBoundingClientRect();
          return step.left >= frame.left && step.right <= frame.right;
        }"""
    )
    assert inside
