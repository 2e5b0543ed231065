"""What happens in memory (`engine.core.world`) is what happens in a deployment: one script, played in both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.core.files import read
from engine.core.world import World
from engine.tables.instances import ProcessInstance
from engine.tables.store import Store
from engine.verbs import conditional_starts, messages
from engine.verbs.access import SYSTEM
from tests.verbs.running import Clock, Running, deploy_diagrams, diagram, work

HOUR = timedelta(hours=1)


class InMemory:
    def __init__(self, *names: str) -> None:
        self.world = World(read({f"{name}.bpmn": diagram(name) for name in names}).library())

    def start(self, process: str, **variables: Any) -> None:
        self.world.start(process, **variables)

    def complete(self, number: int, node: str, **variables: Any) -> None:
        self.world.instances[number].complete(node, **variables)

    def publish(self, name: str, key: str, **options: Any) -> None:
        self.world.publish(name, key, **options)

    def broadcast(self, name: str) -> None:
        self.world.broadcast(name)

    def know(self, **variables: Any) -> None:
        self.world.evaluate_conditions(**variables)

    def wait(self, span: timedelta) -> None:
        self.world.pass_time(span)

    @property
    def outcome(self) -> list[tuple[str, str, list[str]]]:
        return [(trial.process_id, str(trial.status), sorted(trial.open_tasks)) for trial in self.world.instances]


class Deployed:
    def __init__(self, store: Store, clock: Clock, *names: str) -> None:
        self.store, self.clock = store, clock
        deploy_diagrams(store, clock, *names)

    def start(self, process: str, **variables: Any) -> None:
        Running.start(self.store, self.clock, process, **variables)
        self._settle()

    def complete(self, number: int, node: str, **variables: Any) -> None:
        self._instances()[number].complete(node, **variables)
        self._settle()

    def publish(self, name: str, key: str, **options: Any) -> None:
        with self.store.writing() as session:
            messages.publish(session, name, key, {}, SYSTEM, self.clock.now, **options)
        self._settle()

    def broadcast(self, name: str) -> None:
        with self.store.writing() as session:
            messages.broadcast(session, name, {}, SYSTEM, self.clock.now)
        self._settle()

    def know(self, **variables: Any) -> None:
        with self.store.writing() as session:
            conditional_starts.evaluate(session, variables, SYSTEM, self.clock.now)
        self._settle()

    def wait(self, span: timedelta) -> None:
        end = self.clock.now + span
        while self.clock.now < end:
            self.clock.now = min(self.clock.now + HOUR / 2, end)
            self._settle()

    def _settle(self) -> None:
        for _ in range(2):  # before and after: no two instances begin at the same moment
            self.clock.now += timedelta(milliseconds=1)
            work(self.store, self.clock)

    def _instances(self) -> list[Running]:
        with self.store.reading() as session:
            query = select(ProcessInstance.id).order_by(ProcessInstance.started_at, func.length(ProcessInstance.id), ProcessInstance.id)
            return [Running(self.store, self.clock, str(id_)) for id_ in session.scalars(query)]

    @property
    def outcome(self) -> list[tuple[str, str, list[str]]]:
        found = []
        for instance in self._instances():
            with self.store.reading() as session:
                key = session.scalars(select(ProcessInstance.process_key).where(ProcessInstance.id == instance.id)).one()
            found.append((str(key), instance.status, instance.open_tasks))
        return found


def converse(place: Any) -> None:
    place.start("asking", number="A1")
    place.start("asking", number="A2")
    place.complete(3, "think")
    place.complete(2, "read")


def keep(place: Any) -> None:
    place.publish("payment", "A1")
    place.publish("payment", "A2", ttl=timedelta(days=1))
    place.publish("payment", "A3", ttl=timedelta(0))
    for key in ("A1", "A1", "A3"):
        place.start("message_catch", order_id=key)
    place.wait(2 * HOUR)
    place.start("message_catch", order_id="A2")
    place.start("message_catch", order_id="A1")
    place.publish("payment", "A1")


def signal(place: Any) -> None:
    place.start("signal_broadcast")
    place.start("signal_broadcast")
    place.complete(0, "go")
    place.start("signal_broadcast")
    place.broadcast("alarm")


def tell_time(place: Any) -> None:
    place.start("timer_boundary_interrupting", limit="PT25H")
    place.wait(26 * HOUR)
    place.publish("order", "")
    place.wait(24 * HOUR)


def know(place: Any) -> None:
    place.know(level=3)
    place.know(level=30)


def gather(place: Any) -> None:
    place.publish("application", "A1")
    place.publish("application", "A2", ttl=timedelta(days=2))
    place.publish("payment", "A3", ttl=timedelta(0))
    place.broadcast("season opened")
    place.wait(2 * HOUR)
    place.publish("payment", "A1", ttl=timedelta(days=2))
    place.publish("payment", "A2")
    place.publish("application", "A3")
    place.publish("application", "A1", ttl=timedelta(0))
    place.broadcast("season opened")
    place.publish("application", "A1", ttl=timedelta(0))


SCRIPTS: dict[Callable[[Any], None], tuple[str, ...]] = {
    converse: ("conversation",), keep: ("message_catch",), signal: ("signal_broadcast",),
    tell_time: ("start_events", "timer_boundary_interrupting"), know: ("conditional_start",), gather: ("parallel_multiple_start",),
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_the_same_happens_in_memory_and_in_a_database(any_store: Store, clock: Clock, script: Callable[[Any], None]) -> None:
    in_memory, deployed = InMemory(*SCRIPTS[script]), Deployed(any_store, clock, *SCRIPTS[script])

    script(in_memory)
    script(deployed)

    assert in_memory.outcome == deployed.outcome and in_memory.outcome
