"""`kill -9` between any two statements: what was acknowledged is there, what was not is whole or absent, and the system goes on."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from threading import Timer

from sqlalchemy import func, select

from engine.tables.instances import Event, ProcessInstance
from engine.tables.store import Store
from engine.tables.tasks import RequestKey, UserTask
from tests.verbs.busy import NOW
from tests.verbs.invariants import check_invariants
from tests.verbs.running import Clock, Running, deploy, diagram, work

PROJECT = Path(__file__).parent.parent.parent
ROUNDS = 4


def killed_after(store: Store, round_: int, seconds: float) -> list[list[str]]:
    """Let the busy process run and kill it without warning; the acts it has acknowledged."""
    url = store.url.render_as_string(hide_password=False)
    busy = subprocess.Popen([sys.executable, "-m", "tests.verbs.busy", url, str(round_)], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert busy.stdout is not None and busy.stdout.readline() == "ready\n"
    Timer(seconds, busy.kill).start()
    lines = [line.split() for line in busy.stdout if line.endswith("\n")]
    busy.wait()
    return lines


def test_a_killed_process_loses_nothing_and_does_nothing_twice(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, {"busy.bpmn": diagram("parallel_approvals").replace(b'"parallel_approvals"', b'"busy"')})
    chance = random.Random()

    acknowledged: list[list[str]] = []
    for round_ in range(ROUNDS):
        acknowledged += killed_after(any_store, round_, 0.1 + chance.random() * 0.4)
        check_invariants(any_store)

    started = {key: id_ for act, key, id_ in acknowledged if act == "started"}
    completed = {task for act, task, _ in acknowledged if act == "completed"}
    with any_store.reading() as session:
        stored = {row.key: row.instance_id for row in session.execute(select(RequestKey.key, RequestKey.instance_id))}
        assert started.items() <= stored.items()
        # At most the one start that was under way in each round has not been acknowledged.
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == len(stored) <= len(started) + ROUNDS
        done = set(session.scalars(select(UserTask.id).where(UserTask.outcome == "completed")))
        assert completed <= done and len(done) <= len(completed) + ROUNDS
        twice = select(Event.activation).where(Event.kind == "task_completed").group_by(Event.activation).having(func.count() > 1)
        assert session.scalars(twice).all() == []
    clock.now = NOW
    survivor = Running(any_store, clock, next(iter(started.values())))
    survivor.complete("finance", finance_ok=True)
    survivor.complete("sign")
    assert survivor.status == "completed"
    assert work(any_store, clock) == 0
