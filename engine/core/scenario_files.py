"""`<key>.scenarios.json`: read into scenarios, with every finding at its line. The format is described in docs/scenarios.md.

What the names in it refer to (tasks, people, forms) is found out when a scenario runs, because the diagram may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.core.calendar import CHINA, parse_limit
from engine.core.forms.located import Located, Malformed, child, read_located
from engine.core.problems import Problem
from engine.core.runtime.step import Json
from engine.core.scenario_model import START, Expectation, Move, Person, Scenario, Sent

SIZE = 2_000_000  # bytes
ACTIONS = ("complete", "act", "send", "wait", "until")
# Member → the kind of JSON value it must be. A name that is not listed is refused, so that a typing error is not lost.
FILE = {"process": str, "about": str, "at": str, "people": dict, "lists": dict, "files": list, "services": dict, "scenarios": list}
SCENARIO = {"name": str, "about": str, "clauses": list, "at": str, "start": dict, "steps": list, "expect": dict, "services": dict,
            "follows": list}  # fmt: skip
BEGIN = {"by": str, "with": dict, "message": str, "event": str, "expect": dict}
STEP = {**dict.fromkeys(ACTIONS, str), "with": dict, "by": str, "as": str, "expect": dict}
EXPECT = {"open": list, "due": dict, "variables": dict, "path": list, "avoids": list, "end": str, "status": str, "sent": list}
SENT = {"message": str, "with": dict}
PERSON = {"kind": str, "groups": list, "facts": dict}
NOWHEN = datetime(2026, 1, 1, tzinfo=CHINA)  # stands in for a moment that has been reported as wrong


@dataclass(frozen=True)
class ScenarioFile:
    """The scenarios of one process."""

    process: str
    file: str
    scenarios: tuple[Scenario, ...]


def read(content: bytes, file: str) -> tuple[ScenarioFile | None, list[Problem]]:
    """The scenarios in `content` (JSON in UTF-8), or None if anything is wrong with it; and all findings. Never raises."""
    if len(content) > SIZE:
        return None, [Problem("scenarios_too_large", file, facts={"limit": SIZE})]
    try:
        located = read_located(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None, [Problem("scenarios_not_utf8", file)]
    except Malformed as error:
        return None, [Problem("scenarios_not_json", file, error.line, facts={"row": error.line, "column": error.column})]
    reading = _Reading(file, located)
    found = reading.read_file()
    return (None if reading.problems else found), reading.problems


@dataclass
class _Reading:
    file: str
    located: Located
    problems: list[Problem] = field(default_factory=list)

    def problem(self, code: str, pointer: str, /, **facts: object) -> None:
        self.problems.append(Problem(f"scenarios_{code}", self.file, self.located.line(pointer), None, {"at": pointer or "/", **facts}))

    def members(self, value: object, pointer: str, known: Mapping[str, type], required: tuple[str, ...] = ()) -> dict[str, Any]:
        """The members of an object that are what they should be; everything else is a problem."""
        if not isinstance(value, dict):
            self.problem("expected", pointer, expected="{…}")
            return {}
        found: dict[str, Any] = {}
        for name, member in value.items():
            if name not in known:
                self.problem("unknown", child(pointer, name), name=name, known="、".join(known))
            elif not isinstance(member, known[name]):
                self.problem("expected", child(pointer, name), expected={str: '"…"', dict: "{…}", list: "[…]"}[known[name]])
            else:
                found[name] = member
        for name in required:
            if name not in value:
                self.problem("missing", pointer, name=name)
        return found

    def read_file(self) -> ScenarioFile:
        for pointer, line in self.located.duplicates:
            self.problems.append(Problem("scenarios_twice", self.file, line, None, {"name": pointer.rpartition("/")[2]}))
        whole = self.members(self.located.value, "", FILE, ("process", "scenarios"))
        whole["at"] = self.moment(whole["at"], "/at") if "at" in whole else None
        people = {
            name: self.read_person(name, value, child("/people", name)) for name, value in whole.get("people", {}).items()
        }
        scenarios = tuple(
            self.read_scenario(value, f"/scenarios/{index}", whole, people) for index, value in enumerate(whole.get("scenarios", []))
        )
        names = [scenario.name for scenario in scenarios]
        for index, name in enumerate(names):
            if name in names[:index]:
                self.problem("twice", f"/scenarios/{index}", name=name)
        return ScenarioFile(whole.get("process", ""), self.file, scenarios)

    def read_person(self, name: str, value: object, pointer: str) -> Person:
        found = self.members(value, pointer, PERSON)
        return Person(name, found.get("kind", ""), frozenset(self.names(found, "groups", pointer)), found.get("facts", {}))

    def read_scenario(self, value: object, pointer: str, whole: Mapping[str, Any], people: Mapping[str, Person]) -> Scenario:
        found = self.members(value, pointer, SCENARIO, ("name", "start"))
        at = self.moment(found["at"], f"{pointer}/at") if "at" in found else whole["at"]
        if at is None:
            self.problem("missing", pointer, name="at")
        begin = self.members(found.get("start", {}), f"{pointer}/start", BEGIN)
        start = Move(START, "start", values=begin.get("with", {}), by=begin.get("by"), expect=self.expectation(begin, f"{pointer}/start"))
        steps = tuple(
            self.read_step(step, index + 1, f"{pointer}/steps/{index}") for index, step in enumerate(found.get("steps", []))
        )
        return Scenario(
            found.get("name", ""), at or NOWHEN, start, steps,
            self.expectation(found, pointer) or Expectation(),
            message=begin.get("message"), event=begin.get("event"), follows=self.names(found, "follows", pointer), about=found.get("about", ""), clauses=self.names(found, "clauses", pointer),
            services={**whole.get("services", {}), **found.get("services", {})}, people=people, lists=whole.get("lists", {}),
            files=self.names(whole, "files", ""), file=self.file, line=self.located.line(pointer),
        )  # fmt: skip

    def read_step(self, value: object, number: int, pointer: str) -> Move:
        found = self.members(value, pointer, STEP)
        actions = [name for name in ACTIONS if name in found]
        if len(actions) > 1 or (not actions and "expect" not in found):
            self.problem("one_action", pointer, known="、".join(ACTIONS))
        action = actions[0] if actions else "look"
        target = found.get(action, "")
        until = self.moment(target, child(pointer, "until")) if action == "until" else None
        if action == "wait" and parse_limit(target) is None:
            self.problem("span", child(pointer, "wait"), span=target)
        return Move(
            number, action, target, found.get("with", {}), found.get("by"), found.get("as"), until,  # type: ignore[arg-type]
            self.expectation(found, pointer),
        )  # fmt: skip

    def expectation(self, holder: Mapping[str, Any], pointer: str) -> Expectation | None:
        if "expect" not in holder:
            return None
        pointer = f"{pointer}/expect"
        found = self.members(holder["expect"], pointer, EXPECT)
        due = {
            name: None if moment is None else self.moment(moment, child(f"{pointer}/due", name))
            for name, moment in found.get("due", {}).items()
        }
        return Expectation(
            self.names(found, "open", pointer) if "open" in found else None, due, found.get("variables", {}),
            self.names(found, "path", pointer), self.names(found, "avoids", pointer), found.get("end"), found.get("status"),
            self.sent(found["sent"], f"{pointer}/sent") if "sent" in found else None,
        )  # fmt: skip

    def sent(self, messages: list[object], pointer: str) -> tuple[Sent, ...]:
        """Each a name, or a name and part of the payload."""
        found = []
        for index, message in enumerate(messages):
            if isinstance(message, str):
                found.append(Sent(message))
            else:
                read = self.members(message, f"{pointer}/{index}", SENT, ("message",))
                found.append(Sent(read.get("message", ""), read.get("with", {})))
        return tuple(found)

    def names(self, holder: Mapping[str, Any], member: str, pointer: str) -> tuple[str, ...]:
        value: Json = holder.get(member, [])
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return tuple(map(str, value))
        self.problem("expected", f"{pointer}/{member}", expected='["…"]')
        return ()

    def moment(self, words: object, pointer: str) -> datetime:
        """`2026-09-21 09:00`, local time."""
        try:
            return datetime.strptime(str(words), "%Y-%m-%d %H:%M").replace(tzinfo=CHINA)
        except ValueError:
            self.problem("moment", pointer, moment=str(words))
            return NOWHEN
