"""What is wrong with an expression, and where: errors of syntax when it is parsed, warnings when it is evaluated."""
from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import engine.feel
from engine.feel import FeelSyntaxError, parse, parse_unary_tests
from engine.texts import text as sentence

from .tables import evaluate

SYNTAX = [
    ("", "empty", 1, 1), ("  ", "empty", 1, 3), ("1 +", "unexpected_end", 1, 4), ("a b", "expected_operator", 1, 3),
    ("1 2", "expected_operator", 1, 3), ("a ==b", "foreign_operator", 1, 3), ("a && b", "foreign_operator", 1, 3),
    ("!a", "foreign_operator", 1, 1), ("'a'", "foreign_operator", 1, 1), ("a > 1 and\n  b ||c", "foreign_operator", 2, 5),
    ("金额 ＞ 100", "full_width", 1, 4), ("max（1，2）", "full_width", 1, 4), ("状态 = “已办”", "full_width", 1, 6),
    ('"abc', "unterminated_string", 1, 1), ('1 +\n "abc', "unterminated_string", 2, 2), ("1 /* x", "unterminated_comment", 1, 3),
    ("[1, 2", "missing_sign", 1, 6), ("(1", "missing_sign", 1, 3), ("{a: 1", "missing_sign", 1, 6), ("{a 1}", "unexpected_token", 1, 5),
    ("if a then b", "missing_sign", 1, 12), ("if a else b", "unexpected_token", 1, 6), ("for x return 1", "missing_sign", 1, 15),
    ("some x in [1] return x", "unexpected_token", 1, 15), ("1 between 2", "missing_sign", 1, 12),
    ("f(a: 1, 2)", "mixed_arguments", 1, 9), ("f(1, a: 2)", "mixed_arguments", 1, 9), ("{a: 1, a: 2}", "duplicate_key", 1, 8),
    ("function(a, a) 1", "duplicate_key", 1, 13), ("function(a) external {java: {}}", "external_function", 1, 13),
    ("1 instance of int", "unknown_type", 1, 15), ("1 instance of", "unexpected_end", 1, 14), ('@"2024-13-01"', "invalid_literal", 1, 1),
    ("@x", "unexpected_token", 1, 2), (r'"\uD83D"', "invalid_escape", 1, 1), ("a.", "unexpected_end", 1, 3),
    ("a.1", "expected_operator", 1, 2), ("a..b", "expected_operator", 1, 2), ("1.", "unexpected_end", 1, 3),
    ("then", "expected_value", 1, 1), ("* 2", "expected_value", 1, 1), ("1 <> 2", "expected_value", 1, 4),
    ("x in", "unexpected_end", 1, 5), (")", "expected_value", 1, 1), ("1)", "expected_operator", 1, 2), ("----1", "expected_value", 1, 1),
    ("#", "expected_value", 1, 1), ("1e99999", "invalid_literal", 1, 1), ("${a}", "expected_value", 1, 1),
    ("[1..2", "missing_sign", 1, 6), ("f(1", "missing_sign", 1, 4), ("a[1", "missing_sign", 1, 4),
    ("(" * 100 + "1" + ")" * 100, "nested_too_deep", 1, 41), ("-(" * 100, "nested_too_deep", 1, 81),
    ("a" + ".b" * 100, "nested_too_deep", 1, 82), ("[" * 5000, "nested_too_deep", 1, 41), ("1 + " * 20000 + "1", "too_long", 1, 1),
    ("null null", "expected_operator", 1, 6),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), SYNTAX)
