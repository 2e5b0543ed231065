"""Big steps are read off the diagram: the shortest way of people's work, with detours where they run."""

import pytest

from engine.core.bpmn.model import Flow, Kind, Node, Process, Scope
from webapp.progress import big_steps

NODES = {
    "start": Kind.START_EVENT, "route": Kind.BUSINESS_RULE_TASK, "assign": Kind.USER_TASK, "handle": Kind.SUB_PROCESS,
    "is_settled": Kind.EXCLUSIVE_GATEWAY, "study": Kind.SUB_PROCESS, "archive": Kind.USER_TASK, "end": Kind.END_EVENT, "supervise": Kind.USER_TASK, "supervised": Kind.END_EVENT,
}  # fmt: skip
FLOWS = [("start", "route"), ("route", "assign"), ("assign", "handle"), ("handle", "is_settled"), ("is_settled", "archive"),
         ("is_settled", "study"), ("study", "handle"), ("archive", "end"), ("supervise", "supervised")]  # fmt: skip


@pytest.fixture
def process() -> Process:
    flows = {f"{a}_{b}": Flow(f"{a}_{b}", "", a, b, 1) for a, b in FLOWS}
    nodes = {
        id_: Node(id_, kind, id_.title(), 1, "p", outgoing=tuple(f for f, flow in flows.items() if flow.source == id_))
        for id_, kind in NODES.items()
    }
    return Process("p", "P", "p.bpmn", 1, nodes, flows, {"p": Scope("p", ("start",), tuple(nodes))})


def states(steps):
    return [(step.name, step.state) for step in steps]


def test_steps_are_the_work_of_people_on_the_shortest_way(process):
    steps = big_steps(process, {"start": "done", "assign": "active"})
    assert states(steps) == [("Assign", "active"), ("Handle", "ahead"), ("Archive", "ahead")]


def test_going_back_makes_later_steps_lie_ahead_again(process):
    steps = big_steps(process, {"assign": "active", "handle": "done"})
    assert states(steps) == [("Assign", "active"), ("Handle", "ahead"), ("Archive", "ahead")]


def test_a_detour_is_shown_where_it_rejoins_while_it_runs(process):
    steps = big_steps(process, {"assign": "done", "handle": "done", "study": "active"})
    assert states(steps) == [("Assign", "done"), ("Study", "active"), ("Handle", "ahead"), ("Archive", "ahead")]


def test_an_ended_case_shows_what_was_done(process):
    steps = big_steps(process, {"assign": "done", "handle": "done", "archive": "done", "end": "done"})
    assert {step.state for step in steps} == {"done"}


def test_a_side_line_that_ends_by_itself_is_no_step(process):
    steps = big_steps(process, {"assign": "done", "handle": "active", "supervise": "active"})
    assert states(steps) == [("Assign", "done"), ("Handle", "active"), ("Archive", "ahead")]
