"""A decision table as people read it: for pages and documents, which mark the rules that fired by their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.core.dmn.model import Decision, DecisionTable
from engine.core.dmn.policies import LETTERS, MARKS


@dataclass(frozen=True)
class Column:
    """A heading. `expression` is empty for output columns, `allowed` the FEEL text of the allowed values or empty."""

    kind: Literal["input", "output"]
    label: str
    expression: str
    name: str
    type: str
    allowed: str = ""
    default: str = ""
    id: str | None = None


@dataclass(frozen=True)
class Row:
    """A rule with the FEEL text of its cells: inputs, then outputs, in the order of the columns."""

    index: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...]
    id: str | None = None


@dataclass(frozen=True)
class TableView:
    """`letter` is the hit policy's short sign, such as `U` or `C+`; `annotations` the headings of the remarks."""

    decision_id: str
    name: str
    hit_policy: str
    aggregation: str | None
    letter: str
    columns: tuple[Column, ...]
    rules: tuple[Row, ...]
    annotations: tuple[str, ...]


def table(decision: Decision) -> TableView | None:
    """The table of a decision; None if its logic is no table."""
    logic = decision.logic
    if not isinstance(logic, DecisionTable):
        return None
    rows = tuple(
        Row(
            rule.index,
            tuple(cell.text for cell in rule.cells),
            tuple(formula.text for formula in rule.outputs),
            rule.annotations,
            rule.id,
        )
        for rule in logic.rules
    )
    letter = LETTERS[logic.hit_policy] + MARKS.get(logic.aggregation or "", "")
    width = max((len(row.annotations) for row in rows), default=0)
    headings = ("",) * max(0, width - len(logic.annotations)) + logic.annotations
    return TableView(decision.id, decision.name, logic.hit_policy, logic.aggregation, letter, _columns(logic), rows, headings)


def _columns(logic: DecisionTable) -> tuple[Column, ...]:
    inputs = (
        Column("input", each.label, each.expression.text, "", each.type.name, each.allowed.text if each.allowed else "", id=each.id)
        for each in logic.inputs
    )
    outputs = (
        Column(
            "output",
            each.label,
            "",
            each.name,
            each.type.name,
            each.allowed.text if each.allowed else "",
            each.default.text if each.default else "",
            each.id,
        )
        for each in logic.outputs
    )
    return (*inputs, *outputs)
