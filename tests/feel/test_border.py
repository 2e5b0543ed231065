"""Values that come from the host and go back to it."""
from __future__ import annotations

from collections import OrderedDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import DaysTimeDuration, NotStorable, YearsMonthsDuration, host_function, parse_unary_tests, shown, to_json
from engine.tables.types import decode, encode

from .tables import NOW, evaluate, value_of


def test_floats_are_read_as_they_are_written() -> None:
    assert value_of("a + b = 0.3 and a = 0.1", {"a": 0.1, "b": 0.2}) is True


@pytest.mark.parametrize(("raw", "kind"), [
    (1, "number"), (1.5, "number"), (Decimal("1.5"), "number"), (True, "boolean"), ("a", "string"), ([1], "list<number>"),
    ((1, 2), "list<number>"), ({"a": 1}, "context<a: number>"), (OrderedDict(a=1), "context<a: number>"), (date(2024, 1, 1), "date"),
    (datetime(2024, 1, 1), "date and time"), (NOW, "date and time"), (timedelta(days=1), "days and time duration"),
    (DaysTimeDuration(5), "days and time duration"), (YearsMonthsDuration(5), "years and months duration"),
])
def test_a_host_value_has_its_type(raw: object, kind: str) -> None:
    assert value_of(f"x instance of {kind}", {"x": raw}) is True


@pytest.mark.parametrize("raw", [float("nan"), float("inf"), object(), {1, 2}, b"x", Decimal("NaN")])
def test_a_value_that_feel_has_no_type_for_is_null_with_a_warning(raw: object) -> None:
    evaluation = evaluate("x", {"x": raw})

    assert evaluation.value is None and len(evaluation.warnings) == 1


def test_a_tested_value_that_feel_has_no_type_for_decides_nothing() -> None:
    evaluation = parse_unary_tests("> 3").evaluate(object(), {}, now=NOW)

    assert evaluation.value is None and evaluation.warnings[0].code == "unsupported_value"


THIRD = Decimal("0.3333333333333333333333333333333333")


@pytest.mark.parametrize(("text", "expected"), [
    ("1.50", 1.5), ("3.0", 3), ("-0", 0), ("10 ** 18", 10**18), ("2 ** 100", 2**100), ("10 ** 33", 10**33), ("0.1 + 0.2", 0.3), ("1 / 3", THIRD),
    ("9007199254740993", 2**53 + 1), ("9007199254740993.5", Decimal("9007199254740993.5")), ("10 ** 300", 1e300),
    ("10 ** 400", Decimal("1E+400")), ("-(10 ** 6000)", Decimal("-1E+6000")), ("10 ** -6000", Decimal("1E-6000")),
    ("[1, [2.5, {a: null, b: 1 / 3}]]", [1, [2.5, {"a": None, "b": THIRD}]]),
    ('@"2024-01-01T10:00:00@Asia/Shanghai"', "2024-01-01T10:00:00+08:00"), ('@"10:00:00@Asia/Shanghai"', "10:00:00+08:00"),
    ('@"2024-01-01"', "2024-01-01"), ('@"2024-01-01T10:00:00"', "2024-01-01T10:00:00"), ('@"P1DT2H0.5S"', "P1DT2H0.5S"), ('@"-P13M"', "-P1Y1M"),
])
def test_a_value_becomes_json(text: str, expected: object) -> None:
    value = to_json(evaluate(text).value)

    assert value == expected and type(value) is type(expected)


@pytest.mark.parametrize(("text", "kind"), [
    ("(1..3]", "range"), ("function(x) x + 1", "function"), ("sum", "function"), ("[1, {a: [(< 5)]}]", "range"), ("{f: function(x) x, n: f(1)}", "function"),
])
def test_a_value_that_json_has_no_form_for_is_never_stored(text: str, kind: str) -> None:
    with pytest.raises(NotStorable) as caught:
        to_json(evaluate(text).value)

    assert caught.value.facts == {"type": kind}


@pytest.mark.parametrize(("text", "expected"), [
    ("(1..3]", "(1..3]"), ("function(x) x + 1", "function(x) x + 1"), ("[sum]", ["sum"]),
    ('[@"2024-01-01"..@"2024-02-01"]', '[@"2024-01-01"..@"2024-02-01"]'),
])
def test_people_are_shown_what_json_has_no_form_for(text: str, expected: object) -> None:
    assert shown(evaluate(text).value) == expected


DECIMALS = st.builds(
    lambda sign, digits, exponent: Decimal((sign, digits, exponent)),
    st.integers(0, 1), st.lists(st.integers(0, 9), min_size=1, max_size=34).map(tuple), st.integers(-6176, 6111))


@given(DECIMALS | st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back_digit_for_digit(number: object) -> None:
    value = evaluate("x", {"x": number}).value

    assert evaluate("x", {"x": decode(encode(to_json(value)))}).value == value


def test_a_host_function_is_called_by_position_or_name() -> None:
    scope = {"应收 税额": host_function(["金额", "税率"], lambda amount, rate: amount * rate)}

    assert value_of("应收 税额(200, 0.03)", scope, scope) == 6
    assert value_of("应收 税额(税率: 0.5, 金额: 10)", scope, scope) == 5
    assert value_of("应收 税额(1)", scope, scope) is None


def test_a_host_function_may_replace_a_built_in_one() -> None:
    assert value_of("sum([1, 2])", {"sum": host_function(["list"], lambda items: len(items))}) == 2


def test_what_a_host_function_raises_goes_through() -> None:
    def broken(x: object) -> object:
        raise KeyError("host")

    with pytest.raises(KeyError):
        evaluate("f(1)", {"f": host_function(["x"], broken)})


def test_only_the_asked_part_of_a_scope_is_read() -> None:
    assert evaluate("order.id", {"order": {"id": 7, "raw": object()}}).warnings == ()


def test_a_path_into_an_unknown_type_is_null() -> None:
    assert evaluate("a.b", {"a": {"b": object()}}).warnings[0].code == "unsupported_value"


def test_results_go_round_through_json() -> None:
    first = to_json(evaluate('{d: @"2024-01-31", p: @"P1M", n: 0.1}').value)

    assert value_of("date(x.d) + duration(x.p)", {"x": first}) == "2024-02-29"


def test_a_zone_other_than_python_s_own_is_kept_as_its_offset() -> None:
    assert value_of("string(x)", {"x": datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=8)))}) == "2024-01-01T00:00:00+08:00"
