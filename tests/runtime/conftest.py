"""`run("diagram")`: a tiny diagram under tests/diagrams, tried four ways: in memory straight through, saved and restored after each
step, kept in parts, and by the verbs on PostgreSQL, read back from its rows after each step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.problems import has_errors
from engine.core.runtime.step import State, Status, Wait
from engine.core.trial import Trial
from engine.tables.types import decode, encode
from tests.runtime.parted import PartedTrial
from tests.runtime.stored import StoredTrial

DIAGRAMS = Path(__file__).parent.parent / "diagrams"


def library(*names: str) -> InMemory:
    processes = []
    for name in names:
        diagram, problems = read((DIAGRAMS / f"{name}.bpmn").read_bytes(), f"{name}.bpmn")
        assert diagram is not None and not has_errors(problems), [str(problem) for problem in problems]
        processes.extend(diagram.processes)
    return InMemory(processes)


def restored(state: State) -> State:
    """The state as it comes back from storage: only JSON and the facts of its waits survive."""
    return State(
        state.instance_id, state.definition_id, Status(str(state.status)),
        tuple(decode(encode(list(state.tokens)))), tuple(Wait(**vars(wait)) for wait in state.waits),
        decode(encode(dict(state.variables))), state.counter, state.activations, state.started_at,
    )  # fmt: skip


@pytest.fixture(params=["straight", "restored", "parted", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def run(request: pytest.FixtureRequest, items_apart: None) -> Callable[..., Trial]:
    if request.param == "postgresql":
        return partial(StoredTrial, request.getfixturevalue("postgresql_store"))

    if request.param == "parted":
        return lambda name, *others: PartedTrial(library(name, *others), name)

    def _run(name: str, *others: str) -> Trial:
        return Trial(library(name, *others), name, after_step=restored if request.param == "restored" else None)

    return _run
