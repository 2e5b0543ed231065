"""FEEL, the expression language of DMN 1.4 chapter 10: parsed once, compiled to closures, evaluated within a budget.

    parse("金额 > 1000").evaluate({"金额": 2000}, now=now).value    # True

`evaluate` changes nothing it is given, and reads no clock, file or network. A type error gives null and a warning with its place.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from .border import Json, host_function, read, shown, to_json
from .budget import DEFAULT_BUDGET, Budget, Evaluation, Frame, Run, Warning
from .builtins import FUNCTIONS
from .compiler import Tests, compile_node, compile_tests
from .errors import BudgetExceeded, FeelSyntaxError, NotStorable, Null
from .lexer import NameTable
from .parser import Parser
from .reader import DEPTH_LIMIT
from .scopes import Closure, Found, Static
from .syntax import Type
from .values import DaysTimeDuration, Function, Range, YearsMonthsDuration

__all__ = [
    "Budget", "BudgetExceeded", "DaysTimeDuration", "Evaluation", "Expression", "FeelSyntaxError", "Function", "Json", "NotStorable", "Null",
    "Range", "Run", "UnaryTests", "Warning", "YearsMonthsDuration", "host_function", "parse", "parse_unary_tests", "shown", "to_json",
]

_FUNCTION_NAMES = NameTable(FUNCTIONS)


class Expression:
    """A parsed expression.

    `names` come from the scope for certain. `possible_names` may: they stand in a filter, where the entries of an item come first, are
    also the name of a built-in function, or may be missing (`is defined`, `get or else`). `problems` are calls of built-in functions that
    give null in any scope: a wrong number of arguments, a literal that is no date, a pattern that is none.
    """

    __slots__ = ("text", "names", "possible_names", "problems", "_value")

    def __init__(self, text: str, found: Found, value: Closure) -> None:
        self.text = text
        self.names = frozenset(found.certain)
        self.possible_names = frozenset(found.possible - found.certain)
        self.problems = tuple(found.problems)
        self._value = value

    def evaluate(self, scope: Mapping[str, object], *, now: datetime, budget: Budget | None = None) -> Evaluation:
        """The value in a scope, at an aware time. Raises BudgetExceeded."""
        run = Run(scope, now, budget or DEFAULT_BUDGET)
        try:
            value = self._value(Frame(run, None, None))
        except RecursionError as cause:
            raise BudgetExceeded("depth", run.budget.depth) from cause
        if type(value) is list or type(value) is dict:
            run.measure(value)
        return Evaluation(value, tuple(run.warnings))


class UnaryTests:
    """Parsed unary tests: the cell of a decision table, asked about one value. Names and problems as in Expression."""

    __slots__ = ("text", "names", "possible_names", "problems", "_tests", "_negated")

    def __init__(self, text: str, found: Found, tests: Tests | None, negated: bool) -> None:
        self.text = text
        self.names = frozenset(found.certain)
        self.possible_names = frozenset(found.possible - found.certain)
        self.problems = tuple(found.problems)
        self._tests = tests
        self._negated = negated

    def evaluate(self, value: object, scope: Mapping[str, object], *, now: datetime, budget: Budget | None = None) -> Evaluation:
        """True, False, or None where no test holds and one could not be decided. Raises BudgetExceeded."""
        run = Run(scope, now, budget or DEFAULT_BUDGET)
        if self._tests is None:
            return Evaluation(True, ())
        try:
            result = self._tests(read(value), Frame(run, None, None))
        except Null as problem:
            return Evaluation(None, (Warning(problem.code, 1, 1, problem.facts),))
        except RecursionError as cause:
            raise BudgetExceeded("depth", run.budget.depth) from cause
        if self._negated and result is not None:
            result = not result
        return Evaluation(result, tuple(run.warnings))


def parse(text: str, names: Iterable[str] = (), *, types: Mapping[str, Type] | None = None) -> Expression:
    """Read an expression. `names` are known names; those with spaces or operators can only be read if they are given.

    `types` are types of the caller by name, for `instance of` and parameters.

    Raises FeelSyntaxError.
    """
    known = frozenset(names)
    parser = Parser(text, known, _FUNCTION_NAMES, types)
    found = Found()
    try:
        node = parser.expression()
        parser.end()
        return Expression(text, found, compile_node(node, Static(found, known)))
    except RecursionError as cause:
        raise FeelSyntaxError("nested_too_deep", *parser.at(), limit=DEPTH_LIMIT) from cause


def parse_unary_tests(text: str, names: Iterable[str] = (), *, types: Mapping[str, Type] | None = None) -> UnaryTests:
    """Read unary tests; `-` or nothing but `-` holds for every value. Names and types as in `parse`. Raises FeelSyntaxError."""
    known = frozenset(names)
    parser = Parser(text, known, _FUNCTION_NAMES, types)
    found = Found()
    try:
        tests, negated = parser.unary_tests()
        parser.end()
        compiled = compile_tests(tests, Static(found, known), unary=True) if tests else None
        return UnaryTests(text, found, compiled, negated)
    except RecursionError as cause:
        raise FeelSyntaxError("nested_too_deep", *parser.at(), limit=DEPTH_LIMIT) from cause
