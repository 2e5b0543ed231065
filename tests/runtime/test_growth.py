"""Twice as large a diagram costs twice as much: counted in calls of functions, so that a busy machine changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.trial import Trial
from tests.bpmn.builder import file, flow, loop, node, through


def row(size: int) -> str:
    ids = ["start", *(f"t{number}" for number in range(size)), "end"]
    return node("startEvent", "start") + "".join(node("task", id) for id in ids[1:-1]) + node("endEvent", "end") + "".join(map(flow, ids, ids[1:]))


def branches(size: int, kind: str = "parallel") -> str:
    default = {"default": "first"} if kind == "inclusive" else {}
    xml = node("startEvent", "start") + node(f"{kind}Gateway", "split", **default) + node(f"{kind}Gateway", "join")
    xml += node("endEvent", "end") + flow("start", "split") + flow("join", "end")
    for number in range(size):
        condition = "=true" if kind == "inclusive" and number else None
        xml += node("task", f"t{number}") + flow("split", f"t{number}", condition, id=f"s{number}" if number else "first") + flow(f"t{number}", "join")
    return xml


def inclusive_branches(size: int) -> str:
    return branches(size, "inclusive")


def nested(size: int) -> str:
    inner = node("startEvent", "in") + node("task", "core") + node("endEvent", "out") + flow("in", "core") + flow("core", "out")
    for number in range(size):
        ids = f"in{number}", f"sub{number}", f"out{number}"
        inner = node("startEvent", ids[0]) + node("subProcess", ids[1], inner) + node("endEvent", ids[2]) + flow(*ids[:2]) + flow(*ids[1:])
    return inner


def items(size: int) -> str:
    return through(node("task", "a", loop(f"<loopCardinality>{size}</loopCardinality>")))


def calls(xml: str) -> int:
    """How many functions are called from reading a diagram to the end of its instance."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(seen)
    try:
        diagram, _ = read(file(xml), "x.bpmn")
        assert diagram is not None
        check(diagram, Known())
        trial = Trial(InMemory(diagram.processes), "p").start()
    finally:
        sys.setprofile(None)
    assert trial.status == "completed"
    return count


@pytest.mark.parametrize(("shape", "size"), [(row, 500), (branches, 100), (inclusive_branches, 100), (nested, 25), (items, 500)])
def test_twice_the_size_is_twice_the_work(shape: Callable[[int], str], size: int) -> None:
    assert calls(shape(2 * size)) < 2.3 * calls(shape(size))
