"""Hit policies: from the rules that match to the one result of a decision table. Source: DMN 1.4 §8.2.10, §10.3.2.10."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, Overflow

from engine.core.dmn.failure import DecisionFailed
from engine.core.dmn.model import DecisionTable, Rule
from engine.core.dmn.types import same
from engine.feel.values import DECIMAL128, kind_of

LETTERS = {"UNIQUE": "U", "ANY": "A", "FIRST": "F", "PRIORITY": "P", "RULE ORDER": "R", "OUTPUT ORDER": "O", "COLLECT": "C"}
MARKS = {"SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#"}
# Only these can stop at the first rule that matches.
FIRST_MATCH_DECIDES = frozenset({"FIRST"})


@dataclass(frozen=True)
class Match:
    """A rule that matches, and its output values in column order."""

    rule: Rule
    values: tuple[object, ...]


def result(table: DecisionTable, matches: Sequence[Match], place: str) -> object:
    """The table's result for at least one match: a value, a context, or a list. `place` names the decision in failures.

    Raises DecisionFailed `several_rules_match`, `rules_disagree`, `aggregation_type`, `sum_out_of_range`.
    """
    return _POLICIES[table.hit_policy](table, matches, place)


def shape(table: DecisionTable, values: Sequence[object]) -> object:
    """One row of output values: the value of a single column, else a context by column name."""
    if len(table.outputs) == 1:
        return values[0]
    return {output.name: value for output, value in zip(table.outputs, values, strict=True)}


def _unique(table: DecisionTable, matches: Sequence[Match], place: str) -> object:
    if len(matches) > 1:
        raise DecisionFailed("several_rules_match", decision=place, rules=_numbers(matches))
    return shape(table, matches[0].values)


def _any(table: DecisionTable, matches: Sequence[Match], place: str) -> object:
    first = matches[0].values
    if not all(all(map(same, first, match.values)) for match in matches[1:]):
        raise DecisionFailed("rules_disagree", decision=place, rules=_numbers(matches))
    return shape(table, first)


def _first(table: DecisionTable, matches: Sequence[Match], place: str) -> object:
    return shape(table, matches[0].values)


def _priority(table: DecisionTable, matches: Sequence[Match], place: str) -> object:
    return shape(table, min(matches, key=_rank(table)).values)


def _rule_order(table: DecisionTable, matches: Sequence[Match], place: str) -> object:
    return [shape(table, match.values) for match in matches]


def _output_order(table: DecisionTable, matches: Sequence[Match], place: str) -> object:
    return [shape(table, match.values) for match in sorted(matches, key=_rank(table))]


def _collect(table: DecisionTable, matches: Sequence[Match], place: str) -> object:
    if table.aggregation is None:
        return _rule_order(table, matches, place)
    values = [match.values[0] for match in matches]
    if table.aggregation == "COUNT":
        return Decimal(len(values))
    kinds = {kind_of(value) for value in values}
    if len(kinds) > 1 or kinds & {"null", "context", "list", "function", "boolean", "range"}:
        raise DecisionFailed("aggregation_type", decision=place, aggregation=table.aggregation, types=", ".join(sorted(kinds)))
    if table.aggregation == "SUM":
        return _sum(matches, values, kinds, place)
    try:
        return min(values) if table.aggregation == "MIN" else max(values)  # type: ignore[type-var]
    except TypeError:  # local and zoned times have no common order
        raise DecisionFailed("aggregation_type", decision=place, aggregation=table.aggregation, types=", ".join(kinds)) from None


def _sum(matches: Sequence[Match], values: Sequence[object], kinds: set[str], place: str) -> Decimal:
    if kinds != {"number"}:
        raise DecisionFailed("aggregation_type", decision=place, aggregation="SUM", types=", ".join(kinds))
    total = Decimal(0)
    try:
        for value in values:
            total = DECIMAL128.add(total, value)  # type: ignore[arg-type]
    except Overflow:
        raise DecisionFailed("sum_out_of_range", decision=place, rules=_numbers(matches)) from None
    return total


def _rank(table: DecisionTable) -> Callable[[Match], tuple[int, ...]]:
    """Smaller is more important: the place in the list of output values, column by column; null comes last."""

    def rank(match: Match) -> tuple[int, ...]:
        return tuple(
            next((place for place, each in enumerate(output.ranking) if same(each, value)), len(output.ranking))
            for output, value in zip(table.outputs, match.values, strict=True)
            if output.ranking
        )

    return rank


def _numbers(matches: Sequence[Match]) -> str:
    return ", ".join(str(match.rule.index) for match in matches)


_POLICIES: Mapping[str, Callable[[DecisionTable, Sequence[Match], str], object]] = {
    "UNIQUE": _unique,
    "ANY": _any,
    "FIRST": _first,
    "PRIORITY": _priority,
    "RULE ORDER": _rule_order,
    "OUTPUT ORDER": _output_order,
    "COLLECT": _collect,
}
