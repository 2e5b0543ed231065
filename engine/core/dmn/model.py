"""A file of decisions as values: decisions with their logic, the input they need, reusable functions, services.

Source: DMN 1.4 §6–8, §10.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal as OneOf
from typing import TypeAlias

from engine.core.dmn.cells import Cell
from engine.core.dmn.types import ANY, Type
from engine.feel import Expression

HitPolicy = OneOf["UNIQUE", "ANY", "FIRST", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT"]
Aggregation = OneOf["SUM", "MIN", "MAX", "COUNT"]


@dataclass(frozen=True)
class Parameter:
    """A name with a type: a variable, a formal parameter, a context entry."""

    name: str
    type: Type = ANY


# ------------------------------------------------------------------------------------------------------------- logic


@dataclass(frozen=True)
class Formula:
    """A literal expression, or an output cell. `constant` is set, in a tuple, when the text is one literal."""

    text: str
    line: int
    expression: Expression | None = None
    constant: tuple[object] | None = None
    type: Type = ANY
    id: str | None = None


@dataclass(frozen=True)
class Input:
    """An input column: its expression is evaluated once per decision. `allowed` None: any value of the type."""

    label: str
    expression: Formula
    type: Type = ANY
    allowed: Cell | None = None
    id: str | None = None


@dataclass(frozen=True)
class Output:
    """An output column. `ranking` are its allowed values from the first to the last, for PRIORITY and OUTPUT ORDER."""

    name: str
    label: str
    type: Type = ANY
    allowed: Cell | None = None
    ranking: tuple[object, ...] = ()
    default: Formula | None = None
    id: str | None = None


@dataclass(frozen=True)
class Rule:
    """A row. `index` counts from 1; one cell per input column, one formula per output column."""

    index: int
    line: int
    cells: tuple[Cell, ...]
    outputs: tuple[Formula, ...]
    annotations: tuple[str, ...] = ()
    id: str | None = None


@dataclass(frozen=True)
class DecisionTable:
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...] = ()  # headings
    line: int = 0
    id: str | None = None
    type: Type = ANY

    @cached_property
    def tests(self) -> tuple[tuple[tuple[int, Cell], ...], ...]:
        """Per rule the cells that say something, with their column: `-` is never looked at again."""
        return tuple(tuple((at, cell) for at, cell in enumerate(rule.cells) if cell.unary is not None) for rule in self.rules)


@dataclass(frozen=True)
class Typed:
    """Boxed logic whose value must be of a type; formulas and tables carry theirs themselves."""

    logic: Logic
    type: Type


@dataclass(frozen=True)
class Entry:
    """One line of a boxed context; `parameter` None: the result."""

    parameter: Parameter | None
    logic: Logic


@dataclass(frozen=True)
class BoxedContext:
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class BoxedList:
    items: tuple[Logic, ...]


@dataclass(frozen=True)
class Relation:
    """A table of values: a list of contexts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Logic, ...], ...]


@dataclass(frozen=True)
class Invocation:
    """A call: `call` is FEEL that calls the function with one made-up name per binding (`names`)."""

    call: Formula
    names: tuple[str, ...]
    bindings: tuple[Logic, ...]


@dataclass(frozen=True)
class FunctionDefinition:
    parameters: tuple[Parameter, ...]
    body: Logic
    text: str = ""
    result: Type = ANY


@dataclass(frozen=True)
class Conditional:
    condition: Logic
    then: Logic
    otherwise: Logic


@dataclass(frozen=True)
class Given:
    """No logic: the decision is made by people or elsewhere, and its value comes as a variable. Source: DMN 1.4 §6.3.7."""


@dataclass(frozen=True)
class Filter:
    source: Logic
    match: Logic


@dataclass(frozen=True)
class Iteration:
    """Boxed `for`, `every`, `some`: `body` once per element of `source`, called `variable`."""

    kind: OneOf["for", "every", "some"]
    variable: str
    source: Logic
    body: Logic


Boxed: TypeAlias = "Typed | BoxedContext | BoxedList | Relation | Invocation | Conditional | Filter | Iteration"
Logic: TypeAlias = "Formula | DecisionTable | FunctionDefinition | Given | Boxed"

# ------------------------------------------------------------------------------------------------------------- graph


@dataclass(frozen=True)
class InputData:
    """What must come from outside, read from the process variable called `variable.name`."""

    id: str
    name: str
    variable: Parameter
    line: int


@dataclass(frozen=True)
class Decision:
    """One decision. `inputs`, `decisions` and `knowledge` are the ids of what it requires, in document order."""

    id: str
    name: str
    variable: Parameter
    logic: Logic
    line: int
    inputs: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    version_tag: str | None = None
    documentation: str = ""


@dataclass(frozen=True)
class KnowledgeModel:
    """A business knowledge model: a function that decisions may call under `variable.name`."""

    id: str
    name: str
    variable: Parameter
    function: FunctionDefinition
    line: int
    knowledge: tuple[str, ...] = ()


@dataclass(frozen=True)
class DecisionService:
    """Decisions offered together as a function of its `inputs` and then its `input_decisions`."""

    id: str
    name: str
    variable: Parameter
    line: int
    outputs: tuple[str, ...]
    encapsulated: tuple[str, ...] = ()
    input_decisions: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class DecisionModel:
    """A whole file, checked and ready to be evaluated. Mappings are by id, in document order."""

    id: str
    name: str
    file: str
    decisions: Mapping[str, Decision]
    inputs: Mapping[str, InputData] = field(default_factory=dict)
    knowledge: Mapping[str, KnowledgeModel] = field(default_factory=dict)
    services: Mapping[str, DecisionService] = field(default_factory=dict)

    @cached_property
    def order(self) -> Mapping[str, tuple[str, ...]]:
        """Per decision the decisions to make before it, so that each stands after those it requires."""
        return {decision_id: self._before(decision_id) for decision_id in self.decisions}

    def _before(self, decision_id: str) -> tuple[str, ...]:
        order: dict[str, None] = {}
        stack = [(decision_id, False)]
        while stack:
            current, is_ready = stack.pop()
            if current in order:
                continue
            if is_ready:
                order[current] = None
                continue
            stack.append((current, True))
            stack.extend((required, False) for required in reversed(self.decisions[current].decisions))
        del order[decision_id]
        return tuple(order)
