"""One instance in memory under a virtual clock: try a diagram without a database. `engine.core.world` has several that talk.

    trial = Trial(read({"leave.bpmn": content}).library(), "leave_request")    # read: engine.core.files
    trial.start(days=3)
    trial.complete("approve", approved=True)
    assert trial.status == "completed"
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from engine.core.library import Library
from engine.core.runtime.advance import SLICE, advance, visible
from engine.core.runtime.step import (
    ChangeTask, CompleteJob, CompleteTask, Continue, Effect, Entry, JobFailed, Json, MessagePublished, MessageReceived, Retry, SetVariables,
    SignalReceived, Start, State, Status, Step, Stimulus, Terminate, ThrowError, TimerDue, Variables, Wait,
)

EPOCH = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in China


class Trial:
    """A running instance. `after_step` may replace the state after each step, e.g. to save and restore it; `on_step` is told of it."""

    def __init__(
        self, library: Library, process_id: str, *, now: datetime = EPOCH, instance_id: str = "i",
        after_step: Callable[[State], State] | None = None, on_step: Callable[[Trial, Step], None] | None = None,
    ) -> None:  # fmt: skip
        self.library = library
        self.process_id = process_id
        self.instance_id = instance_id
        self.now = now
        self.history: list[Entry] = []
        self.effects: list[Effect] = []
        self.labels: dict[str, Json] = {}
        self._state: State | None = None
        self._after_step = after_step or (lambda state: state)
        self._on_step = on_step or (lambda trial, step: None)

    # ------------------------------------------------------------------------------------------------------------ doing

    def start(self, start_event: str | None = None, /, **variables: Json) -> Trial:
        return self.send(Start(self.instance_id, self.process_id, variables, start_event))

    def complete(self, node: str, /, *, actor: Variables | None = None, index: int = 0, **variables: Json) -> Trial:
        """Complete the open user task at `node`; with several, the one at `index`."""
        return self.send(CompleteTask(self.wait("user", node, index).id, variables, actor))

    def change(self, node: str, /, *, actor: Variables | None = None, **values: Json) -> Trial:
        """Give the open user task at `node` another assignee, candidates, dates or priority."""
        return self.send(ChangeTask(self.wait("user", node).id, values, actor))

    def job(self, node: str, /, **variables: Json) -> Trial:
        return self.send(CompleteJob(self.wait("job", node).id, variables))

    def fail_job(self, node: str, message: str = "") -> Trial:
        return self.send(JobFailed(self.wait("job", node).id, message))

    def throw_error(self, node: str, code: str, /, **variables: Json) -> Trial:
        return self.send(ThrowError(self.wait("job", node).id, code, "", variables))

    def message(self, name: str, key: str | None = None, /, **variables: Json) -> Trial:
        """Deliver a message to the one wait for it. Raises LookupError if nobody waits."""
        for wait in self.state.waits:
            if wait.kind == "message" and wait.name == name and key in (None, wait.correlation_key):
                return self.send(MessageReceived(wait.id, variables))
        raise LookupError(f"nobody waits for message {name} {key}")

    def signal(self, name: str, /, **variables: Json) -> Trial:
        return self.send(SignalReceived(name, variables))

    def pass_time(self, span: timedelta) -> Trial:
        """Let the clock run, firing every timer at its moment, in order."""
        return self.until(self.now + span)

    def until(self, moment: datetime) -> Trial:
        while True:
            due = [wait for wait in self.state.waits if wait.kind == "timer" and wait.due_at is not None and wait.due_at <= moment]
            if self.state.status is not Status.ACTIVE or not due:
                break
            wait = min(due, key=lambda wait: (wait.due_at, len(wait.id), wait.id))  # the older first
            self.now = max(self.now, wait.due_at)  # type: ignore[type-var]
            self.send(TimerDue(wait.id))
        self.now = moment
        return self

    def retry(self, node: str) -> Trial:
        return self.send(Retry(self.wait("incident", node).id))

    def set_variables(self, **variables: Json) -> Trial:
        return self.send(SetVariables(self.instance_id, variables))

    def terminate(self, reason: str = "") -> Trial:
        return self.send(Terminate(reason))

    def send(self, stimulus: Stimulus) -> Trial:
        step = self._take(self._advance(stimulus))
        while step.unfinished:
            step = self._take(self._advance(Continue()))
        return self

    def _advance(self, stimulus: Stimulus) -> Step:
        return advance(self.library, self._state, stimulus, self.now, SLICE)

    def _take(self, step: Step) -> Step:
        self._state = self._after_step(step.state)
        self.history.extend(step.history)
        self.effects.extend(step.effects)
        self.labels.update(step.labels)
        self._on_step(self, step)
        return step

    # ---------------------------------------------------------------------------------------------------------- looking

    @property
    def is_started(self) -> bool:
        return self._state is not None

    @property
    def state(self) -> State:
        if self._state is None:
            raise LookupError("not started")
        return self._state

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def variables(self) -> Variables:
        """The instance's own variables."""
        return dict(self.state.variables.get(self.state.instance_id, {}))

    def visible(self, node: str) -> Variables:
        """What the open user task at `node` sees."""
        return dict(visible(self.state, self.wait("user", node).id))

    def waits(self, kind: str) -> list[Wait]:
        return [wait for wait in self.state.waits if wait.kind == kind]

    def wait(self, kind: str, node: str, index: int = 0) -> Wait:
        found = [wait for wait in self.waits(kind) if wait.node == node]
        if len(found) <= index:
            raise LookupError(f"no open {kind} at {node}; open: {[(wait.kind, wait.node) for wait in self.state.waits]}")
        return found[index]

    @property
    def open_tasks(self) -> list[str]:
        return [wait.node for wait in self.waits("user")]

    @property
    def incidents(self) -> list[tuple[str, str | None]]:
        return [(wait.node, wait.code) for wait in self.waits("incident")]

    @property
    def published(self) -> list[tuple[str, str, Variables]]:
        return [(e.name, e.correlation_key, e.variables) for e in self.effects if isinstance(e, MessagePublished)]

    def visited(self, node: str) -> int:
        """How often a flow node was activated."""
        return sum(entry.kind == "activated" and entry.node == node for entry in self.history)

    @property
    def path(self) -> list[str]:
        """Flow nodes in the order they were activated."""
        return [entry.node for entry in self.history if entry.kind == "activated" and entry.node]

    @property
    def ends(self) -> list[str]:
        """End events reached, in order."""
        return [entry.node for entry in self.history if entry.kind == "completed" and entry.node_kind == "endEvent" and entry.node]
