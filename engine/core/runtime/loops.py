"""Standard loops: a body that holds one activation at a time, round after round (BPMN 2.0.2 §10.3.8, Table 10.25)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.bpmn.model import StandardLoop

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation


def enter(body: Activation) -> None:
    body.facts["rounds"] = 0


def spawn(body: Activation) -> bool:
    """Start the first round, if there is to be one. True: there is nothing to wait for."""
    loop = _loop(body)
    if loop.maximum == 0 or (loop.test_before and not _goes_on(body, body, 0)):
        return True
    _start_round(body)
    return False


def collect(item: Activation) -> None:
    """A round is done: judge whether another follows, while a fault can still stop here."""
    body = item.scope
    assert body is not None
    item.facts["more"] = _goes_on(body, item, body.facts["rounds"])


def item_left(body: Activation, item: Activation) -> None:
    if item.facts["more"]:
        _start_round(body)
    else:
        body.workflow.resume(body, "leave")


def publish(body: Activation) -> None:
    """A standard loop collects nothing: results have gone to the scopes round by round."""


def _start_round(body: Activation) -> None:
    body.facts["rounds"] += 1
    item = body.workflow.activate(body.task_spec, body, {"item": body.facts["rounds"]})
    body.workflow.scopes.set_local(item.id, "loopCounter", body.facts["rounds"])


def _goes_on(body: Activation, seen_from: Activation, rounds: int) -> bool:
    """Whether there is another round after so many; `loopCounter` in the condition is their number."""
    loop = _loop(body)
    if loop.maximum is not None and rounds >= loop.maximum:
        return False
    return loop.condition is None or body.workflow.truth(loop.condition, seen_from, {"loopCounter": rounds})


def _loop(body: Activation) -> StandardLoop:
    loop = body.task_spec.node.loop
    assert isinstance(loop, StandardLoop)
    return loop
