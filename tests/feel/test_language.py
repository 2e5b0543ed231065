"""Expressions, chapter by chapter of the grammar in DMN 1.4 §10.3.1.2 and the semantics in §10.3.2."""
from __future__ import annotations

import pytest

from .tables import NOW, evaluate, test_of, value_of

SCOPE = {
    "amount": 1500, "status": "open", "rate": 0.1, "nothing": None, "yes": True,
    "order": {"id": 7, "lines": [{"sku": "a", "price": 10, "qty": 2}, {"sku": "b", "price": 5.5, "qty": 1}], "buyer": {"name": "李雷"}},
    "numbers": [3, 1, 2], "金额": 800, "企业": {"名称": "甲公司", "注册资本": 500}, "my var": 4, "a+b": 9, "date": "2024-01-01",
}

LITERALS = [
    ("1", 1), ("0.5", 0.5), (".5", 0.5), ("-3", -3), ("1.5e3", 1500), ("2E-2", 0.02), ('"a"', "a"), ('""', ""), ("true", True),
    ("false", False), ("null", None), ("[]", []), ("[1, 2]", [1, 2]), ("{}", {}), ('{a: 1, "b c": 2}', {"a": 1, "b c": 2}),
    (r'"a\"b\\c\n\t"', 'a"b\\c\n\t'), (r'"\u4f01\u4e1a"', "企业"), (r'"\U01F40E"', "🐎"), (r'"\uD83D\uDC0E"', "🐎"), (r'"\d"', "\\d"),
    ('"企业"', "企业"), ('@"2024-02-29"', "2024-02-29"), ('@"08:30:00"', "08:30:00"), ('@"2024-02-29T08:30:00Z"', "2024-02-29T08:30:00Z"),
    ('@"P1Y2M"', "P1Y2M"), ('@"P1DT2H"', "P1DT2H"), ('@"-PT5M"', "-PT5M"), ("[1..3]", "[1..3]"), ("]1..3[", "(1..3)"),
    ("(1..3]", "(1..3]"), ('["a".."c"]', '["a".."c"]'), ("(< 10)", "(< 10)"), ("(>= 10)", "(>= 10)"), ("1 // one", 1),
    ("1 /* one\n two */ + 1", 2), ("// first\n1", 1),
]

ARITHMETIC = [
    ("0.1 + 0.2", 0.3), ("0.1 + 0.2 = 0.3", True), ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("7 - 2 - 1", 4), ("12 / 3 / 2", 2),
    ("2 ** 10", 1024), ("2 ** 3 ** 2", 64), ("-2 ** 2", 4), ("-(1 + 2)", -3), ("--1", 1), ("1 - -1", 2), ("1-1", 0), ("10 / 4", 2.5),
    ("1 / 3 * 3 = 1", False), ("2 ** 0.5 * 2 ** 0.5 < 2.0001", True), ("2 ** -1", 0.5), ("0 ** 0", 1), ('"a" + "b"', "ab"),
    ("1 / 0", None), ("0 / 0", None), ('"a" + 1', None), ("1 + null", None), ("null - 1", None), ('"a" - "b"', None), ("-\"a\"", None),
    ("true + 1", None), ("[1] + 1", None), ("9999999999999999999999999999999999 + 1 = 10000000000000000000000000000000000", True),
    ("1.10 = 1.1", True), ("10 ** 6000 * 10 ** 6000", None), ("amount * rate", 150), ("my var + a+b", 13),
]

LOGIC = [
    ("true and true", True), ("true and false", False), ("true and null", None), ("false and null", False), ("null and false", False),
    ("null and null", None), ("null and true", None), ("true or null", True), ("null or true", True), ("false or null", None),
    ("null or null", None), ("false or false", False), ("true and 1", None), ("false and 1", False), ("true or 1", True),
    ('false or "x"', None), ("true or false and false", True), ("not(true)", False), ("not(false)", True), ("not(null)", None),
    ("not(1)", None), ("1 = 1 and 2 = 2 or false", True),
]

