"""Parallel multiple start events: an instance begins once every one of their events has occurred (BPMN 2.0.2 §10.5.2, Table 10.84).

What has occurred waits for the rest. Messages belong together by an equal correlation key; signals, timers and conditions have none
and go with any. `World` and the verbs keep the occurrences, this module alone says which of them make an instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.core.bpmn.model import EventDefinition, Node
from engine.core.runtime.step import Variables

MOST = 1_000  # signals, or conditions, that wait for the rest at one start event


@dataclass(frozen=True, eq=False)
class Occurrence:
    """One event that has occurred. Two that read the same are still two."""

    slot: str  # the event definition it fills: `slot_of`
    variables: Variables
    key: str | None = None  # a message's correlation key
    expires_at: datetime | None = None  # the end of a message's time to live
    id: str = ""
    brought_by: str | None = None  # the message or the request

    def waits_at(self, now: datetime) -> bool:
        return self.expires_at is None or self.expires_at > now


def slot_of(event: EventDefinition) -> str:
    """What tells an event definition from the others of its node, in this version of the diagram and the next.

    Not its place: a new version may put another before it. Definitions that read the same may fill in for each other.
    """
    text = event.name or event.value
    return " ".join(filter(None, [event.kind, event.timer, text.text if text else ""]))


def room(node: Node, slot: str) -> int | None:
    """How many occurrences of a kind may wait at a start event; a further one is not kept. None: any number, each for its time to live.

    The standard has no word on what occurs again before the rest has. That a timer has fired once more says nothing new, so no more of
    it wait than one instance takes. Signals and conditions bring variables and may each begin an instance of their own, up to `MOST`.
    """
    kind = slot.partition(" ")[0]
    if kind == "message":
        return None
    return sum(slot_of(event) == slot for event in node.events) if kind == "timer" else MOST


def missing(node: Node, slots: Iterable[str]) -> list[str]:
    """The kinds of occurrences that the node still waits for, when these have come, in document order."""
    left = list(slots)
    found = []
    for event in node.events:
        if slot_of(event) in left:
            left.remove(slot_of(event))
        else:
            found.append(slot_of(event))
    return found


def complete(node: Node, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """One occurrence for each event definition of `node`, in document order, the oldest first; nothing while one is missing.

    `occurrences` are given oldest first. Of several keys that are complete, the one that was heard of first is taken.
    """
    keys = dict.fromkeys(one.key for one in occurrences if one.key is not None)
    for key in (*keys, None):
        left = [one for one in occurrences if one.key in (None, key)]
        chosen: list[Occurrence] = []
        for event in node.events:
            found = next((one for one in left if one.slot == slot_of(event)), None)
            if found is None:
                break
            left.remove(found)
            chosen.append(found)
        if chosen and len(chosen) == len(node.events):
            return chosen
    return []


def merged(occurrences: Iterable[Occurrence]) -> Variables:
    """What they bring together; of one name, the value of the event definition that is written later."""
    return {name: value for one in occurrences for name, value in one.variables.items()}
