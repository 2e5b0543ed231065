"""Item definitions, and boxed expressions over what they describe. Source: DMN 1.5 §7.3.3, §10.2.1."""
from __future__ import annotations

import pytest

from .builders import codes, decide, decision, document, literal, table, value

LATEST = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def defined(definition: str, name: str = "kind", text: str = "x") -> bytes:
    """A decision of the defined type over a variable `x`."""
    variable = f'<variable name="Decision" typeRef="{name}"/>'
    return document(definition + decision(literal(text), before=variable), LATEST)


def test_allowed_values_of_a_collection_are_those_of_its_elements() -> None:
    kind = '<itemDefinition name="kind" isCollection="true"><typeRef>string</typeRef><allowedValues><text>"a", "b"</text></allowedValues></itemDefinition>'

    assert decide(defined(kind), x=["a", "b", "a"]).json == ["a", "b", "a"]
    assert decide(defined(kind), x=["a", "c"]).json is None
    assert decide(defined(kind), x="a").json == ["a"]


def test_a_constraint_on_a_collection_is_on_the_whole_of_it() -> None:
    kind = (
        '<itemDefinition name="kind" isCollection="true"><typeRef>number</typeRef>'
        "<typeConstraint><text>count(?) &lt;= 2 and sum(?) &gt; 5</text></typeConstraint></itemDefinition>"
    )

    assert decide(defined(kind), x=[3, 4]).json == [3, 4]
    assert decide(defined(kind), x=[1, 1]).json is None and decide(defined(kind), x=[3, 3, 3]).json is None


def test_a_type_keeps_the_limits_of_the_one_it_narrows() -> None:
    kinds = (
        '<itemDefinition name="age"><typeRef>number</typeRef><allowedValues><text>[0..150]</text></allowedValues></itemDefinition>'
        '<itemDefinition name="grown"><typeRef>age</typeRef><allowedValues><text>&gt;= 18</text></allowedValues></itemDefinition>'
        '<itemDefinition name="kind"><typeRef>grown</typeRef><typeConstraint><text>even(?)</text></typeConstraint></itemDefinition>'
    )

    assert [decide(defined(kinds), x=age).json for age in (20, 21, 16, 152, -2)] == [20, None, None, None, None]


def test_allowed_values_of_a_component_may_name_the_others() -> None:
    kind = (
        '<itemDefinition name="kind"><itemComponent name="first day"><typeRef>date</typeRef></itemComponent>'
        '<itemComponent name="last day"><typeRef>date</typeRef><allowedValues><text>&gt;= first day</text></allowedValues></itemComponent></itemDefinition>'
    )
    right, wrong = {"first day": "2026-03-01", "last day": "2026-03-02"}, {"first day": "2026-03-02", "last day": "2026-03-01"}

    assert decide(defined(kind), x=right).json == right
    assert decide(defined(kind), x=wrong).json is None


def test_structures_collections_and_types_nest() -> None:
    kind = (
        '<itemDefinition name="kind"><itemComponent name="lines" isCollection="true"><itemComponent name="n"><typeRef>number</typeRef></itemComponent>'
        '<itemComponent name="tags" isCollection="true"><typeRef>string</typeRef></itemComponent></itemComponent></itemDefinition>'
    )

    assert decide(defined(kind), x={"lines": {"n": [1], "tags": "a"}}).json == {"lines": [{"n": 1, "tags": ["a"]}]}
    assert decide(defined(kind), x={"lines": [{"n": "1", "tags": []}]}).json is None
    assert decide(defined(kind), x={"lines": [{"n": 1}]}).json is None


