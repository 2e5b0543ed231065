"""What is recorded of a decision: its value, which inputs it saw, which rules fired, and what was odd."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.dmn.failure import DecisionFailed
from engine.feel import Json, shown, to_json
from engine.texts import text


@dataclass(frozen=True)
class InputValue:
    """The value of an input column, as FEEL sees it."""

    label: str
    value: object
    id: str | None = None


@dataclass(frozen=True)
class MatchedRule:
    """A rule that matched: number from 1, id if it has one, output values in column order."""

    index: int
    id: str | None
    outputs: tuple[object, ...]


@dataclass(frozen=True)
class Evaluation:
    """One decision made (or decision table inside one): `inputs` and `rules` are empty for other logic than tables."""

    decision_id: str
    name: str
    inputs: tuple[InputValue, ...]
    rules: tuple[MatchedRule, ...]
    outputs: object

    def as_json(self) -> dict[str, Json]:
        """For the history."""
        return {
            "decision": self.decision_id,
            "name": self.name,
            "inputs": [{"label": each.label, "value": shown(each.value)} for each in self.inputs],
            "rules": [{"index": each.index, "id": each.id, "outputs": [shown(value) for value in each.outputs]} for each in self.rules],
            "outputs": shown(self.outputs),
        }


@dataclass(frozen=True)
class Remark:
    """Why some part gave null: the decision, its cell or expression by id, the rule, and FEEL's warning with its place there.

    `area` is "dmn" for a value that is not of its declared type, which has no place in a text.
    """

    decision_id: str
    element: str | None
    rule: int | None
    code: str
    line: int
    column: int
    facts: Mapping[str, object]
    area: str = "feel.warning"

    def sentence(self, language: str = "zh") -> str:
        return text(f"{self.area}.{self.code}", language, **self.facts)


@dataclass(frozen=True)
class DecisionResult:
    """`value` is a FEEL value; `evaluations` in the order in which decisions were made, the one asked for last.

    `mismatch` is the first value that was not of its declared type and therefore became null.
    """

    value: object
    evaluations: tuple[Evaluation, ...]
    warnings: tuple[Remark, ...] = ()
    mismatch: DecisionFailed | None = None

    def trusted(self) -> DecisionResult:
        """This result, if every value was of its declared type. Raises DecisionFailed otherwise.

        DMN goes on with null; a process that did so would take a wrong path unnoticed, so it asks for a trusted result.
        """
        if self.mismatch is not None:
            raise self.mismatch
        return self

    @property
    def json(self) -> Json:
        """The value as a process variable. Raises NotStorable."""
        return to_json(self.value)

    @property
    def shown(self) -> Json:
        """The value for people to look at: functions and ranges as text."""
        return shown(self.value)


def brief(value: object) -> str:
    """A value in one short line, for sentences."""
    line = json.dumps(shown(value), ensure_ascii=False, default=str)
    return line if len(line) <= 80 else line[:79] + "…"
