"""The table of built-in functions: signatures, how arguments are fitted to them, and how one is called.

An argument that does not fit is converted where DMN 1.4 §10.3.2.9.4 says so: a list of one element to that element, a value to a list
of it, a date to its midnight. Source: DMN 1.4 §10.3.4.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from typing import TypeVar

from ..budget import Run
from ..errors import Null
from ..values import Function, kind_of

Call = TypeVar("Call", bound=Callable[..., object])
MISSING = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """`kinds` are the types it takes ("any" takes null too); an optional one may be left out, a variadic one repeated."""

    name: str
    kinds: frozenset[str]
    optional: bool = False
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a built-in function; `call(run, *arguments)`, where missing optional arguments are None."""

    name: str
    parameters: tuple[Parameter, ...]
    call: Callable[..., object]

    def __str__(self) -> str:
        shown = (p.name + ("..." if p.variadic else "?" if p.optional else "") for p in self.parameters)
        return f"{self.name}({', '.join(shown)})"


FUNCTIONS: dict[str, list[Signature]] = {}


def builtin(name: str, *parameters: str) -> Callable[[Call], Call]:
    """Register a function under a FEEL name. A parameter is "name: kind|kind", with "?" behind the name if optional, "..." if repeated."""
    def register(call: Call) -> Call:
        FUNCTIONS.setdefault(name, []).append(Signature(name, tuple(map(_parameter, parameters)), call))
        return call

    return register


def _parameter(text: str) -> Parameter:
    name, _, kinds = text.partition(": ")
    return Parameter(name.rstrip("?."), frozenset(kinds.split("|")), name.endswith("?"), name.endswith("..."))


def arrangement(signature: Signature, count: int, names: Sequence[str] | None) -> list[int | None] | None:
    """Which argument goes to which parameter (None: left out), or None when they do not fit by number or name.

    For a variadic last parameter the list is as long as the arguments. By name, any parameter may be left out: it is bound to null.
    Source: DMN 1.4 §10.3.2.13.5.
    """
    parameters = signature.parameters
    if names is None:
        if parameters and parameters[-1].variadic:
            return list(range(count)) if count >= len(parameters) else None
        if count > len(parameters) or any(not p.optional for p in parameters[count:]):
            return None
        return [index if index < count else None for index in range(len(parameters))]
    if not set(names) <= {p.name for p in parameters} or len(set(names)) < len(names):
        return None
    places = [names.index(p.name) if p.name in names else None for p in parameters]
    return None if any(at is None and p.variadic for at, p in zip(places, parameters, strict=True)) else places


def _exact(parameter: Parameter, value: object) -> object:
    return value if "any" in parameter.kinds or kind_of(value) in parameter.kinds else MISSING


def _converted(parameter: Parameter, value: object) -> object:
    """The value, if need be converted to what the parameter takes, or MISSING."""
    kinds = parameter.kinds
    if "any" in kinds or kind_of(value) in kinds:
        return value
    if value is None:
        return MISSING
    if "list" in kinds:
        return [value]
    if type(value) is list and len(value) == 1 and kind_of(value[0]) in kinds:
        return value[0]
    if type(value) is date and "date and time" in kinds:
        return datetime.combine(value, time(), timezone.utc)
    return MISSING


def _fit(signature: Signature, places: list[int | None], values: list[object], fit: Callable[[Parameter, object], object]) -> list[object] | None:
    fitted: list[object] = []
    for index, place in enumerate(places):
        parameter = signature.parameters[min(index, len(signature.parameters) - 1)]
        value = None if place is None else values[place]
        if value is not None or not parameter.optional:
            value = fit(parameter, value)
            if value is MISSING:
                return None
        fitted.append(value)
    return fitted


def call_builtin(run: Run, candidates: list[tuple[Signature, list[int | None]]], values: list[object]) -> object:
    """Call the first signature that takes the arguments as they are, else the first that takes them converted.

    Raises Null when there is none, and when the function does. Charges the run for the size of the arguments.
    """
    cost = 1
    for value in values:
        if type(value) is list or type(value) is str or type(value) is dict:
            cost += len(value)
    run.spend(cost if cost < 32 else 32 + (cost >> 3))
    for fit in (_exact, _converted):
        for signature, places in candidates:
            arguments = _fit(signature, places, values, fit)
            if arguments is not None:
                try:
                    return signature.call(run, *arguments)
                except ArithmeticError as cause:
                    # Numbers beyond decimal128, dates beyond year 9999.
                    raise Null("number_out_of_range") from cause
    signature = candidates[0][0]
    if any(value is None for value in values):
        raise Null("null_argument", function=str(signature))
    raise Null("bad_argument", function=str(signature), types=", ".join(map(kind_of, values)))


def candidates_for(name: str, count: int, names: Sequence[str] | None) -> list[tuple[Signature, list[int | None]]]:
    """The signatures of a built-in function that the arguments fit by number and name."""
    found = ((signature, arrangement(signature, count, names)) for signature in FUNCTIONS[name])
    fitting = [(signature, places) for signature, places in found if places is not None]
    return sorted(fitting, key=_left_out)


def _left_out(candidate: tuple[Signature, list[int | None]]) -> int:
    """How many parameters that are not optional get no argument."""
    signature, places = candidate
    return sum(place is None and not parameter.optional for place, parameter in zip(places, signature.parameters, strict=False))


def as_value(name: str) -> Function:
    """A built-in function as a value, to be handed to another function."""
    signature = FUNCTIONS[name][0]

    def call(run: Run, arguments: list[object]) -> object:
        candidates = candidates_for(name, len(arguments), None)
        if not candidates:
            raise Null("wrong_arguments", function=str(signature))
        return call_builtin(run, candidates, arguments)

    return Function([p.name for p in signature.parameters], call, name, open_ended=True)
