"""Items of multi-instance activities that are kept apart: a step comes to the same, to the letter, as from the whole state."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.runtime.items import number_of
from engine.core.problems import has_errors
from engine.core.runtime.step import (
    CompleteJob, CompleteTask, JobFailed, Json, MessageReceived, Retry, SetVariables, SignalReceived, State, StepRefused, Stimulus,
    Terminate,
    ThrowError, TimerDue, Variables,
)  # fmt: skip
from tests.bpmn.builder import file, flow
from tests.runtime.blocks import Block
from tests.runtime.item_blocks import BLOCKS, CALLED, ROOTS, ItemDrawing
from tests.runtime.parted import PartedTrial


pytestmark = pytest.mark.usefixtures("items_apart")


def files(block: Block) -> dict[str, bytes]:
    """A random diagram and the one that it calls."""
    called = file(CALLED + flow("cs", "ask") + flow("ask", "ce")).replace(b'process id="p"', b'process id="called"')
    return {"p.bpmn": file(ItemDrawing().process(block), ROOTS), "called.bpmn": called}


def library(block: Block) -> InMemory:
    processes = []
    for content in files(block).values():
        diagram, problems = read(content, "x.bpmn")
        assert diagram is not None and not has_errors(problems), [str(problem) for problem in problems]
        processes.extend(diagram.processes)
    return InMemory(processes)


def stimulus(state: State, chance: random.Random) -> Stimulus:
    """Something that may happen next; a timer, that its moment has come."""
    if chance.random() < 0.01:
        return Terminate("enough")
    if chance.random() < 0.05:
        return SetVariables(str(chance.choice(state.tokens)[0]), values(chance))
    if chance.random() < 0.05:
        return SignalReceived("bell", {"n": chance.randint(0, 5)})
    wait = chance.choice([wait for wait in state.waits if wait.kind != "condition" and (wait.kind != "timer" or wait.due_at)])
    match wait.kind:
        case "user":
            return CompleteTask(wait.id, values(chance))
        case "job":
            return chance.choice([CompleteJob(wait.id, values(chance)), JobFailed(wait.id, "no"), ThrowError(wait.id, "no", "", {"n": 1})])
        case "message":
            return MessageReceived(wait.id, values(chance))
        case "signal":
            return SignalReceived(wait.name or "", values(chance))
        case "incident":
            return Retry(wait.id)
    return TimerDue(wait.id)


def due(state: State, happens: Stimulus, now: datetime) -> datetime:
    """The moment at which it can happen."""
    moments = [wait.due_at for wait in state.waits if isinstance(happens, TimerDue) and wait.id == happens.wait_id]
    return max([now, *(moment for moment in moments if moment)])


def is_over(state: State) -> bool:
    return state.status != "active" or all(wait.kind == "condition" for wait in state.waits)


def values(chance: random.Random) -> Variables:
    found: dict[str, Json] = {"n": chance.randint(0, 5), "choice": chance.randint(0, 2)}
    if chance.random() < 0.03:
        found["results"] = chance.choice([7, [], [1, None, 2]])
    return found if chance.random() < 0.7 else {}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(BLOCKS, st.integers(2, 4), st.integers(0, 10**6))
def test_a_step_from_the_parts_comes_to_the_same_as_one_from_the_whole(block: Block, count: int, seed: int) -> None:
    chance = random.Random(seed)
    trial = PartedTrial(library(block), "p")
    trial.start(n=0, choice=chance.randint(0, 2), numbers=list(range(count)), log=[])
    for _ in range(40):
        if is_over(trial.state):
            break
        happens = stimulus(trial.state, chance)
        trial.now = due(trial.state, happens, trial.now)
        with suppress(StepRefused):  # a task that is being changed takes no other change
            trial.send(happens)


def flat(state: State) -> State:
    """The state as it was before ids said in which item they are."""
    root = state.instance_id
    short = lambda id_: id_ if id_ == root else f"{root}.{number_of(id_)}"  # noqa: E731
    tokens = tuple([short(id_), parent and short(parent), *rest] for id_, parent, *rest in state.tokens)
    waits = tuple(replace(wait, id=short(wait.id), owner=short(wait.owner), scope=short(wait.scope)) for wait in state.waits)
    return replace(state, tokens=tokens, waits=waits, variables={short(scope): own for scope, own in state.variables.items()})


def test_an_instance_from_before_items_were_kept_apart_goes_on() -> None:
    block = ("each", ("each", ("sequence", ("user",), ("user",)), "collect", "", ""), "collect", "", "")
    trial = PartedTrial(library(block), "p").start(n=0, numbers=[1, 2])
    old = PartedTrial(trial.library, "p")
    old.take_over(flat(trial.state))
    for _ in range(8):
        task = old.waits("user")[0]
        old.send(CompleteTask(task.id, {"n": 1}))
    assert old.status == "completed"


@pytest.mark.parametrize("count", [10, 300])
def test_a_step_on_one_item_sees_no_other(count: int) -> None:
    block = ("each", ("sequence", ("user",), ("user",)), "collect", "", "")
    trial = PartedTrial(library(block), "p").start(n=0, numbers=list(range(count)))
    trial.send(CompleteTask(trial.waits("user")[0].id, {}))
    assert trial.wholes == 0 and len(trial.core.tokens) == 2 and len(trial.items) == count  # the process and the body
