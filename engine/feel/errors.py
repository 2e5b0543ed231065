"""What can go wrong with an expression: it does not parse, it gives null, or it costs too much."""
from __future__ import annotations


class FeelSyntaxError(Exception):
    """The text is no FEEL. `code` is stable, `line` and `column` count from 1, `facts` fill the sentence `feel.<code>`."""

    def __init__(self, code: str, line: int, column: int, **facts: object) -> None:
        super().__init__(f"{code} at {line}:{column} {facts}")
        self.code = code
        self.line = line
        self.column = column
        self.facts = facts


class BudgetExceeded(Exception):
    """An evaluation wanted more `resource` ("steps", "size", "depth" or "nesting") than its `limit`. Nothing was changed."""

    def __init__(self, resource: str, limit: int) -> None:
        super().__init__(f"{resource} > {limit}")
        self.code = "budget_exceeded"
        self.facts: dict[str, object] = {"resource": resource, "limit": limit}


class Null(Exception):
    """The operation gives null, and `code` with `facts` becomes a warning. Never leaves `evaluate`; functions of the host may raise it."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class NotStorable(Exception):
    """A value of this FEEL `type` has no form in JSON, so no process variable can hold it."""

    code = "value_not_storable"

    def __init__(self, type: str) -> None:
        super().__init__(type)
        self.facts: dict[str, object] = {"type": type}
