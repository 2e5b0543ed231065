"""The instances of one scenario in memory: the scenario's own, and those that its messages start or reach, under one clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import count

from engine.core.bpmn.model import Process
from engine.core.calendar import CHINA
from engine.core.library import Library
from engine.core.runtime.step import (
    CompleteJob, Effect, Entry, Json, MessagePublished, MessageReceived, SignalReceived, SignalThrown, Start, Status, Stimulus, ThrowError,
    TimerDue, Variables, Wait,
)  # fmt: skip
from engine.core.scenario_model import Sent, Stuck
from engine.core.scenario_places import Places
from engine.core.trial import Trial

LONGEST = 10_000  # automatic stimuli (jobs, timers, messages) in one scenario: a cycle timer must not play for ever
Open = tuple[Trial, Wait]


class Stage:
    """`services`: by service task, its name or id, what it brings. `follows`: processes that messages and signals may start."""

    def __init__(
        self, library: Library, process: Process, at: datetime, services: Mapping[str, Mapping[str, Json]], follows: Sequence[str] = ()
    ) -> None:
        self.library = library
        self.now = at
        self.places = Places(library, process, follows)
        self.main = Trial(library, process.id, now=at)
        self.trials = [self.main]
        self.entries: list[Entry] = []  # of all instances, in the order they were written
        self.sent: list[Sent] = []
        self.stimuli = 0
        self._effects: deque[tuple[Trial, Effect]] = deque()
        self._services = services
        self._follows = follows
        self._seen: dict[str, tuple[int, int]] = {}  # per instance how much of its history and effects has been taken
        self._numbers = count(2)
        self._given: dict[str, int] = {}  # per pattern how many business keys have been given

    def waits(self, kind: str) -> list[Open]:
        """Everything open of this kind, that of the scenario's own instance first."""
        return [(trial, wait) for trial in self.trials if trial.status is Status.ACTIVE or kind == "incident" for wait in trial.waits(kind)]

    def start(self, start_event: str | None, variables: Variables, starter: str | None = None) -> None:
        """Begin the scenario's own instance, by `starter` or by the system itself."""
        process = self.library.process(self.main.process_id)
        self.advance(self.main, Start("i", process.id, {**variables, **self._reserved(process, starter)}, start_event))

    def advance(self, trial: Trial, stimulus: Stimulus) -> None:
        """One stimulus, and everything that follows by itself: messages, signals and jobs. Raises Stuck if that does not end."""
        self._send(trial, stimulus)
        while True:
            if self._effects:
                thrower, effect = self._effects.popleft()
                if isinstance(effect, MessagePublished):
                    self._deliver(effect)
                else:
                    self._broadcast(effect, thrower)
            elif jobs := self.waits("job"):
                self._send(jobs[0][0], self._answer(jobs[0][1]))
            else:
                return

    def message(self, name: str, key: str | None, values: Variables) -> bool:
        """Give a message to the first who waits for it; whether anybody did. `key` None: whatever key they wait with."""
        for trial, wait in self.waits("message"):
            if wait.name == name and key in (None, wait.correlation_key):
                self.advance(trial, MessageReceived(wait.id, values))
                return True
        return False

    def let_pass(self, moment: datetime) -> None:
        """Fire every timer at its own moment, in order, with the jobs it sets off."""
        while True:
            due = [(wait.due_at, wait.id, trial) for trial, wait in self.waits("timer") if wait.due_at and wait.due_at <= moment]
            if not due:
                break
            at, wait_id, trial = min(due, key=lambda found: found[:2])
            self.now = max(self.now, at)
            self.advance(trial, TimerDue(wait_id))
        self.now = moment

    # --------------------------------------------------------------------------------------------------------- one step

    def _send(self, trial: Trial, stimulus: Stimulus) -> None:
        self.stimuli += 1
        if self.stimuli > LONGEST:
            raise Stuck("too_long", limit=LONGEST)
        trial.now = self.now
        trial.send(stimulus)
        entries, effects = self._seen.get(trial.state.instance_id, (0, 0))
        self._seen[trial.state.instance_id] = len(trial.history), len(trial.effects)
        self.entries += trial.history[entries:]
        self._effects += [(trial, effect) for effect in trial.effects[effects:]]

    def _answer(self, job: Wait) -> Stimulus:
        """What the service task brings, as the scenario says."""
        name = self.places.name((job.process_id, job.node))
        values: Variables = dict(self._services.get(job.node, self._services.get(name, {})))
        if isinstance(code := values.get("error"), str):
            return ThrowError(job.id, code, "", {name: value for name, value in values.items() if name != "error"})
        return CompleteJob(job.id, values)

    def _deliver(self, effect: MessagePublished) -> None:
        """One waiting instance of each process gets it, and it starts the others that the scenario follows. It is on record anyway."""
        self.sent.append(Sent(effect.name, effect.variables))
        received: set[str] = set()
        for trial, wait in self.waits("message"):
            matches = wait.name == effect.name and wait.correlation_key == effect.correlation_key
            if matches and trial.process_id not in received and wait in trial.state.waits:
                received.add(trial.process_id)
                self._send(trial, MessageReceived(wait.id, effect.variables))
        self._start_followed("message", effect.name, effect.variables, but=received)

    def _broadcast(self, effect: SignalThrown, thrower: Trial) -> None:
        for trial in list(self.trials):
            waiting = trial.status is Status.ACTIVE and any(wait.name == effect.name for wait in trial.waits("signal"))
            if trial is not thrower and waiting:
                self._send(trial, SignalReceived(effect.name, effect.variables))
        self._start_followed("signal", effect.name, effect.variables)

    def _start_followed(self, kind: str, name: str, variables: Variables, but: Collection[str] = ()) -> None:
        for process_id in self._follows:
            process = self.places.process(process_id)
            start_event = start_event_for(process, kind, name) if process and process_id not in but else None
            if process is not None and start_event is not None:
                trial = Trial(self.library, process_id, now=self.now)
                self.trials.append(trial)
                given = {**variables, **self._reserved(process, None)}
                self._send(trial, Start(f"i{next(self._numbers)}", process_id, given, start_event))

    def _reserved(self, process: Process, starter: str | None) -> Variables:
        """What the engine itself gives every new instance."""
        at = self.now.astimezone(CHINA)
        person: Json = {"id": starter or "system", "name": starter or "system"}
        given: Variables = {"started_by": person, "started_at": at.isoformat()}
        if pattern := process.properties.get("numbering"):
            self._given[pattern] = self._given.get(pattern, 0) + 1
            given["business_key"] = business_key(pattern, at, self._given[pattern])
        return given


def start_event_for(process: Process, kind: str, name: str) -> str | None:
    """The start event that waits for this message or signal."""
    for node in process.start_events:
        for event in node.events:
            if event.kind == kind and event.name is not None and event.name.text == name:
                return node.id
    return None


def business_key(numbering: str, at: datetime, number: int = 1) -> str:
    """The number of a pattern such as `SQ{yyyy}{seq:5}` on the local day of `at`."""
    parts = {"{yyyy}": f"{at:%Y}", "{yy}": f"{at:%y}", "{mm}": f"{at:%m}", "{dd}": f"{at:%d}"}
    for word, digits in parts.items():
        numbering = numbering.replace(word, digits)
    for width in range(1, 10):
        numbering = numbering.replace(f"{{seq:{width}}}", str(number).zfill(width))
    return numbering
