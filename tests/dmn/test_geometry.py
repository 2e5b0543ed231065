from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.dmn.failure import DecisionFailed
from tests.dmn.builders import codes, decision, document, findings, model, table, value


def one_column(kind: str, cells: list[str], policy: str = "UNIQUE", **more: str) -> bytes:
    return document(decision(table([("a", kind)], [("x", "")], [(cell, str(at)) for at, cell in enumerate(cells)], policy, **more)))


def examples(content: bytes, code: str) -> list[str]:
    return [str(problem.facts["example"]) for problem in findings(content) if problem.code == code]


@pytest.mark.parametrize(
    ("kind", "cells", "overlap"),
    [
        ("number", ["[0..5]", "[5..10]"], "a = 5"),
        ("number", ["[0..5)", "[5..10]"], None),
        ("number", ["< 10", "> 3"], "a = 6"),
        ("integer", ["< 10", "> 9"], None),
        ("number", ["(1..2)", "(1..3)"], "a = 1.5"),
        ("integer", ["(1..2)", "(1..3)"], None),
        ("string", ['"a","b"', '"b","c"'], 'a = "b"'),
        ("string", ['not("a")', 'not("b")'], 'a = not("a", "b")'),
        ("string", ['not("a")', '"a"'], None),
        ("boolean", ["true", "-"], "a = true"),
        ("date", ['< date("2026-01-02")', '> date("2026-01-01")'], None),
        ("date", ['<= date("2026-01-02")', '> date("2026-01-01")'], 'a = date("2026-01-02")'),
        ("dayTimeDuration", ['< duration("PT2H")', '> duration("PT1H")'], 'a = duration("PT1H30M")'),
        ("number", ["null", "null, 1"], "a = null"),
        ("number", ["null", "not(null)"], None),
        ("string", ["-", "-"], "-"),
        ("number", ["? > 3", "? > 5"], None),  # only FEEL knows
        ("number", ["limit", "5"], None),
    ],
)
def test_overlaps_of_unique_rules_are_errors_with_an_example(kind: str, cells: list[str], overlap: str | None) -> None:
    found = examples(one_column(kind, cells), "dmn_overlap")

    assert [each for each in found] == ([overlap] if overlap else [])


@pytest.mark.parametrize(
    ("kind", "cells", "gap"),
    [
        ("number", ["< 5", "> 5"], "a = 5"),
        ("number", ["< 5", ">= 5"], None),
        ("number", ["<= 5", ">= 6"], "a = 5.5"),
        ("integer", ["<= 5", ">= 6"], None),
        ("boolean", ["true"], "a = false"),
        ("boolean", ["true", "false"], None),
        ("string", ['"a"', '"b"'], 'a = not("a", "b")'),
        ("string", ['"a"', 'not("a")'], None),
        ("date", ['<= @"2026-01-01"', '>= @"2026-01-03"'], 'a = date("2026-01-02")'),
        ("date", ['<= @"2026-01-01"', '>= @"2026-01-02"'], None),
        ("number", ["< 5", "? >= limit"], None),  # a cell that only FEEL understands may cover all
        ("number", ["-"], None),
    ],
)
def test_gaps_are_warnings_with_an_example(kind: str, cells: list[str], gap: str | None) -> None:
    assert examples(one_column(kind, cells), "dmn_gap") == ([gap] if gap else [])


def test_allowed_values_bound_what_can_be_missing() -> None:
    assert examples(one_column("string", ['"a"', '"b"'], allowed='"a","b"'), "dmn_gap") == []
    assert examples(one_column("string", ['"a"'], allowed='"a","b"'), "dmn_gap") == ['a = "b"']
    assert examples(one_column("number", ["[1..5]"], allowed="[1..5]"), "dmn_gap") == []
    assert examples(one_column("number", ["[1..4]"], allowed="[1..5]"), "dmn_gap") == ["a = 4.5"]


def test_a_default_or_a_list_result_needs_no_rule_for_everything() -> None:
    assert examples(one_column("number", ["1"], default="0"), "dmn_gap") == []
    assert examples(one_column("number", ["1"], "COLLECT"), "dmn_gap") == []