COMPARISONS = [
    ("1 < 2", True), ("2 <= 2", True), ("1 > 2", False), ("2 >= 3", False), ("1 = 1.0", True), ("1 != 2", True), ('"a" < "b"', True),
    ('"a" = "A"', False), ("null = null", True), ("null != null", False), ("1 = null", False), ("1 != null", True), ("null < 1", None),
    ("null <= null", None), ('1 = "1"', None), ('1 != "1"', None), ('1 < "1"', None), ("true = true", True), ("true = false", False),
    ("true < false", None), ("[1, 2] = [1, 2]", True), ("[1, 2] = [2, 1]", False), ("[1] = 1", None),
    ("[[1], {a: 2}] = [[1], {a: 2}]", True), ("{a: 1, b: 2} = {b: 2, a: 1}", True), ("{a: 1} = {a: 1, b: null}", False),
    ("[1..2] = [1..2]", True), ("[1..2] = (1..2]", False), ("[1, \"a\"] = [1, 2]", False),
    ('date("2024-01-01") < date("2024-01-02")', True), ('@"10:00:00" < @"11:00:00"', True),
    ('@"2024-01-01T10:00:00Z" = @"2024-01-01T18:00:00+08:00"', True),
    ('@"2024-01-01T10:00:00Z" = @"2024-01-01T18:00:00@Asia/Shanghai"', True), ('@"10:00:00Z" = @"18:00:00+08:00"', True),
    ('@"P1D" = @"PT24H"', True), ('@"P1Y" = @"P12M"', True), ('@"P1Y" = @"P365D"', None),
    ('@"2024-01-01" = @"2024-01-01T00:00:00"', None), ('@"2024-01-01" < "2024-01-02"', None),
    ('@"2024-01-01T18:00:00" = @"2024-01-01T18:00:00Z"', True), ('@"2024-01-01T18:00:00" < @"2024-01-01T10:00:00Z"', False), ("5 between 1 and 5", True), ("0 between 1 and 5", False),
    ("null between 1 and 5", None), ("1 + 1 between 2 and 1 + 1 and true", True), ('"b" between "a" and "c"', True),
]

MEMBERSHIP = [
    ("1 in [1..5]", True), ("1 in (1..5]", False), ("5 in [1..5)", False), ("5 in ]1..5[", False), ("3 in ]1..5[", True),
    ("3 in (1, 2, 3)", True), ("3 in (1, 2)", False), ("3 in [1, 2, 3]", True), ("3 in > 2", True), ("3 in (< 2, > 2)", True),
    ("3 in (< 2)", False), ("3 in ([1..2], [3..4])", True), ("3 in 3", True), ('"b" in ["a".."c"]', True), ("3 in ([1..5])", True),
    ("3 in (> 1, 9)", True), ("null in [1..5]", None), ("null in (null)", True), ('"a" in [1..5]', None), ("[1] in [[1], [2]]", True),
    ("[1] in [1]", True), ("3 in [[1..5]]", True), ('@"2024-02-01" in [@"2024-01-01"..@"2024-03-01"]', True),
    ("amount in (1000, 1500)", True), ("status in (\"open\", \"new\") and amount > 1", True), ("5 in (? > 3)", True),
    ("not(3 in (1, 2))", True), ("1 in null", False), ("1 in (!= 2)", True), ("1 in (= 1)", True),
]

CHOICES = [
    ('if 1 < 2 then "a" else "b"', "a"), ('if null then "a" else "b"', "b"), ('if 1 then "a" else "b"', "b"),
    ("if false then 1 else if true then 2 else 3", 2), ("(if true then 1 else 2) + 1", 2),
    ("if true then if false then 1 else 2 else 3", 2), ("1 + if true then 1 else 2", 2),
]

