"""What can go wrong for a person or program that asks for something: a stable code and facts; the sentence is `error.<code>`."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from engine.core.calendar import CHINA
from engine.core.runtime.words import refusal_sentence
from engine.texts import text


class EngineError(Exception):
    """Nothing has been changed by the call that raises it, once its transaction is rolled back."""

    code: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(f"{self.code} {facts}")

    def sentence(self, language: str = "zh") -> str:
        """What happened and what to do next, with times as people here read them."""
        return text(f"error.{self.code}", language, **{name: _worded(name, fact, language) for name, fact in self.facts.items()})


def _worded(name: str, fact: object, language: str) -> object:
    if isinstance(fact, datetime):
        return fact.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    return text(f"error.what.{fact}", language) if name == "what" else fact


class NotFound(EngineError):
    """There is no such thing, or none that the actor may know of. `what`: task, instance, definition, form …; `id`."""

    code = "not_found"

    def __init__(self, what: str, id: object) -> None:
        super().__init__(what=what, id=id)


class NotAllowed(EngineError):
    """The actor may know of it, but may not do this. `what` is the act."""

    code = "not_allowed"

    def __init__(self, what: str) -> None:
        super().__init__(what=what)


class ReasonMissing(EngineError):
    """An act that overrules what would have happened needs a reason, which is recorded."""

    code = "reason_missing"


class TaskNotOpen(EngineError):
    """Someone completed or cancelled the task while the page was open. `closed_by` is a name, `mine` says it was the actor."""

    code = "task_not_open"

    def __init__(self, *, task: str, closed_by: str, closed_at: datetime | None, mine: bool = False) -> None:
        super().__init__(task=task, closed_by=closed_by, closed_at=closed_at)
        self.mine = mine


class AlreadyClaimed(EngineError):
    """Another person works on the task. `assignee` is a name."""

    code = "already_claimed"

    def __init__(self, *, task: str, assignee: str) -> None:
        super().__init__(task=task, assignee=assignee)


class FormInvalid(EngineError):
    """The fields of a form are not in order: `submission` tells which and keeps what was typed."""

    code = "form_invalid"

    def __init__(self, submission: object, form: object = None) -> None:
        super().__init__()
        self.submission = submission
        self.form = form


class StartRefused(EngineError):
    """The process cannot be started this way. `process` is its name, `reason` a sentence."""

    code = "start_refused"

    def __init__(self, *, process: str, reason: str) -> None:
        super().__init__(process=process, reason=reason)


class StimulusRefused(EngineError):
    """The instance is not waiting for this (any more). `reason` is the core's code, `about` its facts."""

    code = "stimulus_refused"

    def __init__(self, reason: str, about: dict[str, object], instance: str) -> None:
        super().__init__(reason=reason, about=about, instance=instance)
        self.reason = reason
        self.about = about

    def sentence(self, language: str = "zh") -> str:
        return refusal_sentence(self.reason, self.about, language)


class Conflict(EngineError):
    """Two transactions changed the same thing at once; trying again may succeed. `what`, `id`."""

    code = "conflict"

    def __init__(self, what: str, id: object) -> None:
        super().__init__(what=what, id=id)


class JobNotHeld(EngineError):
    """The worker does not hold this job: its lease ran out, or the job is gone."""

    code = "job_not_held"

    def __init__(self, *, job: str, worker: str) -> None:
        super().__init__(job=job, worker=worker)


class VariableInvalid(EngineError):
    """A variable that cannot be stored: `name`, `reason` (a name that FEEL could not read, or a value too large)."""

    code = "variable_invalid"

    def __init__(self, *, name: str, reason: str) -> None:
        super().__init__(name=name, what=reason)
