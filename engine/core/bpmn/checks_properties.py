"""Extension properties: known names, in their place, with a value that means something. The table is `properties.PROPERTIES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches

from engine.core.bpmn.finding import finding, warning
from engine.core.bpmn.model import Node, Process
from engine.core.bpmn.names import is_variable
from engine.core.bpmn.properties import PROPERTIES, Property, Syntax, is_numbering, where
from engine.core.bpmn.reading import feel_problem
from engine.core.bpmn.timers import is_duration
from engine.core.bpmn.words import Words
from engine.core.calendar import parse_limit
from engine.core.problems import Problem

# Fixed texts; a value that begins with = is FEEL where the syntax allows it.
_FIXED: Mapping[Syntax, Callable[[str], bool]] = {
    "clauses": lambda text: bool(text),
    "limit": lambda text: parse_limit(text) is not None,
    "stop": lambda text: text == "stop",
    "feel": lambda text: False,
    "numbering": is_numbering,
    "groups": lambda text: all(part.strip() for part in text.split(",")),
    "form": lambda text: bool(text),
    "text": lambda text: True,
    "name": is_variable,
    "duration": is_duration,
    "catch_up": lambda text: text in ("once", "all", "none"),
    "audience": lambda text: text in ("enterprise", "internal", "part"),
}
_MAY_BE_FEEL: frozenset[Syntax] = frozenset({"limit", "feel", "groups", "name"})


def check_properties(process: Process, forms: frozenset[str]) -> Iterator[Problem]:
    """Every finding about the properties of the process and of its nodes."""
    yield from _check(process, None, "process", process.properties)
    form = process.properties.get("startForm")
    if form and form not in forms:
        yield finding(process, None, "form_unknown", form=form)
    for node in process.nodes.values():
        yield from _check(process, node, node.kind.value, node.properties)
        form = node.properties.get("actionForm")
        if form and form not in forms:
            yield finding(process, node, "form_unknown", form=form)


def _check(process: Process, at: Node | None, place: str, properties: Mapping[str, str]) -> Iterator[Problem]:
    for name, value in properties.items():
        row = PROPERTIES.get(name)
        if row is None:
            yield _unknown(process, at, name)
        elif place not in row.places:
            yield finding(process, at, "property_misplaced", name=name, where=Words(f"bpmn.where.{where(row)}"))
        else:
            yield from _check_value(process, at, row, value)


def _check_value(process: Process, at: Node | None, row: Property, value: str) -> Iterator[Problem]:
    if value.startswith("=") and row.syntax in _MAY_BE_FEEL:
        problem = feel_problem(value)
        if problem is not None:
            code, facts = problem
            yield finding(process, at, code, **facts)
    elif not value or not _FIXED[row.syntax](value):
        syntax = Words(f"bpmn.syntax.{row.syntax}")
        yield finding(process, at, "property_invalid", name=row.name, text=value, syntax=syntax, example=row.example)


def _unknown(process: Process, at: Node | None, name: str) -> Problem:
    close = get_close_matches(name.lower(), {known.lower(): known for known in PROPERTIES}, n=1, cutoff=0.6)
    suggestion = next((known for known in PROPERTIES if close and known.lower() == close[0]), None)
    if suggestion:
        return warning(process, at, "property_unknown_similar", name=name, suggestion=suggestion)
    return warning(process, at, "property_unknown", name=name)
