"""Deploying files: all of them come into force together, or none. The same content twice makes nothing new.

A process definition pins the exact versions of the forms, decisions and processes it refers to; it gets a new version when its
own content or any pinned content has changed, whichever file brought the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast
from uuid import uuid4

from sqlalchemy import Table, delete, func, select
from sqlalchemy.orm import Session

from engine.core.bpmn.checks import Known
from engine.core.bpmn.model import Kind, Process
from engine.core.clauses import TABLE
from engine.core.files import File, judge, judge_style, read
from engine.core.problems import Problem, Refused, has_errors
from engine.tables.definitions import Content, DecisionDefinition, Deployment, FileOrigin, FormDefinition, ProcessDefinition, Resource
from engine.tables.tasks import TaskName
from engine.verbs import history, reference_tables, service_types, starts
from engine.verbs.access import Act, Actor, require
from engine.verbs.library import Deployed, parsed, process_in
from engine.verbs.pins import Thing, fingerprint, references

Source = Literal["files", "studio", "api"]
_TABLES: Mapping[str, Any] = {"process": ProcessDefinition, "decision": DecisionDefinition, "form": FormDefinition}
DEPLOYING = 0x7A687170  # any number that only we use for this lock


@dataclass(frozen=True)
class Outcome:
    """What one deployment did. `new`: definition ids; `unchanged`: files already in force; `skipped`: (file, reason) left alone
    because something newer from elsewhere is in force. `id` None: nothing was new.
    """

    id: str | None
    new: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Current:
    """A definition in force, or about to be: its newest version."""

    id: str
    version: int
    sha256: str
    resource: str
    fingerprint: str = ""


def check(files: Mapping[str, bytes], known: Known = Known()) -> list[Problem]:
    """Everything that is wrong with these files, given what is `known` besides them, and what is not in the style of the guide."""
    reading = read(files)
    known = replace(known, job_types=service_types.TYPES, records=service_types.RECORDS)
    return [*judge(reading, known), *judge_style(reading)]


def known(session: Session) -> Known:
    """The ids of everything deployed."""
    forms, decisions, processes = (
        frozenset(session.scalars(select(table.key).distinct())) for table in (FormDefinition, DecisionDefinition, ProcessDefinition)
    )
    tables = reference_tables.names(session)
    clauses = reference_tables.rows_in_force(session)(TABLE)
    ids = frozenset(str(row["id"]) for row in clauses.rows) if clauses is not None else None
    tags = frozenset(
        (kind, key, tag)
        for kind, table in _TABLES.items()
        for key, tag in session.execute(select(table.key, table.version_tag).where(table.version_tag.is_not(None)).distinct())
    )
    return Known(forms, decisions, processes, ids, tables or None, service_types.TYPES, service_types.RECORDS, tags)


def deploy(session: Session, files: Mapping[str, bytes], actor: Actor, now: datetime, *, source: Source) -> Outcome:
    """Bring files into force. Raises NotAllowed, and Refused with every problem if there is any error; then nothing is stored."""
    require(actor, Act.DEPLOY)
    _take_turns(session)
    before = known(session)
    reading = read(files)
    current = _current(session)
    skipped = _overtaken(session, reading.files, current) if source == "files" else []
    reading.files = [file for file in reading.files if file.name not in skipped]
    reading.problems = [problem for problem in reading.problems if problem.file not in skipped]
    problems = judge(reading, before)
    if has_errors(problems):
        raise Refused(problems)
    round_ = _Round(session, actor, now, current, {file.name: file for file in reading.files})
    round_.run(source)
    if source == "files":
        _remember(session, reading.files, now)
    unchanged = [file.name for file in reading.files if file.name not in round_.changed_files]
    return Outcome(round_.id, round_.new, unchanged, [(name, "newer_elsewhere") for name in skipped], problems)


def _take_turns(session: Session) -> None:
    # Versions are counted up; on SQLite the writing transaction is alone anyway.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(DEPLOYING)))


def _current(session: Session) -> dict[Thing, Current]:
    found: dict[Thing, Current] = {}
    for kind, table in _TABLES.items():
        newest = select(table.key, func.max(table.version).label("version")).group_by(table.key).subquery()
        rows = session.execute(select(table.__table__).join(newest, (table.key == newest.c.key) & (table.version == newest.c.version)))
        for row in rows:
            found[kind, row.key] = Current(row.id, row.version, row.sha256, row.resource, getattr(row, "fingerprint", ""))
    return found


def _overtaken(session: Session, files: Iterable[File], current: Mapping[Thing, Current]) -> list[str]:
    """Files that have not changed since they were last deployed, while something else has been deployed over them."""
    origins = dict(session.execute(select(FileOrigin.name, FileOrigin.sha256)).all())
    return [
        file.name
        for file in files
        if origins.get(file.name) == file.sha256
        and any(thing in current and current[thing].sha256 != file.sha256 for thing in file.things)
    ]


def _remember(session: Session, files: Iterable[File], now: datetime) -> None:
    rows = [{"name": file.name, "sha256": file.sha256, "deployed_at": now} for file in files]
    if rows:
        session.execute(delete(FileOrigin).where(FileOrigin.name.in_([row["name"] for row in rows])))
        session.execute(cast(Table, FileOrigin.__table__).insert(), rows)


class _Round:
    """One deployment while it is being written."""

    def __init__(
        self, session: Session, actor: Actor, now: datetime, current: dict[Thing, Current], files: Mapping[str, File]
    ) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.id: str | None = None
        self.new: list[str] = []
        self.changed_files: set[str] = set()
        self.current = current
        self.contents = {thing: file.sha256 for file in files.values() for thing in file.things}
        self.brought = {thing: file for file in files.values() for thing in file.things}
        self._processes: dict[str, Process] = {
            process.id: process for file in files.values() if file.diagram for process in file.diagram.processes
        }

    def run(self, source: Source) -> None:
        changed = [thing for thing, file in self.brought.items() if self._has_changed(thing, file)]
        prints = {key: fingerprint(key, self.content, self.referred) for key in self._keys()}
        stale = [("process", key) for key, print_ in prints.items() if self._print_of(key) != print_]
        renewed = [thing for thing in changed if thing[0] != "process"] + stale
        if not renewed:
            return
        self._open(source, renewed)
        for thing in renewed:
            version = self.current[thing].version + 1 if thing in self.current else 1
            self.current[thing] = Current(f"{thing[1]}:{version}", version, str(self.content(thing)), self._resource(thing))
            self.new.append(self.current[thing].id)
        for kind, key in renewed:
            self._store(kind, key, prints.get(key, ""))
        starts.renew(self.session, [self._definition(key) for _, key in stale], self.now)
        facts = {"deployment": self.id, "source": source, "definitions": self.new}
        history.append(self.session, history.SYSTEM_STREAM, [history.entry("deployed", self.now, **facts)], self.actor, self.now)

    def _keys(self) -> list[str]:
        """Every process that exists now: a new form may concern one whose own file is not among the files."""
        return sorted({id_ for kind, id_ in (*self.current, *self.contents) if kind == "process"})

    def _has_changed(self, thing: Thing, file: File) -> bool:
        return thing not in self.current or self.current[thing].sha256 != file.sha256

    def _print_of(self, key: str) -> str | None:
        found = self.current.get(("process", key))
        return found.fingerprint if found else None

    def content(self, thing: Thing) -> str | None:
        if thing in self.contents:
            return self.contents[thing]
        found = self.current.get(thing)
        return found.sha256 if found else None

    def referred(self, key: str) -> frozenset[Thing]:
        process = self.process(key)
        return frozenset(references(process)) if process else frozenset()

    def process(self, key: str) -> Process | None:
        if key not in self._processes and ("process", key) in self.current:
            row = self.current["process", key]
            self._processes[key] = process_in(parsed(self.session, "process", row.sha256, row.resource), key)
        return self._processes.get(key)

    def _resource(self, thing: Thing) -> str:
        return self.brought[thing].name if thing in self.brought else self.current[thing].resource

    # ------------------------------------------------------------------------------------------------------------- rows

    def _open(self, source: Source, renewed: Sequence[Thing]) -> None:
        """The deployment with all its files: those of everything renewed."""
        self.id = uuid4().hex
        number = (self.session.scalar(select(func.max(Deployment.number))) or 0) + 1
        row = {"id": self.id, "number": number, "source": source, "created_at": self.now, "created_by": self.actor.id}
        self.session.execute(cast(Table, Deployment.__table__).insert(), row)
        resources = {self._resource(thing): str(self.content(thing)) for thing in renewed}
        brought = [self.brought[thing] for thing in renewed if thing in self.brought]
        self.changed_files = {file.name for file in brought}
        known = set(self.session.scalars(select(Content.sha256).where(Content.sha256.in_([file.sha256 for file in brought]))))
        contents = {file.sha256: file.content for file in brought if file.sha256 not in known}
        if contents:
            rows = [{"sha256": sha256, "content": content} for sha256, content in contents.items()]
            self.session.execute(cast(Table, Content.__table__).insert(), rows)
        rows = [{"deployment_id": self.id, "name": name, "sha256": sha256} for name, sha256 in resources.items()]
        self.session.execute(cast(Table, Resource.__table__).insert(), rows)

    def _store(self, kind: str, key: str, print_: str) -> None:
        version = self.current[kind, key]
        row: dict[str, Any] = {
            "id": version.id, "key": key, "version": version.version, "deployment_id": self.id, "resource": version.resource,
            "sha256": version.sha256, "created_at": self.now,
        }  # fmt: skip
        if kind == "process":
            process = self._definition(key)[1]
            row |= self._process_facts(process, print_)
            self._keep_task_names(process)
        elif kind == "decision":
            row |= self._decision_facts(key)
        elif kind == "form":
            row["version_tag"] = self._form_tag(key)
        self.session.execute(cast(Table, _TABLES[kind].__table__).insert(), row)

    def _definition(self, key: str) -> tuple[str, Process]:
        process = self.process(key)
        assert process is not None
        return self.current["process", key].id, process

    def _process_facts(self, process: Process, print_: str) -> dict[str, Any]:
        pins: dict[str, dict[str, str]] = {"forms": {}, "decisions": {}, "processes": {}}
        for kind, id_ in sorted(set(references(process))):
            if (kind, id_) in self.current:
                pins["processes" if kind == "process" else f"{kind}s"][id_] = self.current[kind, id_].id
        properties = process.properties
        by_hand = any(not node.events for node in process.start_events) or not process.start_events
        return {
            "name": process.name or process.id, "fingerprint": print_, "pins": pins, "version_tag": process.version_tag,
            "category": properties.get("category"), "icon": properties.get("icon"), "description": process.documentation,
            "start_form_id": properties.get("startForm"),
            "starters": starts.starters(process, Deployed(self.session).functions, self.now) if by_hand else [],
        }  # fmt: skip

    def _keep_task_names(self, process: Process) -> None:
        names = {node.name or node.id for node in process.nodes.values() if node.kind is Kind.USER_TASK}
        known = set(self.session.scalars(select(TaskName.name).where(TaskName.name.in_(names))))
        if fresh := sorted(names - known):
            self.session.execute(cast(Table, TaskName.__table__).insert(), [{"name": name} for name in fresh])

    def _form_tag(self, key: str) -> str | None:
        form = self.brought["form", key].form
        assert form is not None
        return form.version_tag

    def _decision_facts(self, key: str) -> dict[str, Any]:
        model = self.brought["decision", key].model
        assert model is not None
        decision = model.decisions.get(key)
        return {"name": (decision or model.services[key]).name, "version_tag": decision.version_tag if decision else None}
