"""A seeded database is a true one, and the bench of pages opens all there are."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from engine.core.runtime.step import CompleteTask
from engine.tables.instances import Incident, ProcessInstance
from engine.tables.people import Notification
from engine.tables.store import Store
from engine.tables.tasks import Attachment, UserTask
from engine.verbs import history, stepping
from engine.verbs.access import SYSTEM
from tests.verbs.running import Clock
from webapp.bench import pages
from webapp.bench.seeding import seed
from webapp.bench.townspeople import ROLES


def test_copied_cases_verify_and_go_on(sqlite_store: Store, clock: Clock) -> None:
    made = seed(sqlite_store, open_tasks=400, events=2_000, now=clock.now)

    with sqlite_store.writing() as session:
        assert made["process_instance"] == 400 + 80 + 2 and made["event"] >= 2_000
        assert not list(history.verify(session))
        task = session.execute(select(UserTask.id, UserTask.instance_id).where(UserTask.closed_at.is_(None)).order_by(UserTask.id)).all()[-1]
        facts = stepping.step(session, task.instance_id, CompleteTask(task.id, {}), SYSTEM, clock.now + timedelta(minutes=1))
        assert facts.id == task.instance_id
        counts = {table: session.scalar(select(func.count()).select_from(table)) for table in (Incident, Notification, Attachment)}
        assert all(counts.values()), counts
        assert set(session.scalars(select(ProcessInstance.status).distinct())) == {"active", "completed"}


def test_the_bench_opens_every_page_that_links_lead_to(sqlite_store: Store, clock: Clock) -> None:
    seed(sqlite_store, open_tasks=400, events=800, now=clock.now)

    lines = list(pages.walk(sqlite_store, scale=0, roles={role: ROLES[role] for role in ("lead", "administrator")}))

    opened = {line.what for line in lines}
    assert {"lead /clauses", "lead /tasks/<task_id>", "lead /instances/<instance_id>", "administrator /people/<person_id>"} <= opened
    assert not [line for line in lines if not line.facts["statements"]]
