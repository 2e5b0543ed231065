"""Formulas evaluated outside the turns of an instance: extension properties, and what is to be known before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from engine import feel
from engine.core.bpmn.model import Formula
from engine.core.calendar import FUNCTION_NAMES


@lru_cache(maxsize=4096)
def property_formula(text: str) -> Formula:
    """An extension property's text, with FEEL after `=` parsed once."""
    expression = feel.parse(text[1:], FUNCTION_NAMES) if text.startswith("=") else None
    return Formula(text, 0, expression)


def value_of(formula: Formula, scope: Mapping[str, object], now: datetime) -> object:
    """A fixed text as it is, or what a FEEL expression gives; None also for one that costs more than any may: it must not stop what
    goes on around it.
    """
    if formula.expression is None:
        return formula.text
    try:
        return formula.expression.evaluate(scope, now=now).value
    except feel.BudgetExceeded:
        return None
