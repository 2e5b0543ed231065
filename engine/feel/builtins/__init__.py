"""All built-in functions of DMN 1.4 §10.3.4, and a few that the stock BPMN tools know besides."""
from __future__ import annotations

from . import boolean, contexts, conversion, lists, numeric, ranges, strings, temporal  # noqa: F401 - they register themselves
from .registry import FUNCTIONS, Signature, as_value, call_builtin, candidates_for

__all__ = ["FUNCTIONS", "Signature", "as_value", "call_builtin", "candidates_for"]
