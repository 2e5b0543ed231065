"""Diagrams of processes that a case has called: on the case's page one after another, on a task's page the one it stands in."""

from __future__ import annotations

import re

from engine.tables.store import Store
from engine.verbs import instances, stepping
from engine.verbs.access import SYSTEM
from tests.verbs.running import Clock, deploy, diagram


def calling(town: Store, clock: Clock) -> tuple[str, list[str]]:
    """A case that has called one process twice, and the ids of the two tasks in them."""
    outer = diagram("multi_call").replace(b'processId="doubling"', b'processId="called"')
    deploy(town, clock, {"calling.bpmn": outer, "called.bpmn": diagram("called")})
    with town.writing() as session:
        case = stepping.start(session, "multi_call", {"numbers": [1, 2], "enterprise_id": "xinyuan"}, SYSTEM, clock.now).id
        return case, [task.id for task in instances.open_tasks(session, [case])[case]]


def test_the_diagram_of_each_call_can_be_looked_at(visit, town: Store, clock: Clock) -> None:
    case, (first, _) = calling(town, clock)
    zhou = visit("zhou")

    page = zhou.text(f"/instances/{case}")
    links = re.findall(rf'href="(/instances/{case}\?call=[^"#]+)#diagram"[^>]*>([^<]+)<', page)
    assert [words.split() for _, words in links] == [["double", "第", "1", "项"], ["double", "第", "2", "项"]]
    assert 'data-element="think"' not in page and 'data-element="double"' in page

    inner = zhou.text(links[0][0])
    assert 'data-element="think"' in inner and "回到“multi call”的流程图" in inner
    assert 'data-element="think"' in zhou.text(f"/tasks/{first}")


def test_a_call_that_does_not_exist_shows_the_case_itself(visit, town: Store, clock: Clock) -> None:
    case, _ = calling(town, clock)
    assert 'data-element="double"' in visit("zhou").text(f"/instances/{case}?call=nobody")