def test_a_function_type_has_parameters_and_a_result() -> None:
    kind = '<itemDefinition name="kind"><functionItem outputTypeRef="number"><parameters name="n" typeRef="number"/></functionItem></itemDefinition>'

    answers = decide(
        document(kind + decision(literal("[function(n: number) 1, function(n: string) 1, function() 1, 1][item instance of kind]")), LATEST)
    )

    assert len(answers.value) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "source", "body", "result"), [
    ("for", "1..3", "", None), ("for", "[1..3]", "x * x", [1, 4, 9]), ("for", "3", "x + 1", [4]), ("for", "null", "x", None), ("for", "[]", "x", []),
    ("for", '[@"2026-02-28"..@"2026-03-01"]', "x.day", [28, 1]), ("for", "[1.5..3]", "x", None), ("for", "[1, 2, 3]", "count(partial)", [0, 1, 2]),
    ("some", "[1, 2]", "x > 1", True), ("some", "[]", "x > 1", False), ("some", "[1, null]", "x > 1", None), ("some", "null", "true", None),
    ("every", "[1, 2]", "x > 0", True), ("every", "[]", "false", True), ("every", "[1, null]", "x > 0", None), ("every", "[0, null]", "x > 0", False),
])  # fmt: skip
def test_a_boxed_iteration_is_the_feel_expression_it_stands_for(kind: str, source: str, body: str, result: object) -> None:
    part = "return" if kind == "for" else "satisfies"
    boxed = f'<{kind} iteratorVariable="x"><in>{literal(source)}</in><{part}>{literal(body or "x")}</{part}></{kind}>'
    text = f"for x in {source} return {body}" if kind == "for" else f"{kind} x in {source} satisfies {body}"
    if not body:
        assert codes(document(decision(boxed))) == ["dmn_feel_syntax"]
        return

    assert decide(document(decision(boxed))).json == result == decide(document(decision(literal(text)))).json


@pytest.mark.parametrize(("source", "match", "result"), [
    ("[1, 2, 3]", "item > 1", [2, 3]), ("5", "item > 1", [5]), ("null", "item > 1", None), ("[{item: 1, n: 2}]", "item = 1 and n = 2", [{"item": 1, "n": 2}]),
    ("[1, null]", "item > 0", [1]),
])  # fmt: skip
def test_a_boxed_filter_is_the_feel_filter_it_stands_for(source: str, match: str, result: object) -> None:
    boxed = f"<filter><in>{literal(source)}</in><match>{literal(match)}</match></filter>"

    assert decide(document(decision(boxed))).json == result == decide(document(decision(literal(f"{source}[{match}]")))).json


@pytest.mark.parametrize(("policy", "empty", "one"), [
    ("UNIQUE", None, 1), ("ANY", None, 1), ("FIRST", None, 1), ("PRIORITY", None, 1), ("RULE ORDER", None, [1]), ("OUTPUT ORDER", None, [1]),
    ("COLLECT", None, [1]), ("COLLECT/SUM", None, 1), ("COLLECT/MIN", None, 1), ("COLLECT/MAX", None, 1), ("COLLECT/COUNT", None, 1),
])  # fmt: skip
def test_no_match_is_null_or_the_default_whatever_the_policy(policy: str, empty: object, one: object) -> None:
    """Source: DMN 1.4 §10.3.2.10."""
    rules = [("1", "1")]
    plain = document(decision(table([("x", "number")], [("r", "number")], rules, policy, values="1, 9")))
    defaulted = document(decision(table([("x", "number")], [("r", "number")], rules, policy, values="1, 9", default="9")))

    assert (value(plain, x=5), value(plain, x=1)) == (empty, one)
    assert (value(defaulted, x=5), value(defaulted, x=1)) == (9, one)


def test_a_decision_may_give_a_function_to_another_and_is_recorded_as_text() -> None:
    first = decision(literal("function(n) n * 2"), "f", "twice")
    content = document(first + decision(literal("twice(4)"), before='<informationRequirement><requiredDecision href="#f"/></informationRequirement>'))

    result = decide(content)

    assert result.json == 8
    assert [each.as_json()["outputs"] for each in result.evaluations] == ["function(n) n * 2", 8]
