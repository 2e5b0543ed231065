"""A state comes back from its row exactly as it went in, whatever is in it."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.runtime.advance import advance
from engine.core.runtime.step import (
    ChangeTask, CompleteJob, CompleteTask, JobFailed, MessageReceived, Retry, SignalReceived, State, Status, Stimulus, TimerDue, Wait,
)  # fmt: skip
from engine.tables.store import Store
from engine.tables.types import decode, encode
from engine.verbs import states, stepping
from engine.verbs.access import SYSTEM
from engine.verbs.errors import StartRefused
from engine.verbs.library import Deployed
from tests.verbs.invariants import check_invariants
from tests.verbs.running import DIAGRAMS, Clock, Running, deploy_diagrams

TEXTS = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
WAITS = st.builds(
    Wait, id=TEXTS, kind=st.sampled_from(["user", "job", "timer", "message", "signal", "condition", "incident"]), owner=TEXTS, node=TEXTS,
    node_name=TEXTS, process_id=TEXTS, definition_id=TEXTS, scope=TEXTS, created_at=MOMENTS, due_at=st.none() | MOMENTS,
    form_id=st.none() | TEXTS, assignee=st.none() | TEXTS, candidate_users=st.lists(TEXTS, max_size=2).map(tuple),
    candidate_groups=st.lists(TEXTS, max_size=2).map(tuple), follow_up_at=st.none() | MOMENTS, priority=st.integers(0, 100),
    lane=st.none() | TEXTS, job_type=st.none() | TEXTS, retries=st.integers(0, 9), headers=st.dictionaries(TEXTS, TEXTS, max_size=2),
    remaining=st.none() | st.integers(0, 9), interval=st.none() | TEXTS, interrupting=st.booleans(), name=st.none() | TEXTS,
    correlation_key=st.none() | TEXTS, code=st.none() | TEXTS, facts=st.dictionaries(TEXTS, JSON, max_size=2),
)  # fmt: skip
TOKENS = st.tuples(TEXTS, st.none() | TEXTS, st.none() | TEXTS, TEXTS, TEXTS, st.dictionaries(TEXTS, JSON, max_size=2)).map(list)
STATES = st.builds(
    State, instance_id=TEXTS, definition_id=TEXTS, status=st.sampled_from(Status), tokens=st.lists(TOKENS, max_size=3).map(tuple),
    waits=st.lists(WAITS, max_size=3).map(tuple), variables=st.dictionaries(TEXTS, st.dictionaries(TEXTS, JSON, max_size=3, min_size=1), max_size=3),
    counter=st.integers(0), activations=st.integers(0), started_at=MOMENTS,
)  # fmt: skip


def stored_and_loaded(state: State) -> State:
    rows = [(scope, name, decode(encode(value))) for scope, variables in state.variables.items() for name, value in variables.items()]
    return states.from_json(
        decode(encode(states.to_json(state))), instance_id=state.instance_id, definition_id=state.definition_id,
        status=str(state.status), started_at=state.started_at or datetime.max, variables=states.by_scope(rows),
    )  # fmt: skip


@given(STATES)
def test_a_state_comes_back_as_it_was(state: State) -> None:
    assert stored_and_loaded(state) == state


@given(JSON)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    back = decode(encode(value))

    assert back == value and type(back) is type(value)


def stimulus(state: State, clock: Clock, chance: random.Random) -> Stimulus | None:
    """One of the things that could happen next."""
    changing = {token[0] for token in state.tokens if "change" in token[5]}  # takes no other change
    waits = [wait for wait in state.waits if wait.kind != "condition" and (wait.kind != "timer" or wait.due_at is not None)]
    waits = [wait for wait in waits if wait.kind != "user" or wait.id not in changing]
    if not waits:
        return None
    wait = chance.choice(waits)
    values: dict[str, Any] = {"amount": chance.randint(0, 200), "approved": chance.random() < 0.5, "again": chance.random() < 0.3, "n": 3}
    match wait.kind:
        case "user":
            return CompleteTask(wait.id, values) if chance.random() < 0.8 else ChangeTask(wait.id, {"assignee": "li"})
        case "job":
            return CompleteJob(wait.id, values) if chance.random() < 0.7 else JobFailed(wait.id, "no")
        case "message":
            return MessageReceived(wait.id, values)
        case "signal":
            return SignalReceived(wait.name or "", values)
        case "incident":
            return Retry(wait.id)
    assert wait.due_at is not None
    clock.now = max(clock.now, wait.due_at)
    return TimerDue(wait.id)


# Without its forms and tables; goes on until the step budget is used up; two pools, none of its name.
ELSEWHERE = {"every_day", "event_triggers_itself", "conversation"}


def called_by(name: str) -> list[str]:
    """The diagrams beside it that a diagram's call activities name, near or far."""
    found, left = {name}, [name]
    while left:
        text = (DIAGRAMS / f"{left.pop()}.bpmn").read_text("utf-8")
        named = set(re.findall(r'calledElement processId="([^"]+)"', text)) - found
        left += (new := [key for key in named if (DIAGRAMS / f"{key}.bpmn").exists()])
        found |= {*new}
    return sorted(found - {name})


@pytest.mark.parametrize("name", sorted({path.stem for path in DIAGRAMS.glob("*.bpmn")} - ELSEWHERE))
def test_the_database_holds_what_the_core_decided_after_every_step(name: str, store: Store, clock: Clock, items_apart: None) -> None:
    deploy_diagrams(store, clock, name, *called_by(name))
    for seed in range(3):
        chance = random.Random(seed)
        try:
            instance = Running.start(store, clock, name, amount=5, items=[1, 2], n=2, order_id="A1", people=["a", "b"], days=3)
        except StartRefused:
            continue
        for _ in range(15):
            with store.writing() as session:
                before = stepping.load(session, instance.id).state
                assert before is not None
                happens = stimulus(before, clock, chance) if before.status == "active" else None
                if happens is None:
                    break
                expected = advance(Deployed(session), before, happens, clock.now).state
                stepping.step(session, instance.id, happens, SYSTEM, clock.now)
                assert stepping.load(session, instance.id).state == expected
            check_invariants(store)
        clock.now += timedelta(hours=1)
