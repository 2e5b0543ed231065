"""What can be known about a decision table before anyone uses it. Source: DMN 1.4 §8.2.10 for the hit policies."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.dmn import geometry
from engine.core.dmn.cells import Cell
from engine.core.dmn.model import DecisionTable, Formula, Input, Output, Rule
from engine.core.dmn.source import shorten
from engine.core.dmn.types import CLASSES, TEMPORAL, Mismatch, convert, same
from engine.core.problems import Problem, Severity

_SINGLE_HIT = ("UNIQUE", "ANY", "FIRST", "PRIORITY")


def check_table(table: DecisionTable, file: str, place: str | None) -> list[Problem]:
    """Findings on a readable table; `place` is the id of its decision."""
    problems = [*_policy(table, file, place)]
    for rule in table.rules:
        for column, cell in zip(table.inputs, rule.cells, strict=True):
            problems += _cell(column, cell, rule, file, place)
        for output, formula in zip(table.outputs, rule.outputs, strict=True):
            problems += _output(output, formula, rule, file, place)
    return [*problems, *_shape(table, file, place)]


def _policy(table: DecisionTable, file: str, place: str | None) -> Iterator[Problem]:
    if table.aggregation is not None and len(table.outputs) > 1:
        yield Problem("dmn_aggregation_several_outputs", file, table.line, place, {"aggregation": table.aggregation})
    if table.hit_policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.ranking for output in table.outputs):
        yield Problem("dmn_ranking_missing", file, table.line, place, {"policy": table.hit_policy})


def _cell(column: Input, cell: Cell, rule: Rule, file: str, place: str | None) -> Iterator[Problem]:
    constant = cell.constant
    if constant is None or constant.negated or constant.null or not constant.intervals:
        return
    facts = {"rule": rule.index, "column": column.label, "text": shorten(cell.text)}
    wanted = CLASSES.get(column.type.kind)
    if wanted is not None and wanted is not constant.kind and not (wanted in TEMPORAL and constant.kind in TEMPORAL):
        yield Problem("dmn_cell_wrong_type", file, cell.line, place, {**facts, "type": column.type.name})
    if any(each.low is not None and each.high is not None and each.low > each.high for each in constant.intervals):
        yield Problem("dmn_empty_range", file, cell.line, place, facts)
    allowed = column.allowed.constant if column.allowed else None
    if allowed is None or allowed.kind is not constant.kind:
        return
    # Ranges may reach beyond what is allowed; a single value outside can only be a slip.
    lost = [each.low for each in constant.intervals if each.is_point and not allowed.accepts(each.low)]
    if lost:
        facts["values"] = ", ".join(map(geometry.written, lost))
        yield Problem("dmn_cell_outside_values", file, cell.line, place, facts, "warning")


def _output(output: Output, formula: Formula, rule: Rule, file: str, place: str | None) -> Iterator[Problem]:
    if formula.constant is None or formula.constant[0] is None:
        return
    facts = {"rule": rule.index, "column": output.label, "text": shorten(formula.text)}
    try:
        value = convert(formula.constant[0], output.type, lambda allowed, value, siblings: True)
    except Mismatch as mismatch:
        yield Problem("dmn_output_wrong_type", file, formula.line, place, {**facts, "type": mismatch.expected})
        return
    if output.ranking and not any(same(value, each) for each in output.ranking):
        facts["values"] = ", ".join(geometry.written(each) for each in output.ranking)
        yield Problem("dmn_output_outside_values", file, formula.line, place, facts)


def _shape(table: DecisionTable, file: str, place: str | None) -> Iterator[Problem]:
    """Overlapping rules where only one may match, rules that never fire, and input that no rule accepts."""
    try:
        cut = geometry.axes(table)
        if table.hit_policy in ("UNIQUE", "ANY"):
            for overlap in geometry.overlaps(table, cut):
                yield from _overlap(table, overlap, file, place)
        if table.hit_policy == "FIRST":
            for rule, earlier in geometry.hidden(table, cut):
                line = table.rules[rule - 1].line
                yield Problem("dmn_rule_never_fires", file, line, place, {"rule": rule, "earlier": earlier}, "warning")
        has_default = any(output.default is not None for output in table.outputs)
        if table.hit_policy in _SINGLE_HIT and not has_default:
            example = geometry.gap(table, cut)
            if example is not None:
                yield Problem("dmn_gap", file, table.line, place, {"example": example}, "warning")
    except geometry.TooMuchWork:
        yield Problem("dmn_not_examined", file, table.line, place, {"rules": len(table.rules)}, "warning")


def _overlap(table: DecisionTable, overlap: geometry.Overlap, file: str, place: str | None) -> Iterator[Problem]:
    first, second = table.rules[overlap.first - 1], table.rules[overlap.second - 1]
    facts = {"first": overlap.first, "second": overlap.second, "example": overlap.example}
    severity: Severity = "error" if overlap.is_certain else "warning"
    if table.hit_policy == "UNIQUE":
        yield Problem("dmn_overlap", file, second.line, place, facts, severity)
    elif any(
        a.constant is not None and b.constant is not None and not same(a.constant[0], b.constant[0])
        for a, b in zip(first.outputs, second.outputs, strict=True)
    ):
        yield Problem("dmn_disagreement", file, second.line, place, facts, severity)
