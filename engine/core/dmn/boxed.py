"""Boxed expressions at work: contexts, lists, relations, invocations, conditionals, filters, iterations. Source: DMN 1.4 §10.2.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from engine.core.dmn.model import BoxedContext, BoxedList, Conditional, Filter, Formula, Invocation, Iteration, Logic, Relation, Typed
from engine.core.dmn.types import Type
from engine.feel import Null

Scope = dict[str, object]


class Run(Protocol):
    """What a boxed expression asks of the evaluation it is part of."""

    def logic(self, logic: Logic, scope: Scope) -> object: ...
    def formula(self, formula: Formula, scope: Scope) -> object: ...
    def value(self, value: object, wanted: Type, name: str = "") -> object: ...
    def items(self, source: object) -> list[object]: ...
    def spend(self) -> None: ...


def context(run: Run, logic: BoxedContext, scope: Scope) -> object:
    """Each entry sees those above it; an entry without a name is the result."""
    inner, found = dict(scope), {}
    for entry in logic.entries:
        value = run.logic(entry.logic, inner)
        if entry.parameter is None:
            return value
        found[entry.parameter.name] = inner[entry.parameter.name] = run.value(value, entry.parameter.type, entry.parameter.name)
    return found


def items(run: Run, logic: BoxedList, scope: Scope) -> object:
    return [run.logic(item, scope) for item in logic.items]


def relation(run: Run, logic: Relation, scope: Scope) -> object:
    return [{name: run.logic(cell, scope) for name, cell in zip(logic.columns, row, strict=True)} for row in logic.rows]


def invocation(run: Run, logic: Invocation, scope: Scope) -> object:
    arguments = {name: run.logic(binding, scope) for name, binding in zip(logic.names, logic.bindings, strict=True)}
    return run.formula(logic.call, {**scope, **arguments})


def conditional(run: Run, logic: Conditional, scope: Scope) -> object:
    return run.logic(logic.then if run.logic(logic.condition, scope) is True else logic.otherwise, scope)


def chosen(run: Run, logic: Filter, scope: Scope) -> object:
    """The elements for which the match is true; the entries of an element are visible by their names, as in FEEL filters."""
    source = run.logic(logic.source, scope)
    if source is None:
        return None
    found = []
    for item in source if type(source) is list else [source]:
        entries = item if type(item) is dict else {}
        if run.logic(logic.match, {**scope, "item": item, **entries}) is True:
            found.append(item)
    return found


def iteration(run: Run, logic: Iteration, scope: Scope) -> object:
    """Over a list, a single value, or the whole numbers or days of a range; null when there is nothing to go through."""
    try:
        source = run.items(run.logic(logic.source, scope))
    except Null:
        return None
    results: list[object] = []
    for item in source:
        run.spend()
        here = {**scope, logic.variable: item}
        if logic.kind == "for":
            here["partial"] = list(results)
        results.append(run.logic(logic.body, here))
    return results if logic.kind == "for" else quantified(results, logic.kind == "every")


def quantified(results: list[object], is_every: bool) -> bool | None:
    """Three-valued: one false decides `every`, one true decides `some`, and what is neither leaves it open."""
    deciding = not is_every
    if any(each is deciding for each in results):
        return deciding
    return is_every if all(each is is_every for each in results) else None


def typed(run: Run, logic: Typed, scope: Scope) -> object:
    return run.value(run.logic(logic.logic, scope), logic.type)


EVALUATORS: Mapping[type, Callable[[Run, Any, Scope], object]] = {
    Typed: typed,
    BoxedContext: context,
    BoxedList: items,
    Relation: relation,
    Invocation: invocation,
    Conditional: conditional,
    Filter: chosen,
    Iteration: iteration,
}
