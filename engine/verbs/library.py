"""Deployed definitions as the core looks them up: parsed once per content and process, versions resolved by the caller's pins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from engine.core import reference
from engine.core.bpmn import reader as bpmn
from engine.core.bpmn.model import Diagram, Process, UserTask
from engine.core.calendar import Calendar, standard
from engine.core.calendar import functions as calendar_functions
from engine.core.dmn import reader as dmn
from engine.core.dmn.model import DecisionModel
from engine.core.forms import reader as forms
from engine.core.forms.model import Form
from engine.core.runtime.step import Wait
from engine.tables.definitions import Content, DecisionDefinition, Deployment, FormDefinition, ProcessDefinition
from engine.tables.prepared import Prepared
from engine.verbs import calendars, reference_tables
from engine.verbs.errors import NotFound

KEPT = 1_000  # parsed files kept in memory by one server process


class _Parsed(Protocol):
    def __call__(self, content: bytes, file: str) -> tuple[Any, list[Any]]: ...


_files: dict[tuple[str, str], Any] = {}
_rows: dict[tuple[str, str], Any] = {}  # (definition id, deployment id) → its row: deployments' ids are unique for ever, rows never change
_lock = Lock()


def parsed(session: Session, kind: str, sha256: str, file: str) -> Any:
    """The diagram, decision model or form with this content. What is cached cannot go stale: the key is the content's hash."""
    found = _files.get((kind, sha256))
    if found is None:
        content = session.scalar(select(Content.content).where(Content.sha256 == sha256))
        if content is None:
            raise NotFound("definition", file)
        read = _READERS[kind]
        found, _ = read(content, file)
        with _lock:
            while len(_files) >= KEPT:
                del _files[next(iter(_files))]
            found = _files.setdefault((kind, sha256), found)  # the first one wins: processes are compared by identity
    return found


def warm(session: Session) -> None:
    """Read the newest diagrams, decisions and forms before anybody waits for them."""
    for kind, table in (("process", ProcessDefinition), ("decision", DecisionDefinition), ("form", FormDefinition)):
        last = select(table.key, func.max(table.version).label("version")).group_by(table.key).subquery()
        newest = select(table.sha256, table.resource).join(last, (table.key == last.c.key) & (table.version == last.c.version))
        for sha256, file in session.execute(newest).all():
            parsed(session, kind, sha256, file)


_READERS: Mapping[str, _Parsed] = {"process": bpmn.read, "decision": dmn.read, "form": forms.read}


def process_in(diagram: Diagram, key: str) -> Process:
    """The executable process with this id. Raises KeyError."""
    for process in diagram.processes:
        if process.id == key:
            return process
    raise KeyError(key)


class _Functions(Mapping[str, object]):
    """What expressions may call besides FEEL's own; the calendar is read when the first expression of a transaction asks for it."""

    NAMES = frozenset({*calendar_functions(standard()), reference.FUNCTION_NAME})

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def _all(self) -> Mapping[str, object]:
        table = reference.function(reference_tables.rows_in_force(self._session))
        return {**calendars.feel_functions(self._session), reference.FUNCTION_NAME: table}

    def __getitem__(self, name: str) -> object:
        if name not in self.NAMES:
            raise KeyError(name)
        return self._all[name]

    def __contains__(self, name: object) -> bool:
        return name in self.NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(self.NAMES)

    def __len__(self) -> int:
        return len(self.NAMES)


_DEFINITION = Prepared(
    select(ProcessDefinition.__table__, Deployment.number)
    .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
    .where(ProcessDefinition.id == bindparam("id"))
)


class Deployed:
    """The Library of what is deployed, for one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._definitions: dict[str, Any] = {}
        self._processes: dict[str, Process] = {}

    @cached_property
    def calendar(self) -> Calendar:
        return calendars.calendar(self._session)

    @cached_property
    def functions(self) -> Mapping[str, object]:
        return _Functions(self._session)

    def know(self, definition_id: str, deployment_id: str) -> None:
        """The caller has just read that this is the definition's deployment, so what is remembered of it is true."""
        found = _rows.get((definition_id, deployment_id))
        if found is not None:
            self._definitions.setdefault(definition_id, found)

    def definition(self, definition_id: str) -> Any:
        """The process definition's row with `number`, its deployment's. Raises KeyError."""
        found = self._definitions.get(definition_id)
        if found is None:
            found = _DEFINITION.first(self._session, id=definition_id)
            if found is None:
                raise KeyError(definition_id)
            self._definitions[definition_id] = found
            with _lock:
                while len(_rows) >= KEPT:
                    del _rows[next(iter(_rows))]
                _rows[definition_id, found.deployment_id] = found
        return found

    def process(self, definition_id: str) -> Process:
        found = self._processes.get(definition_id)
        if found is None:
            row = self.definition(definition_id)
            found = self._processes[definition_id] = process_in(parsed(self._session, "process", row.sha256, row.resource), row.key)
        return found

    def called_process(self, process_id: str, binding: str, version_tag: str | None, caller: str) -> str | None:
        row = self._version(ProcessDefinition, "processes", process_id, binding, version_tag, caller)
        return row.id if row else None

    def called_decision(self, decision_id: str, binding: str, version_tag: str | None, caller: str) -> tuple[DecisionModel, str] | None:
        row = self._version(DecisionDefinition, "decisions", decision_id, binding, version_tag, caller)
        return (parsed(self._session, "decision", row.sha256, row.resource), decision_id) if row else None

    def form_version(self, form_id: str, binding: str, caller: str, version_tag: str | None = None) -> str | None:
        """The form definition id that a user task of definition `caller` opens now."""
        pinned = self.definition(caller).pins.get("forms", {}).get(form_id) if binding == "deployment" else None
        if pinned is not None:
            return str(pinned)
        row = self._version(FormDefinition, "forms", form_id, binding, version_tag, caller)
        return row.id if row else None

    def form_for(self, wait: Wait) -> str | None:
        """The form definition id of a user task's wait, by the binding its diagram gives."""
        detail = self.process(wait.definition_id).nodes[wait.node].detail
        binding, tag = (detail.form_binding, detail.form_version_tag) if isinstance(detail, UserTask) else ("deployment", None)
        return self.form_version(str(wait.form_id), binding, wait.definition_id, tag)

    def form(self, form_definition_id: str) -> Form:
        """Raises NotFound."""
        query = select(FormDefinition.sha256, FormDefinition.resource).where(FormDefinition.id == form_definition_id)
        row = self._session.execute(query).first()
        if row is None:
            raise NotFound("form", form_definition_id)
        form: Form = parsed(self._session, "form", row.sha256, row.resource)
        return form

    def _version(self, table: Any, pins: str, key: str, binding: str, version_tag: str | None, caller: str) -> Row[Any] | None:
        query: Select[Any] = select(table.id, table.sha256, table.resource).where(table.key == key)
        if binding == "deployment":
            row = self.definition(caller)
            pinned = row.pins.get(pins, {}).get(key)
            if pinned is not None:
                query = query.where(table.id == pinned)
            else:
                # Its id is computed while running: what was in force when the caller was deployed.
                query = query.join(Deployment, Deployment.id == table.deployment_id).where(Deployment.number <= row.number)
        elif binding == "versionTag":
            query = query.where(table.version_tag == version_tag)
        return self._session.execute(query.order_by(table.version.desc()).limit(1)).first()
