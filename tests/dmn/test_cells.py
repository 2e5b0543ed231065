from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.dmn.cells import Cell, constant, literal, literals
from engine.feel import parse_unary_tests
from engine.feel.values import DaysTimeDuration, YearsMonthsDuration
from tests.dmn.builders import NOW

NUMBERS = st.sampled_from(["0", "1", "-1", "1.0", "1.5", ".5", "2", "10", "-0.5"])
WORDS = st.sampled_from(['"a"', '"b"', '""', '"日 期"', '"1"', '"a,b"'])
DAYS = st.sampled_from(['date("2026-01-01")', '@"2026-01-02"', 'date( "2025-12-31" )'])
SPANS = st.sampled_from(['duration("PT1H")', '@"P1D"', 'duration("-PT1H")', '@"PT24H"'])
YEARS = st.sampled_from(['duration("P1Y")', '@"P12M"', '@"P1Y1M"'])
VALUES: dict[str, list[object]] = {
    "number": [Decimal(text) for text in ("0", "1", "-1", "1.5", "0.5", "2", "10", "-0.5", "1.25", "3")],
    "string": ["a", "b", "", "日 期", "1", "a,b", "c"],
    "date": [date(2026, 1, 1), date(2026, 1, 2), date(2025, 12, 31), date(2024, 1, 1)],
    "span": [DaysTimeDuration(3_600_000_000), DaysTimeDuration(86_400_000_000), DaysTimeDuration(0)],
    "years": [YearsMonthsDuration(12), YearsMonthsDuration(13), YearsMonthsDuration(0)],
}


def ordered(literals_: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ranges = st.tuples(st.sampled_from("[(]"), literals_, literals_, st.sampled_from("])[")).map(lambda r: f"{r[0]}{r[1]}..{r[2]}{r[3]}")
    return st.one_of(literals_, ranges, st.tuples(st.sampled_from(["<", "<=", ">", ">= "]), literals_).map("".join))


def cells(test: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(test, min_size=1, max_size=3).map(", ".join)
    return st.one_of(lists, lists.map(lambda text: f"not({text})"))


CASES = st.one_of(
    st.tuples(st.just("number"), cells(ordered(NUMBERS))),
    st.tuples(st.just("string"), cells(WORDS)),
    st.tuples(st.just("date"), cells(ordered(DAYS))),
    st.tuples(st.just("span"), cells(ordered(SPANS))),
    st.tuples(st.just("years"), cells(ordered(YEARS))),
)


@settings(max_examples=400)
@given(CASES)
def test_constants_are_judged_as_feel_judges_them(case: tuple[str, str]) -> None:
    kind, text = case
    understood = constant(text)
    assert understood is not None
    cell, feel = Cell(text, 1, parse_unary_tests(text), understood), parse_unary_tests(text)

    for value in VALUES[kind]:
        assert cell.fast is not None and type(value) is cell.fast[0]
        assert cell.fast[1](value) is (feel.evaluate(value, {}, now=NOW).value is True), (text, value)
    assert understood.accepts_null is (feel.evaluate(None, {}, now=NOW).value is True)


@pytest.mark.parametrize(
    "text",
    [
        "x", "1 + 1", '"a" + "b"', '"a\\n"', "-x", "1e5", "1, x", 'not("a", b)', "[1..x]", "1..5", "(5)", "- 5", "5.", "= 5", '1, "a"',
        'date("2026-02-30")', 'date("x")', '> "m"', '["a".."c"]', "> true", "> null", "not", "not()", "not(not(1))", "1,", ",1", "",
        'time("08:00:00")', 'date and time("2026-01-01T08:00:00")', '@"08:00:00"', "? > 5", "nullable", "truely", "1" * 40,
    ],
)  # fmt: skip
def test_everything_else_is_left_to_feel(text: str) -> None:
    assert constant(text) is None


def test_literals_are_read() -> None:
    assert literal("-1.50") == (Decimal("-1.50"),)
    assert literal("null") == (None,)
    assert literal('"a"') == ("a",)
    assert literal('"a", "b"') is None
    assert literals('"高", "中","低"') == ("高", "中", "低")
    assert literals("[1..3]") is None
    assert literals('not("a")') is None
