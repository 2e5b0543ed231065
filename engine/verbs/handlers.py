"""What service tasks can have done here: a handler per job type, run outside any transaction.

A handler may run twice for one job (a crash after the deed, a lease that ran out), so what it does must be keyed by the job's id.
It gets the job and a context, and returns variables for the process; an exception means "try again later".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from engine.core.runtime.step import Json, Variables
from engine.tables.store import Store
from engine.verbs import notifications

if TYPE_CHECKING:
    from engine.verbs.jobs import JobFacts


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
        count = notifications.notify(
            session, recipients, subject, body, context.now, instance_id=job.instance_id, cause=job.id
        )
    return {"notified": count}


def _input(job: JobFacts, name: str) -> Json:
    value = job.variables.get(name)
    return job.headers.get(name) if value is None else value


def _text(job: JobFacts, name: str) -> str:
    value = _input(job, name)
    return "" if value is None else str(value)


HANDLERS: Mapping[str, Handler] = {"notify": notify}
TYPES = frozenset(HANDLERS)
