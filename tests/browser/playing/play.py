"""One scenario at play before real pages: its people sit at browsers, its clock is the server's, its worker does what is due."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from engine.core.bpmn.model import Process
from engine.core.calendar import parse_limit
from engine.core.runtime.step import Json, Wait
from engine.core.scenario_model import Expectation, Move, Person, Scenario
from engine.core.scenario_places import Places
from engine.tables.instances import ProcessInstance
from engine.tables.jobs import Job
from engine.verbs import history, messages, stepping
from engine.verbs.access import SYSTEM, Kind
from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.playing.filling import COUNT, fill
from tests.browser.playing.town import handlers, shipped
from tests.verbs.running import Running, work

MEASURES = (Path(__file__).parent.parent / "measures.js").read_text("utf-8")
FLAWLESS: dict[str, object] = {"pale": [], "unnamed": [], "headings": 1, "mains": 1, "doubled": [], "language": "zh-CN"}
PICTURES = os.environ.get("ZHUQI_PICTURES", "")  # a folder: every form page is pictured there as it is on a phone and filled in
Open = tuple[str, Wait]  # instance id and where it waits


class Play:
    """`sit_down` gives a signed-in page for a person. `flaws` collects what a careful reader would find on the pages."""

    def __init__(self, site: Site, sit_down: Callable[..., Page], scenario: Scenario, process: Process) -> None:
        self.site, self.scenario, self.process = site, scenario, process
        self.places = Places(shipped().library, process, scenario.follows)
        self.flaws: list[str] = []
        self.instance_id = ""
        self._handlers = handlers(scenario)
        self._sit_down = sit_down
        self._seats: dict[str, Page] = {}
        self._pages = 0
        self._steps: Mapping[str, Callable[[Move], None]] = {
            "start": self._start, "complete": self._complete, "act": self._act, "send": self._send, "wait": self._wait,
            "until": self._until, "look": lambda move: None,
        }  # fmt: skip

    def do(self, move: Move) -> None:
        """Raises AssertionError, with the step's number, if the pages do not let it be done or something else comes of it."""
        try:
            self._steps[move.action](move)
            self._work()
            if move.expect is not None:
                self.judge(move.expect)
        except Exception as error:
            error.add_note(f"scenario “{self.scenario.name}”, step {move.number}: {move.action} {move.target} by {move.by}")
            raise

    # ------------------------------------------------------------------------------------------------------------ steps

    def _start(self, move: Move) -> None:
        if self.scenario.event is None:
            self._work()  # what the calendar has started by itself is another case
        before = set(self._instances())
        if self.scenario.event is not None:
            self._start_by_event(self.scenario.event)
        elif self.scenario.message is not None:
            with self.site.store.writing() as session:
                sent = messages.publish(session, self.scenario.message, "", dict(move.values), SYSTEM, self.site.clock.now)
            assert sent.outcome == "started", f"{self.scenario.message}: {sent.outcome}"
        elif move.by is None:
            with self.site.store.writing() as session:  # a piece that other processes call: nobody starts it by hand
                stepping.start(session, self.process.id, dict(move.values), SYSTEM, self.site.clock.now)
        else:
            self._start_by_form(move)
        self._work()
        (self.instance_id,) = set(self._instances()) - before

    def _start_by_event(self, name: str) -> None:
        """Its timer is waited for; a signal or a condition is announced."""
        starts = {(self.process.id, node.id) for node in self.process.start_events}
        node = self.process.nodes[min(self.places.find(name) & starts)[1]]
        assert node.event is not None
        if node.event.kind == "signal" and node.event.name is not None:
            with self.site.store.writing() as session:
                messages.broadcast(session, node.event.name.text, {}, SYSTEM, self.site.clock.now)
            return
        with self.site.store.reading() as session:
            due = session.scalar(select(Job.due_at).where(Job.kind == "timer_start", Job.node == node.id))
        assert due is not None, f"{name} has no timer"
        self.site.clock.now = max(due, self.site.clock.now)

    def _start_by_form(self, move: Move) -> None:
        person, page = self._seat(move.by)
        page.goto("/enterprise" if person.kind == Kind.ENTERPRISE else "/start")
        page.locator(f'a[href="/start/{self.process.id}"]').first.click()
        self._hand_in(page, page.locator("#start-form"), move)

    def _complete(self, move: Move) -> None:
        instance_id, wait = self._task(move)
        person, page = self._seat(move.by or self._somebody(wait))
        if person.kind == Kind.ENTERPRISE:
            page.goto(f"/enterprise/cases/{instance_id}")
        else:
            box = "groups" if wait.assignee is None else "mine"
            page.goto(f"/inbox?box={box}&q={self._business_key(instance_id)}")
        link = page.locator(f'a[href="/tasks/{wait.id}"]')
        assert link.count(), f"{person.name} does not find “{move.target}” at {page.url}: {page.locator('main').inner_text()}"
        link.first.click()
        self._hand_in(page, page.locator('form[action$="/complete"]'), move)

    def _act(self, move: Move) -> None:
        person, page = self._seat(move.by)
        page.goto(f"/{'enterprise/cases' if person.kind == Kind.ENTERPRISE else 'instances'}/{self.instance_id}")
        page.get_by_role("link", name=move.target, exact=True).first.click()
        self._hand_in(page, page.locator("#action-form"), move)

    def _send(self, move: Move) -> None:
        waiting = [wait for _, wait in self._waits("message") if wait.name == move.target]
        assert waiting, f"nobody waits for {move.target}"
        with self.site.store.writing() as session:
            messages.publish(session, move.target, waiting[0].correlation_key or "", dict(move.values), SYSTEM, self.site.clock.now)

    def _wait(self, move: Move) -> None:
        limit, now = parse_limit(move.target), self.site.clock.now
        assert limit is not None
        if limit.unit == "workdays":
            moment = shipped().library.calendar.add_workdays(now, int(limit.amount))
        else:
            moment = now + timedelta(**{limit.unit: float(limit.amount)})
        self._let_pass(moment)

    def _until(self, move: Move) -> None:
        assert move.until is not None
        self._let_pass(move.until)

    def _let_pass(self, moment: datetime) -> None:
        running = Running(self.site.store, self.site.clock, self.instance_id)
        running.pass_time(moment.astimezone(UTC) - self.site.clock.now, handlers=self._handlers)

    def _work(self) -> None:
        work(self.site.store, self.site.clock, handlers=self._handlers)

    # ------------------------------------------------------------------------------------------------------------ pages

    def _hand_in(self, page: Page, form: Locator, move: Move) -> None:
        """Fill in the form on this page and press its button; what the server says to it must be good."""
        expect(form).to_be_visible()
        fill(page, form, move.values)
        self._look_over(page, move)
        form.locator("button.primary").click()
        answer = page.locator(".notice[data-tone=ok], [data-fault-summary]").first
        expect(answer).to_be_visible()
        refused = page.locator("[data-fault-summary]")
        assert not refused.count(), f"“{page.title()}” was refused: {refused.inner_text()}"
        self._look_over(page, move, form=False)

    def _look_over(self, page: Page, move: Move, *, form: bool = True) -> None:
        """What does not fit on the screen, cannot be read or has no name."""
        found = page.evaluate(MEASURES)
        overflow = found.pop("overflow")
        if overflow > 0:
            self.flaws.append(f"{move.target or 'start'}: {overflow} px too wide ({page.url})")
        wrong = {what: value for what, value in found.items() if FLAWLESS[what] != value}
        if wrong:
            self.flaws.append(f"{move.target or 'start'}: {wrong} ({page.url})")
        if PICTURES and form:
            self._picture(page, move)

    def _picture(self, page: Page, move: Move) -> None:
        self._pages += 1
        size = page.viewport_size
        page.set_viewport_size(PHONE)
        page.evaluate("document.querySelectorAll('header, header nav').forEach(one => { one.style.position = 'static'; })")
        name = re.sub(r"[^\w-]", "_", f"{self.process.id}-{self._pages:02}-{move.target or 'start'}")
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
        page.set_viewport_size(size or DESK)

    def _seat(self, name: str | None) -> tuple[Person, Page]:
        """The person and their page; enterprises' people have phones, offices have desks."""
        assert name is not None
        person = self.scenario.people[name]
        if name not in self._seats:
            page = self._sit_down(name, size=PHONE if person.kind == Kind.ENTERPRISE else DESK)
            page.context.add_init_script(COUNT)
            self._seats[name] = page
        return person, self._seats[name]

    # ---------------------------------------------------------------------------------------------------------- looking

    def judge(self, expected: Expectation) -> None:
        """Status, end, open tasks, limits and variables; the path is the business of the tests without pages."""
        status, variables = self._instance()
        if expected.open is not None:
            wanted = sorted(self.places.name(min(self.places.find(name))) for name in expected.open)
            assert sorted(self.places.name((wait.process_id, wait.node)) for _, wait in self._waits("user")) == wanted
        assert expected.status in (None, status), f"{status}, open: {[wait.node_name for _, wait in self._waits('user')]}"
        if expected.end is not None:
            assert self._last_end() in self.places.find(expected.end)
        for name, moment in expected.due.items():
            due = [wait.due_at for _, wait in self._waits("user") if (wait.process_id, wait.node) in self.places.find(name)]
            assert due[:1] == [moment], f"{name} is due at {due}, not {moment}"
        for path, value in expected.variables.items():
            if "/" not in path:
                assert (path, _dig(variables, path)) == (path, value)

    def _instance(self) -> tuple[str, dict[str, Json]]:
        running = Running(self.site.store, self.site.clock, self.instance_id)
        assert not running.incidents, running.incidents
        return running.status, running.variables

    def _last_end(self) -> tuple[str, str] | None:
        """The end event of the scenario's own process that was reached last."""
        node = None
        with self.site.store.reading() as session:
            for entry in history.entries(session, self.instance_id):
                if entry.kind == "completed" and entry.node_kind == "endEvent" and entry.definition_id.startswith(f"{self.process.id}:"):
                    node = entry.node
        return (self.process.id, node) if node else None

    def _task(self, move: Move) -> Open:
        """The task meant: of several the oldest, the scenario's own process first, and of enterprises' cases one's own."""
        wanted = self.places.find(move.target, everywhere=True)
        found = [(id_, wait) for id_, wait in self._waits("user") if (wait.process_id, wait.node) in wanted]
        if move.group is not None:
            found = [(id_, wait) for id_, wait in found if move.group in wait.candidate_groups or move.group == wait.assignee]
        assert found, f"“{move.target}” is not open: {[wait.node_name for _, wait in self._waits('user')]}"
        company = self.scenario.people[move.by].facts.get("enterprise_id") if move.by else None
        with self.site.store.reading() as session:
            whose = dict(session.execute(select(ProcessInstance.id, ProcessInstance.enterprise_id)).all())
        theirs = [(id_, wait) for id_, wait in found if company in (None, whose[id_])] or found
        own = [(id_, wait) for id_, wait in theirs if wait.process_id == self.process.id]
        return (own or theirs)[0]

    def _somebody(self, wait: Wait) -> str:
        """The first of the people whose task it is, where the scenario names nobody."""
        for person in self.scenario.people.values():
            if person.name == wait.assignee or (wait.assignee is None and person.groups & set(wait.candidate_groups)):
                return person.name
        raise AssertionError(f"nobody may do “{wait.node_name}”: {wait.candidate_groups}")

    def _waits(self, kind: str) -> list[Open]:
        """Everything open of this kind: of the scenario's instance, then of those that it follows."""
        query = select(ProcessInstance.id).where(ProcessInstance.status == "active", ProcessInstance.process_key.in_(self.scenario.follows))
        found: list[Open] = []
        with self.site.store.reading() as session:
            for id_ in (self.instance_id, *session.scalars(query.order_by(ProcessInstance.started_at, ProcessInstance.business_key))):
                state = stepping.load(session, id_, lock=False).state
                found += [(id_, wait) for wait in (state.waits if state else ()) if wait.kind == kind]
        return found

    def _instances(self) -> list[str]:
        with self.site.store.reading() as session:
            return list(session.scalars(select(ProcessInstance.id).where(ProcessInstance.process_key == self.process.id)))

    def _business_key(self, instance_id: str) -> str:
        with self.site.store.reading() as session:
            return session.scalar(select(ProcessInstance.business_key).where(ProcessInstance.id == instance_id)) or ""


def _dig(value: Json, path: str) -> Json:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
