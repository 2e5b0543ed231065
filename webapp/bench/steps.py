"""What one step costs: a user task completed, an instance of any age, many tasks side by side, a long run of scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import func, select

from engine.tables.instances import ProcessInstance
from webapp.bench import bare, diagrams
from webapp.bench.measure import Line, line, percentile, taking_turns, timed
from webapp.bench.worlds import SCRIPTS, World, worlds

NEVER = 10**9
WARM_UP = 20
ROUNDS = 10  # steps of one bare instance: its tree grows, ours does not
AGES = (2, 100, 1_000, 10_000)
ITEMS = (10, 200)


def step(scale: float = 1) -> Iterator[Line]:
    """One completion with everything on, against the same diagram in memory with nothing on."""
    rounds = int(400 * scale)
    for suffix, diagram in (("", "bench_ring"), ("+form", "bench_form")):
        with worlds() as found:
            contenders: dict[tuple[str, str], _Lone | _Runner] = {("", "bare"): _Lone(diagrams.ring("stock"))}
            for world in found:
                for heat in ("cold", "hot"):
                    contenders[world.database, heat] = _Runner(world, diagram, cold=heat == "cold")
            times = _in_turn(contenders, rounds)
        against = times.pop(("", "bare"))
        yield line("step", "bare", against)
        for (database, heat), own in times.items():
            target = "" if suffix or database != "sqlite" else "≤ 2.5" if heat == "cold" else "≤ 2"
            yield line("step", heat + suffix, own, database=database, against=against, target=target)


def age(scale: float = 1) -> Iterator[Line]:
    """The same completion at the second, hundredth, thousandth … step of one instance."""
    with worlds(postgresql=False) as (world,):
        old = _Runner(world, "bench_ring", cold=True)
        samples: dict[int, list[float]] = {}
        young = _Runner(world, "bench_ring", cold=True)
        done = 0
        first: list[float] = []
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
            samples[stage], first = own, fresh
            yield line(
                "age", f"step {stage}", own, database="sqlite", against=first, target="≤ 1.2 × a young instance", state=old.state_size()
            )


def multi(scale: float = 1) -> Iterator[Line]:
    """200 user tasks side by side, completed one after another, against SpiffWorkflow's own save after each step."""
    medians = {}
    with worlds(postgresql=False) as (world,):
        for count in ITEMS:
            saved = bare.Saved(bare.spec(diagrams.items("stock"), "bench_items"), count=count)
            instance = world.start("bench_items", people=list(range(count)))
            open_tasks = world.open_tasks(instance)
            rounds = min(count - 6, int(60 * scale))
            actions: dict[str, Callable[[], object]] = {
                "saved": saved.complete, "ours": lambda left=open_tasks: world.complete(left.pop())  # type: ignore[misc]
            }  # fmt: skip
            times = taking_turns(actions, max(3, rounds), warm_up=1)
            against = times["saved"]
            medians[count] = percentile(times["ours"], 0.5)
            yield line("multi", f"saved, {count} items", against, unit="task")
            yield line(
                "multi", f"ours, {count} items", times["ours"], database="sqlite", unit="task", against=against, target="≤ 0.1",
                growth=round(medians[count] / medians[ITEMS[0]], 2),
            )  # fmt: skip


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
            self.world.cool()

    def complete(self) -> None:
        self.world.complete(self.task, **self.values)

    def state_size(self) -> int:
        """Bytes."""
        with self.world.store.reading() as session:
            size = select(func.length(ProcessInstance.state)).where(ProcessInstance.id == self.instance)
            return int(session.scalar(size) or 0)


def _in_turn(contenders: Mapping[tuple[str, str], _Lone | _Runner], rounds: int) -> dict[tuple[str, str], list[float]]:
    """`taking_turns` for those that need something done before each step, outside its time."""
    times: dict[tuple[str, str], list[float]] = {name: [] for name in contenders}
    for at in range(-WARM_UP, rounds):
        for name, contender in contenders.items():
            contender.prepare()
            taken = timed(contender.complete)
            if at >= 0:
                times[name].append(taken)
    return times
