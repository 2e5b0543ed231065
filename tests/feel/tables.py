"""How the tables of this folder are evaluated: a row is (expression, expected value as JSON)."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone

from engine.feel import Budget, Evaluation, parse, parse_unary_tests, shown

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)


def evaluate(text: str, scope: Mapping[str, object] | None = None, names: Iterable[str] = (), budget: Budget | None = None) -> Evaluation:
    return parse(text, names).evaluate(scope or {}, now=NOW, budget=budget)


def value_of(text: str, scope: Mapping[str, object] | None = None, names: Iterable[str] = ()) -> object:
    return shown(evaluate(text, scope, names).value)


def test_of(text: str, value: object, scope: Mapping[str, object] | None = None) -> object:
    return parse_unary_tests(text).evaluate(value, scope or {}, now=NOW).value


test_of.__test__ = False  # type: ignore[attr-defined]
