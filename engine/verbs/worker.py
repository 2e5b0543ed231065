"""The worker: whatever is due is done, each job in transactions of its own. Any number of workers may run over one database.

A worker never dies of a job: what a handler or a diagram does wrong ends in a retry with a growing pause, then in an incident.
"""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import structlog
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.core.partial_starts import Occurrence
from engine.core.runtime.step import Continue, SignalReceived, TimerDue
from engine.core.runtime.timers import is_missed, next_firing
from engine.tables.definitions import ProcessDefinition
from engine.tables.jobs import Job
from engine.tables.store import Store
from engine.verbs import buffered, housekeeping, jobs, messages, partial_starts, stepping
from engine.verbs.access import SYSTEM
from engine.verbs.errors import EngineError, JobNotHeld, NotFound, StartRefused, StimulusRefused
from engine.verbs.handlers import HANDLERS, BpmnError, Context, Handler

log = structlog.get_logger(__name__)
BATCH = 20  # jobs taken at once
LONGEST_SLEEP = timedelta(seconds=1)  # a job written by another process is noticed after so long
PROMPT = 20  # jobs done right after the transaction that wrote them; two instances may send to each other for ever
SWEEP = timedelta(seconds=10)  # between looks at messages that a race has left lying


_handing_on: ContextVar[deque[str] | None] = ContextVar("handing_on", default=None)  # of this thread, while it does


def new_name() -> str:
    """A name that no other worker has."""
    return f"worker-{os.getpid()}-{secrets.token_hex(4)}"


def run_once(
    store: Store, now: datetime, *, worker: str = "", handlers: Mapping[str, Handler] = HANDLERS, limit: int = BATCH,
    sweep: bool = True,
) -> int:  # fmt: skip
    """Take up to `limit` jobs that are due and do them; how many there were. `sweep`: also tidy up messages."""
    worker = worker or new_name()
    with store.reading() as session:
        is_idle = not jobs.due(session, now, 1, tuple(handlers))
    taken: list[Row[Any]] = []
    if not is_idle:
        with store.writing() as session:
            taken = jobs.lock(session, worker, now, types=tuple(handlers), limit=limit, with_own=True)
    for job in taken:
        _run(store, job, worker, now, handlers)
    if sweep:
        sweep_messages(store, now)
    return len(taken)


def run_forever(
    store: Store, stop: Event, clock: Callable[[], datetime] = lambda: datetime.now(UTC), keep: housekeeping.Keep | None = None,
    daily: Callable[[Store, datetime], object] | None = None,
) -> None:  # fmt: skip
    """Work until `stop` is set. The body of the worker's thread or process.

    `keep`: the archive; without it nothing is removed. `daily` is done at the beginning and then once a day.
    """
    worker, swept, tidied = new_name(), datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
    while not stop.is_set():
        pause = LONGEST_SLEEP
        try:
            now = clock()
            is_time = now - swept >= SWEEP
            if run_once(store, now, worker=worker, sweep=is_time) > 0:
                pause = timedelta(0)
            if is_time and keep is not None:
                housekeeping.archive_expired(store, keep, now)
            if now - tidied >= housekeeping.TIDY:
                tidied = now  # also if it fails: it is not so urgent that it is tried every second
                housekeeping.tidy(store, now)
                if daily is not None:
                    daily(store, now)
            swept = now if is_time else swept
        except Exception:
            # The database is away or locked: the jobs are still there when it is back.
            log.exception("worker_failed", worker=worker)
        stop.wait(pause.total_seconds())


def follow_up(store: Store, ids: Sequence[str]) -> None:
    """Hand on what a transaction has just thrown, message by message, each in a transaction of its own, in the throwing thread.

    What follows from that is handed on too, up to `PROMPT` jobs in all; the worker does the rest, and whatever fails here.
    """
    left = _handing_on.get()
    if left is not None:
        left.extend(ids)
        return
    left = deque(ids)
    token = _handing_on.set(left)
    try:
        for _ in range(PROMPT):
            if not left:
                break
            _hand_on(store, left.popleft())
    finally:
        _handing_on.reset(token)


def _hand_on(store: Store, job_id: str) -> None:
    try:
        with store.writing() as session:
            job = jobs.take(session, job_id, "follow-up")
            if job is not None:
                _DELIVER[job.kind](session, job, job.due_at)
    except Exception as failure:
        log.warning("follow_up_failed", job=job_id, error=str(failure), exc_info=True)


def sweep_messages(store: Store, now: datetime) -> None:
    """Hand over kept messages that an instance has come to wait for, and forget those whose time is over."""
    with store.reading() as session:
        waiting, is_over = buffered.missed(session, now, 100), buffered.has_expired(session, now)
    for instance_id in waiting:
        try:
            with store.writing() as session:
                stepping.step(session, instance_id, Continue(), SYSTEM, now)
        except (StimulusRefused, NotFound):
            continue
    if is_over:
        with store.writing() as session:
            buffered.expire(session, now)


# ---------------------------------------------------------------------------------------------------------------- one job


