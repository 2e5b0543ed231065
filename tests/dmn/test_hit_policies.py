from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.dmn.failure import DecisionFailed
from tests.dmn.builders import NOW, TABLES, codes, decision, document, evaluate, model, table, value

# Three rules match any amount above 5, with the outputs 10, 30 and 20 in this order.
RULES = [("> 5", "10"), ("> 1", "30"), ("-", "20")]


def three_rules(policy: str, **more: str) -> bytes:
    return document(decision(table([("amount", "number")], [("fee", "number")], RULES, policy, **more)))


@pytest.mark.parametrize(
    ("policy", "result"),
    [
        ("FIRST", 10),
        ("PRIORITY", 30),
        ("RULE ORDER", [10, 30, 20]),
        ("OUTPUT ORDER", [30, 20, 10]),
        ("COLLECT", [10, 30, 20]),
        ("COLLECT/SUM", 60),
        ("COLLECT/MIN", 10),
        ("COLLECT/MAX", 30),
        ("COLLECT/COUNT", 3),
    ],
)
def test_each_hit_policy_makes_its_own_result(policy: str, result: object) -> None:
    content = three_rules(policy, values="30, 20, 10")

    assert value(content, amount=6) == result


def test_unique_refuses_an_overlap_at_deployment() -> None:
    assert codes(three_rules("UNIQUE")).count("dmn_overlap") == 3


def test_any_refuses_rules_that_disagree_at_deployment() -> None:
    assert codes(three_rules("ANY")).count("dmn_disagreement") == 3


# With an expression in a cell nobody can know before: then it is the evaluation that refuses.
def hidden_overlap(policy: str, first: str, second: str) -> bytes:
    rules = [("? > limit", first), ("? > limit + 1", second)]
    return document(decision(table([("amount", "number")], [("fee", "number")], rules, policy)))


def test_unique_fails_when_two_rules_match() -> None:
    content = hidden_overlap("UNIQUE", "1", "1")

    with pytest.raises(DecisionFailed) as failed:
        value(content, amount=9, limit=2)

    assert (failed.value.code, failed.value.facts["rules"]) == ("several_rules_match", "1, 2")
    assert value(content, amount=3, limit=2) == 1


def test_any_fails_only_when_the_outputs_differ() -> None:
    assert value(hidden_overlap("ANY", "1", "1.0"), amount=9, limit=2) == 1
    with pytest.raises(DecisionFailed) as failed:
        value(hidden_overlap("ANY", "1", "2"), amount=9, limit=2)
    assert failed.value.code == "rules_disagree"


def test_without_a_match_the_result_is_null() -> None:
    for policy in ("UNIQUE", "ANY", "FIRST", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT", "COLLECT/SUM", "COLLECT/COUNT"):
        content = document(decision(table([("amount", "number")], [("fee", "number")], [("> 5", "1")], policy, values="1, 2")))
        assert value(content, amount=1) is None


def test_without_a_match_the_default_output_is_given() -> None:
    content = document(decision(table([("amount", "number")], [("fee", "number")], [("> 5", "1")], "COLLECT", default="amount * 2")))

    assert value(content, amount=1) == 2
    assert value(content, amount=6) == [1]


def test_several_outputs_make_a_context() -> None:
    outputs = [("department", "string"), ("days", "number")]
    content = document(decision(table([("kind", "string")], outputs, [('"a"', '"x"', "5"), ("-", '"y"', "10")], "RULE ORDER")))

    assert value(content, kind="a") == [{"department": "x", "days": 5}, {"department": "y", "days": 10}]
    assert value(content, kind="b") == [{"department": "y", "days": 10}]


def test_a_context_misses_no_output_in_the_default() -> None:
    outputs = [("department", "string"), ("days", "string")]
    content = document(decision(table([("kind", "string")], outputs, [('"a"', '"x"', '"z"')], default='"none"')))

    assert value(content, kind="b") == {"department": "none", "days": "none"}


def test_the_priority_of_several_outputs_goes_column_by_column() -> None:
    rules = [("-", '"low"', '"high"'), ("-", '"high"', '"low"'), ("-", '"high"', '"high"')]
    content = document(decision(table([("a", "")], [("x", "string"), ("y", "string")], rules, "PRIORITY", values='"high", "low"')))

    assert value(content, a=1) == {"x": "high", "y": "high"}


def test_aggregation_of_what_cannot_be_added_fails() -> None:
    content = document(decision(table([("a", "")], [("x", "")], [("-", '"text"'), ("-", "1")], "COLLECT/SUM")))

    with pytest.raises(DecisionFailed) as failed:
        value(content, a=1)

    assert failed.value.code == "aggregation_type"


def test_a_sum_beyond_all_numbers_fails() -> None:
    content = document(decision(table([("a", "")], [("x", "")], [("-", "a"), ("-", "a")], "COLLECT/SUM")))

    with pytest.raises(DecisionFailed) as failed:
        value(content, a=Decimal("9e6144"))

    assert failed.value.code == "sum_out_of_range"


def test_the_smallest_date_is_collected() -> None:
    rules = [("-", '@"2026-03-01"'), ("-", '@"2026-02-01"')]
    content = document(decision(table([("a", "")], [("x", "date")], rules, "COLLECT/MIN")))

    assert value(content, a=1) == "2026-02-01"


@pytest.mark.parametrize("name", ["first", "priority", "collect_sum", "output_order"])
def test_files_as_modelling_tools_write_them(name: str) -> None:
    found = model((TABLES / f"{name}.dmn").read_bytes())

    result = evaluate(found, name, {"amount": 6}, now=NOW)

    assert result.json == {"first": 10, "priority": 30, "collect_sum": 60, "output_order": [30, 20, 10]}[name]
    assert [rule.id for rule in result.evaluations[0].rules][0] == "rule_1"


CELLS = st.sampled_from(["-", "> 5", "< 3", "[2..8]", "1, 2, 3", "not(4)", "? > limit", "]0..4[", "null", "not(null)"])


@given(st.lists(st.tuples(CELLS, CELLS, st.integers(0, 3)), min_size=1, max_size=6), st.integers(-1, 10), st.integers(-1, 10))
def test_laws_between_the_policies(rules: list[tuple[str, str, int]], a: int, b: int) -> None:
    rows = [(first, second, str(output)) for first, second, output in rules]

    def under(policy: str) -> object:
        content = document(decision(table([("a", "number"), ("b", "number")], [("x", "number")], rows, policy, values="0,1,2,3")))
        return value(content, a=a, b=b, limit=3)

    collected = under("COLLECT")
    if collected is None:
        assert under("FIRST") is under("PRIORITY") is under("COLLECT/COUNT") is None
        return
    assert under("FIRST") == collected[0]
    assert under("RULE ORDER") == collected
    assert under("OUTPUT ORDER") == sorted(collected)
    assert under("PRIORITY") == min(collected)
    assert under("COLLECT/SUM") == sum(collected)
    assert under("COLLECT/COUNT") == len(collected)
