"""Boolean functions. Source: DMN 1.4 §10.3.4.2; `get or else`, `is defined`, `assert` as the stock BPMN tools have them."""
from __future__ import annotations

from ..budget import Run
from ..errors import Null
from .registry import builtin


@builtin("not", "negand: boolean")
def negate(run: Run, negand: bool) -> bool:
    return not negand


@builtin("is defined", "value: any")
def is_defined(run: Run, value: object) -> bool:
    # Names and paths are looked at by the compiler; any other value, null too, is there.
    return True


@builtin("get or else", "value: any", "default: any")
def get_or_else(run: Run, value: object, default: object) -> object:
    return default if value is None else value


@builtin("assert", "value: any", "condition: boolean", "cause?: string")
def insist(run: Run, value: object, condition: bool, cause: str | None) -> object:
    if condition:
        return value
    raise Null("assertion_failed", cause=cause or "")
