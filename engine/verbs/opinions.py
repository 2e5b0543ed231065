"""What a person said in words when they did something: the field that the diagram names by `opinion`, for the timeline."""

from __future__ import annotations

from datetime import datetime

from engine.core.bpmn.model import Node
from engine.core.runtime.formulas import property_formula, value_of
from engine.core.runtime.step import Variables


def opinion(node: Node, values: Variables, now: datetime) -> str | None:
    """The opinion among the submitted values: of the field named, or what a FEEL expression over them gives."""
    formula = property_formula(node.properties.get("opinion", ""))
    said = values.get(formula.text) if formula.expression is None else value_of(formula, values, now)
    return said if isinstance(said, str) and said.strip() else None
