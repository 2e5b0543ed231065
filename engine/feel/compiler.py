"""Abstract syntax → closures. Each node becomes one function of a Frame; nothing is looked up in the syntax again."""
from __future__ import annotations

import operator
from collections.abc import Callable
from typing import cast

from . import syntax
from .arithmetic import OPERATIONS, negate
from .budget import Frame, Position
from .calls import compile_call, compile_function
from .comparison import PLAIN, equal, in_range, is_in, order
from .errors import Null
from .loops import compile_filter, compile_for, compile_quantified
from .scopes import Closure, Static, compile_name, compile_path
from .types import fits
from .values import Range, kind_of


def compile_node(node: syntax.Node, static: Static) -> Closure:
    """The closure that evaluates a node."""
    return _COMPILERS[type(node)](node, static)


def _literal(node: syntax.Literal, static: Static) -> Closure:
    value = node.value
    return lambda frame: value


def _chain(node: syntax.Chain, static: Static) -> Closure:
    first = compile_node(node.first, static)
    steps = [(OPERATIONS[sign], compile_node(operand, static), at) for sign, operand, at in node.steps]

    def reckon(frame: Frame) -> object:
        value = first(frame)
        for apply, operand, at in steps:
            try:
                value = apply(value, operand(frame))
            except Null as problem:
                frame.run.null(at, problem)
                return None
            if type(value) is str:
                frame.run.grow(len(value))
        return value

    return reckon


def _negation(node: syntax.Negation, static: Static) -> Closure:
    return _guarded(node.at, compile_node(node.operand, static), negate)


def _guarded(at: Position, operand: Closure, apply: Callable[[object], object]) -> Closure:
    def run(frame: Frame) -> object:
        try:
            return apply(operand(frame))
        except Null as problem:
            frame.run.null(at, problem)
            return None

    return run


def _logic(node: syntax.Logic, static: Static) -> Closure:
    """Three-valued and, or: one deciding value is enough, else null spoils the result. Source: DMN 1.4 Table 50."""
    items = [(compile_node(item, static), item.at) for item in node.items]
    deciding = node.word == "or"

    def decide(frame: Frame) -> object:
        result: bool | None = not deciding
        for item, at in items:
            value = item(frame)
            if value is deciding:
                return deciding
            if type(value) is not bool:
                result = None
                if value is not None:
                    frame.run.warn(at, "not_boolean", {"type": kind_of(value)})
        return result

    return decide


def _comparison(node: syntax.Comparison, static: Static) -> Closure:
    left, right = compile_node(node.left, static), compile_node(node.right, static)
    return _equality(node, left, right) if node.operator in ("=", "!=") else _ordering(node, left, right)


def _equality(node: syntax.Comparison, left: Closure, right: Closure) -> Closure:
    at, wanted = node.at, node.operator == "="

    def compare(frame: Frame) -> object:
        a, b = left(frame), right(frame)
        if type(a) is type(b) and type(a) in PLAIN:
            return (a == b) is wanted
        try:
            return equal(a, b, frame.run) is wanted
        except Null as problem:
            frame.run.null(at, problem)
            return None

    return compare


_ORDERINGS: dict[str, Callable[[object, object], bool]] = {
    "<": cast("Callable[[object, object], bool]", operator.lt), "<=": cast("Callable[[object, object], bool]", operator.le),
    ">": cast("Callable[[object, object], bool]", operator.gt), ">=": cast("Callable[[object, object], bool]", operator.ge),
}


def _ordering(node: syntax.Comparison, left: Closure, right: Closure) -> Closure:
    at, holds = node.at, _ORDERINGS[node.operator]

    def compare(frame: Frame) -> object:
        a, b = left(frame), right(frame)
        if type(a) is type(b) and type(a) in PLAIN:
            return holds(a, b)
        try:
            return holds(order(a, b), 0)
        except Null as problem:
            frame.run.null(at, problem)
            return None

    return compare


def _between(node: syntax.Between, static: Static) -> Closure:
    value_of, low, high = (compile_node(part, static) for part in (node.value, node.low, node.high))

    def test(frame: Frame) -> object:
        value, start, end = value_of(frame), low(frame), high(frame)
        try:
            return order(value, start) >= 0 and order(value, end) <= 0
        except Null as problem:
            frame.run.null(node.at, problem)
            return None

    return test


def _in(node: syntax.In, static: Static) -> Closure:
    value_of = compile_node(node.value, static)
    tests = compile_tests(node.tests, static, unary=False)
    return lambda frame: tests(value_of(frame), frame)


def _instance_of(node: syntax.InstanceOf, static: Static) -> Closure:
    """Null for a type that lacks its parts, as in `instance of list`. Source: DMN 1.4 Table 61."""
    value_of, type_ = compile_node(node.value, static), node.type
    if not type_.incomplete:
        return lambda frame: fits(type_, value_of(frame))
    problem = Null("type_without_parts", type=type_.name)
    static.problem(node.at, problem)

    def unknown(frame: Frame) -> None:
        value_of(frame)
        frame.run.null(node.at, problem)

    return unknown


def _if(node: syntax.If, static: Static) -> Closure:
    branches = [(compile_node(condition, static), compile_node(then, static), condition.at) for condition, then in node.branches]
    otherwise = compile_node(node.otherwise, static)

    def choose(frame: Frame) -> object:
        for condition, then, at in branches:
            value = condition(frame)
            if value is True:
                return then(frame)
            if value is not None and value is not False:
                frame.run.warn(at, "not_boolean", {"type": kind_of(value)})
        return otherwise(frame)

    return choose