def _run(store: Store, job: Row[Any], worker: str, now: datetime, handlers: Mapping[str, Handler]) -> None:
    try:
        if job.kind == "service":
            _serve(store, job, worker, now, handlers[job.type])
            return
        with store.writing() as session:
            _DELIVER[job.kind](session, job, now)
    except JobNotHeld:
        log.warning("job_taken_over", job=job.id, worker=worker)
    except (Exception, SystemExit) as failure:
        log.warning("job_failed", job=job.id, kind=job.kind, type=job.type, error=str(failure), exc_info=True)
        _failed(store, job, worker, now, f"{type(failure).__name__}: {failure}")


def _failed(store: Store, job: Row[Any], worker: str, now: datetime, message: str) -> None:
    try:
        with store.writing() as session:
            jobs.fail(session, job.id, worker, message, now)
    except EngineError:
        log.warning("job_gone", job=job.id, worker=worker)
    except Exception:
        log.exception("job_failure_not_stored", job=job.id, worker=worker)  # its lease will run out


def _serve(store: Store, job: Row[Any], worker: str, now: datetime, handler: Handler) -> None:
    with store.reading() as session:
        facts = jobs.describe(session, [job])[0]
    try:
        variables = handler(facts, Context(store, now))
    except BpmnError as error:
        with store.writing() as session:
            jobs.throw_error(session, job.id, worker, error.code, error.message, error.variables, now)
        return
    with store.writing() as session:
        jobs.complete(session, job.id, worker, variables or {}, now)


def _is_still_mine(session: Session, job: Row[Any]) -> bool:
    """Another worker may have done it after this one's lease ran out: then its row is gone or has moved on."""
    query = select(Job.due_at, Job.attempts).where(Job.id == job.id).with_for_update()
    row = session.execute(query).first()
    return row is not None and row.attempts == job.attempts + 1 and row.due_at == job.due_at


def _fire(session: Session, job: Row[Any], now: datetime) -> None:
    try:
        stepping.step(session, job.instance_id, TimerDue(job.id), SYSTEM, now)
    except StimulusRefused as refused:
        # Nobody waits for it any more: ended, or fired by another worker. One that is not yet due again keeps its row.
        if refused.reason != "timer_not_due":
            jobs.remove(session, job.id)


def _deliver_signal(session: Session, job: Row[Any], now: datetime) -> None:
    name, variables = job.payload["name"], job.payload["variables"]
    if job.instance_id is None:
        if _is_still_mine(session, job):
            jobs.remove(session, job.id)
            _begin(session, job, Occurrence(f"signal {name}", variables), now)
        return
    stepping.load(session, job.instance_id)  # its lock first, the job's second, as everywhere
    if not _is_still_mine(session, job):
        return
    jobs.remove(session, job.id)
    try:
        stepping.step(session, job.instance_id, SignalReceived(name, variables), SYSTEM, now)
    except StimulusRefused:
        return  # the instance has ended meanwhile


def _publish(session: Session, job: Row[Any], now: datetime) -> None:
    if _is_still_mine(session, job):
        jobs.remove(session, job.id)
        sent = job.payload
        messages.publish(session, sent["name"], sent["correlation_key"], sent["variables"], SYSTEM, now)


def _continue(session: Session, job: Row[Any], now: datetime) -> None:
    stored = stepping.load(session, job.instance_id)
    if not _is_still_mine(session, job):
        return
    jobs.remove(session, job.id)
    if stored.state is not None and stored.state.status == "active":
        stepping.step(session, job.instance_id, Continue(), SYSTEM, now)


def _start(session: Session, job: Row[Any], now: datetime) -> None:
    """Start a process by its timer and set the timer to its next date. Its property `catchUp` says what becomes of missed dates."""
    if not _is_still_mine(session, job):
        return
    jobs.remove(session, job.id)
    interval, remaining, catch_up = job.payload["interval"], job.payload["remaining"], job.payload.get("catch_up", "once")
    if not (interval and catch_up == "none" and is_missed(job.due_at, now)):
        _begin(session, job, Occurrence(job.payload.get("slot", ""), {}), now)
    firing = next_firing(interval, job.due_at, now, remaining, catch_up) if interval else None
    if firing is not None:
        payload = {**job.payload, "remaining": firing.remaining}
        row = {**job._mapping, "due_at": firing.due_at, "payload": payload, "locked_by": None, "locked_until": None, "attempts": 0}
        session.execute(Job.__table__.insert(), row)


def _begin(session: Session, job: Row[Any], occurrence: Occurrence, now: datetime) -> None:
    definition = session.execute(select(ProcessDefinition.__table__).where(ProcessDefinition.id == job.definition_id)).one()
    try:
        partial_starts.occur(session, definition, job.node, occurrence, SYSTEM, now)
    except StartRefused:
        log.exception("start_refused", definition=job.definition_id, node=job.node)


_DELIVER: Mapping[str, Callable[[Session, Row[Any], datetime], None]] = {
    "timer": _fire, "timer_start": _start, "signal": _deliver_signal, "message": _publish, "continue": _continue,
}  # fmt: skip
