"""Diagrams of any shape, sound or not: each run ends, waits for somebody or is an incident, and the same one however it is kept.

"An instance with nothing open that has not ended" must not exist, whatever was drawn.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.model import Process
from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.runtime import turns
from engine.core.runtime.advance import advance
from engine.core.runtime.step import CompleteTask, Continue, Entry, Start, State, Stimulus
from engine.core.trial import EPOCH
from engine.tables.store import Store
from tests.bpmn.builder import file, flow, node, zeebe
from tests.runtime.conftest import restored
from tests.verbs.running import Clock, Running, deploy, work

_PEOPLE = zeebe('<zeebe:assignmentDefinition candidateGroups="office"/>')
_COUNT = zeebe('<zeebe:script expression="=n + 1" resultVariable="n"/>')
_TAGS = {"user": "userTask", "script": "scriptTask", "xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway",
         "complex": "complexGateway", "pass": "task", "wide": "task", "end": "endEvent"}  # fmt: skip
SHAPES = st.lists(
    st.tuples(st.sampled_from(sorted(_TAGS)), st.lists(st.integers(0, 8), min_size=1, max_size=3, unique=True)), min_size=3, max_size=9
)
Shape = list[tuple[str, list[int]]]


def drawn(shape: Shape, *, counting: bool = True) -> str:
    """Any nodes with any flows between them: the numbers are where a node's flows go, one past the last node is the end."""
    xml = [node("startEvent", "start"), node("endEvent", f"n{len(shape)}"), flow("start", "n0")]
    ways = [sorted({each % (len(shape) + 1) for each in targets}) if tag != "end" else [] for tag, targets in shape]
    entered = [sum(number in way for way in ways) + (number == 0) for number in range(len(shape))]
    for number, ((tag, _), way) in enumerate(zip(shape, ways, strict=True)):
        decides, inner = tag in ("xor", "or", "complex", "wide"), {"user": _PEOPLE, "script": _COUNT if counting else ""}.get(tag, "")
        if tag == "complex" and entered[number] > 1:
            inner = "<activationCondition>=activationCount &gt;= 1</activationCondition>"
        name = "task" if tag == "script" and not counting else _TAGS[tag]
        xml.append(node(name, f"n{number}", inner, **({"default": f"f{number}_{way[-1]}"} if decides else {})))
        for target in way:
            condition = f"=choice &gt; {target}" if decides and target != way[-1] else None
            xml.append(flow(f"n{number}", f"n{target}", condition, id=f"f{number}_{target}"))
    return "".join(xml)


def read_shape(xml: str) -> Process:
    diagram, problems = read(file(xml), "x.bpmn")
    assert diagram is not None and [problem for problem in problems if problem.severity == "error"] == []
    check(diagram, Known())  # whatever it finds, it must come to an end
    return diagram.processes[0]


def moved(library: InMemory, state: State | None, stimulus: Stimulus, *, stored: bool) -> tuple[State, list[Entry]]:
    step, history = advance(library, state, stimulus, EPOCH, 300, 40), []
    while True:
        history += step.history
        state = restored(step.state) if stored else step.state
        if not step.unfinished:
            return state, history
        step = advance(library, state, Continue(), EPOCH, 300, 40)


def is_accounted_for(state: State) -> bool:
    return state.status != "active" or any(wait.kind in ("user", "incident") for wait in state.waits)


def goes_on_for_long(state: State) -> bool:
    """Whether it met one of the bounds that are low here: stored instances have the real ones, which they would reach much later."""
    return any(wait.code in ("step_budget", "too_many_tokens") for wait in state.waits)


@pytest.fixture(autouse=True)
def few_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens that multiply are soon too many."""
    monkeypatch.setattr(turns, "MOST_TOKENS", 60)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(SHAPES, st.integers(-1, 9), st.lists(st.integers(0, 30), min_size=8, max_size=8))
def test_whatever_is_drawn_ends_waits_or_says_what_is_wrong(shape: Shape, choice: int, picks: list[int]):
    library = InMemory([read_shape(drawn(shape))])
    start = Start("i", "p", {"n": 0, "choice": choice})
    kept, stored = (moved(library, None, start, stored=each) for each in (False, True))
    for pick in picks:
        assert kept[1] == stored[1] and is_accounted_for(kept[0]) and is_accounted_for(stored[0])
        open_tasks = [wait for wait in kept[0].waits if wait.kind == "user"]
        if kept[0].status != "active" or not open_tasks:
            break
        stimulus = CompleteTask(open_tasks[pick % len(open_tasks)].id, {})
        kept, stored = moved(library, kept[0], stimulus, stored=False), moved(library, stored[0], stimulus, stored=True)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(SHAPES, st.integers(-1, 9), st.lists(st.integers(0, 30), min_size=3, max_size=3))
def test_the_verbs_come_to_the_same_as_the_core(sqlite_store: Store, shape: Shape, choice: int, picks: list[int]):
    xml, clock = drawn(shape, counting=False), Clock(EPOCH)
    library = InMemory([read_shape(xml)])
    try:
        deploy(sqlite_store, clock, {"p.bpmn": file(xml)})
    except Exception as refused:  # an unsound shape may be refused before it runs
        assert type(refused).__name__ == "Refused"
        return
    state, _ = moved(library, None, Start("i", "p", {"n": 0, "choice": choice}), stored=False)
    assume(not goes_on_for_long(state))
    running = Running.start(sqlite_store, clock, "p", n=0, choice=choice)
    for pick in [*picks, 0]:
        work(sqlite_store, clock)
        open_tasks = [wait for wait in state.waits if wait.kind == "user"]
        assert running.status == state.status and running.open_tasks == sorted(wait.node for wait in open_tasks)
        assert sorted(running.incidents) == sorted(wait.code or "" for wait in state.waits if wait.kind == "incident")
        if state.status != "active" or not open_tasks:
            break
        node_id = open_tasks[pick % len(open_tasks)].node
        first = next(wait for wait in open_tasks if wait.node == node_id)
        state, _ = moved(library, state, CompleteTask(first.id, {}), stored=False)
        if goes_on_for_long(state):
            break
        running.complete(node_id)
