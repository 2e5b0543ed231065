"""Laws that hold for all values, and that nothing a person types breaks the engine."""
from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import Budget, BudgetExceeded, DaysTimeDuration, FeelSyntaxError, YearsMonthsDuration, parse, parse_unary_tests, shown, to_json
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


exact = st.builds(
    lambda sign, digits, exponent: Decimal((sign, digits, exponent)),
    st.integers(0, 1), st.lists(st.integers(0, 9), min_size=1, max_size=34).map(tuple), st.integers(-6176, 6000))
zoned = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from(
    [ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), UTC, timezone(timedelta(hours=-3, minutes=-30))]))
spans = st.builds(DaysTimeDuration, st.integers(-10**17, 10**17)) | st.builds(YearsMonthsDuration, st.integers(-10**9, 10**9))


@given(number=exact)
def test_a_number_is_what_its_text_says(number: Decimal) -> None:
    assert evaluate("number(string(x)) = x", {"x": number}).value is True


# The name of a zone does not tell the two hours apart that one clock shows in the night when summer time ends.
@given(moment=zoned.map(lambda moment: moment.replace(fold=0)) | st.datetimes(), span=spans, day=st.dates())
def test_a_temporal_value_is_what_its_text_says(moment: datetime, span: object, day: date) -> None:
    text = "is(date and time(string(m)), m) and is(time(string(time(m))), time(m)) and is(duration(string(s)), s) and is(date(string(d)), d)"

    assert evaluate(text, {"m": moment, "s": span, "d": day}).value is True


@given(moment=zoned, micro=st.integers(-10**13, 10**13))
def test_an_instant_in_a_zone_moves_there_and_back(moment: datetime, micro: int) -> None:
    scope = {"m": moment, "s": DaysTimeDuration(micro)}

    assert evaluate("(m + s) - s = m and (m + s) - m = s and (m + s < m) = (s < @\"PT0S\")", scope).value is True


@given(a=numbers, b=numbers.filter(bool))
def test_a_remainder_completes_the_whole_quotient(a: Decimal, b: Decimal) -> None:
    assert evaluate("modulo(a, b) = a - b * floor(a / b) and abs(modulo(a, b)) < abs(b)", {"a": a, "b": b}).value is True


@given(n=numbers, scale=st.integers(-5, 5))
def test_rounding_goes_the_way_that_its_name_says(n: Decimal, scale: int) -> None:
    text = ("floor(n, s) <= n and n <= ceiling(n, s) and abs(round down(n, s)) <= abs(n) and abs(n) <= abs(round up(n, s))"
            " and abs(round half up(n, s) - n) <= 5 * 10 ** (-s - 1) and abs(round half down(n, s) - n) <= 5 * 10 ** (-s - 1)"
            " and list contains([round half up(n, s), round half down(n, s)], decimal(n, s))")

    assert evaluate(text, {"n": n, "s": scale}).value is True


@given(first=values, second=values)
def test_equal_values_cannot_be_told_apart(first: object, second: object) -> None:
    scope = {"a": first, "b": second}

    if evaluate("a = b", scope).value is True:
        assert evaluate("b = a and count(distinct values([a, b])) = 1 and index of([a], b) = [1] and {k: a} = {k: b} and [a] = [b]", scope).value is True
    else:
        assert evaluate("a = b", scope).value == evaluate("b = a", scope).value and evaluate("[a] = [b]", scope).value is False


@given(items=st.lists(st.dictionaries(st.sampled_from(["a", "b", "item"]), numbers, min_size=1), max_size=5), limit=numbers)
def test_a_filter_is_the_loop_that_asks_the_same(items: list[object], limit: Decimal) -> None:
    scope = {"x": items, "limit": limit}

    kept = evaluate("x[a > limit]", scope).value

    assert kept == [item for item in evaluate("x", scope).value if item.get("a") is not None and item["a"] > limit]  # type: ignore[union-attr, attr-defined]


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
