"""A scenario as values: who acts, what they do step by step, what should come of it; and what did come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from engine.core.calendar import CHINA
from engine.core.runtime.step import Json, Variables
from engine.texts import text

Action = Literal["start", "complete", "act", "send", "wait", "until", "look"]
START, END = 0, -1  # the places of failures that belong to no step
Place = tuple[str, str]  # process id, id of the flow node or sequence flow
Rule = tuple[str, int]  # id of the decision (or knowledge model) with the table, number of the rule from 1


@dataclass(frozen=True)
class Person:
    """Someone who acts. `groups`: the candidate groups they belong to; `facts`: what the start form knows about them."""

    name: str
    kind: str
    groups: frozenset[str] = frozenset()
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """A message with its payload; as an expectation, a part of the payload by name or dotted path."""

    message: str
    values: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Expectation:
    """What should be so. None or empty: not looked at. Moments are aware.

    `open`: the open user tasks, exactly; `due`: until when an open task is to be done (None: its clock stands still); `variables`:
    by name or dotted path; `path`: visited in this order, others may lie between; `avoids`: never visited; `end`: the last end event; `sent`: messages sent so far, others may have been too (empty: none at all).
    """

    open: tuple[str, ...] | None = None
    due: Mapping[str, datetime | None] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    avoids: tuple[str, ...] = ()
    end: str | None = None
    status: str | None = None
    sent: tuple[Sent, ...] | None = None


@dataclass(frozen=True)
class Move:
    """One step. `target`: a user task, the label of an action, a message, a span such as `3 workdays`, or a moment.

    `by`: the person; `group` tells which of several tasks of a multi-instance activity is meant.
    """

    number: int
    action: Action
    target: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)
    by: str | None = None
    group: str | None = None
    until: datetime | None = None
    expect: Expectation | None = None


@dataclass(frozen=True)
class Scenario:
    """One case. `message`: the message that starts the instance, `event`: the start event that does (a timer, a signal); neither when a
    person starts it with the start form. `follows`: processes that messages and signals of the case may start.

    `services`: by service task what it brings; `{"error": code}` reports a BPMN error instead. `lists`: what forms offer as choices
    although it is no variable; `files`: names that file fields accept.
    """

    name: str
    at: datetime
    start: Move
    steps: tuple[Move, ...] = ()
    expect: Expectation = Expectation()
    message: str | None = None
    event: str | None = None
    follows: tuple[str, ...] = ()
    about: str = ""
    clauses: tuple[str, ...] = ()
    services: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    lists: Mapping[str, Json] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    file: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Failure:
    """What differed at which step (`START`, `END` or its number); the sentence is `scenario.<code>`."""

    step: int
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    what: str = ""  # the step in the owner's words

    def sentence(self, language: str = "zh") -> str:
        place = {START: "scenario.at_start", END: "scenario.at_end"}.get(self.step, "scenario.at_step")
        return text(place, language, step=self.step, what=self.what) + text(f"scenario.{self.code}", language, **self.facts)


class Stuck(Exception):
    """A step cannot be done; the scenario ends there."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Outcome:
    """What came of one scenario, in every process that took part. `visited`: flow nodes in the order they were activated; `taken`:
    sequence flows; `rules`: rules of decision tables that matched; `variables`: those of the scenario's own instance.
    """

    scenario: str
    failures: tuple[Failure, ...] = ()
    visited: tuple[Place, ...] = ()
    taken: frozenset[Place] = frozenset()
    rules: frozenset[Rule] = frozenset()
    variables: Variables = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.failures


@dataclass(frozen=True)
class Coverage:
    """What no scenario has reached of a process, in the order of its file: ids of nodes and flows, rules of the tables it asks."""

    nodes: int
    flows: int
    missed_nodes: tuple[str, ...]
    missed_flows: tuple[str, ...]
    rules: int = 0
    missed_rules: tuple[Rule, ...] = ()

    @property
    def whole(self) -> bool:
        return not (self.missed_nodes or self.missed_flows or self.missed_rules)

    @property
    def share(self) -> float:
        """From 0 to 1, over nodes, flows and rules together."""
        count = self.nodes + self.flows + self.rules
        missed = len(self.missed_nodes) + len(self.missed_flows) + len(self.missed_rules)
        return 1 - missed / count if count else 1.0


def moment_words(moment: datetime | None) -> str:
    """A moment as scenario files write it, in local time."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}" if moment else "—"


def describe(move: Move, language: str = "zh") -> str:
    """The step as its owner would say it: 办理“归类核定”."""
    return text(f"scenario.{move.action}", language, target=move.target)
