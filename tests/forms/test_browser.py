"""The script of forms in a real browser: drafts, counters, and that Enter sends the last keystroke."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask, Response, render_template_string, request
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from engine.core.forms.submission import submit
from engine.core.forms.view import view
from engine.texts import text

from .conftest import NOW, ROOT, field, form_of

pytestmark = pytest.mark.browser
PAGE = (
    '{% from "_fields.html" import form_body %}<!doctype html><html lang="zh-CN"><title>表单</title>'
    '<link rel="icon" href="data:,"><script type="module" src="/frontend/form.js"></script>'
    '<form method="post" novalidate>{{ form_body(view, "zh", "", "/draft") }}<button>提交</button></form>'
)
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'"


class Site:
    """A server with one form that remembers what it was sent."""

    def __init__(self) -> None:
        self.drafts: list[dict[str, list[str]]] = []
        self.sent: list[dict[str, list[str]]] = []
        self.fails = False
        self.form = form_of(field(validate={"required": True, "maxLength": 5}), field("textarea", "b"))
        app = Flask(__name__, template_folder=ROOT / "webapp/templates", static_folder=ROOT / "webapp/frontend", static_url_path="/frontend")
        app.jinja_env.globals["t"] = lambda code, /, **facts: text(code, "zh", **facts)
        app.jinja_env.globals["file_address"] = "/attachments/{}".format
        app.add_url_rule("/", view_func=self.page, methods=["GET", "POST"])
        app.add_url_rule("/draft", view_func=self.draft, methods=["POST"])
        app.after_request(self.policy)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def page(self) -> str:
        raw = request.form.to_dict(flat=False)
        if request.method == "GET":
            return render_template_string(PAGE, view=view(self.form, {}, now=NOW))
        self.sent.append(raw)
        return render_template_string(PAGE, view=view(self.form, {}, raw, now=NOW, errors=submit(self.form, raw, {}, now=NOW).errors))

    def draft(self) -> Response:
        self.drafts.append(request.form.to_dict(flat=False))
        return Response(status=500) if self.fails else Response("已保存 10:42", mimetype="text/plain")

    def policy(self, response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    page = chromium.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" and not site.fails else None)
    page.goto(site.url)
    yield page
    page.close()
    assert not faults


def test_a_draft_is_saved_when_a_field_is_left_and_the_page_says_so(site, page):
    page.fill("#f-a", "张三")
    page.keyboard.press("Tab")
    expect(page.locator("[data-draft-status]")).to_have_text("已保存 10:42")
    assert site.drafts == [{"a": ["张三"], "b": [""]}]


def test_a_draft_that_could_not_be_saved_is_said_and_nothing_is_lost(site, page):
    site.fails = True
    page.fill("#f-a", "张三")
    page.keyboard.press("Tab")
    expect(page.locator("[data-draft-status]")).to_contain_text("草稿没有保存成功")
    expect(page.locator("#f-a")).to_have_value("张三")


def test_enter_sends_the_last_keystroke(site, page):
    page.focus("#f-a")
    page.keyboard.type("一二三四五六")
    page.keyboard.press("Enter")
    expect(page.locator("[data-fault-summary]")).to_be_focused()
    assert site.sent == [{"a": ["一二三四五六"], "b": [""]}]
    page.click("[data-fault-summary] a")
    expect(page.locator("#f-a")).to_be_focused()


def test_the_counter_counts_characters_as_the_server_does(site, page):
    page.fill("#f-a", "𠮷𠮷𠮷 ")
    expect(page.locator(".count")).to_have_text("已填 3 / 5 字")
    page.fill("#f-a", "一二三四五六七")
    expect(page.locator(".count")).to_have_text("超出 2 个字")
