"""JUEL as FEEL: the same value, or the reason why not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.importing.juel import expression
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.templates import formula, listed
from engine.feel import parse, to_json

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

SAME = [
    ("approved", "approved"),
    ("enterprise.contact.name", "enterprise.contact.name"),
    ("amount > 1000", "amount > 1000"),
    ("a eq b", "a = b"),
    ("a ne 'x'", 'a != "x"'),
    ("a lt 1 or a gt 2", "a < 1 or a > 2"),
    ("a le 1 and a ge 2", "a <= 1 and a >= 2"),
    ("a == 1 && b != 2 || c", "a = 1 and b != 2 or c"),
    ("(a || b) && c", "(a or b) and c"),
    ("!approved", "approved != true"),
    ("not approved", "approved != true"),
    ("!(a && b)", "(a and b) != true"),
    ("!a == b", "(a != true) = b"),
    ("empty list", 'list contains([null, "", [], {}], list)'),
    ("!empty list", 'not(list contains([null, "", [], {}], list))'),
    ("a ? 'x' : b ? 'y' : 'z'", 'if a then "x" else if b then "y" else "z"'),
    ("(a + b) * c - d / 2", "(a + b) * c - d / 2"),
    ("a div 2", "a / 2"),
    ("a - (b - c)", "a - (b - c)"),
    ("-a * 2", "-a * 2"),
    ("1.5e3", "1500"),
    (r"'it\'s \"q\"'", r'"it' + "'" + r's \"q\""'),
    ('"say \'hi\'"', '"say \'hi\'"'),
    ("a == null", "a = null"),
    ("items[0].name", "items[1].name"),
    ("map['key'].x", "map.key.x"),
    ("map['a b']", 'get value(map, "a b")'),
    ("execution.getVariable('x') == 1", "x = 1"),
    ("execution.hasVariable('x')", "is defined(x)"),
    ("execution.processBusinessKey", "business_key"),
    ("execution.getProcessBusinessKey()", "business_key"),
    ("nrOfCompletedInstances / nrOfInstances >= 0.6", "numberOfCompletedInstances / numberOfInstances >= 0.6"),
    ("loopCounter", "loopCounter - 1"),
    ("result == 'true'", 'string(result) = "true"'),
    ("count == '5'", 'string(count) = "5"'),
    ("name.equals('x')", 'name = "x"'),
    ("name.startsWith('x')", 'starts with(name, "x")'),
    ("name.toUpperCase().trim()", "trim(upper case(name))"),
    ("list.size() > 0", "count(list) > 0"),
    ("dateTime().plusDays(3).toDate()", 'now() + duration("P3D")'),
    ("now().minusHours(n)", 'now() - duration("PT" + string(n) + "H")'),
    ("json.prop('a').stringValue()", "json.a"),
    ("vars:get(x) + 1", "x + 1"),
    ("var:equals(x, 'y')", 'x = "y"'),
    ("vars:getOrDefault('x', 0)", "get or else(x, 0)"),
    ("企业.名称 == '甲'", '企业.名称 = "甲"'),
]
REFUSED = [
    ("bean.call(x)", "method"),
    ("execution.setVariable('a', 1)", "object"),
    ("execution.id", "object"),
    ("execution", "object"),
    ("task.assignee", "object"),
    ("S(x).prop('a')", "method"),
    ("currentUser()", "method"),
    ("'a' + b", "adds_text"),
    ("list[i]", "index"),
    ("function", "name"),
    ("a$b", "name"),
    ("a b", "syntax"),
    ("a ? b", "syntax"),
    ("", "syntax"),
    ("a +", "syntax"),
    ("[1, 2]", "syntax"),
    ("x -> x", "syntax"),
    ("a = b", "syntax"),
    ("'open", "syntax"),
    ("(" * 100 + "a" + ")" * 100, "nested"),
    ("!" * 100 + "a", "nested"),
    ("a" * 30_000, "too_long"),
]


@pytest.mark.parametrize(("juel", "feel"), SAME)
def test_an_expression_becomes_feel(juel, feel):
    assert expression(juel) == feel


@pytest.mark.parametrize(("juel", "reason"), REFUSED, ids=[f"{text[:20]}-{code}" for text, code in REFUSED])
def test_what_has_no_certain_feel_is_refused_with_a_reason(juel, reason):
    with pytest.raises(NotConvertible) as refused:
        expression(juel)
    assert refused.value.code == reason


# JUEL, variables, the value that JUEL gives.
VALUES = [
    ("!approved", {"approved": None}, True),
    ("!approved", {"approved": True}, False),
    ("!(a > 5)", {"a": None}, True),
    ("empty x", {}, True),
    ("empty x", {"x": ""}, True),
    ("empty x", {"x": []}, True),
    ("empty x", {"x": {}}, True),
    ("empty x", {"x": 0}, False),
    ("empty x", {"x": "a"}, False),
    ("not empty x", {"x": "a"}, True),
    ("not empty x", {"x": [1]}, True),
    ("not empty x", {"x": None}, False),
    ("a % 3", {"a": 7}, 1),
    ("a % 3", {"a": -7}, -1),
    ("a mod -3", {"a": 7}, 1),
    ("10 - a % 3", {"a": 7}, 9),
    ("2 * a % 4", {"a": 3}, 2),
    ("8 / 2 / 2", {}, 2),
    ("2 + 3 * 4", {}, 14),
    ("x == 'true'", {"x": True}, True),
    ("x == 'true'", {"x": "true"}, True),
    ("x == '5'", {"x": 5}, True),
    ("x != 'true'", {"x": None}, True),
    ("items[0]", {"items": ["a", "b"]}, "a"),
    ("loopCounter == 0", {"loopCounter": 1}, True),
    (r"'a\\b'", {}, "a\\b"),
    ("a ? 1 : 2", {"a": None}, 2),
]


@pytest.mark.parametrize(("juel", "variables", "value"), VALUES)
def test_the_feel_has_the_value_that_juel_gives(juel, variables, value):
    assert to_json(parse(expression(juel)).evaluate(variables, now=NOW).value) == value


TEMPLATES = [
    ("kim", "kim"),
    ("", ""),
    ("${kim}", "=kim"),
    ("#{kim}", "=kim"),
    ("a${b}c", '="a" + string(b) + "c"'),
    ("${a}${b}", "=string(a) + string(b)"),
    ("${a == '}' ? 1 : 2}", '=if a = "}" then 1 else 2'),
    (r"\${kim}", '="${kim}"'),
    ("=kim", '="=kim"'),
    ("100%", "100%"),
    ("$5", "$5"),
]


@pytest.mark.parametrize(("text", "feel"), TEMPLATES)
def test_a_text_is_fixed_or_computed_or_joined(text, feel):
    assert formula(text) == feel


def test_an_expression_without_its_brace_is_refused():
    with pytest.raises(NotConvertible, match="unclosed"):
        formula("${a")


@pytest.mark.parametrize(
    ("text", "feel"),
    [
        ("a, b", "a, b"),
        ("${people}", "=people"),
        ("a, ${b}", '=["a", b]'),
        ("${x == 'a,b' ? 'c' : 'd'}, e_${f}", '=[if x = "a,b" then "c" else "d", "e_" + string(f)]'),
    ],
)
def test_a_list_of_names_is_split_outside_expressions(text, feel):
    assert listed(text) == feel


@pytest.mark.parametrize(
    ("script", "feel"),
    [("'a' + b + 1", '"a" + string(b) + string(1)'), ("a === 1 ? 'x' : 'y'", 'if a = 1 then "x" else "y"'), ("a + b", "a + b")],
)
def test_an_expression_of_a_script_may_join_texts(script, feel):
    assert expression(script, script=True) == feel


WORDS = st.sampled_from("a b.c 1 2.5 'x' true null ( ) && || ! == < + - * / % ? : empty [0] .size() and not ${ } , \" \\ 甲".split())


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_whatever_is_written_becomes_valid_feel_or_is_refused(text):
    try:
        feel = expression(text)
    except NotConvertible:
        return
    parse(feel)


@given(st.text(max_size=40))
def test_any_text_becomes_a_formula_or_is_refused(text):
    try:
        made = formula(text)
    except NotConvertible:
        return
    if made.startswith("="):
        parse(made[1:])

PAGE = (Path(__file__).parent.parent.parent / "docs" / "importing.md").read_text("utf-8").partition("## 表达式")[2]
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("juel", "feel"), ROWS)
def test_every_expression_of_the_page_is_true(juel, feel):
    assert len(ROWS) > 10
    assert expression(juel) == feel
