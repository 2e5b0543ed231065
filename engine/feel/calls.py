"""Calls in the syntax: of built-in functions, of values, and the two forms that look at names themselves; function definitions."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

from . import syntax
from .budget import Budget, Frame, Run
from .builtins import FUNCTIONS, call_builtin, candidates_for
from .errors import BudgetExceeded, Null
from .inference import type_of
from .invocation import invoke
from .pattern import read_pattern
from .scopes import Closure, Static, root_of
from .values import Function

Compile = Callable[[syntax.Node, Static], Closure]


def compile_call(node: syntax.Call, compile_node: Compile, static: Static) -> Closure:
    name = node.function.name if isinstance(node.function, syntax.Name) else None
    if name in _FORMS and len(node.arguments) in _FORMS[name][0] and name not in static.bound:
        return _FORMS[name][1](node, compile_node, static)
    arguments = [compile_node(argument, static) for argument in node.arguments]
    if name is not None and name in FUNCTIONS:
        own = compile_node(node.function, static) if name in static.bound else None
        if own is None and name not in static.known:
            foresee(node, name, static)
        return _builtin_call(node, name, arguments, own)
    return _value_call(node, compile_node(node.function, static), arguments)


def _value_call(node: syntax.Call, function: Closure, arguments: list[Closure]) -> Closure:
    at, names = node.at, node.names

    def call(frame: Frame) -> object:
        try:
            return invoke(frame.run, function(frame), [argument(frame) for argument in arguments], names, at)
        except Null as problem:
            frame.run.null(at, problem)
            return None

    return call


# Which argument of these is a pattern.
_PATTERNS = {"matches": 1, "replace": 1, "extract": 1, "split": 1}


def foresee(node: syntax.Call, name: str, static: Static) -> None:
    """Note what is wrong with a call of a built-in function before it is ever made: its arguments' number, names, or literals."""
    candidates = candidates_for(name, len(node.arguments), node.names)
    literals = [argument.value for argument in node.arguments if isinstance(argument, syntax.Literal)]
    try:
        if not candidates:
            raise _wrong_arguments(name)
        place = _PATTERNS.get(name, len(node.arguments))
        pattern = node.arguments[place] if node.names is None and place < len(node.arguments) else None
        if isinstance(pattern, syntax.Literal) and type(pattern.value) is str and len(node.arguments) == 2:
            read_pattern(pattern.value, "")
        if len(literals) == len(node.arguments) and None not in literals:
            call_builtin(Run({}, datetime(2000, 1, 1, tzinfo=timezone.utc), Budget(steps=1000, size=1000)), candidates, literals)
    except Null as problem:
        static.problem(node.at, problem)
    except BudgetExceeded:
        return


def _wrong_arguments(name: str) -> Null:
    return Null("wrong_arguments", function=" / ".join(map(str, FUNCTIONS[name])))


def _builtin_call(node: syntax.Call, name: str, arguments: list[Closure], local: Closure | None = None) -> Closure:
    """A call by the name of a built-in function. A function of that name, local or in the scope, wins; any other value does not hide it."""
    at = node.at
    candidates = candidates_for(name, len(arguments), node.names)

    def call(frame: Frame) -> object:
        run = frame.run
        values = [argument(frame) for argument in arguments]
        try:
            own = local(frame) if local else root_of(frame).run.scope.get(name)
            if type(own) is Function:
                return invoke(run, own, values, node.names, at)
            if not candidates:
                raise _wrong_arguments(name)
            return call_builtin(run, candidates, values)
        except Null as problem:
            run.null(at, problem)
            return None

    return call


def _is_defined(node: syntax.Call, compile_node: Compile, static: Static) -> Closure:
    """`is defined(a.b)`: whether the name and every entry of the path exist, even if null."""
    value_of = compile_node(node.arguments[0], replace(static, optional=True))
    missing = frozenset(("unknown_name", "no_such_entry", "no_such_property"))

    def test(frame: Frame) -> object:
        warnings, frame.run.warnings = frame.run.warnings, []
        try:
            value = value_of(frame)
            return value is not None or not any(warning.code in missing for warning in frame.run.warnings)
        finally:
            frame.run.warnings = warnings

    return test


def _get_or_else(node: syntax.Call, compile_node: Compile, static: Static) -> Closure:
    """`get or else(value, default)`: no warning for a missing value, since it is expected."""
    names = node.names or ("value", "default")
    if set(names) != {"value", "default"}:
        return _builtin_call(node, "get or else", [compile_node(argument, static) for argument in node.arguments])
    by_name = dict(zip(names, node.arguments, strict=True))
    value_of, default = compile_node(by_name["value"], replace(static, optional=True)), compile_node(by_name["default"], static)

    def choose(frame: Frame) -> object:
        warnings, frame.run.warnings = frame.run.warnings, []
        try:
            value = value_of(frame)
        finally:
            frame.run.warnings = warnings
        return default(frame) if value is None else value

    return choose


_FORMS: dict[str | None, tuple[tuple[int, ...], Callable[[syntax.Call, Compile, Static], Closure]]] = {
    "is defined": ((1,), _is_defined), "get or else": ((2,), _get_or_else),
}


def compile_function(node: syntax.FunctionDefinition, compile_node: Compile, static: Static) -> Closure:
    body = compile_node(node.body, static.binding(node.parameters))
    parameters, types, text, result = node.parameters, node.types, node.text, type_of(node.body)

    def define(frame: Frame) -> object:
        def call(run: Run, arguments: list[object]) -> object:
            return body(Frame(run, dict(zip(parameters, arguments, strict=True)), frame))

        return Function(parameters, call, text, types, result=result, scope=frame)

    return define
