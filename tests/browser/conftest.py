"""A live server and real browsers: people sit before them under their user names."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import waitress
from playwright.sync_api import Browser, Page

from engine.tables.store import Store
from tests.browser.city import PASSWORD, found
from tests.verbs.running import Clock, work
from webapp.app import create_app
from webapp.settings import Settings

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@dataclass
class Site:
    """The address of the running server; `complaints` collects what browsers complained about on their consoles."""

    url: str
    store: Store
    clock: Clock
    complaints: list[str] = field(default_factory=list)

    def work(self) -> None:
        work(self.store, self.clock)


@pytest.fixture
def site(store: Store, clock: Clock) -> Iterator[Site]:
    """A server with the project's own processes and a city's people in it."""
    found(store, clock)
    app = create_app(store, Settings(secret="s" * 32, refused_sign_ins=1_000), clock)
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    live = Site(f"http://127.0.0.1:{server.effective_port}", store, clock)
    yield live
    server.close()
    thread.join(5)
    assert not live.complaints


@pytest.fixture
def sit_down(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """`sit_down("zhao")`: a page of a browser of their own where zhao has signed in. `script` False: JavaScript is off."""
    contexts = []

    def _sit_down(username: str, *, size: dict[str, int] = DESK, script: bool = True) -> Page:
        context = chromium.new_context(viewport=size, locale="zh-CN", java_script_enabled=script, base_url=site.url)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        # A refused form answers 422 and a missing page 404: the console tells, and it is no complaint.
        page.on("console", lambda said: site.complaints.append(said.text) if said.type == "error" and "status of 4" not in said.text else None)
        page.on("pageerror", lambda error: site.complaints.append(str(error)))
        page.goto("/sign-in")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录", exact=True).click()
        return page

    yield _sit_down
    for context in contexts:
        context.close()