LOOPS = [
    ("for i in [1, 2] return i * 2", [2, 4]), ("for i in 1..3 return i", [1, 2, 3]), ("for i in 3..1 return i", [3, 2, 1]),
    ("for i in -1..1 return i", [-1, 0, 1]), ("for i in [1, 2], j in [10, 20] return i + j", [11, 21, 12, 22]),
    ("for i in 1..2, j in 1..i return j", [1, 1, 2]), ("for i in [] return i", []), ("for i in 5 return i", [5]),
    ("for i in null return i", None), ("for i in [1..3] return i", [1, 2, 3]), ("for i in (1..3) return i", [2]),
    ("for i in 1..5 return if i = 1 then 1 else partial[-1] * i", [1, 2, 6, 24, 120]), ("for i in 1..3 return count(partial)", [0, 1, 2]),
    ('for d in @"2024-02-28"..@"2024-03-01" return d.day', [28, 29, 1]),
    ("for line in order.lines return line.price * line.qty", [20, 5.5]), ("for 行 in order.lines return 行.sku", ["a", "b"]),
    ("for my item in [1] return my item + 1", [2]), ("for i in 1.5..3 return i", None), ("some x in [1, 2] satisfies x > 1", True),
    ("some x in [1, 2] satisfies x > 2", False), ("some x in [] satisfies x", False), ("every x in [1, 2] satisfies x > 0", True),
    ("every x in [1, 2] satisfies x > 1", False), ("every x in [] satisfies false", True), ("some x in [1, null] satisfies x > 0", True),
    ("some x in [null] satisfies x > 0", None), ("every x in [1, null] satisfies x > 0", None),
    ("every x in [0, null] satisfies x > 0", False), ("some x in [1, 2], y in [2, 3] satisfies x = y", True),
    ("some x in null satisfies x", None), ("every x in 1..3 satisfies x < 4", True),
]

FILTERS = [
    ("[1, 2, 3][1]", 1), ("[1, 2, 3][-1]", 3), ("[1, 2, 3][0]", None), ("[1, 2, 3][4]", None), ("[1, 2, 3][-4]", None),
    ("[1, 2, 3][1.5]", None), ("[1, 2, 3][item > 1]", [2, 3]), ("[1, 2, 3][item > 5]", []), ("5[1]", 5), ("5[2]", None),
    ("5[item > 3]", [5]), ("null[1]", None), ("[][1]", None), ("[][item > 1]", []), ("[[1, 2], [3]][1][2]", 2),
    ("numbers[my var - 3]", 3), ("numbers[count(numbers)]", 2), ("order.lines[price > 6].sku", ["a"]),
    ('order.lines[sku = "b"][1].price', 5.5), ("order.lines[item.qty = 1].sku", ["b"]), ("order.lines[price > rate * 60].sku", ["a"]),
    ("[{a: 1}, {b: 2}][a = 1]", [{"a": 1}]), ("[{x: 1}, {x: null}][x = null]", [{"x": None}]),
    ("[{amount: 1}][amount = 1]", [{"amount": 1}]), ("[1, 2, 3, 4][even(item)]", [2, 4]), ("[true, false][item]", [True]),
    ("[{item: 5}][item = 5]", [{"item": 5}]), ('{a: [1, 2]}.a[1]', 1), ("[1, 2, 3][true]", [1, 2, 3]), ("[1, 2][null]", []),
]

