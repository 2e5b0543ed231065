"""What only shows after a while: thousands of timers due at once, and memory over many steps."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter_ns

from engine.verbs import stepping, worker
from engine.verbs.access import SYSTEM
from webapp.bench.measure import Line, line, timed
from webapp.bench.steps import NEVER
from webapp.bench.worlds import World, worlds

TIMERS, STEPS = 10_000, 100_000


def timers(scale: float = 1) -> Iterator[Line]:
    """Everything due at once after an outage; meanwhile somebody completes tasks: between batches nobody waits longer than a job."""
    with worlds() as found:
        for world in found:
            yield from _timers(world, int(TIMERS * scale))


def _timers(world: World, count: int) -> Iterator[Line]:
    for _ in range(count):
        with world.store.writing() as session:
            stepping.start(session, "bench_timers", {}, SYSTEM, world.now - timedelta(seconds=5))
    person = _Person(world)
    alone = [timed(person.complete) for _ in range(20)]
    batches, requests, done = [], [], 0
    while True:
        started = perf_counter_ns()
        fired = worker.run_once(world.store, world.now + timedelta(days=1), sweep=False)
        if not fired:
            break
        batches.append((perf_counter_ns() - started) / 1e6)
        done += fired
        requests.append(timed(person.complete))
    total = f"{sum(batches) / 1e3:.1f} s"
    yield line("timers", f"{done} due at once", batches, database=world.database, unit="timer", each=worker.BATCH, total=total)
    yield line("timers", "a request meanwhile", requests, database=world.database, unit="request", against=alone)


def memory(scale: float = 1) -> Iterator[Line]:
    """One process, many steps: what it holds after a tenth, half and all of them. Caches fill first: states, pages of the database."""
    with worlds() as found:
        for world in found:
            yield _memory(world, int(STEPS * scale))


def _memory(world: World, count: int) -> Line:
    person, times, held = _Person(world), [], {}
    for at in range(1, count + 1):
        times.append(timed(person.complete))
        if at in (count // 10, count // 2, count):
            held[f"after_{at}"] = f"{_resident()} MB"
    return line("memory", f"{count} steps", times[-1_000:], database=world.database, against=times[:1_000], target="flat", **held)


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