def _context(node: syntax.Context, static: Static) -> Closure:
    """Entries see those before them; a function in an entry also sees itself, so it can recur."""
    inner = static.binding(())
    entries = []
    for name, value in node.entries:
        own = inner.binding((name,)) if isinstance(value, syntax.FunctionDefinition) else inner
        entries.append((name, compile_node(value, own)))
        inner = inner.binding((name,))

    def build(frame: Frame) -> object:
        values: dict[str, object] = {}
        here = Frame(frame.run, values, frame)
        frame.run.spend(len(entries) + 1)
        for name, value_of in entries:
            values[name] = value_of(here)
        return dict(values)

    return build


def _list(node: syntax.ListOf, static: Static) -> Closure:
    items = [compile_node(item, static) for item in node.items]

    def build(frame: Frame) -> object:
        frame.run.spend(len(items) + 1)
        return [item(frame) for item in items]

    return build


def _range(node: syntax.RangeOf, static: Static) -> Closure:
    """Null for ends that are of different types, have no order, or stand the wrong way round. Source: DMN 1.4 §10.3.2.7."""
    start, end = (None if part is None else compile_node(part, static) for part in (node.start, node.end))

    def build(frame: Frame) -> object:
        low, high = start and start(frame), end and end(frame)
        try:
            for part, closure in ((low, start), (high, end)):
                if closure is not None:
                    order(part, low if start is not None else high)
            if start and end and order(low, high) > 0:
                raise Null("range_upside_down")
        except Null as problem:
            frame.run.null(node.at, problem)
            return None
        return Range(low, high, node.start_included, node.end_included)

    return build


Tests = Callable[[object, Frame], "bool | None"]


def compile_tests(tests: tuple[syntax.Test, ...], static: Static, unary: bool) -> Tests:
    """The closure that tests a value: true if one test is, else null if one is, else false.

    In a decision table (`unary`), a test that is true by itself, without `?`, holds for a value that is no boolean.
    """
    compiled = [_test(test, static, unary) for test in tests]

    def run(value: object, frame: Frame) -> bool | None:
        result: bool | None = False
        for test in compiled:
            found = test(value, frame)
            if found is True:
                return True
            if found is None:
                result = None
        return result

    return run


def _test(test: syntax.Test, static: Static, unary: bool) -> Tests:
    if test.asks:
        return _asking_test(test, static)
    if test.operator is None and isinstance(test.operand, syntax.RangeOf):
        return _range_test(test.operand, static)
    operand = compile_node(test.operand, static)
    if test.operator is not None:
        return _operator_test(test, operand)
    at = test.at

    def run(value: object, frame: Frame) -> bool | None:
        holder = operand(frame)
        if unary and type(holder) is bool and type(value) is not bool:
            return holder
        try:
            return is_in(value, holder, frame.run)
        except Null as problem:
            frame.run.null(at, problem)
            return None

    return run


def _range_test(node: syntax.RangeOf, static: Static) -> Tests:
    """A test for a range that is written out: both ends are compared with, so an end that is null leaves open what the other does not decide,
    and nothing lies in a range that is upside down. Source: DMN 1.4 Table 55."""
    start, end = (None if part is None else compile_node(part, static) for part in (node.start, node.end))

    def run(value: object, frame: Frame) -> bool | None:
        low, high = start and start(frame), end and end(frame)
        try:
            if (start and low is None) or (end and high is None):
                frame.run.warn(node.at, "not_comparable", {"left": kind_of(value), "right": "null"})
                known = Range(low, high, node.start_included, node.end_included)
                return None if in_range(value, known) else False
            return is_in(value, Range(low, high, node.start_included, node.end_included), frame.run)
        except Null as problem:
            frame.run.null(node.at, problem)
            return None

    return run


def _asking_test(test: syntax.Test, static: Static) -> Tests:
    """A test that mentions `?`: its own result if that is a boolean, else what a value in its place would mean."""
    inner = static.binding(("?",))
    operand = compile_node(test.operand, inner)
    compare = _operator_test(test, operand) if test.operator is not None else None

    def run(value: object, frame: Frame) -> bool | None:
        here = Frame(frame.run, {"?": value}, frame)
        if compare is not None:
            return compare(value, here)
        result = operand(here)
        if result is None or type(result) is bool:
            return result
        try:
            return is_in(value, result, frame.run)
        except Null as problem:
            frame.run.null(test.at, problem)
            return None

    return run


def _operator_test(test: syntax.Test, operand: Closure) -> Tests:
    compare = _equality if test.operator in ("=", "!=") else _ordering
    node = syntax.Comparison(test.at, cast(str, test.operator), test.operand, test.operand)

    def run(value: object, frame: Frame) -> bool | None:
        return cast("bool | None", compare(node, lambda _: value, operand)(frame))

    return run


_COMPILERS: dict[type, Callable[..., Closure]] = {
    syntax.Literal: _literal, syntax.Name: compile_name, syntax.Chain: _chain, syntax.Negation: _negation, syntax.Logic: _logic,
    syntax.Comparison: _comparison, syntax.Between: _between, syntax.In: _in, syntax.InstanceOf: _instance_of, syntax.If: _if,
    syntax.Context: _context, syntax.ListOf: _list, syntax.RangeOf: _range,
    syntax.Path: lambda node, static: compile_path(node, compile_node, static),
    syntax.Filter: lambda node, static: compile_filter(node, compile_node, static),
    syntax.For: lambda node, static: compile_for(node, compile_node, static),
    syntax.Quantified: lambda node, static: compile_quantified(node, compile_node, static),
    syntax.Call: lambda node, static: compile_call(node, compile_node, static),
    syntax.FunctionDefinition: lambda node, static: compile_function(node, compile_node, static),
}
