"""Decision tables as plain rows and columns, for people to read beside a diagram."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.core.dmn.model import DecisionModel, DecisionTable


@dataclass(frozen=True)
class TableRow:
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class ReadableTable:
    """`inputs` and `outputs` are column headings. `hit_policy`: the aggregation, if the table has one."""

    id: str
    name: str
    hit_policy: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rules: tuple[TableRow, ...]
    has_notes: bool


def readable(decisions: Iterable[tuple[str, DecisionModel]]) -> list[ReadableTable]:
    """Every decision table among `decisions` and those they require, each once."""
    found: dict[str, ReadableTable] = {}
    for decision_id, model in decisions:
        for id_ in (*model.order.get(decision_id, ()), decision_id):
            decision = model.decisions.get(id_)
            if decision is not None and isinstance(decision.logic, DecisionTable) and id_ not in found:
                found[id_] = _table(id_, decision.name, decision.logic)
    return list(found.values())


def _table(id_: str, name: str, table: DecisionTable) -> ReadableTable:
    rules = tuple(
        TableRow(
            tuple(cell.text or "-" for cell in rule.cells),
            tuple(output.text for output in rule.outputs),
            "；".join(note for note in rule.annotations if note),
        )
        for rule in table.rules
    )
    return ReadableTable(
        id_, name, table.aggregation or table.hit_policy,
        tuple(column.label or column.expression.text for column in table.inputs),
        tuple(column.label or column.name for column in table.outputs), rules, any(rule.note for rule in rules),
    )  # fmt: skip
