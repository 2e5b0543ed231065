"""A running instance in a real database, under a clock that the test moves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine.core.runtime.step import CompleteTask, Entry
from engine.tables.instances import Incident, ProcessInstance, Variable
from engine.tables.jobs import Job
from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.verbs import definitions, history, jobs, stepping, worker
from engine.verbs.access import SYSTEM, Actor

DIAGRAMS = Path(__file__).parent.parent / "diagrams"
_TASK = re.compile(r"(<bpmn:userTask\b[^>]*>)(<bpmn:extensionElements>)?")
_OFFER = '<zeebe:assignmentDefinition candidateGroups="clerks"/>'


@dataclass
class Clock:
    """Starts on Monday, 2 March 2026, 09:00 in China."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 1, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


def diagram(name: str) -> bytes:
    """A tiny diagram whose user tasks are offered to the clerks."""
    text = (DIAGRAMS / f"{name}.bpmn").read_text("utf-8")
    if "assignmentDefinition" in text:
        return text.encode()

    def offered(match: re.Match[str]) -> str:
        tag, has_extensions = match.groups()
        if has_extensions:
            return f"{tag}{has_extensions}{_OFFER}"
        if tag.endswith("/>"):
            return f"{tag[:-2]}><bpmn:extensionElements>{_OFFER}</bpmn:extensionElements></bpmn:userTask>"
        return f"{tag}<bpmn:extensionElements>{_OFFER}</bpmn:extensionElements>"

    return _TASK.sub(offered, text).encode()


def deploy(store: Store, clock: Clock, files: dict[str, bytes], source: str = "files", actor: Actor = SYSTEM) -> definitions.Outcome:
    with store.writing() as session:
        return definitions.deploy(session, files, actor, clock.now, source=source)  # type: ignore[arg-type]


def deploy_diagrams(store: Store, clock: Clock, *names: str) -> definitions.Outcome:
    return deploy(store, clock, {f"{name}.bpmn": diagram(name) for name in names})


def work(store: Store, clock: Clock, **options: Any) -> int:
    """Let the worker do everything that is due, and what follows from it."""
    done = 0
    while (count := worker.run_once(store, clock.now, **options)) > 0:
        done += count
    return done


@dataclass
class Running:
    """One instance. Names are ids of flow nodes."""

    store: Store
    clock: Clock
    id: str

    @classmethod
    def start(cls, store: Store, clock: Clock, key: str, actor: Actor = SYSTEM, **variables: Any) -> Running:
        with store.writing() as session:
            return cls(store, clock, stepping.start(session, key, variables, actor, clock.now).id)

    def complete(self, node: str, actor: Actor = SYSTEM, **variables: Any) -> None:
        """Complete the oldest open task of this node."""
        with self.store.writing() as session:
            query = select(UserTask.id).where(UserTask.instance_id == self.id, UserTask.node == node, UserTask.closed_at.is_(None))
            task_id = session.scalars(query.order_by(UserTask.created_at, UserTask.id)).first()
            assert task_id is not None, f"{node} is not open: {self.open_tasks}"
            stepping.step(session, self.id, CompleteTask(task_id, variables), actor, self.clock.now)

    def pass_time(self, span: timedelta, **options: Any) -> None:
        """Move the clock from one due job to the next, as a worker that is always awake."""
        end = self.clock.now + span
        while True:
            work(self.store, self.clock, **options)
            with self.store.reading() as session:
                due = jobs.next_due(session, self.clock.now)
            if due is None or due > end:
                break
            self.clock.now = max(due, self.clock.now + timedelta(microseconds=1))
        self.clock.now = end
        work(self.store, self.clock, **options)

    @property
    def open_tasks(self) -> list[str]:
        return sorted(self._all(select(UserTask.node).where(UserTask.instance_id == self.id, UserTask.closed_at.is_(None))))

    @property
    def status(self) -> str:
        return str(self._all(select(ProcessInstance.status).where(ProcessInstance.id == self.id))[0])

    @property
    def incidents(self) -> list[str]:
        return list(self._all(select(Incident.code).where(Incident.instance_id == self.id, Incident.resolved_at.is_(None))))

    @property
    def jobs(self) -> list[str]:
        return sorted(self._all(select(Job.kind).where(Job.instance_id == self.id)))

    @property
    def variables(self) -> dict[str, Any]:
        """Of the root scope."""
        with self.store.reading() as session:
            query = select(Variable.name, Variable.value).where(Variable.instance_id == self.id, Variable.scope == self.id)
            return dict(session.execute(query).all())

    @property
    def events(self) -> list[str]:
        return [entry.kind for entry in self.entries]

    @property
    def entries(self) -> list[Entry]:
        with self.store.reading() as session:
            return list(history.entries(session, self.id))

    def visited(self, node: str) -> bool:
        return any(entry.kind == "activated" and entry.node == node for entry in self.entries)

    def _all(self, query: Any) -> Iterable[Any]:
        with self.store.reading() as session:
            return session.scalars(query).all()
