"""Every instance of a set of files in memory, with what passes between them, under one virtual clock: no database, no deployment.

    world = World(read({"order.bpmn": …, "payment.bpmn": …}).library())
    order = world.start("order", number="A-1")
    order.complete("check", approved=True)          # what it sends reaches the others at once
    world.publish("paid", "A-1", amount=300)         # a message from outside
    world.pass_time(timedelta(days=3))               # fires every timer in between, at its moment
    assert order.status == "completed"

Messages, signals, start events and timers mean here what they mean in a deployment; tests/verbs/test_world.py holds the two together.
Jobs are answered by `worker`, or wait for `Trial.job`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.core.bpmn.model import EventDefinition, Formula, Node, Process
from engine.core.library import InMemory
from engine.core.partial_starts import Occurrence, complete, merged, room, slot_of
from engine.core.runtime import conditions
from engine.core.runtime.formulas import value_of
from engine.core.runtime.step import (
    Effect, Entry, Json, MessagePublished, MessageReceived, SignalReceived, SignalThrown, Start, State, Status, Step, Stimulus, TimerDue,
    Variables, Wait,
)  # fmt: skip
from engine.core.runtime.timers import Firing, first_firing, next_firing
from engine.core.trial import EPOCH, Trial

TIME_TO_LIVE = timedelta(hours=1)
LONGEST = 10_000  # automatic stimuli (jobs, messages, timers) after one from outside: instances must not play for ever

Open = tuple[Trial, Wait]
Worker = Callable[[Trial, Wait], Stimulus | None]


class Endless(Exception):
    """The instances go on by themselves for more than LONGEST stimuli."""


@dataclass
class Kept:
    """A message that was published. Each process has it once; who comes to wait for it before `expires_at` gets it then."""

    name: str
    correlation_key: str
    variables: Variables
    expires_at: datetime
    receivers: set[str] = field(default_factory=set)  # ids of the processes that have had it


@dataclass
class Clock:
    """A timer start event and when it starts its process next."""

    process_id: str
    node: Node
    event: EventDefinition
    firing: Firing


class World:
    """`starting`: the processes that messages, signals, conditions and (if `clocks`) timers may start; by default all of the library.

    `worker` answers each open job at once with a stimulus, or with None to leave it open. `given` says which variables every new
    instance gets beside its own. `after_step` may replace an instance's state after each step, e.g. to save and restore it.
    """

    def __init__(
        self, library: InMemory, *, now: datetime = EPOCH, starting: Collection[str] | None = None, clocks: bool = True,
        worker: Worker | None = None, given: Callable[[Process], Variables] | None = None,
        after_step: Callable[[State], State] | None = None,
    ) -> None:  # fmt: skip
        self.library = library
        self.now = now
        self.instances: list[Trial] = []
        self.history: list[Entry] = []  # of all instances, in the order it was written
        self.thrown: list[Effect] = []  # all messages and signals that instances have sent
        self.kept: list[Kept] = []
        self._occurred: dict[tuple[str, str], list[Occurrence]] = {}  # by process and parallel multiple start event, oldest first
        self._starting = sorted(library.processes if starting is None else starting)
        self._worker = worker or (lambda trial, job: None)
        self._given = given or (lambda process: {})
        self._after_step = after_step
        self._effects: deque[tuple[Trial, Effect]] = deque()
        self._settling = False
        self._stimuli = 0
        self._clocks = list(self._armed()) if clocks else []

    # ------------------------------------------------------------------------------------------------------------ doing

    def start(self, process_id: str, start_event: str | None = None, /, **variables: Json) -> Trial:
        """Start a process by hand, or at the start event with this id. Raises KeyError, StepRefused."""
        trial = self.trial(process_id)
        self._start(trial, start_event, variables)
        return trial

    def publish(self, name: str, correlation_key: str = "", /, *, ttl: timedelta = TIME_TO_LIVE, **variables: Json) -> list[Trial]:
        """Publish a message: in every process the instance that has waited longest for it gets it; a process that starts by it does.

        The instances that have got it at once; it is kept for others until `ttl` is over.
        """
        with self._settled():
            return self._publish(name, correlation_key, variables, ttl)

    def broadcast(self, name: str, /, **variables: Json) -> None:
        """Send a signal to every instance that waits for it now and every process that starts by it."""
        with self._settled():
            self._broadcast(SignalThrown(name, variables, ""), None)

    def evaluate_conditions(self, **variables: Json) -> list[Trial]:
        """Start every process at each conditional start event that holds for `variables` (BPMN 2.0.2 Table 10.84)."""
        found = []
        for process in map(self.library.process, self._starting):
            judged = conditions.starts(process, variables, self.library.functions, self.now)
            found += [(process.id, node, event) for node, event in judged.holding]
            self.history += [
                Entry("warning", self.now, process.id, node.id, node_name=node.name, facts={"code": "condition_failed"})
                for node, _ in judged.costly
            ]
        started = [self._occur(process_id, node, Occurrence(slot_of(event), variables)) for process_id, node, event in found]
        return [trial for trial in started if trial is not None]

    def pass_time(self, span: timedelta) -> None:
        """Let the clock run, firing every timer at its moment, in order."""
        self.until(self.now + span)

    def until(self, moment: datetime) -> None:
        while True:
            due = [(wait.due_at, index, len(wait.id), wait.id) for index, wait in self._timers() if wait.due_at and wait.due_at <= moment]
            clock = min((clock for clock in self._clocks if clock.firing.due_at <= moment), key=lambda one: one.firing.due_at, default=None)
            if clock is not None and (not due or clock.firing.due_at <= min(due)[0]):
                self._set_clocks(clock.firing.due_at)
                self._ring(clock)
            elif due:
                at, index, _, wait_id = min(due)
                self._set_clocks(at)
                self.instances[index].send(TimerDue(wait_id))
            else:
                break
        self._set_clocks(moment)

    # ---------------------------------------------------------------------------------------------------------- looking

    def open(self, kind: str) -> list[Open]:
        """Every open wait of a kind ("user", "job", "timer", "message", "signal", "condition", "incident") with its instance."""
        return [(trial, wait) for trial in self.instances if trial.is_started for wait in trial.waits(kind)]

    def of(self, process_id: str) -> list[Trial]:
        """The instances of a process, oldest first."""
        return [trial for trial in self.instances if trial.process_id == process_id]

    def trial(self, process_id: str) -> Trial:
        """A new instance that has not been started yet. Raises KeyError if there is no such process."""
        self.library.process(process_id)
        number = len(self.instances) + 1
        trial = Trial(
            self.library, process_id, now=self.now, instance_id=f"i{number}", after_step=self._after_step, on_step=self._took
        )  # fmt: skip
        self.instances.append(trial)
        return trial

    # --------------------------------------------------------------------------------------------- what follows by itself

    def _took(self, trial: Trial, step: Step) -> None:
        self.history += step.history
        self.thrown += step.effects
        self._effects += [(trial, effect) for effect in step.effects]
        if not step.unfinished:
            with self._settled():
                pass

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """One stimulus with everything that follows from it; what is stimulated meanwhile is part of it. Raises Endless."""
        if self._settling:
            self._stimuli += 1
            if self._stimuli > LONGEST:
                raise Endless
            yield
            return
        self._settling, self._stimuli = True, 0
        try:
            yield
            while self._go_on():
                pass
        finally:
            self._settling = False

    def _go_on(self) -> bool:
        """Do the next thing that happens by itself, if there is one: a kept message that is waited for, something thrown, a job."""
        if found := self._claimed():
            trial, wait, message = found
            message.receivers.add(wait.process_id)
            trial.send(MessageReceived(wait.id, message.variables))
        elif self._effects:
            thrower, effect = self._effects.popleft()
            if isinstance(effect, MessagePublished):
                self._publish(effect.name, effect.correlation_key, effect.variables, TIME_TO_LIVE)
            else:
                self._broadcast(effect, thrower)
        else:
            return self._work()
        return True

    def _work(self) -> bool:
        for trial, job in self.open("job"):
            stimulus = self._worker(trial, job)
            if stimulus is not None:
                trial.send(stimulus)
                return True
        return False

    def _claimed(self) -> tuple[Trial, Wait, Kept] | None:
        """The oldest kept message that somebody has come to wait for."""
        self.kept = [message for message in self.kept if message.expires_at > self.now]
        waiting = self.open("message") if self.kept else []
        for message in self.kept:
            for trial, wait in waiting:
                if _is_for(wait, message) and wait.process_id not in message.receivers:
                    return trial, wait, message
        return None

    def _publish(self, name: str, key: str, variables: Variables, ttl: timedelta) -> list[Trial]:
        message = Kept(name, key, variables, self.now + ttl)
        self.kept += [message] if ttl > timedelta(0) else []
        receivers: list[Trial] = []
        for trial, wait in sorted(self.open("message"), key=lambda found: found[1].created_at):
            is_open = wait.id in {each.id for each in trial.state.waits}  # the message may have ended its instance in another process
            if is_open and _is_for(wait, message) and wait.process_id not in message.receivers:
                message.receivers.add(wait.process_id)
                trial.send(MessageReceived(wait.id, variables))
                receivers.append(trial)
        for process, node in self._starts("message", name):
            if process.id not in message.receivers:
                message.receivers.add(process.id)
                occurrence = Occurrence(f"message {name}", variables, key, message.expires_at)
                started = self._occur(process.id, node, occurrence)
                receivers += [started] if started is not None else []
        return receivers

    def _broadcast(self, signal: SignalThrown, thrower: Trial | None) -> None:
        for trial in list(self.instances):
            if trial is not thrower and trial.is_started and any(wait.name == signal.name for wait in trial.waits("signal")):
                trial.send(SignalReceived(signal.name, signal.variables))
        for process, node in self._starts("signal", signal.name):
            self._occur(process.id, node, Occurrence(f"signal {signal.name}", signal.variables))

    # ----------------------------------------------------------------------------------------------------------- starts

    def _start(self, trial: Trial, start_event: str | None, variables: Variables) -> None:
        process = self.library.process(trial.process_id)
        trial.send(Start(trial.instance_id, process.id, variables, start_event, self._given(process)))

    def _occur(self, process_id: str, node: Node, occurrence: Occurrence) -> Trial | None:
        """What a start event starts by one of its events; a parallel multiple one only once all of them have occurred."""
        if not node.parallel_multiple:
            return self.start(process_id, node.id, **occurrence.variables)
        place = process_id, node.id
        occurred = [one for one in self._occurred.get(place, []) if one.waits_at(self.now)] + [occurrence]
        consumed = complete(node, occurred)
        left = [one for one in occurred if one not in consumed and one.waits_at(self.now)]
        most = room(node, occurrence.slot)
        if occurrence in left and most is not None and sum(one.slot == occurrence.slot for one in left) > most:
            left.remove(occurrence)
        self._occurred[place] = left
        return self.start(process_id, node.id, **merged(consumed)) if consumed else None

    def _starts(self, kind: str, name: str) -> Iterator[tuple[Process, Node]]:
        for process, node, event in self._start_definitions(kind):
            if event.name is not None and self._value(event.name) == name:
                yield process, node

    def _start_definitions(self, kind: str) -> Iterator[tuple[Process, Node, EventDefinition]]:
        for process in map(self.library.process, self._starting):
            for node in sorted(process.start_events, key=lambda node: node.id):
                for event in node.events:
                    if event.kind == kind:
                        yield process, node, event

    # ----------------------------------------------------------------------------------------------------------- clocks

    def _armed(self) -> Iterator[Clock]:
        for process, node, event in self._start_definitions("timer"):
            assert event.value is not None and event.timer is not None
            firing = first_firing(event.timer, self._value(event.value), event.value.text, self.now)
            if event.timer == "duration" or firing.due_at > self.now:  # a day, or a cycle, that has passed before starts nothing
                yield Clock(process.id, node, event, firing)

    def _ring(self, clock: Clock) -> None:
        """Start a process by its timer and set the timer to its next date."""
        due = clock.firing
        following = next_firing(due.interval, due.due_at, self.now, due.remaining) if due.interval else None
        if following is None:
            self._clocks.remove(clock)
        else:
            clock.firing = following
        self._occur(clock.process_id, clock.node, Occurrence(slot_of(clock.event), {}))

    def _timers(self) -> Iterator[tuple[int, Wait]]:
        """Every running timer with the place of its instance."""
        for index, trial in enumerate(self.instances):
            if trial.is_started and trial.status is Status.ACTIVE:
                yield from ((index, wait) for wait in trial.waits("timer"))

    def _set_clocks(self, moment: datetime) -> None:
        self.now = max(self.now, moment)
        for trial in self.instances:
            trial.now = self.now

    def _value(self, formula: Formula) -> object:
        return value_of(formula, self.library.functions, self.now)


def _is_for(wait: Wait, message: Kept) -> bool:
    return (wait.name, wait.correlation_key or "") == (message.name, message.correlation_key)
