"""What only shows after a while: thousands of timers due at once, and memory over many steps."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Iterator
from datetime import timedelta

from engine.verbs import stepping, worker
from engine.verbs.access import SYSTEM
from webapp.bench.measure import Line, line, timed
from webapp.bench.steps import NEVER
from webapp.bench.worlds import World, worlds

TIMERS, STEPS = 10_000, 100_000


def timers(scale: float = 1) -> Iterator[Line]:
    """Everything due at once after an outage; meanwhile somebody completes tasks: between batches nobody waits longer than a job."""
    with worlds(postgresql=False) as (world,):
        count = int(TIMERS * scale)
        for _ in range(count):
            with world.store.writing() as session:
                stepping.start(session, "bench_timers", {}, SYSTEM, world.now - timedelta(seconds=5))
        person = _Person(world)
        batches, requests = [], [timed(person.complete) for _ in range(20)]
        alone = list(requests)
        requests.clear()
        done = 0
        while True:
            fired: list[int] = []
            batches.append(timed(lambda into=fired: into.append(worker.run_once(world.store, world.now + timedelta(days=1), sweep=False))))  # type: ignore[misc]
            if not fired[0]:
                batches.pop()
                break
            done += fired[0]
            requests.append(timed(person.complete))
    yield line("timers", f"{done} due at once", batches, database="sqlite", unit="timer", each=worker.BATCH, total=f"{sum(batches) / 1e3:.1f} s")
    yield line("timers", "a request meanwhile", requests, database="sqlite", unit="request", against=alone)


def memory(scale: float = 1) -> Iterator[Line]:
    """One process, many steps: what it holds in the end, against what it held after a tenth of them."""
    with worlds(postgresql=False) as (world,):
        person, count = _Person(world), int(STEPS * scale)
        times: list[float] = []
        early = 0
        for at in range(count):
            times.append(timed(person.complete))
            if at == count // 10:
                early = _resident()
        late = _resident()
    yield line(
        "memory", f"{count} steps", times[-1_000:], database="sqlite", against=times[:1_000], target="flat", early=f"{early} MB",
        late=f"{late} MB",
    )  # fmt: skip


class _Person:
    """Somebody who completes the tasks of one case, and begins another now and then."""

    def __init__(self, world: World) -> None:
        self.world, self.done, self.instance = world, 0, ""

    def complete(self) -> None:
        if self.done % 50 == 0:
            self.instance = self.world.start("bench_ring", round=0, last=NEVER)
        self.done += 1
        (task,) = self.world.open_tasks(self.instance)
        self.world.complete(task)


def _resident() -> int:
    """Megabytes in use now; where the system does not say, the most there ever were."""
    gc.collect()
    try:
        with open("/proc/self/statm", encoding="ascii") as numbers:
            return int(numbers.read().split()[1]) * resource.getpagesize() // 1_000_000
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // (1_000_000 if sys.platform == "darwin" else 1_000)
