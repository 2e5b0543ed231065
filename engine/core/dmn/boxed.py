"""Boxed expressions at work: contexts, lists, relations, invocations, conditionals, filters, iterations. Source: DMN 1.4 §10.2.2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.dmn.model import BoxedContext, BoxedList, Conditional, Filter, Invocation, Iteration, Relation, Typed
from engine.feel import BudgetExceeded
from engine.feel.values import Range

if TYPE_CHECKING:
    from engine.core.dmn.evaluation import Run

MAX_ITEMS = 20_000  # of a range that is iterated over
Scope = dict[str, object]


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
    found = []
    for item in elements(run.logic(logic.source, scope)):
        entries = item if type(item) is dict else {}
        if run.logic(logic.match, {**scope, "item": item, **entries}) is True:
            found.append(item)
    return found


def iteration(run: Run, logic: Iteration, scope: Scope) -> object:
    source = run.logic(logic.source, scope)
    if source is None:
        return None
    results: list[object] = []
    for item in elements(source):
        run.spend()
        results.append(run.logic(logic.body, {**scope, logic.variable: item, "partial": list(results) if logic.kind == "for" else None}))
    if logic.kind == "for":
        return results
    return quantified(results, logic.kind == "every")


def quantified(results: list[object], is_every: bool) -> bool | None:
    """Three-valued: one false decides `every`, one true decides `some`, and what is neither leaves it open."""
    deciding = not is_every
    if any(each is deciding for each in results):
        return deciding
    return is_every if all(each is is_every for each in results) else None


def elements(value: object) -> list[object]:
    """A single value counts as a list of one (DMN 1.4 §10.3.2.9.4), null as an empty one."""
    if value is None:
        return []
    if type(value) is Range:
        return _numbers(value)
    return value if type(value) is list else [value]


def _numbers(value: Range) -> list[object]:
    """The whole numbers of a closed range, which FEEL can iterate over; another range is a single value."""
    ends = (value.start, value.end)
    if not all(type(end) is Decimal and end == end.to_integral_value() for end in ends) or not (
        value.start_included and value.end_included
    ):
        return [value]
    low, high = int(value.start), int(value.end)  # type: ignore[call-overload]
    if abs(high - low) >= MAX_ITEMS:
        raise BudgetExceeded("size", MAX_ITEMS)
    return [Decimal(number) for number in (range(low, high + 1) if low <= high else range(low, high - 1, -1))]


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
