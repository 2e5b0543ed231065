"""Size, endless loops, and random processes: always an end, the same history whether kept in memory or stored after every step."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.model import Process
from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.runtime.advance import advance
from engine.core.runtime.step import Continue, Retry, Start, State, Step
from engine.core.trial import EPOCH, Trial
from tests.bpmn.builder import file, flow, loop, node, through, zeebe
from tests.runtime.blocks import BLOCKS, MIXED, UNDOABLE, Block, Drawing
from tests.runtime.conftest import restored


def process(xml: str) -> Process:
    diagram, found = read(file(xml), "x.bpmn")
    assert diagram is not None
    found += check(diagram, Known())
    assert [problem for problem in found if problem.severity == "error" or problem.code in ("join_may_wait", "path_may_double")] == []
    return diagram.processes[0]


def script(id: str, expression: str, variable: str, more: str = "") -> str:
    return node("scriptTask", id, zeebe(f'<zeebe:script expression="={expression}" resultVariable="{variable}"/>') + more)


ENDLESS = (
    node("startEvent", "start") + script("step", "1", "x") + node("task", "again", name="再来") + node("exclusiveGateway", "more", default="out")
    + node("endEvent", "end") + flow("start", "step") + flow("step", "more") + flow("more", "again", "=x = 1") + flow("again", "step")
    + flow("more", "end", id="out")
)  # fmt: skip


def test_two_thousand_steps_in_a_row_run():
    ids = ["start", *(f"t{number}" for number in range(2_000)), "end"]
    tasks = "".join(node("task", id) for id in ids[1:-1])
    row = node("startEvent", "start") + tasks + node("endEvent", "end") + "".join(map(flow, ids, ids[1:]))
    trial = Trial(InMemory([process(row)]), "p").start()
    assert trial.status == "completed" and trial.path == ids


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_two_thousand_items_keep_their_order(sequential):
    attributes = 'inputCollection="=for i in 1..2000 return i" inputElement="item" outputCollection="results" outputElement="=result"'
    items = script("a", "item * 2", "result", loop(attributes=attributes, more=f'isSequential="{sequential}"'))
    trial = Trial(InMemory([process(through(items))]), "p").start()
    assert trial.status == "completed" and trial.variables == {"results": [2 * number for number in range(1, 2_001)]}


def test_twenty_thousand_rounds_leave_nothing_behind():
    trial = Trial(InMemory([process(ENDLESS.replace('"=1" resultVariable="x"', '"=if n &lt; 20000 then 1 else 2" resultVariable="x"')
        .replace(node("task", "again", name="再来"), script("again", "n + 1", "n")))]), "p")  # fmt: skip
    trial.start(n=0)
    assert trial.status == "completed" and trial.variables["n"] == 20_000 and trial.state.tokens == ()


def test_an_endless_loop_is_an_incident_that_names_the_loop():
    trial = Trial(InMemory([process(ENDLESS)]), "p").start()
    (incident,) = trial.waits("incident")
    assert incident.code == "endless_loop" and incident.facts["node"] == "step → 再来 → more"
    assert trial.state.activations < 1_000

    assert trial.set_variables(x=2).retry(incident.node).status == "completed"  # it stood before the question


def run_by_slices(xml: str, most_rounds: int, **variables: int) -> Step:
    library = InMemory([process(xml)])
    step = advance(library, None, Start("i", "p", variables), EPOCH, 500, most_rounds)
    while step.unfinished:
        step = advance(library, restored(step.state), Continue(), EPOCH, 500, most_rounds)
    return step


COUNTING = ENDLESS.replace(node("task", "again", name="再来"), script("again", "n + 1", "n"))
FOR_EVER = "<standardLoopCharacteristics><loopCondition>=true</loopCondition></standardLoopCharacteristics>"


@pytest.mark.parametrize(
    ("xml", "loop"),
    [
        (COUNTING, "step → again → more"),
        (through(script("a", "n + 1", "n", FOR_EVER)), "a"),
        (through(node("subProcess", "a", FOR_EVER + node("startEvent", "b") + script("c", "n + 1", "n")
            + node("endEvent", "d") + flow("b", "c") + flow("c", "d"))), "a"),
        (through(node("adHocSubProcess", "a", script("b", "n + 1", "n") + "<completionCondition>=n &lt; 0</completionCondition>")), "a"),
    ],
)  # fmt: skip
def test_a_loop_that_changes_something_each_time_is_stopped_after_so_many_rounds(xml, loop):
    step = run_by_slices(xml, 2_000, n=0)
    (incident,) = step.state.waits
    assert incident.code == "step_budget" and incident.facts == {"node": loop, "budget": 2_000}
    assert step.state.activations <= 12_000


def test_a_complex_gateway_that_feeds_itself_is_an_endless_loop_too():
    gateway = node("complexGateway", "mix", "<activationCondition>=activationCount &gt;= 1</activationCondition>", default="mix_end")
    own = node("startEvent", "start") + gateway + node("endEvent", "end") + flow("start", "mix")
    step = run_by_slices(own + flow("mix", "mix", "=again") + flow("mix", "end"), 300, again=True)
    (incident,) = step.state.waits
    assert (incident.code, incident.node) == ("step_budget", "mix") and step.state.activations <= 700


def test_rounds_are_counted_anew_after_a_retry():
    step = run_by_slices(COUNTING, 2_000, n=0)
    (incident,) = step.state.waits
    library = InMemory([process(COUNTING)])
    step = advance(library, step.state, Retry(incident.id), EPOCH, 500, 2_000)
    assert step.unfinished


def test_two_tokens_that_go_round_together_are_an_endless_loop_too():
    fork = (
        node("startEvent", "start") + node("exclusiveGateway", "merge") + node("parallelGateway", "fork") + node("task", "a")
        + node("task", "b") + node("parallelGateway", "join") + flow("start", "merge") + flow("merge", "fork") + flow("fork", "a")
        + flow("fork", "b") + flow("a", "join") + flow("b", "join") + flow("join", "merge")
    )  # fmt: skip
    diagram, _ = read(file(fork), "x.bpmn")
    assert diagram is not None
    trial = Trial(InMemory(diagram.processes), "p").start()
    assert [code for _, code in trial.incidents] == ["endless_loop"] and trial.state.activations < 2_000


class Pair:
    """The same instance twice: kept in memory, and stored and restored after every step."""

    def __init__(self, model: Process) -> None:
        library = InMemory([model])
        self.kept: list[tuple[State, bytes]] = []
        self.trials = Trial(library, "p", after_step=self._keep), Trial(library, "p", after_step=restored)

    def _keep(self, state: State) -> State:
        self.kept.append((state, dump(state)))
        return state

    def both(self, act):
        for trial in self.trials:
            act(trial)
        straight, stored = self.trials
        assert straight.history == stored.history and dump(straight.state) == dump(stored.state)


def dump(state: State) -> bytes:
    return orjson.dumps([state.tokens, [vars(wait) for wait in state.waits], state.variables, str(state.status)], default=list)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BLOCKS, st.integers(0, 3), st.lists(st.integers(0, 97), min_size=30, max_size=30))
def test_every_process_made_of_blocks_ends_whatever_order_people_work_in(block: Block, choice: int, picks: list[int]):
    pair = Pair(process(Drawing().process(block)))
    pair.both(lambda trial: trial.start(n=0, choice=choice))
    for turn in range(400):
        open_tasks = pair.trials[0].waits("user")
        if not open_tasks:
            break
        pick = picks[turn % len(picks)]
        wait = open_tasks[pick % len(open_tasks)]
        index = [other for other in open_tasks if other.node == wait.node].index(wait)
        if pick % 7 == 0 and turn % 2:
            pair.both(lambda trial: trial.pass_time(timedelta(minutes=40)))
        else:
            pair.both(lambda trial, node=wait.node, index=index: trial.complete(node, index=index))
    assert pair.trials[0].status == "completed" and pair.trials[0].incidents == []
    assert all(dump(state) == before for state, before in pair.kept)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MIXED, st.integers(0, 2))
def test_a_join_that_waits_for_ever_was_warned_about(block: Block, choice: int):
    diagram, _ = read(file(Drawing().process(block)), "x.bpmn")
    assert diagram is not None
    warned = {problem.element for problem in check(diagram, Known()) if problem.code in ("join_may_wait", "path_may_double")}
    trial = Trial(InMemory(diagram.processes), "p").start(n=0, choice=choice)
    for _ in range(100):
        if not trial.open_tasks:
            break
        trial.complete(trial.open_tasks[-1])
    assert trial.incidents or trial.status == "completed" or trial.open_tasks
    assert warned or "join_waits_forever" not in [code for _, code in trial.incidents]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(UNDOABLE, st.integers(0, 1))
def test_what_was_done_is_undone_in_exactly_the_reverse_order(block: Block, choice: int):
    model = process(Drawing().process(block, end="<compensateEventDefinition/>"))
    trial = Trial(InMemory([model]), "p", after_step=restored).start(log=[], choice=choice)
    log = trial.variables["log"]
    done, undone = [number for number in log if number > 0], [number for number in log if number < 0]
    assert trial.status == "completed" and log == done + undone and undone == [-number for number in reversed(done)]
