"""What one step costs: a user task completed, an instance of any age, many tasks side by side, a long run of scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select

from engine.tables.instances import ProcessInstance
from webapp.bench import bare, diagrams
from webapp.bench.measure import Line, line, percentile, taking_turns, timed
from webapp.bench.worlds import SCRIPTS, World, databases, made, stores, worlds

BARE, ROUND_TRIPS = "bare", "one row read, written"
NEVER = 10**9
WARM_UP = 20
ROUNDS = 10  # steps of one bare instance: its tree grows, ours does not
AGES = (2, 100, 1_000, 10_000)
ITEMS = (10, 200, 2_000)
MANY = 200  # items; with more, SpiffWorkflow takes so long that five steps must do


def step(scale: float = 1) -> Iterator[Line]:
    """One completion with everything on, against the same diagram in memory with nothing on.

    On each kind of database by itself: what a server does between two steps makes the ones beside it slower, the bare one most.
    """
    for database in databases():
        for suffix, diagram in (("", "bench_ring"), ("+form", "bench_form")):
            with stores(database) as store:
                yield from _completions(made(database, store), diagram, suffix, int(400 * scale))


def _completions(world: World, diagram: str, suffix: str, rounds: int) -> Iterator[Line]:
    row = _Row(world)
    times = _in_turn({
        BARE: _Lone(diagrams.ring("stock")), ROUND_TRIPS: row, "cold": _Runner(world, diagram, cold=True),
        "hot": _Runner(world, diagram, cold=False),
    }, rounds)  # fmt: skip
    row.close()
    bare = times.pop(BARE)
    middle, trips = percentile(bare, 0.5), percentile(times[ROUND_TRIPS], 0.5)
    yield line("step", BARE, bare)
    for what, own in times.items():
        if what == ROUND_TRIPS:
            yield line("step", what, own, database=world.database, unit="row", against=bare)
        elif world.database == "sqlite":
            target = "" if suffix else "≤ 2.5" if what == "cold" else "≤ 2"
            yield line("step", what + suffix, own, database="sqlite", against=bare, target=target)
        else:
            yield line("step", what + suffix, own, database=world.database, against=bare, target=f"≤ {2.5 * middle + trips:.3f} ms")


def age(scale: float = 1) -> Iterator[Line]:
    """The same completion at the second, hundredth, thousandth … step of one instance."""
    with worlds() as found:
        for world in found:
            yield from _ages(world, scale)


def _ages(world: World, scale: float) -> Iterator[Line]:
    old, young = _Runner(world, "bench_ring", cold=True), _Runner(world, "bench_ring", cold=True)
    done = 0
    for stage in [age for age in AGES if age <= 10_000 * scale]:
        while done < stage - 1:
            old.prepare()
            old.complete()
            done += 1
        own, fresh = [], []
        for _ in range(50):
            for runner, kept in ((old, own), (young, fresh)):
                runner.prepare()
                kept.append(timed(runner.complete))
            young.renew()
            done += 1
        yield line(
            "age", f"step {stage}", own, database=world.database, against=fresh, target="≤ 1.2 × a young instance", state=old.state_size()
        )


def multi(scale: float = 1) -> Iterator[Line]:
    """User tasks side by side, completed one after another, against SpiffWorkflow saved after each step; once with an output of each."""
    first: dict[str, float] = {}
    with worlds(postgresql=False) as (world,), TemporaryDirectory(prefix="zhuqi-bench-") as folder:
        for count in ITEMS:
            saved = bare.Saved(bare.spec(diagrams.items("stock"), "bench_items"), Path(folder) / f"{count}.sqlite", count=count)
            found = [_Items(world, diagram, count) for diagram in ("bench_items", "bench_collect")]
            rounds = max(5, int(60 * scale)) if count <= MANY else 5
            times = _beside(saved, found, rounds)
            saved.close()
            yield line("multi", f"saved, {count} items", times["saved"], database="sqlite", unit="task")
            for items in found:
                own = times[items.diagram]
                yield line(
                    "multi", f"{'outputs of ' if items.diagram == 'bench_collect' else ''}{count} items", own, database="sqlite",
                    unit="task", against=times["saved"], target="≤ 0.1; growth ≤ 1.2" if count == MANY else "growth ≤ 1.2",
                    growth=round(percentile(own, 0.5) / first.setdefault(items.diagram, percentile(own, 0.5)), 2),
                )  # fmt: skip
                yield from items.whole(count)


class _Items:
    """Completes items of one instance after another; starting and finding them is not part of the step."""

    def __init__(self, world: World, diagram: str, count: int) -> None:
        self.world, self.diagram, self.count = world, diagram, count
        self.left: list[str] = []

    def prepare(self) -> None:
        if not self.left:
            self.left = self.world.open_tasks(self.start())[:-1]  # the last one ends the instance: something else

    def start(self) -> str:
        return self.world.start(self.diagram, people=list(range(self.count)))

    def complete(self) -> None:
        self.world.complete(self.left.pop())

    def whole(self, count: int) -> Iterator[Line]:
        """Starting and finishing all of them, each in one piece, by the item."""
        begun: list[str] = []
        start = timed(lambda: begun.append(self.start()))
        finish = timed(lambda: [self.world.complete(task) for task in self.world.open_tasks(begun[0])])
        for what, time in (("start", start), ("complete all", finish)):
            yield line("multi", f"{self.diagram}: {what}, {count}", [time], database="sqlite", unit="item", each=count)


def _beside(saved: bare.Saved, found: list[_Items], rounds: int) -> dict[str, list[float]]:
    """What is compared takes turns: one step saved whole, then a few of each of ours, which are so much shorter."""
    times: dict[str, list[float]] = {name: [] for name in ("saved", *(items.diagram for items in found))}
    for at in range(-1, rounds):
        saved.begin()
        taken = timed(saved.complete)
        times["saved"] += [taken] if at >= 0 else []
        for items in found:
            for _ in range(max(1, 60 // rounds)):
                items.prepare()
                taken = timed(items.complete)
                times[items.diagram] += [taken] if at >= 0 else []
    return times


def scripts(scale: float = 1) -> Iterator[Line]:
    """1 000 script tasks in a row: one start, one transaction."""
    with worlds(postgresql=False) as (world,):
        # SpiffWorkflow's parser and tree are recursive: a shorter run is all it can do.
        spec = bare.spec(diagrams.scripts("stock", 300), "bench_scripts")
        actions: dict[str, Callable[[], object]] = {
            "bare": lambda: bare.Bare(spec, total=0), "ours": lambda: world.start("bench_scripts", total=0)
        }  # fmt: skip
        times = taking_turns(actions, max(3, int(8 * scale)), warm_up=1)
    against = [time / 300 for time in times["bare"]]
    yield line("scripts", "bare, 300", times["bare"], unit="script", each=300)
    yield line(
        "scripts", f"ours, {SCRIPTS}", times["ours"], database="sqlite", unit="script", each=SCRIPTS, against=against, target="≤ 0.3 ms"
    )


class _Lone:
    """Bare SpiffWorkflow on the ring, begun anew before its tree has grown."""

    def __init__(self, diagram: str) -> None:
        self.spec, self.done = bare.spec(diagram, "bench_ring"), 0
        self.instance = bare.Bare(self.spec, round=0, last=NEVER)

    def prepare(self) -> None:
        if self.done % ROUNDS == 0:
            self.instance = bare.Bare(self.spec, round=0, last=NEVER)

    def complete(self) -> None:
        self.done += 1
        self.instance.complete(round=self.done)


class _Row:
    """One row of 5 kB read, then written and committed: what no step on this database and this disk can do without.

    On the driver's own connection, without any of ours. On PostgreSQL that is two round trips.
    """

    def __init__(self, world: World) -> None:
        self.proxy = world.store.engine.raw_connection()
        self.driver: Any = self.proxy.dbapi_connection
        self.is_sqlite, self.text = world.database == "sqlite", "0" * 5_000
        self.driver.execute("CREATE TABLE bench_row (id INTEGER PRIMARY KEY, text TEXT)")
        self.driver.execute(f"INSERT INTO bench_row VALUES (1, '{self.text}')")
        self.driver.commit()
        if not self.is_sqlite:
            self.driver.autocommit = True  # it begins and commits in words below, so that these travel with the rest

    def prepare(self) -> None:
        self.text = self.text[1:] + self.text[0]

    def complete(self) -> None:
        read, write = "SELECT text FROM bench_row WHERE id = 1", "UPDATE bench_row SET text = %s WHERE id = 1"
        if self.is_sqlite:
            self.driver.execute("BEGIN IMMEDIATE")
            self.driver.execute(read).fetchone()
            self.driver.execute(write.replace("%s", "?"), (self.text,))
            self.driver.execute("COMMIT")
            return
        with self.driver.pipeline():
            self.driver.execute("BEGIN")
            found = self.driver.execute(read)
        found.fetchone()
        with self.driver.pipeline():
            self.driver.execute(write, (self.text,))
            self.driver.execute("COMMIT")

    def close(self) -> None:
        self.proxy.invalidate()


class _Runner:
    """Completes the one open task of a ring, over and over; finding the task is not part of the step."""

    def __init__(self, world: World, diagram: str, *, cold: bool) -> None:
        self.world, self.diagram, self.cold = world, diagram, cold
        self.values = {"round": 1, "opinion": "同意"} if diagram == "bench_form" else {}
        self.renew()

    def renew(self) -> None:
        self.instance = self.world.start(self.diagram, round=0, last=NEVER)

    def prepare(self) -> None:
        (self.task,) = self.world.open_tasks(self.instance)
        if self.cold:
            self.world.cool(self.instance)

    def complete(self) -> None:
        self.world.complete(self.task, **self.values)

    def state_size(self) -> int:
        """Bytes."""
        with self.world.store.reading() as session:
            size = select(func.length(ProcessInstance.state)).where(ProcessInstance.id == self.instance)
            return int(session.scalar(size) or 0)


def _in_turn(contenders: Mapping[str, _Lone | _Runner | _Row], rounds: int) -> dict[str, list[float]]:
    """`taking_turns` for those that need something done before each step, outside its time."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for at in range(-WARM_UP, rounds):
        for name, contender in contenders.items():
            contender.prepare()
            taken = timed(contender.complete)
            if at >= 0:
                times[name].append(taken)
    return times
