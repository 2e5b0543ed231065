"""What the parts cost that no database is in: reading a diagram, a condition, a decision table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from engine import feel
from engine.core.bpmn import checks
from engine.core.bpmn.reader import read
from engine.core.dmn.evaluation import evaluate
from engine.core.dmn.reader import read as read_decisions
from webapp.bench import bare, diagrams
from webapp.bench.measure import Line, line, taking_turns

NODES, RULES = 100, 50
MANY = 1_000  # evaluations in one round: a single one is too short for the clock


def parse(scale: float = 1) -> Iterator[Line]:
    """A diagram of a hundred nodes: read and checked, against SpiffWorkflow's reading alone."""
    ours, stock = diagrams.long("zhuqi", NODES).encode(), diagrams.long("stock", NODES)

    def checked() -> None:
        diagram, _ = read(ours, "long.bpmn")
        assert diagram is not None
        checks.check(diagram, checks.Known())

    actions: dict[str, Callable[[], object]] = {"bare": lambda: bare.spec(stock, "bench_long"), "ours": checked}
    times = taking_turns(actions, max(5, int(30 * scale)), warm_up=2)
    yield line("parse", f"bare, {NODES} nodes", times["bare"], unit="diagram")
    yield line("parse", f"ours with checks, {NODES}", times["ours"], unit="diagram", against=times["bare"], target="< 150 ms")


def condition(scale: float = 1) -> Iterator[Line]:
    """A gateway's condition, against Python's own eval of the same words compiled beforehand."""
    now, scope = datetime.now(UTC), {"amount": 120, "level": "urgent", "round": 2}
    text = 'amount > 100 and level = "urgent" and round < 3'
    compiled, parsed = compile(text.replace(" = ", " == "), "condition", "eval"), feel.parse(text)
    actions: dict[str, Callable[[], object]] = {
        "bare": lambda: [eval(compiled, {}, scope) for _ in range(MANY)],  # noqa: S307  what SpiffWorkflow does
        "ours": lambda: [parsed.evaluate(scope, now=now) for _ in range(MANY)],
    }  # fmt: skip
    times = taking_turns(actions, max(5, int(50 * scale)))
    against = [time / MANY for time in times["bare"]]
    yield line("feel", "bare, Python eval", times["bare"], unit="condition", each=MANY)
    yield line("feel", "ours", times["ours"], unit="condition", each=MANY, against=against, target="< 0.020 ms")


def table(scale: float = 1) -> Iterator[Line]:
    """A table of fifty rules, the last of which matches."""
    model, problems = read_decisions(_table().encode(), "limits.dmn")
    assert model is not None, problems
    now, given = datetime.now(UTC), {"amount": RULES * 10 - 5, "kind": "tax"}

    def decided() -> object:
        return evaluate(model, "bench_limit", given, now=now, functions={})

    times = taking_turns({"ours": decided}, max(20, int(500 * scale)))
    yield line("table", f"{RULES} rules, unique", times["ours"], unit="decision", target="< 0.500 ms")


def _table() -> str:
    rules = "".join(
        f'<rule id="r{i}"><inputEntry id="a{i}"><text>[{i * 10}..{i * 10 + 10})</text></inputEntry>'
        f'<inputEntry id="b{i}"><text>"tax","trade"</text></inputEntry><outputEntry id="o{i}"><text>{i}</text></outputEntry></rule>'
        for i in range(RULES)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="limits" name="测量" namespace="http://camunda.org/schema/1.0/dmn">'
        '<decision id="bench_limit" name="时限"><decisionTable id="t" hitPolicy="UNIQUE">'
        '<input id="i1"><inputExpression id="e1" typeRef="number"><text>amount</text></inputExpression></input>'
        '<input id="i2"><inputExpression id="e2" typeRef="string"><text>kind</text></inputExpression></input>'
        f'<output id="o" name="limit" typeRef="number"/>{rules}</decisionTable></decision></definitions>'
    )