def test_an_error_has_a_code_and_a_place(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        parse(text)

    error = caught.value
    assert (error.code, error.line, error.column) == (code, line, column)
    assert "—" not in sentence(f"feel.{error.code}", "zh", **error.facts)


@pytest.mark.parametrize("text", ["", "> ", "1, ", "not(1", "[1..2", "- 1 -", "a b", "= = 1", ", 1"])
def test_broken_unary_tests_are_refused(text: str) -> None:
    with pytest.raises(FeelSyntaxError):
        parse_unary_tests(text)


WARNINGS = [
    ('1 + "a"', "no_operation", 1, 3), ("\n  x", "unknown_name", 2, 3), ("1 / 0", "division_by_zero", 1, 3),
    ('1 = "1"', "not_comparable", 1, 1), ("true and 1", "not_boolean", 1, 10), ("if 1 then 2 else 3", "not_boolean", 1, 4),
    ("{a: 1}.b", "no_such_entry", 1, 7), ("(1).b", "no_such_property", 1, 4), ("[1][5]", "no_such_element", 1, 4),
    ('number("x")', "not_a_number", 1, 1), ("  floor(null)", "null_argument", 1, 3), ('floor("a")', "bad_argument", 1, 1),
    ("floor()", "wrong_arguments", 1, 1), ('date("x")', "not_temporal", 1, 1), ("for i in null return i", "not_iterable", 1, 1),
    ('matches("a", "[")', "bad_pattern", 1, 1), ('sum(["a"])', "bad_element", 1, 1), ("order.buyer.age", "no_such_entry", 1, 12),
    ("order.id.x", "no_such_property", 1, 9), ("order(1)", "not_a_function", 1, 1), ("assert(1, false, \"x\")", "assertion_failed", 1, 1),
    ('@"9999-12-31" + @"P1D"', "date_out_of_range", 1, 15), ('{f: function(a) a, r: f()}.r', "wrong_arguments", 1, 23),
    ("odd", "unsupported_value", 1, 1),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), WARNINGS)
def test_a_null_leaves_a_warning_with_its_place(text: str, code: str, line: int, column: int) -> None:
    scope = {"order": {"id": 1, "buyer": {"name": "李雷"}}, "odd": object()}

    warning = evaluate(text, scope).warnings[0]

    assert (warning.code, warning.line, warning.column) == (code, line, column)
    for language in ("zh", "en"):
        assert "—" not in sentence(f"feel.warning.{code}", language, **warning.facts).replace("{key:", "")


@pytest.mark.parametrize(("text", "code"), [
    ("a + floor()", "wrong_arguments"), ("floor(x: 1)", "wrong_arguments"), ('a > date("2024-13-01")', "not_temporal"),
    ('a + duration("3D")', "not_temporal"), ('matches(a, "[")', "bad_pattern"), ('split(a, "(")', "bad_pattern"),
    ('upper case(1)', "bad_argument"), ('number("x")', "not_a_number"),
])
def test_a_call_that_can_never_go_well_is_known_at_once(text: str, code: str) -> None:
    assert [problem.code for problem in parse(text).problems] == [code]
    assert [problem.code for problem in parse_unary_tests(f"? = 1 and {text}").problems] == [code]


@pytest.mark.parametrize("text", ["floor(a)", 'date("2024-01-01")', "now()", 'matches(a, "a b", "x")', "not(null)", "sum(a)", "count([1])"])
def test_a_call_that_may_go_well_is_no_problem(text: str) -> None:
    assert parse(text).problems == ()


def test_a_missing_value_that_is_expected_leaves_no_warning() -> None:
    assert evaluate("get or else(a.b.c, 1) + (if is defined(x) then 1 else 2)").warnings == ()


def test_a_loop_does_not_repeat_a_warning_without_end() -> None:
    assert len(evaluate("for i in 1..1000 return i + null").warnings) == 50


def test_every_code_has_its_sentence_in_both_languages() -> None:
    sources = "\n".join(file.read_text("utf-8") for file in Path(engine.feel.__file__).parent.rglob("*.py"))
    errors = set(re.findall(r'FeelSyntaxError\(\s*"(\w+)"', sources)) | {f"expected_{what}" for what in ("value", "operator", "name", "type")}
    errors.add("budget_exceeded")
    warnings = set(re.findall(r'Null\(\s*"(\w+)"', sources)) | set(re.findall(r'\.warn\([\w.]+, "(\w+)"', sources))

    keys = {f"feel.{code}" for code in errors} | {f"feel.warning.{code}" for code in warnings}

    texts = Path(engine.feel.__file__).parents[1] / "texts"
    for language in ("zh", "en"):
        assert set(json.loads((texts / language / "feel.json").read_text("utf-8"))) == keys
