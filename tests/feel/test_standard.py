"""What the tables of DMN 1.4 chapter 10 say, checked case by case or over all combinations. Each table is named where it is used."""
from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import parse

from .tables import NOW, evaluate, test_of, value_of

ENDS = [(low, high, low_in, high_in) for low in (1, 2, 3) for high in (1, 2, 3) for low_in in (True, False) for high_in in (True, False) if low <= high]
End = tuple[int, int, bool, bool]


def literal(end: End) -> str:
    low, high, low_in, high_in = end
    return f"{'[' if low_in else '('}{low}..{high}{']' if high_in else ')'}"


# Table 78, column "evaluates to true if and only if", for two ranges.
PAIRS: dict[str, Callable[[End, End], bool]] = {
    "before": lambda a, b: a[1] < b[0] or (a[1] == b[0] and not (a[3] and b[2])),
    "after": lambda a, b: a[0] > b[1] or (a[0] == b[1] and not (a[2] and b[3])),
    "meets": lambda a, b: a[3] and b[2] and a[1] == b[0],
    "met by": lambda a, b: a[2] and b[3] and a[0] == b[1],
    "overlaps": lambda a, b: (a[1] > b[0] or (a[1] == b[0] and a[3] and b[2])) and (a[0] < b[1] or (a[0] == b[1] and a[2] and b[3])),
    "overlaps before": lambda a, b: (
        (a[0] < b[0] or (a[0] == b[0] and a[2] and not b[2])) and (a[1] > b[0] or (a[1] == b[0] and a[3] and b[2]))
        and (a[1] < b[1] or (a[1] == b[1] and (not a[3] or b[3])))),
    "overlaps after": lambda a, b: (
        (b[0] < a[0] or (b[0] == a[0] and b[2] and not a[2])) and (b[1] > a[0] or (b[1] == a[0] and b[3] and a[2]))
        and (b[1] < a[1] or (b[1] == a[1] and (not b[3] or a[3])))),
    "finishes": lambda a, b: a[3] == b[3] and a[1] == b[1] and (a[0] > b[0] or (a[0] == b[0] and (not a[2] or b[2]))),
    "finished by": lambda a, b: a[3] == b[3] and a[1] == b[1] and (a[0] < b[0] or (a[0] == b[0] and (a[2] or not b[2]))),
    "includes": lambda a, b: (
        (a[0] < b[0] or (a[0] == b[0] and (a[2] or not b[2]))) and (a[1] > b[1] or (a[1] == b[1] and (a[3] or not b[3])))),
    "during": lambda a, b: (
        (b[0] < a[0] or (b[0] == a[0] and (b[2] or not a[2]))) and (b[1] > a[1] or (b[1] == a[1] and (b[3] or not a[3])))),
    "starts": lambda a, b: a[0] == b[0] and a[2] == b[2] and (a[1] < b[1] or (a[1] == b[1] and (not a[3] or b[3]))),
    "started by": lambda a, b: a[0] == b[0] and a[2] == b[2] and (b[1] < a[1] or (b[1] == a[1] and (not b[3] or a[3]))),
    "coincides": lambda a, b: a == b,
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_ranges_of_every_kind_relate_as_the_standard_says(name: str) -> None:
    for a, b in product(ENDS, ENDS):
        assert value_of(f"{name}({literal(a)}, {literal(b)})") is PAIRS[name](a, b), (literal(a), literal(b))


# Table 78 again, for a point and a range; the last two functions take the range first.
POINTS: dict[str, Callable[[int, End], bool]] = {
    "before": lambda p, r: p < r[0] or (p == r[0] and not r[2]),
    "after": lambda p, r: p > r[1] or (p == r[1] and not r[3]),
    "finishes": lambda p, r: r[3] and r[1] == p,
    "starts": lambda p, r: r[2] and r[0] == p,
    "during": lambda p, r: (r[0] < p < r[1]) or (r[0] == p and r[2]) or (r[1] == p and r[3]),
}


@pytest.mark.parametrize("name", POINTS)
def test_a_point_and_a_range_of_every_kind_relate_as_the_standard_says(name: str) -> None:
    for point, end in product((0, 1, 2, 3, 4), [each for each in ENDS if each[0] < each[1]]):
        assert value_of(f"{name}({point}, {literal(end)})") is POINTS[name](point, end), (point, literal(end))


TYPES = {
    "number": "2", "string": '"a"', "boolean": "true", "date": '@"2024-01-31"', "time": '@"10:00:00"', "date and time": '@"2024-01-31T10:00:00"',
    "days and time duration": '@"PT36H"', "years and months duration": '@"P1M"', "list": "[1, 2]", "context": "{a: 1}", "null": "null",
}
N, S, D, T, DT, DTD, YMD = "number", "string", "date", "time", "date and time", "days and time duration", "years and months duration"
# Tables 57, 59 and 60: every combination that has a result; the others are null.
RESULTS: dict[str, dict[tuple[str, str], str]] = {
    "+": {(N, N): N, (S, S): S, (DTD, DTD): DTD, (YMD, YMD): YMD, (D, YMD): D, (YMD, D): D, (D, DTD): D, (DTD, D): D, (DT, YMD): DT,
          (YMD, DT): DT, (DT, DTD): DT, (DTD, DT): DT, (T, DTD): T, (DTD, T): T},
    "-": {(N, N): N, (DTD, DTD): DTD, (YMD, YMD): YMD, (D, D): DTD, (DT, DT): DTD, (T, T): DTD, (D, YMD): D, (D, DTD): D, (DT, YMD): DT,
          (DT, DTD): DT, (T, DTD): T},
    "*": {(N, N): N, (DTD, N): DTD, (N, DTD): DTD, (YMD, N): YMD, (N, YMD): YMD},
    "/": {(N, N): N, (DTD, N): DTD, (YMD, N): YMD, (DTD, DTD): N, (YMD, YMD): N},
    "**": {(N, N): N},
}


@pytest.mark.parametrize(("operator", "left", "right"), [(sign, a, b) for sign in RESULTS for a in TYPES for b in TYPES])
def test_an_operator_has_a_result_for_the_types_of_its_table_only(operator: str, left: str, right: str) -> None:
    text = f"{TYPES[left]} {operator} {TYPES[right]}"
    kind = RESULTS[operator].get((left, right))

    evaluation = evaluate(text)

    assert (evaluation.value is None) is (kind is None) and bool(evaluation.warnings) is (kind is None), text
    assert kind is None or value_of(f"({text}) instance of {kind}") is True


@pytest.mark.parametrize(("left", "right"), [(a, b) for a in TYPES for b in TYPES])
def test_values_are_compared_within_their_type_only(left: str, right: str) -> None:
    """Tables 52 to 54, and the rows of Table 49 that compare with null."""
    equal, less = value_of(f"{TYPES[left]} = {TYPES[right]}"), value_of(f"{TYPES[left]} < {TYPES[right]}")

    assert equal is (left == right if left == right or "null" in (left, right) else None)
    assert less is (False if left == right and left in (N, S, D, T, DT, DTD, YMD) else None)


ZONES = [
    # §10.3.2.3.5: a date is its midnight in UTC. Table 57: both have a zone, or neither.
    ('@"2024-01-02" - @"2024-01-01T18:00:00+08:00"', "PT14H"), ('@"2024-01-01T18:00:00Z" - @"2024-01-01"', "PT18H"),
    ('@"2024-01-02" - @"2024-01-01T18:00:00"', None), ('@"2024-01-01T18:00:00" - @"2024-01-01T10:00:00Z"', None),
    ('@"2024-01-01T18:00:00" - @"2024-01-01T10:00:00"', "PT8H"), ('@"10:00:00Z" - @"10:00:00+08:00"', "PT8H"),
    # Table 54: the one without takes the offset of the other.
    ('@"2024-01-01T18:00:00" < @"2024-01-01T18:00:01+08:00"', True), ('@"2024-01-01T18:00:00" >= @"2024-01-01T18:00:00-05:00"', True),
    ('@"2024-07-01T12:00:00" <= @"2024-07-01T12:00:00@Europe/Berlin"', True), ('@"10:00:00" < @"10:00:01Z"', True),
    # Tables 65 and 66
    ('@"10:00:00@Asia/Shanghai".timezone', "Asia/Shanghai"), ('@"10:00:00+08:00".timezone', None), ('@"10:00:00Z".timezone', None),
    ('@"10:00:00+08:00".time offset', "PT8H"), ('@"10:00:00".time offset', None), ('@"2024-07-01T10:00:00@Europe/Berlin".time offset', "PT2H"),
    ('@"P1M".days', None), ('@"P1D".months', None), ('@"2024-01-01".hour', None), ('@"-P1DT1H".days', -1), ('@"PT1.5S".seconds', 1.5),
    ("[1..2).end included", False), ("(<= 10).start", None), ("(<= 10).start included", False), ("(<= 10).end included", True),
]
CALLS = [
    # §10.3.2.13.5 and Table 63
    ("list contains(list: [1, null])", True), ('contains(string: "a")', None), ('substring(start position: 2, string: "abc")', "bc"),
    ("{f: function(a, b) b = null, r: f(a: 1)}.r", True), ("{f: function(a, b) 1, r: f(1)}.r", None), ('(function(a: string) 1)(2)', None),
    ("(function(a: number) a)(null)", None), ("(function(a: list<number>) count(a))(1)", 1),
    # Table 53: the same parameters, body and scope
    ("{f: function(x) x + 1, same: f = f}.same", True), ("(function(x) x) = (function(x) x)", True), ("(function(x) x) = (function(y) y)", False),
    # Table 68
    ("null[1]", None), ("null[item = null]", None), ("5[1]", 5), ("5[2]", None), ("5[item = 5]", [5]), ("5[item = 6]", []),
    ("[{item: 1}, {item: 2}][item > 1]", [{"item": 2}]), ("[1, 2, 3][1.5]", None), ("[1][0]", None),
    # §10.3.2.7
    ("[5..1]", None), ('[1.."a"]', None), ("3 in [5..1]", False), ("[true..false]", None), ("not(3 in [5..1])", True),
    # Tables 72, 74 to 76 and 81: outside of the domain
    ('number(" 1")', None), ('number("1e3")', 1000), ('number("1,000.5", ",", ".")', 1000.5), ('number("1", ".", ".")', None), ("string(null)", None),
    ('substring("abc", 4)', None), ('substring("abc", -4)', None), ('substring("abc", 1, 0)', None), ("sublist([1], 1, 0)", None),
    ("floor(1.5, null)", None), ("ceiling(1.5, null)", None), ("floor(-1.56, 1)", -1.6), ("decimal(1, 6177)", None),
    ('context put({x: 1}, ["y", "a"], 2)', None), ('context put({x: 1, y: {a: 0}}, ["y", "b"], 2)', {"x": 1, "y": {"a": 0, "b": 2}}),
    ("context put({a: 1}, [], 2)", None), ("10 ** -7000", None), ("10 ** -6000 * 10 ** -6000", None), ("10 ** 7000", None), ("1 ** 999999999", 1), ("1 ** 1000000000", None),
    ("stddev([47])", None), ("mode([])", []), ("sum([])", None), ("min([])", None), ("all([])", True), ("any([])", False), ("all(0)", None),
]


@pytest.mark.parametrize(("text", "expected"), ZONES + CALLS)
def test_a_rule_of_the_standard_holds(text: str, expected: object) -> None:
    assert value_of(text) == expected


LOGIC = [True, False, None, 1]


@pytest.mark.parametrize(("a", "b"), list(product(LOGIC, LOGIC)))
def test_three_valued_logic(a: object, b: object) -> None:
    """Tables 50 and 51: what is neither true nor false counts as unknown."""
    known = [each if isinstance(each, bool) else None for each in (a, b)]
    scope = {"a": a, "b": b}

    assert value_of("a and b", scope) is (False if False in known else None if None in known else True)
    assert value_of("a or b", scope) is (True if True in known else None if None in known else False)
    assert value_of("not(a)", scope) is (None if known[0] is None else not known[0])


TESTS = [
    # Rule 15 and §7.3.2
    ("-", 1, True), ("-", None, True), ("3", 3, True), ("1, 3", 3, True), ("[1, 3]", 3, True), ("[2..4], 9", 3, True), ("not(1, 3)", 3, False),
    ("not(1, 2)", 3, True), ("not(< 2)", 3, True), ("? > 2", 3, True), ("? > 2 and ? < 4", 3, True), ("not(? > 2)", 3, False), ("< 2, > 2", 3, True),
    ("!= 2", 3, True), ("= 3", 3, True), ("null", None, True), ("null", 3, False), ("< 2", None, None), ('"a"', 3, None), ("[1..3)", 3, False),
    ("limits", 3, True), ("even(?)", 4, True), ("if ? > 2 then true else false", 3, True), ("[[1, 2]]", [1, 2], True), ("[1, 2]", [1, 2], True),
]


@pytest.mark.parametrize(("cell", "value", "expected"), TESTS)
def test_a_unary_test_is_satisfied_as_the_standard_says(cell: str, value: object, expected: object) -> None:
    assert test_of(cell, value, {"limits": [1, 3]}) is expected


NAMES = st.lists(
    st.sampled_from(["额", "rate", "in", "and", "+", "-", "/", "*", ".", "'", "2024", "é", "𝒳", "（年）", "date"]), min_size=1, max_size=5,
).map(lambda parts: ["名", *parts])


@given(parts=NAMES, spaces=st.lists(st.sampled_from(["", " ", "  ", "\n"]), min_size=6, max_size=6))
def test_a_known_name_is_read_however_its_tokens_are_spaced(parts: list[str], spaces: list[str]) -> None:
    """§10.3.1.4: a name is a sequence of tokens, and the longest one in scope is meant (§10.3.1.6)."""
    name = " ".join(parts)
    typed = "".join(part + (space or " ") for part, space in zip(parts, spaces, strict=False)).strip()

    assert parse(f"{typed} = 1", [name, "名"]).evaluate({name: 1, "名": 2}, now=NOW).value is True


@given(st.lists(st.sampled_from("0123456789.eE+-\"@[](){},:?<>=!*/ \\abpPTYMD金（\n"), max_size=25).map("".join))
def test_any_characters_are_an_expression_or_a_syntax_error(text: str) -> None:
    from engine.feel import Budget, BudgetExceeded, FeelSyntaxError

    try:
        parse(text).evaluate({}, now=NOW, budget=Budget(steps=2000, size=2000, depth=10))
    except (FeelSyntaxError, BudgetExceeded):
        pass
