"""How much one evaluation may cost. Every loop, call, traversal and growing value is charged to a Run before it happens."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from .errors import BudgetExceeded, Null

# Lists in lists of a value that comes in or goes out; JSON libraries end not far above.
NESTING_LIMIT = 100
# A loop over a broken list would say the same thing a thousand times.
WARNING_LIMIT = 50


class Position(NamedTuple):
    """Line and column of a syntax node, both from 1."""

    line: int
    column: int


class Warning(NamedTuple):
    """Why part of an expression gave null. The sentence is `feel.warning.<code>`."""

    code: str
    line: int
    column: int
    facts: dict[str, object]


class Evaluation(NamedTuple):
    """The value of an expression, and what was odd on the way to it."""

    value: object
    warnings: tuple[Warning, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one evaluation.

    `steps`: iterations, calls and visited elements. `size`: characters of one string or elements of one value, counted
    through all levels. `depth`: calls of FEEL functions inside one another.
    """

    steps: int = 500_000
    size: int = 200_000
    depth: int = 60


DEFAULT_BUDGET = Budget()


class Run:
    """One evaluation: the scope it reads, its clock, what is left of its budget, and its warnings."""

    __slots__ = ("scope", "now", "budget", "steps", "depth", "warnings", "cache")

    def __init__(self, scope: Mapping[str, object], now: datetime, budget: Budget) -> None:
        self.scope = scope
        self.now = now
        self.budget = budget
        self.steps = budget.steps
        self.depth = 0
        self.warnings: list[Warning] = []
        self.cache: dict[object, object] | None = None

    def spend(self, steps: int) -> None:
        """Charge `steps`; raises BudgetExceeded when there are not as many left."""
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExceeded("steps", self.budget.steps)

    def grow(self, size: int) -> None:
        """Ask for a string or list of `size`; raises BudgetExceeded when that is too large."""
        if size > self.budget.size:
            raise BudgetExceeded("size", self.budget.size)
        # Copying is cheap next to evaluating, but not free.
        self.spend(size >> 4)

    def measure(self, value: object) -> None:
        """Refuse a result whose tree is too large or too deep for the host, however compact shared parts make it in memory."""
        left = self.budget.size
        level = [value]
        for _ in range(NESTING_LIMIT):
            below: list[object] = []
            for item in level:
                parts = item if type(item) is list else item.values() if type(item) is dict else None
                if parts is not None:
                    left -= len(parts) + 1
                    if left < 0:
                        raise BudgetExceeded("size", self.budget.size)
                    below.extend(parts)
            if not below:
                return
            level = below
        raise BudgetExceeded("nesting", NESTING_LIMIT)

    def warn(self, at: Position, code: str, facts: dict[str, object]) -> None:
        """Record a warning at a node."""
        if len(self.warnings) < WARNING_LIMIT:
            self.warnings.append(Warning(code, at.line, at.column, facts))

    def null(self, at: Position, problem: Null) -> None:
        """Record why an operation gave null."""
        self.warn(at, problem.code, problem.facts)


class Frame:
    """Local names: loop variables, parameters, context entries, the item of a filter. The outermost frame has none."""

    __slots__ = ("run", "values", "parent")

    def __init__(self, run: Run, values: dict[str, object] | None, parent: Frame | None) -> None:
        self.run = run
        self.values = values
        self.parent = parent
