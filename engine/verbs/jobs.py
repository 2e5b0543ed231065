"""Jobs: finding those that are due, holding them for a worker, completing or failing them. One contract for workers here and outside."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import Row, Select, Table, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from engine.core.runtime.step import CompleteJob, Failing, JobFailed, Stimulus, ThrowError, Variables
from engine.tables.instances import ProcessInstance
from engine.tables.jobs import Job
from engine.verbs import items, stepping
from engine.verbs.access import SYSTEM
from engine.verbs.errors import JobNotHeld
from engine.verbs.stepping import InstanceFacts
from engine.verbs.variables import checked

log = structlog.get_logger(__name__)
LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=10)  # before the second attempt; doubled with each further one
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_MESSAGE = 2_000  # characters
_JOB = cast(Table, Job.__table__)


@dataclass(frozen=True)
class JobFacts:
    """A service job as a handler gets it. `id` is the idempotency key: a job may run twice, its effect must not."""

    id: str
    type: str
    instance_id: str
    definition_id: str
    process_key: str
    node: str
    business_key: str | None
    enterprise_id: str | None
    headers: dict[str, str]
    variables: Variables  # what the node sees
    retries: int  # left after this attempt fails
    attempts: int  # begun before this one


def due(session: Session, now: datetime, limit: int = 100, types: Collection[str] | None = None) -> list[Row[Any]]:
    """Jobs that could run now, service jobs only of these types (None: any), the longest overdue first; nothing is locked."""
    return list(session.execute(_due(now, types, with_own=True).limit(limit)))


def next_due(session: Session, now: datetime) -> datetime | None:
    """When the next job falls due that nobody works on."""
    free = or_(_JOB.c.locked_until.is_(None), _JOB.c.locked_until <= now)
    return session.scalar(select(func.min(_JOB.c.due_at)).where(_JOB.c.due_at.is_not(None), free))


def lock(
    session: Session, worker: str, now: datetime, lease: timedelta = LEASE, types: Collection[str] | None = None, limit: int = 20,
    *, with_own: bool = False,
) -> list[Row[Any]]:  # fmt: skip
    """Take due service jobs of these types (None: any) for `worker` until `now + lease`; `with_own` also timers, signals, messages …

    A job whose lease has run out is free again. Workers never get the same job: on PostgreSQL they skip each other's rows.
    """
    query = _due(now, types, with_own=with_own).limit(limit).with_for_update(skip_locked=True)
    rows = session.execute(query).all()
    if rows:
        held = {"locked_by": worker, "locked_until": now + lease, "attempts": _JOB.c.attempts + 1}
        session.execute(update(_JOB).where(_JOB.c.id.in_([row.id for row in rows])).values(**held))
    return list(rows)


def _due(now: datetime, types: Collection[str] | None, *, with_own: bool) -> Select[Any]:
    service = _JOB.c.kind == "service" if types is None else and_(_JOB.c.kind == "service", _JOB.c.type.in_(types))
    wanted = or_(service, _JOB.c.kind != "service") if with_own else service
    free = or_(_JOB.c.locked_until.is_(None), _JOB.c.locked_until <= now)
    return select(_JOB).where(_JOB.c.due_at <= now, free, wanted).order_by(_JOB.c.due_at, _JOB.c.id)


def take(session: Session, job_id: str, worker: str) -> Row[Any] | None:
    """One job that nobody works on, for `worker` until this transaction ends; None if it is gone or taken."""
    query = select(_JOB).where(_JOB.c.id == job_id, _JOB.c.locked_by.is_(None)).with_for_update(skip_locked=True)
    row = session.execute(query).first()
    if row is not None:
        session.execute(update(_JOB).where(_JOB.c.id == job_id).values(attempts=_JOB.c.attempts + 1))
    return row


def describe(session: Session, jobs: Sequence[Row[Any]]) -> list[JobFacts]:
    """Service jobs with the variables that their nodes see."""
    return [_described(session, job) for job in jobs]


def _described(session: Session, job: Row[Any]) -> JobFacts:
    stored = stepping.load(session, job.instance_id, lock=False, reach=job.scope)
    assert stored.state is not None
    return JobFacts(
        id=job.id, type=job.type, instance_id=job.instance_id, definition_id=job.definition_id, process_key=job.process_key,
        node=job.node, business_key=stored.labels.business_key, enterprise_id=stored.labels.enterprise_id, headers=job.headers,
        variables=items.seen(session, stored.state, job.scope), retries=max(0, job.retries - 1), attempts=job.attempts,
    )  # fmt: skip


def complete(session: Session, job_id: str, worker: str, variables: Variables, now: datetime) -> InstanceFacts:
    """The job is done. Raises JobNotHeld, VariableInvalid."""
    job = _held(session, job_id, worker, now)
    return stepping.step(session, job.instance_id, CompleteJob(job_id, checked(variables)), SYSTEM, now)


def fail(
    session: Session, job_id: str, worker: str, message: str, now: datetime, *, retries: int | None = None,
    pause: timedelta | None = None,
) -> None:  # fmt: skip
    """The attempt failed: try again after a pause, or open an incident when no retries are left. Raises JobNotHeld.

    `retries` overrides what is left; `pause` the growing, random one.
    """
    job = _held(session, job_id, worker, now)
    left = max(0, job.retries - 1) if retries is None else retries
    message = message[:LONGEST_MESSAGE]
    if left == 0 and job.kind == "service":
        stepping.step(session, job.instance_id, JobFailed(job_id, message), SYSTEM, now)
        return
    if left == 0:
        _tell(session, job, message, now)
    # What only moves tokens on (a timer, a signal) is never given up: nobody else would do it.
    after = pause or backoff(job.attempts, random.random())
    values = {"retries": left, "due_at": now + after, "message": message, "locked_by": None, "locked_until": None}
    session.execute(update(_JOB).where(_JOB.c.id == job_id).values(**values))


def _tell(session: Session, job: Row[Any], message: str, now: datetime) -> None:
    """Let the instance say what of it fails. If even that cannot be done, the pause before the next attempt must still be kept."""
    instance_id: str | None = job.instance_id
    stimulus: Stimulus = JobFailed(job.id, message)
    if job.kind in ("message", "signal"):
        instance_id, stimulus = instance_id or job.payload.get("thrown_by"), Failing(job.payload["name"], message)
    elif job.kind == "continue":
        stimulus = Failing(None, message)
    elif job.kind != "timer":
        return
    if instance_id is None:
        return  # nobody to say it: the log does
    try:
        with session.begin_nested():
            stepping.step(session, instance_id, stimulus, SYSTEM, now)
    except Exception:
        log.exception("incident_not_opened", job=job.id, instance=instance_id)


def throw_error(
    session: Session, job_id: str, worker: str, error_code: str, message: str, variables: Variables, now: datetime
) -> InstanceFacts:
    """The job ends with a BPMN error. Raises JobNotHeld, VariableInvalid."""
    job = _held(session, job_id, worker, now)
    stimulus = ThrowError(job_id, error_code, message[:LONGEST_MESSAGE], checked(variables))
    return stepping.step(session, job.instance_id, stimulus, SYSTEM, now)


def extend(session: Session, job_id: str, worker: str, now: datetime, lease: timedelta = LEASE) -> datetime:
    """Hold the job longer; the new end of the lease. Raises JobNotHeld."""
    _held(session, job_id, worker, now)
    session.execute(update(_JOB).where(_JOB.c.id == job_id).values(locked_until=now + lease))
    return now + lease


def remove(session: Session, job_id: str) -> None:
    """The job has done what it was for."""
    session.execute(delete(_JOB).where(_JOB.c.id == job_id))


def backoff(attempts: int, chance: float) -> timedelta:
    """The pause after so many attempts: doubling, up to an hour, and spread by `chance` (0 ≤ chance < 1) over its upper half.

    Jobs that failed together, because one thing was down, do not come back together.
    """
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(max(attempts, 1) - 1, 20))
    return longest * (0.5 + chance / 2)


def _held(session: Session, job_id: str, worker: str, now: datetime) -> Row[Any]:
    # The instance first, then the job: the same order as a step, which writes the job's row last.
    instance_id = session.scalar(select(_JOB.c.instance_id).where(_JOB.c.id == job_id))
    if instance_id is not None:
        session.execute(select(ProcessInstance.id).where(ProcessInstance.id == instance_id).with_for_update())
    job = session.execute(select(_JOB).where(_JOB.c.id == job_id).with_for_update()).first()
    if job is None or job.locked_by != worker or (job.locked_until is not None and job.locked_until <= now):
        raise JobNotHeld(job=job_id, worker=worker)
    return job
