"""Laws that hold for all values, and that nothing a person types breaks the engine."""
from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import Budget, BudgetExceeded, FeelSyntaxError, parse, parse_unary_tests, shown, to_json
from engine.feel.budget import Run
from engine.feel.machine import find, program_of
from engine.feel.pattern import read_pattern

from .tables import NOW, evaluate

numbers = st.decimals(min_value=-10**12, max_value=10**12, places=4)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=8)
WORDS = [
    "1", "0", "a", "金额", '"x"', "+", "-", "*", "/", "**", "=", "!=", "<", ">=", "(", ")", "[", "]", "{", "}", ":", ",", ".", "..", "and",
    "or", "not", "in", "between", "if", "then", "else", "for", "some", "every", "return", "satisfies", "instance of", "number", "list",
    "<", "function", "null", "true", "?", "item", "count", "date and time", "@", '"P1D"', '"2024-01-01"', "substring", "partial", "\n",
    "//", "/*", "*/", "“", "（", "\\", "'",
]
programs = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


@given(a=numbers, b=numbers, c=numbers)
def test_addition_is_associative_and_undone_by_subtraction(a: Decimal, b: Decimal, c: Decimal) -> None:
    assert evaluate("a + b = b + a and (a + b) + c = a + (b + c) and a + b - b = a", {"a": a, "b": b, "c": c}).value is True


@given(a=numbers, b=numbers)
def test_one_of_less_equal_greater_holds(a: Decimal, b: Decimal) -> None:
    assert evaluate("count([a < b, a = b, a > b][item]) = 1 and (a <= b) = not(a > b)", {"a": a, "b": b}).value is True


@given(value=values)
def test_every_value_is_itself(value: object) -> None:
    assert evaluate("x = x and is(x, x) and list contains([x], x)", {"x": value}).value is True


@given(value=values)
def test_a_value_survives_json(value: object) -> None:
    read = evaluate("x", {"x": value}).value

    assert to_json(evaluate("x", {"x": to_json(read)}).value) == to_json(read)


@given(text=texts)
def test_a_text_is_what_its_literal_says(text: str) -> None:
    literal = '"' + "".join(f"\\U{ord(character):06X}" for character in text) + '"'

    assert evaluate(f"{literal} = x and string([x]) = string([{literal}])", {"x": text}).value is True


@given(value=values.filter(lambda value: not isinstance(value, dict)))
def test_the_text_of_a_value_reads_as_the_value(value: object) -> None:
    printed = evaluate("string([x])", {"x": value}).value

    if not re.search(r"\d{4}-\d\d", str(printed)):
        assert evaluate(f"{printed} = [x]", {"x": value}).value is True


@given(day=st.dates(date(1000, 1, 1), date(3000, 1, 1)), months=st.integers(-5000, 5000))
def test_months_later_is_the_same_day_or_the_last_one(day: date, months: int) -> None:
    scope = {"d": day, "m": months}

    assert evaluate('(d + m * @"P1M").day = min(d.day, last day of month(d + m * @"P1M").day)', scope).value is True


@given(start=st.datetimes(), end=st.datetimes())
def test_a_difference_of_times_leads_from_one_to_the_other(start: object, end: object) -> None:
    assert evaluate("a + (b - a) = b", {"a": start, "b": end}).value is True


@given(items=st.lists(st.integers(-5, 5)))
def test_lists_keep_what_they_hold(items: list[int]) -> None:
    text = ("sort(x)[1] = min(x) and sort(x)[-1] = max(x) and count(x) = count(sort(x)) and reverse(reverse(x)) = x"
            " and count(distinct values(x)) = count(union(x, x)) and flatten([x, [x]]) = concatenate(x, x)")

    assert evaluate(text, {"x": items}).value is True


@given(text=programs | st.text(max_size=30))
@settings(max_examples=1500, deadline=2000)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    budget = Budget(steps=5000, size=5000, depth=20)
    for unary in (False, True):
        try:
            if unary:
                evaluation = parse_unary_tests(text).evaluate(1, {"a": 1}, now=NOW, budget=budget)
            else:
                evaluation = parse(text).evaluate({"a": 1}, now=NOW, budget=budget)
        except FeelSyntaxError as error:
            assert 1 <= error.line <= text.count("\n") + 1 and error.column >= 1
        except BudgetExceeded:
            pass
        else:
            shown(evaluation.value)


pieces = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "[^a]", ".", "1", r"\d"]),
    lambda inner: st.tuples(inner, inner).map("".join) | st.tuples(inner, inner).map("({0[0]}|{0[1]})".format)
    | st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}", "{2}"])).map("(?:{0[0]}){0[1]}".format)
    | inner.map("({})".format) | inner.map("^{}".format),
    max_leaves=6)


@given(pattern=pieces, subject=st.text("ab1", max_size=8))
@settings(max_examples=500)
def test_the_linear_machine_finds_what_backtracking_finds(pattern: str, subject: str) -> None:
    tree, groups = read_pattern(pattern, "")

    places = find(program_of(tree, groups, False), subject, 0, Run({}, NOW, Budget()))

    found = re.search(pattern, subject)
    assert (places and places[:2]) == (found and found.span())
