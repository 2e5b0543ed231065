"""Calling a function value: arguments in order, of the declared types, within the budget."""
from __future__ import annotations

from datetime import date, datetime, timezone

from . import syntax
from .budget import Position, Run
from .errors import BudgetExceeded, Null
from .types import fits
from .values import Function, kind_of

_ANYWHERE = Position(1, 1)


def invoke(
    run: Run, function: object, arguments: list[object], names: tuple[str, ...] | None = None, at: Position = _ANYWHERE
) -> object:
    """The result of a function value.

    Raises Null when it is no function, or the arguments do not fit by number, name or declared type, BudgetExceeded when too deep.
    Source: DMN 1.4 §10.3.2.9.4, §10.3.2.13, Table 63.
    """
    if type(function) is not Function:
        raise Null("not_a_function", type=kind_of(function))
    ordered = _ordered(function, arguments, names)
    run.spend(4)
    run.depth += 1
    if run.depth > run.budget.depth:
        raise BudgetExceeded("depth", run.budget.depth)
    try:
        if not function.open_ended:
            ordered = [_typed(type_, value) for type_, value in zip(function.types, ordered, strict=True)]
        return function.call(run, ordered)
    finally:
        run.depth -= 1


def _ordered(function: Function, arguments: list[object], names: tuple[str, ...] | None) -> list[object]:
    if names is not None:
        given = dict(zip(names, arguments, strict=True))
        if len(given) != len(arguments) or not given.keys() <= set(function.parameters):
            raise Null("wrong_arguments", function=_signature(function))
        return [given.get(name) for name in function.parameters]
    if len(arguments) != len(function.parameters) and not function.open_ended:
        raise Null("wrong_arguments", function=_signature(function))
    return arguments


def _signature(function: Function) -> str:
    return f"function({', '.join(function.parameters)})"


def _typed(type_: object, value: object) -> object:
    if type_ is None or value is None:
        return value
    assert isinstance(type_, syntax.Type)
    if fits(type_, value):
        return value
    if type(value) is list and len(value) == 1 and fits(type_, value[0]):
        return value[0]
    if type_.name == "list" and fits(type_, [value]):
        return [value]
    if type_.name == "date and time" and type(value) is date:
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    raise Null("bad_argument", function="function", types=kind_of(value))