PATHS = [
    ("order.id", 7), ("order.buyer.name", "李雷"), ("order.lines.sku", ["a", "b"]), ("order.nothing", None), ("nothing.x", None),
    ("nothing.x.y", None), ("企业.名称", "甲公司"), ("企业.注册资本 > 100", True), ("{a: {b: 1}}.a.b", 1), ("amount.x", None), ("{a b: 1}.a b", 1),
    ("{first name: 1, c: first name + 1}.c", 2), ("{a: 1, b: a + 1}.b", 2), ("{amount: 1, b: amount}.b", 1), ("[1..5].start", 1),
    ("[1..5).end included", False), ("(1..5].start included", False), ('@"2024-05-06".year', 2024), ('@"2024-05-06".month', 5),
    ('@"2024-05-06".day', 6), ('@"2024-05-06".weekday', 1), ('@"2024-05-06T07:08:09.5Z".second', 9.5), ('@"2024-05-06T07:08:09".hour', 7),
    ('@"07:08:09+08:00".time offset', "PT8H"), ('@"07:08:09".time offset', None),
    ('@"2024-05-06T07:08:09@Asia/Shanghai".timezone', "Asia/Shanghai"), ('@"2024-05-06T07:08:09@Asia/Shanghai".time offset', "PT8H"),
    ('@"P1Y14M".years', 2), ('@"P1Y14M".months', 2), ('@"P1DT26H61M5S".days', 2), ('@"P1DT26H61M5S".hours', 3),
    ('@"P1DT26H61M5S".minutes', 1), ('@"P1DT26H61M5.5S".seconds', 5.5), ('@"-P1DT2H".hours', -2), ('@"2024-05-06".hour', None),
]

TYPES = [
    ("1 instance of number", True), ('"a" instance of string', True), ("true instance of boolean", True), ("1 instance of string", False),
    ("null instance of number", False), ("null instance of Null", True), ("1 instance of Any", True),
    ('@"2024-01-01" instance of date', True), ('@"2024-01-01T00:00:00" instance of date', False),
    ('@"2024-01-01T00:00:00" instance of date and time', True), ('@"10:00:00" instance of time', True),
    ('@"P1D" instance of days and time duration', True), ('@"P1M" instance of years and months duration', True),
    ('@"P1M" instance of days and time duration', False), ("[1, 2] instance of list", None), ("[1, 2] instance of list<number>", True),
    ('[1, "a"] instance of list<number>', False), ("[] instance of list<string>", True), ("{a: 1} instance of context", None),
    ("{a: 1} instance of context<a: number>", True), ('{a: "x"} instance of context<a: number>', False),
    ("{b: 1} instance of context<a: number>", False), ("[1..2] instance of range<number>", True),
    ("[[1]] instance of list<list<number>>", True), ("(function(x) x) instance of function", None),
    ("(function(x) x) instance of function<number> -> number", True),
    ("(function(x, y) x) instance of function<number> -> number", False), ("[1..2] instance of range", None),
    ("1 instance of number and true", True),
]

FUNCTIONS = [
    ("(function(x, y) x + y)(1, 2)", 3), ("{f: function(x) x * 2, r: f(4)}.r", 8), ("{f: function(x, y) x - y, r: f(y: 1, x: 5)}.r", 4),
    ("{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(5)}.r", 120),
    ("{k: 3, f: function(x) x * k, r: (for i in [1, 2] return f(i))}.r", [3, 6]), ("{f: function(x) function(y) x + y, r: f(1)(2)}.r", 3),
    ("{f: function(a: number) a, r: f(\"x\")}.r", None), ("{f: function(a: number) a, r: f([1])}.r", 1),
    ("{f: function(a: list<number>) count(a), r: f(1)}.r", 1), ("{f: function(a) a, r: f()}.r", None),
    ("{f: function(a) a, r: f(1, 2)}.r", None), ("{f: function(a) a, r: f(b: 1)}.r", None), ("amount(1)", None), ("nothing(1)", None),
    ("{累加: function(甲, 乙) 甲 + 乙, 结果: 累加(甲: 1, 乙: 2)}.结果", 3), ("sort([1, 3, 2], function(x, y) x > y)", [3, 2, 1]),
    ('substring(start position: 2, string: "abc")', "bc"), ('substring(text: "abc", start position: 2)', None), ("max(1)", 1),
    ("{f: sum, r: f([1, 2])}.r", 3), ("{f: max, r: f(1, 2, 3)}.r", 3), ("{f: function() 1, r: f()}.r", 1),
    ("{f: function(a+b) a+b * 2, r: f(3)}.r", 6),
]


