"""No expression can hang the server or eat its memory."""
from __future__ import annotations

import time
from contextlib import suppress

import pytest

from engine.feel import Budget, BudgetExceeded, host_function, parse, parse_unary_tests, to_json

from .tables import NOW, evaluate, value_of


def doubling(first: str, step: str) -> str:
    """A context of 60 entries, each made from twice the one before."""
    entries = [f"a0: {first}", *(f"a{n}: {step.format(a=f'a{n - 1}')}" for n in range(1, 60))]
    return "{" + ", ".join(entries) + "}.a59"


COSTLY = {
    "a long range": "every i in 1..1000000000000 satisfies true",
    "a long list": "for i in 1..1000000000 return i",
    "nested loops": "for a in 1..1000, b in 1..1000, c in 1..1000 return 1",
    "a loop in a loop": "count(for a in 1..10000 return count(for b in 1..10000 return b))",
    "texts that double": doubling('"ab"', "{a} + {a}"),
    "lists that double": doubling("[1]", "concatenate({a}, {a})"),
    "lists that share": doubling("[1]", "[{a}, {a}]"),
    "shared lists compared": "{" + doubling("[1]", "[{a}, {a}]")[1:-5] + ", x: a59 = a59}.x",
    "shared lists as text": "string length(string(" + doubling("[1]", "[{a}, {a}]") + "))",
    "shared lists flattened": "count(flatten(" + doubling("[1]", "[{a}, {a}]") + "))",
    "contexts that share": doubling("{x: 1}", "{{x: {a}, y: {a}}}"),
    "joined texts": "string join(for i in 1..20000 return \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\")",
    "replaced texts": "{a: string join(for i in 1..1000 return \"a\"), b: replace(a, \"a\", a), c: replace(b, \"a\", a)}.c",
    "a function without end": "{f: function(n) f(n + 1), r: f(1)}.r",
    "two functions without end": "{f: function(g, n) g(g, n), r: f(f, 1)}.r",
    "a function that branches": "{f: function(n) if n = 0 then 1 else f(n - 1) + f(n - 1), r: f(50)}.r",
    "a filter on a filter": "(for i in 1..3000 return i)[count((for j in 1..3000 return j)[item > 5]) > item]",
    "a sort with a costly order": "sort(for i in 1..1000 return -i, function(a, b) every x in 1..1000 satisfies x > 0)",
    "lists in lists": "for i in 1..5000 return [partial[-1]]",
    "partial lists kept": "for i in 1..100000 return partial",
    "duplicates in a long list": "duplicate values(for i in 1..50000 return [i])",
    "distinct lists": "distinct values(for i in 1..50000 return [i])",
    "lists searched in a loop": "for i in 1..5000 return list contains(for j in 1..50 return j, 0)",
}


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY.keys())
def test_a_costly_expression_is_stopped_soon(text: str) -> None:
    started = time.perf_counter()

    with pytest.raises(BudgetExceeded):
        evaluate(text)

    assert time.perf_counter() - started < 5


CHEAP = [
    "2 ** 1000000", "10 ** 10 ** 10", "1.0000000001 ** 9999999999", "exp(14000)", "log(10 ** 6000)", "modulo(10 ** 6000, 7)",
    "decimal(10 ** 6000, 100)", "sqrt(10 ** 6000 + 1)", "string(10 ** 6000)", "string length(string(10 ** -6000))",
    "@\"P999999999D\" * 10 ** 6000", "0.5 ** 100000", "(-8) ** (1/3)", "number(\"1e999999\")", "floor(10 ** 6000, -6000)",
    "1e6000 = 1e-6000", "odd(1e6000)",
]


@pytest.mark.parametrize("text", CHEAP)
def test_huge_numbers_cost_little(text: str) -> None:
    started = time.perf_counter()

    to_json(evaluate(text).value)

    assert time.perf_counter() - started < 0.2


PATTERNS = [
    (r"(a+)+$", "a" * 5000 + "!"), (r"(a|a)*b", "a" * 2000), (r"(a|aa)+$", "a" * 2000 + "b"), (r"(.*)(.*)(.*)(.*)(.*)x", "a" * 1000),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 3000), (r"(x+x+)+y", "x" * 3000), (r".*.*.*=.*", "a" * 3000), (r"(a?){50}a{50}", "a" * 50),
    (r"([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*@", "a" * 2000), (r"\s+$", " " * 20000 + "x"), ("(甲|甲乙?)*丙", "甲" * 3000),
    # What matches without a character is bounded by no length.
    ("(?:a|){100}x", "a" * 20), ("(?:(?:a?){30}){90}x", "a" * 9), ("(?:(?:(?:(?:^){200}){3,}){30})?", ""),
    ("(?:(?:(?:^){1000}){1000}){1000}x", "a"), ("(?:(?:(?:){1000}){1000}){1000}x", "a"),
]


@pytest.mark.parametrize(("pattern", "subject"), PATTERNS)
def test_no_pattern_backtracks_without_end(pattern: str, subject: str) -> None:
    started = time.perf_counter()

    with suppress(BudgetExceeded):
        value_of("matches(s, p)", {"s": subject, "p": pattern})

    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("pattern", ["a" * 2000, "(" * 100 + ")" * 100, "a{1000}{1000}", "(" + "(a{1,9}){1,9}|" * 60 + "b){1,1000}", r"(a*)*\1"])
def test_a_pattern_that_is_too_large_gives_null(pattern: str) -> None:
    assert value_of("matches(s, p)", {"p": pattern, "s": "a" * 40 + "b"}) is None


def test_the_caller_sets_the_budget() -> None:
    small = Budget(steps=100, size=10, depth=3)

    with pytest.raises(BudgetExceeded):
        evaluate("for i in 1..200 return i", budget=small)
    with pytest.raises(BudgetExceeded):
        evaluate('"123456" + "123456"', budget=small)
    assert evaluate("for i in 1..9 return i", budget=small).value is not None


def test_a_host_function_counts_as_a_step() -> None:
    calls = []
    look_up = host_function(["key"], lambda key: calls.append(key))

    with pytest.raises(BudgetExceeded):
        evaluate("for i in 1..1000 return look up(i)", {"look up": look_up}, ["look up"], Budget(steps=100))

    assert len(calls) < 50


def test_a_nested_host_value_without_end_gives_null() -> None:
    endless: list[object] = []
    endless.append(endless)

    assert evaluate("count(endless)", {"endless": endless}).warnings[0].code == "unsupported_value"


def test_deep_stacks_of_the_host_do_no_harm() -> None:
    expression = parse("{f: function(n) if n = 0 then 0 else 1 + f(n - 1), r: f(40)}.r")

    def deeper(levels: int) -> object:
        return deeper(levels - 1) if levels else expression.evaluate({}, now=NOW).value

    with pytest.raises(BudgetExceeded):
        deeper(800)


def test_unary_tests_have_a_budget_too() -> None:
    tests = parse_unary_tests("count(for i in 1..100000000 return i) > ?")

    with pytest.raises(BudgetExceeded):
        tests.evaluate(1, {}, now=NOW)
