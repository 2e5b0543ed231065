"""What the core may look up while it runs an instance: definitions, decisions and the calendar. An argument, never a global."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Protocol

from engine.core import reference
from engine.core.bpmn.model import Process
from engine.core.calendar import Calendar, functions, standard
from engine.core.dmn.model import DecisionModel


class Library(Protocol):
    """Deployed definitions by id. Definitions never change once deployed, so an implementation may cache for ever."""

    @property
    def calendar(self) -> Calendar: ...

    @property
    def functions(self) -> Mapping[str, object]:
        """The FEEL host functions every expression may call, made once: those of `engine.core.calendar` and `reference(name)`."""

    def process(self, definition_id: str) -> Process:
        """The process with this definition id, e.g. `appeal_handling:3`. Raises KeyError."""

    def called_process(self, process_id: str, binding: str, version_tag: str | None, caller: str) -> str | None:
        """The definition id that a call activity in definition `caller` starts now, or None if there is none."""

    def called_decision(self, decision_id: str, binding: str, version_tag: str | None, caller: str) -> tuple[DecisionModel, str] | None:
        """The model and decision id that a business rule task in definition `caller` evaluates now, or None."""


class InMemory:
    """A Library of files that are not deployed anywhere: for scenarios, tests and tools. A definition's id is its process id."""

    def __init__(
        self,
        processes: Iterable[Process],
        models: Iterable[DecisionModel] = (),
        calendar: Calendar | None = None,
        tables: Iterable[reference.Table] = (),
    ) -> None:
        """Without a `calendar` it is the one that a deployment of these tables has: the notices, with their own days on top."""
        tables = tuple(tables)
        self.calendar = calendar or standard().with_days(reference.own_days(tables))
        self._tables = reference.in_memory(tables)
        self.processes = {process.id: process for process in processes}
        self._models = {id_: model for model in models for id_ in (*model.decisions, *model.services)}

    @cached_property
    def functions(self) -> Mapping[str, object]:
        return {**functions(self.calendar), reference.FUNCTION_NAME: reference.function(self._tables)}

    def process(self, definition_id: str) -> Process:
        return self.processes[definition_id]

    def called_process(self, process_id: str, binding: str, version_tag: str | None, caller: str) -> str | None:
        process = self.processes.get(process_id)
        return None if process is None or (binding == "versionTag" and process.version_tag != version_tag) else process_id

    def called_decision(self, decision_id: str, binding: str, version_tag: str | None, caller: str) -> tuple[DecisionModel, str] | None:
        model = self._models.get(decision_id)
        decision = model.decisions.get(decision_id) if model is not None else None  # a decision service has no tag
        if model is None or (binding == "versionTag" and (decision is None or decision.version_tag != version_tag)):
            return None
        return model, decision_id
