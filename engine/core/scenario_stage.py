"""The instances of one scenario in memory: the scenario's own, and those that its messages start or reach, under one clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from engine.core.bpmn.model import Process
from engine.core.calendar import CHINA
from engine.core.library import InMemory
from engine.core.runtime.step import (
    CompleteJob, Json, MessagePublished, MessageReceived, Start, Stimulus, ThrowError, Variables, Wait,
)  # fmt: skip
from engine.core.scenario_model import Sent, Stuck
from engine.core.scenario_places import Places
from engine.core.trial import Trial
from engine.core.world import LONGEST, Endless, Open, World


class Stage:
    """`services`: by service task, its name or id, what it brings. `follows`: processes that messages and signals may start."""

    def __init__(
        self, library: InMemory, process: Process, at: datetime, services: Mapping[str, Mapping[str, Json]], follows: Sequence[str] = ()
    ) -> None:
        self.places = Places(library, process, follows)
        known = [process_id for process_id in follows if process_id in library.processes]
        self.world = World(library, now=at, starting=known, clocks=False, worker=self._answer, given=self._given)
        self.main = self.world.trial(process.id)
        self._services = services
        self._starter: str | None = None
        self._numbers: Counter[str] = Counter()  # per pattern how many business keys have been given

    @property
    def sent(self) -> list[Sent]:
        """The messages that the instances have sent, whoever got them."""
        return [Sent(thrown.name, thrown.variables) for thrown in self.world.thrown if isinstance(thrown, MessagePublished)]

    def waits(self, kind: str) -> list[Open]:
        """Everything open of this kind, that of the scenario's own instance first."""
        return self.world.open(kind)

    def start(self, start_event: str | None, variables: Variables, starter: str | None = None) -> None:
        """Begin the scenario's own instance, by `starter` or by the system itself. Raises Stuck."""
        process = self.places.own
        self._starter = starter
        given = self._given(process)
        self._starter = None
        self.advance(self.main, Start(self.main.instance_id, process.id, variables, start_event, given))

    def advance(self, trial: Trial, stimulus: Stimulus) -> None:
        """One stimulus, and everything that follows by itself: messages, signals and jobs. Raises Stuck if that does not end."""
        with _ending():
            trial.send(stimulus)

    def message(self, name: str, key: str | None, values: Variables) -> bool:
        """Give a message to the first who waits for it; whether anybody did. `key` None: whatever key they wait with."""
        for trial, wait in self.waits("message"):
            if wait.name == name and key in (None, wait.correlation_key):
                self.advance(trial, MessageReceived(wait.id, values))
                return True
        return False

    def let_pass(self, moment: datetime) -> None:
        """Fire every timer at its own moment, in order, with the jobs it sets off. Raises Stuck if that does not end."""
        with _ending():
            self.world.until(moment)

    def _answer(self, trial: Trial, job: Wait) -> Stimulus:
        """What the service task brings, as the scenario says."""
        name = self.places.name((job.process_id, job.node))
        values: Variables = dict(self._services.get(job.node, self._services.get(name, {})))
        if isinstance(code := values.get("error"), str):
            return ThrowError(job.id, code, "", {name: value for name, value in values.items() if name != "error"})
        return CompleteJob(job.id, values)

    def _given(self, process: Process) -> Variables:
        """What the engine itself gives every new instance."""
        at, starter = self.world.now.astimezone(CHINA), self._starter or "system"
        given: Variables = {"started_by": {"id": starter, "name": starter}, "started_at": at.isoformat()}
        if pattern := process.properties.get("numbering"):
            self._numbers[pattern] += 1
            given["business_key"] = business_key(pattern, at, self._numbers[pattern])
        return given


@contextmanager
def _ending() -> Iterator[None]:
    try:
        yield
    except Endless:
        raise Stuck("too_long", limit=LONGEST) from None


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
