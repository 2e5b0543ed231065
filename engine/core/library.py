"""What the core may look up while it runs an instance: definitions, decisions, forms and the calendar. An argument, never a global."""

from __future__ import annotations

from typing import Protocol

from engine.core.bpmn.model import Process
from engine.core.calendar import Calendar
from engine.core.dmn.model import DecisionModel


class Library(Protocol):
    """Deployed definitions by id. Definitions never change once deployed, so an implementation may cache for ever."""

    @property
    def calendar(self) -> Calendar: ...

    def process(self, definition_id: str) -> Process:
        """The process with this definition id, e.g. `appeal_handling:3`. Raises KeyError."""

    def called_process(self, process_id: str, binding: str, version_tag: str | None, caller: str) -> str | None:
        """The definition id that a call activity in definition `caller` starts now, or None if there is none."""

    def called_decision(self, decision_id: str, binding: str, version_tag: str | None, caller: str) -> tuple[DecisionModel, str] | None:
        """The model and decision id that a business rule task in definition `caller` evaluates now, or None."""