@pytest.mark.parametrize(("text", "expected"), [
    row for table in (LITERALS, ARITHMETIC, LOGIC, COMPARISONS, MEMBERSHIP, CHOICES, LOOPS, FILTERS, PATHS, TYPES, FUNCTIONS) for row in table
])
def test_an_expression_has_its_value(text: str, expected: object) -> None:
    names = ("my var", "a+b")

    value = value_of(text, SCOPE, names)

    assert value == expected and type(value) is type(expected)


UNARY = [
    ("-", 1, True), ("-", None, True), (" - ", "x", True), ("5", 5, True), ("5", 6, False), ("5", "5", None), ('"a"', "a", True),
    ('"a", "b"', "b", True), ('"a", "b"', "c", False), ("< 5", 4, True), ("< 5", 5, False), ("<= 5", 5, True), ("> 5", 6, True),
    (">= 5", 4, False), ("= 5", 5, True), ("!= 5", 6, True), ("[1..10]", 10, True), ("[1..10)", 10, False), ("]1..10]", 1, False),
    ("(1..10)", 5, True), ("< 5, > 10", 11, True), ("< 5, > 10", 7, False), ("-5", -5, True), ("not(5)", 6, True), ("not(5)", 5, False),
    ("not(< 5)", 6, True), ('not("a", "b")', "c", True), ('not("a", "b")', "a", False), ("not([1..3])", 2, False), ("not(null)", 1, True),
    ("null", None, True), ("null", 1, False), ("5", None, False), ("< 5", None, None), ("true", True, True), ("true", False, False),
    ("false", False, True), ("? > 3", 4, True), ("? > 3 and ? < 5", 6, False), ("? > 3 or ? = null", None, True),
    ('contains(?, "甲")', "甲公司", True), ('not(contains(?, "甲"))', "甲公司", False), ("[1, 2, 3]", 2, True), ("[1, 2, 3]", 4, False),
    ("list", 7, True), ("limit", 10, True), ("< limit", 9, True), ("limit > 5", 3, True), ("limit > 50", 3, False),
    ("[1..limit]", 9, True), ("limit * 2", 20, True), ("? * 2 = 8", 4, True), ('starts with(?, "A"), "B1"', "B1", True),
    ('@"2024-01-01"', "x", None), ('date("2024-01-01")', None, False), ("every x in ? satisfies x > 1", [2, 3], True),
    ("count(?) > 1", [2, 3], True), ("? in [1..3]", 2, True), ("[1, 2]", [1, 2], True),
    ('some x in ["a", "b"] satisfies x = ?', "b", True), ("not(false) and true", 5, True), ("(< 5)", 3, True), ("5, 6, null", None, True),
    ("(5)", 5, True), ('"a" + "b"', "ab", True), ("if true then 5 else 6", 5, True), ("[1..nothing]", 3, None), ("[1..nothing]", 0, False),
    ("not([1..nothing])", 3, None), ("not([1..nothing])", 0, True), ("[nothing..3]", 4, False), ("[nothing..3]", 3, None),
    ("not((nothing..nothing))", 1, None), ("[1..limit], [1..nothing]", 3, True),
]


@pytest.mark.parametrize(("text", "value", "expected"), UNARY)
def test_a_unary_test_decides_about_a_value(text: str, value: object, expected: object) -> None:
    scope = {"limit": 10, "list": [7, 8], "nothing": None}

    assert test_of(text, value, scope) is expected


RANGES = [
    ('range("[2..)") = >= 2', True), ('range("(..2)") = < 2', True), ("[>= 1, < 5]", ["(>= 1)", "(< 5)"]), ("before(< 1, 5)", None),
    ("[1..5] != > 1", True), ("3 in [1..null]", None), ("0 in [1..null]", False),
]


@pytest.mark.parametrize(("text", "expected"), RANGES)
def test_a_comparison_without_its_left_side_is_a_range(text: str, expected: object) -> None:
    assert value_of(text) == expected


