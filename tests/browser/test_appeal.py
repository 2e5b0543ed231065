"""The whole process from filing to archive, by the people it is for, in real browsers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from engine.verbs import history
from tests.browser.conftest import PHONE, Site

pytestmark = pytest.mark.browser
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
TITLE = "厂区围墙外雨水倒灌"


def open_task(page: Page, name: str) -> None:
    """Find a task in either box of the inbox and open it."""
    for box in ("groups", "mine"):
        page.goto(f"/inbox?box={box}")
        link = page.get_by_role("link", name=name, exact=True)
        if link.count():
            link.first.click()
            return
    raise AssertionError(f"no task {name}")


def fill(page: Page, **fields: str) -> None:
    """Fill in fields by their keys, in order, as they appear: choices first that let others appear."""
    for key, value in fields.items():
        control = page.locator(f'[name="{key}"]:not([type=hidden])').first
        kind = control.evaluate("control => control.type")
        if kind in ("radio", "checkbox"):
            page.locator(f'[name="{key}"][value="{value}"]').check()
        elif kind == "select-one":
            control.select_option(value)
        else:
            control.fill(value)


def submit(site: Site, page: Page, button: str = "提交办结") -> None:
    page.get_by_role("button", name=button).click()
    expect(page.locator(".notice[data-tone=ok]")).to_be_visible()
    site.work()


def test_an_appeal_goes_from_filing_to_the_archive_by_five_people(site, sit_down):
    zhao = sit_down("zhao", size=PHONE)
    zhao.get_by_role("link", name="企业诉求办理").click()
    fill(zhao, contact_name="赵敏", contact_phone="13800138000", appeal_title=TITLE, appeal_type="environment")
    fill(zhao, appeal_content="每逢大雨，围墙外雨水倒灌进车间，设备被迫停机。")
    zhao.locator('[name="appeal_files"][type=file]').set_input_files({"name": "现场.pdf", "mimeType": "application/pdf", "buffer": PDF})
    submit(site, zhao, "提交")
    expect(zhao.get_by_role("heading", level=1)).to_have_text(TITLE)
    case = zhao.url

    zhang = sit_down("zhang")
    open_task(zhang, "归类核定")
    expect(zhang.locator("#form-body").get_by_role("link", name="现场.pdf")).to_be_visible()  # in the form, where it was asked for
    fill(zhang, category="environment", urgency="normal")
    submit(site, zhang)
    open_task(zhang, "交办")
    fill(zhang, department_id="environment")
    expect(zhang.locator('[name="responsible_id"] option', has_text="李慧")).to_be_attached()  # offered once the department is chosen
    submit(site, zhang)

    li = sit_down("li")
    open_task(li, "签收")
    fill(li, sign_choice="accept")
    submit(site, li)
    open_task(li, "办理诉求")
    fill(li, handling_choice="progress", progress_text="已与排水公司踏勘现场。")
    submit(site, li)

    zhou = sit_down("zhou")
    zhou.goto(f"/instances?q={TITLE}")
    zhou.get_by_role("link", name=TITLE).click()
    expect(zhou.locator(".mark-active[data-element=record_handling]")).to_be_attached()

    open_task(li, "办理诉求")
    fill(li, handling_choice="result", handling_result="solved", handling_measure="新建排水管 120 米，已通水。")
    submit(site, li)

    zhao.goto(case)
    zhao.get_by_role("link", name="去处理").click()
    fill(zhao, solved="yes", satisfaction="5")
    submit(site, zhao)

    wang = sit_down("wang", size=PHONE)
    open_task(wang, "回访企业")
    fill(wang, visit_result="confirmed", visit_note="企业确认已解决。")
    submit(site, wang)

    open_task(zhang, "归档")
    fill(zhang, archive_complete="true")
    submit(site, zhang)

    zhao.goto(case)
    expect(zhao.locator(".badge", has_text="已归档").first).to_be_visible()
    expect(zhao.locator(".steps [data-state=active]")).to_have_count(0)
    with site.store.reading() as session:
        assert history.verify(session) == []
