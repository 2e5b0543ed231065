"""What service tasks can have done here: a handler per job type, run outside any transaction.

A handler may run twice for one job (a crash after the deed, a lease that ran out), so what it does must be keyed by the job's id.
It gets the job and a context, and returns variables for the process; an exception means "try again later".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from engine.core.calendar import CHINA
from engine.core.files import words_of
from engine.core.runtime.step import Json, Variables
from engine.tables.store import Store
from engine.verbs import conditional_starts, notifications, recording, records, statistics
from engine.verbs.access import SYSTEM
from engine.verbs.service_types import ATTRIBUTES

if TYPE_CHECKING:
    from engine.verbs.jobs import JobFacts

BATCH = 500  # enterprises listed at once: a case carries its variables from step to step


@dataclass(frozen=True)
class Context:
    """What a handler may use beside the job."""

    store: Store
    now: datetime


class BpmnError(Exception):
    """Raised by a handler to end its job with an error event of the diagram instead of a retry."""

    def __init__(self, code: str, message: str = "", variables: Variables | None = None) -> None:
        self.code = code
        self.message = message
        self.variables = variables or {}
        super().__init__(f"{code} {message}")


Handler: TypeAlias = "Callable[[JobFacts, Context], Variables]"


def notify(job: JobFacts, context: Context) -> Variables:
    """Tell people: input variables (or headers) `to` (people's ids and candidate groups, a list or a text with commas), `subject`, `body`."""
    subject, body = _text(job, "subject"), _text(job, "body")
    given = _input(job, "to")
    to = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else []
    recipients = [str(name).strip() for name in to if str(name).strip()]
    if not recipients or not subject:
        raise ValueError("notify: `to` and `subject` are needed")
    with context.store.writing() as session:
        notifications.notify(
            session, recipients, subject, body, context.now, instance_id=job.instance_id, cause=job.id
        )
    return {}


def _input(job: JobFacts, name: str) -> Json:
    value = job.variables.get(name)
    return job.headers.get(name) if value is None else value


def _text(job: JobFacts, name: str) -> str:
    value = _input(job, name)
    return "" if value is None else str(value)


def report(job: JobFacts, context: Context) -> Variables:
    """Figures of a period: inputs `from` and `to` (dates, `to` included), `process` (a key, a list, or nothing for all), `rating`,
    `rating_default` (names of variables), `bad` (highest bad grade). Result: `figures`.
    """
    since, until = _day(job, "from"), _day(job, "to") + timedelta(days=1)
    process, bad = _input(job, "process"), _input(job, "bad")
    processes = process if isinstance(process, list) else [process] if process else []
    with context.store.reading() as session:
        found = statistics.figures(
            session, since, until, processes=[str(key) for key in processes], rating=_text(job, "rating"),
            rating_default=_text(job, "rating_default"), bad=float(bad) if isinstance(bad, int | float) else None,
        )  # fmt: skip
    return {"figures": found}


def count_cases(job: JobFacts, context: Context) -> Variables:
    """How many cases of `process` there were since `since` (a date): of `enterprise_id`, and with `value` in the variable named
    `variable`, if these inputs are given. Result: `count`.
    """
    enterprise_id = _input(job, "enterprise_id")
    with context.store.reading() as session:
        count = statistics.count_cases(
            session, _text(job, "process"), _day(job, "since"), enterprise_id=str(enterprise_id) if enterprise_id else None,
            variable=_text(job, "variable"), value=_input(job, "value"),
        )  # fmt: skip
    return {"count": count}


def evaluate_conditions(job: JobFacts, context: Context) -> Variables:
    """Start the processes whose start condition holds for the facts in the input `facts` (a context). Result: `started`, their keys."""
    facts = _input(job, "facts")
    if not isinstance(facts, dict):
        raise ValueError("evaluate conditions: `facts` must be a context")
    with context.store.writing() as session:
        started = conditional_starts.evaluate(session, facts, SYSTEM, context.now, request_key=job.id)
    return {"started": [instance.process_key for instance in started]}


def record(job: JobFacts, context: Context) -> Variables:
    """Write into the file of the case's enterprise: headers `record` and `fields`, inputs of those names. Result: `recorded`, what changed."""
    if job.enterprise_id is None:
        raise ValueError("record: the case has no enterprise")
    values = {name: job.variables.get(name) for name in words_of(job.headers.get("fields", ""))}
    with context.store.writing() as session:
        changed = recording.record(
            session, job.headers.get("record", ""), job.enterprise_id, values, context.now, instance_id=job.instance_id
        )
    return {"recorded": list(changed)}


def list_enterprises(job: JobFacts, context: Context) -> Variables:
    """Enterprises in the order of their ids: inputs `after` (an id, or nothing to begin), `limit`, `without` (keys of processes of which
    they have no running case), `zone`. Result: `enterprises` (id, name, contact, phone and the attributes of the file) and `last`, the
    id to go on after; null when there are no more.
    """
    without, limit = _input(job, "without"), _input(job, "limit")
    keys = without.split(",") if isinstance(without, str) else without if isinstance(without, list) else []
    count = min(int(limit), BATCH) if isinstance(limit, int | float) and limit >= 1 else BATCH
    with context.store.reading() as session:
        rows = records.without_case(
            session, [str(key).strip() for key in keys if str(key).strip()], after=_text(job, "after"), limit=count,
            zone_id=_text(job, "zone") or None,
        )  # fmt: skip
    found = [
        {**dict.fromkeys(ATTRIBUTES), **row.attributes, "id": row.id, "name": row.name, "contact": row.contact, "phone": row.phone} for row in rows
    ]
    return {"enterprises": found, "last": rows[-1].id if len(rows) == count else None}


def sample_enterprises(job: JobFacts, context: Context) -> Variables:
    """Enterprises by chance: inputs `from` and `to` (dates; those that were served in between), `count`, `seed` (a text: the same seed
    draws the same), `without` (ids left out). Result: `sample` (id, name, contact, phone).
    """
    since, until, count, without = _day(job, "from"), _day(job, "to") + timedelta(days=1), _input(job, "count"), _input(job, "without")
    left_out = {str(id_) for id_ in without} if isinstance(without, list) else set()
    wanted = min(max(int(count), 0), BATCH) if isinstance(count, int | float) else 0
    seed = _text(job, "seed")
    with context.store.reading() as session:
        ids = sorted(set(records.served(session, since, until)) - left_out, key=lambda id_: sha256(f"{seed} {id_}".encode()).digest())
        found = [records.enterprise(session, id_, SYSTEM) for id_ in ids[:wanted]]
    return {"sample": [{"id": row.id, "name": row.name, "contact": row.contact, "phone": row.phone} for row in found]}


def _day(job: JobFacts, name: str) -> datetime:
    """The start of a day in China, given as an ISO date or date and time."""
    return datetime.combine(date.fromisoformat(_text(job, name)[:10]), time(0), CHINA)


HANDLERS: Mapping[str, Handler] = {
    "notify": notify, "statistics": report, "case count": count_cases,
    "evaluate conditions": evaluate_conditions, "record": record, "list enterprises": list_enterprises,
    "sample enterprises": sample_enterprises,
}  # fmt: skip
