"""What leaves an instance for others: jobs that publish its messages, deliver its signals, or go on with its own work.

Never in the same transaction as the step itself: one stimulus is one transaction, and two instances that send to each other must
not wait for each other's locks. The job is written with the step, so nothing is lost; `worker.follow_up` does it right after the
commit, the worker whatever that has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from engine.core.runtime.step import Effect, MessagePublished, SignalThrown
from engine.tables.definitions import StartSubscription
from engine.tables.jobs import Job, Subscription
from engine.tables.store import leave_behind


def job_row(id: str, kind: str, *, created_at: datetime, due_at: datetime | None, **facts: Any) -> dict[str, Any]:
    """A row of `job` with every column."""
    row: dict[str, Any] = dict.fromkeys(("type", "instance_id", "definition_id", "process_key", "node", "scope"))
    return row | {"id": id, "kind": kind, "due_at": due_at, "retries": 3, "attempts": 0, "headers": {}, "payload": {},
                  "message": None, "locked_by": None, "locked_until": None, "created_at": created_at} | facts  # fmt: skip


def continue_job(instance_id: str, revision: int, now: datetime) -> dict[str, Any]:
    return job_row(f"{instance_id}.continue.{revision}", "continue", instance_id=instance_id, created_at=now, due_at=now)


def send(session: Session, instance_id: str, effects: Sequence[Effect], now: datetime) -> None:
    """Write the jobs for what a step threw, in order."""
    rows: list[dict[str, Any]] = []
    for effect in effects:
        if isinstance(effect, MessagePublished):
            payload = {"name": effect.name, "correlation_key": effect.correlation_key, "variables": effect.variables, "thrown_by": instance_id}
            rows.append(job_row(uuid4().hex, "message", created_at=now, due_at=now, node=effect.node, payload=payload))
        else:
            rows += signal_jobs(session, effect, now, thrown_by=instance_id)
    if rows:
        session.execute(cast(Table, Job.__table__).insert(), rows)
        leave_behind(session, [row["id"] for row in rows])


def signal_jobs(session: Session, signal: SignalThrown, now: datetime, *, thrown_by: str | None = None) -> list[dict[str, Any]]:
    """One job per instance that waits for the signal at this moment, and per process it starts. The thrower has had it."""
    payload = {"name": signal.name, "variables": signal.variables, "thrown_by": thrown_by}
    waiting = select(Subscription.instance_id).where(Subscription.kind == "signal", Subscription.name == signal.name).distinct()
    rows = [
        job_row(uuid4().hex, "signal", created_at=now, due_at=now, instance_id=instance_id, payload=payload)
        for instance_id in session.scalars(waiting.order_by(Subscription.instance_id))
        if instance_id != thrown_by
    ]
    starts = select(StartSubscription).where(StartSubscription.kind == "signal", StartSubscription.name == signal.name)
    for start in session.execute(starts.with_only_columns(StartSubscription.definition_id, StartSubscription.node)):
        rows.append(
            job_row(uuid4().hex, "signal", created_at=now, due_at=now, definition_id=start.definition_id, node=start.node, payload=payload)
        )
    return rows