def test_types_of_the_caller_are_known_by_name() -> None:
    from engine.feel import parse
    from engine.feel.syntax import Type

    types = {"person": Type("context", (Type("string"),), ("name",)), "date range": Type("range", (Type("date"),)), "tag list": Type("list", (Type("string"),))}
    texts = ['{name: "a"} instance of person', "{name: 1} instance of person", '["a"] instance of tag list', '[@"2024-01-01"..@"2024-02-01"] instance of date range',
             "(function(x: person) x.name)({name: 1}) = null", "[{name: null}] instance of list<person>"]

    assert [parse(text, types=types).evaluate({}, now=NOW).value for text in texts] == [True, False, True, True, True, True]


FUNCTION_TYPES = [
    ('(function() "a") instance of function<> -> string', True), ('(function() "a") instance of function<> -> number', False),
    ('(function(x: number) {a: 1, b: "c"}) instance of function<number> -> context<a: number>', True),
    ("(function(x) {a: 1}) instance of function<string> -> context<a: number, b: string>", False),
    ("(function(x: context<a: number>) x) instance of function<context<a: number, b: number>> -> Any", True),
    ("(function(x: context<a: number, b: number>) x) instance of function<context<a: number>> -> Any", False),
    ("(function(x) x > 1) instance of function<number> -> boolean", True), ("(function(x) [1, 2]) instance of function<number> -> list<string>", False),
    ("(function(f: function<number> -> number) f) instance of function<function<number> -> number> -> Any", True),
]


@pytest.mark.parametrize(("text", "expected"), FUNCTION_TYPES)
def test_functions_have_the_types_of_their_parameters_and_result(text: str, expected: bool) -> None:
    assert value_of(text) is expected


def test_a_call_with_an_argument_of_another_type_is_null() -> None:
    result = evaluate('{f: function(n: number) if n = null then "none" else n, r: [f("x"), f([1]), f(2), f(null)]}.r')

    assert (result.value, [(each.code, each.column) for each in result.warnings]) == ([None, 1, 2, "none"], [("bad_argument", 61)])


def test_names_are_those_that_must_come_from_the_scope() -> None:
    from engine.feel import parse

    expression = parse("for i in order.lines return i.price * rate + count(名单) + sum([x])")
    optional = parse("if is defined(a.b) then get or else(c, d) else e")
    filtered = parse("lines[price > limit].sku")

    assert expression.names == {"order", "rate", "名单", "x"}
    assert optional.names == {"d", "e"} and optional.possible_names == {"a", "c"}
    assert filtered.names == {"lines"} and filtered.possible_names == {"price", "limit"}


def test_a_variable_may_have_the_name_of_a_function() -> None:
    scope = {"date": "2024-01-01", "count": 3}

    assert value_of("date(date).year + count([1]) + count", scope) == 2028


def test_a_loop_variable_may_have_the_name_of_a_function() -> None:
    assert value_of('for date in ["2024-01-01"] return date(date).year') == [2024]
    assert value_of('[{date: 2024}, {date: 2020}][date = date("2024-05-05").year].date') == [2024]


def test_two_variables_may_look_like_one_function() -> None:
    assert value_of("date and time", {"date": True, "time": False}) is False


def test_the_longest_known_name_wins() -> None:
    scope = {"fee": 1, "fee total": 2, "fee total-net": 3, "net": 10, "in progress": 5}
    names = list(scope)

    assert value_of("fee total-net + (fee total) - net + fee + in  progress", scope, names) == 3 + 2 - 10 + 1 + 5
    assert value_of("fee total - net", scope, names) == 3


def test_a_declared_name_may_hold_full_width_signs() -> None:
    scope = {"注册资本（万元）": 300}

    assert value_of("注册资本（万元） >= 200", scope, scope) is True


def test_a_host_value_is_never_changed() -> None:
    scope = {"items": [{"a": 1}], "x": {"y": [1]}}

    evaluate("concatenate(items, [1])[1].a + count(append(x.y, 2)) + count(context put(x, \"z\", 1))", scope)

    assert scope == {"items": [{"a": 1}], "x": {"y": [1]}}
