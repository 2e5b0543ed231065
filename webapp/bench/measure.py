"""Taking times so that they can be compared on a busy machine: the things compared take turns, and ratios are of medians."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter_ns

Action = Callable[[], object]


@dataclass(frozen=True)
class Line:
    """One measured thing. Times in milliseconds for one `unit`; `ratio` to the line it is compared with, `facts` beside them."""

    bench: str
    what: str
    database: str
    unit: str
    median: float
    p95: float
    ratio: float | None = None
    target: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return dict(vars(self))


def taking_turns(actions: Mapping[str, Action], rounds: int, warm_up: int = 5) -> dict[str, list[float]]:
    """Milliseconds of every round of each action; all are run once before any is run again."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(warm_up):
        for action in actions.values():
            action()
    gc.collect()
    for _ in range(rounds):
        for name, action in actions.items():
            started = perf_counter_ns()
            action()
            times[name].append((perf_counter_ns() - started) / 1e6)
    return times


def timed(action: Action) -> float:
    """Milliseconds of one run."""
    started = perf_counter_ns()
    action()
    return (perf_counter_ns() - started) / 1e6


def percentile(times: Iterable[float], share: float) -> float:
    """The smallest time that at least `share` (0 to 1) of the times do not exceed; 0 of nothing."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def line(
    bench: str, what: str, times: Iterable[float], *, database: str = "—", unit: str = "step", each: int = 1,
    against: Iterable[float] | None = None, target: str = "", **facts: object,
) -> Line:  # fmt: skip
    """A line from raw times of `each` units a round; `against` the raw times, per unit too, of what it is compared with."""
    own = [time / each for time in times]
    median = percentile(own, 0.5)
    other = percentile(against, 0.5) if against is not None else 0.0
    return Line(bench, what, database, unit, median, percentile(own, 0.95), median / other if other else None, target, facts)