def test_two_columns_meet_only_where_both_do() -> None:
    rows = [("< 5", '"a"', "1"), ("< 5", '"b"', "2"), (">= 5", "-", "3")]
    content = document(decision(table([("n", "number"), ("s", "string")], [("x", "")], rows)))

    assert codes(content) == ["dmn_gap"]
    assert examples(content, "dmn_gap") == ['n = 4, s = not("a", "b")']


def test_two_columns_on_one_expression_are_one_axis() -> None:
    rows = [("> 0", "<= 5", "1"), ("> 5", "<= 9", "2"), ("> 9", "-", "3"), ("<= 0", "-", "4")]

    assert codes(document(decision(table([("n", "number"), ("n", "number")], [("x", "")], rows)))) == []


def test_inputs_that_depend_on_each_other_give_a_warning_only() -> None:
    rows = [("> 5", "-", "1"), ("-", "< 5", "2")]
    content = document(decision(table([("n", "number"), ("n + 1", "number")], [("x", "")], rows)))

    assert [(each.code, each.severity) for each in findings(content) if each.code == "dmn_overlap"] == [("dmn_overlap", "warning")]


def test_any_rules_may_overlap_when_they_agree() -> None:
    agree = document(decision(table([("a", "number")], [("x", "")], [("> 5", "1"), ("-", "1.0")], "ANY")))
    unknown = document(decision(table([("a", "number")], [("x", "")], [("> 5", "1"), ("-", "b")], "ANY")))

    assert codes(agree) == codes(unknown) == []


def test_a_rule_behind_a_wider_one_never_fires() -> None:
    content = one_column("number", ["> 5", "-", "? > limit"], "FIRST")

    hidden = [problem.facts for problem in findings(content) if problem.code == "dmn_rule_never_fires"]

    assert hidden == [{"rule": 3, "earlier": 2}]


def test_large_tables_are_examined_in_bounded_work() -> None:
    wide = [(f"[{n}..{n + 1})", f'"{n % 7}"', str(n)) for n in range(1000)]
    hopeless = [tuple(f"not({(n * 7 + c) % 50})" for c in range(8)) + ("1",) for n in range(300)]

    found = codes(document(decision(table([("n", "number"), ("s", "string")], [("x", "")], wide))))
    bounded = codes(document(decision(table([(f"n{c}", "number") for c in range(8)], [("x", "")], hopeless, "ANY"))))

    assert found == ["dmn_gap"]
    assert set(bounded) <= {"dmn_gap", "dmn_not_examined"}


NUMBERS = st.integers(0, 4)
CELLS = st.one_of(
    st.just("-"),
    NUMBERS.map(str),
    NUMBERS.map(lambda n: f"< {n}"),
    NUMBERS.map(lambda n: f">= {n}"),
    st.lists(NUMBERS, min_size=1, max_size=3).map(lambda all_: f"not({', '.join(map(str, all_))})"),
    st.tuples(st.sampled_from("[("), NUMBERS, NUMBERS, st.sampled_from("])")).map(lambda r: f"{r[0]}{min(r[1:3])}..{max(r[1:3])}{r[3]}"),
)


@settings(max_examples=80)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_what_the_check_says_is_what_the_evaluation_does(rows: list[tuple[str, str]]) -> None:
    """All half numbers from -1 to 5 meet every piece that whole literals from 0 to 4 can cut."""
    rules = [(*row, str(at)) for at, row in enumerate(rows)]
    columns = [("a", "number"), ("b", "number")]
    found = set(codes(document(decision(table(columns, [("x", "")], rules)))))
    collect = model(document(decision(table(columns, [("x", "")], rules, "COLLECT"))))
    points = [Decimal(n) / 2 for n in range(-2, 11)]

    counts = {len(_matching(collect, a, b)) for a in points for b in points}

    assert ("dmn_overlap" in found) == (max(counts) > 1)
    assert ("dmn_gap" in found) == (min(counts) == 0)


def _matching(collect: object, a: Decimal, b: Decimal) -> list[object]:
    from tests.dmn.builders import NOW, evaluate

    return evaluate(collect, "d", {"a": a, "b": b}, now=NOW).value or []  # type: ignore[arg-type, return-value]


def test_the_example_of_an_overlap_does_fail_when_only_feel_can_see_it() -> None:
    content = one_column("number", ["? >= 5", "? <= 5"])

    assert codes(content) == []
    with pytest.raises(DecisionFailed):
        value(content, a=5)
