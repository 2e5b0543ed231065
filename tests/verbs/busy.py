"""A process that starts and completes instances as fast as it can until it is killed: `python -m tests.verbs.busy <url> <round>`.

Every acknowledged act is a line on its output, written after the transaction has been committed.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from sqlalchemy import select

from engine.core.runtime.step import CompleteTask
from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.verbs import stepping, worker
from engine.verbs.access import SYSTEM

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def main(url: str, round_: str) -> None:
    store = Store(url)
    number = 0
    print("ready", flush=True)
    while True:
        number += 1
        key = f"{round_}-{number}"
        with store.writing() as session:
            started = stepping.start(session, "busy", {"number": number}, SYSTEM, NOW, request_key=key)
        print("started", key, started.id, flush=True)
        with store.reading() as session:
            task_id = session.scalars(select(UserTask.id).where(UserTask.instance_id == started.id, UserTask.node == "legal")).one()
        with store.writing() as session:
            stepping.step(session, started.id, CompleteTask(task_id, {"legal_ok": True}), SYSTEM, NOW)
        print("completed", task_id, started.id, flush=True)
        worker.run_once(store, NOW)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
