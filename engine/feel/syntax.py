"""The abstract syntax of FEEL. Every node knows where it stands. Source: DMN 1.4 §10.3.1.2."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from .budget import Position


@dataclass(frozen=True, slots=True)
class Node:
    """Where a piece of an expression begins."""

    at: Position


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: object


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`names` is None for positional arguments, else one parameter name per argument."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """Operands joined by operators of one precedence, from left to right."""

    first: Node
    steps: tuple[tuple[str, Node, Position], ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    word: OneOf["and", "or"]
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    value: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class If(Node):
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator(Node):
    """One `name in domain` of a loop; `end` is given for `start..end`."""

    name: str
    domain: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    word: OneOf["some", "every"]
    iterators: tuple[Iterator, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Node):
    parameters: tuple[str, ...]
    types: tuple[Type | None, ...]
    body: Node
    text: str


@dataclass(frozen=True, slots=True)
class Context(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    """A range literal; an end that is None is open."""

    start: Node | None
    end: Node | None
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One unary test: `operator operand`, or any expression when `operator` is None; `asks` when it mentions `?`."""

    operator: str | None
    operand: Node
    asks: bool


@dataclass(frozen=True, slots=True)
class Type:
    """A type by name; `items` are the element type of list and range, the result and parameters of a function, the entries of a context.

    One that is `incomplete` was written without them (`list` instead of `list<number>`).
    """

    name: str
    items: tuple[Type, ...] = ()
    keys: tuple[str, ...] = ()
    incomplete: bool = False
