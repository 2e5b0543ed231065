"""A form as values: what the reader makes of a `.form` file and the rest of this package fills in, shows and judges.

Source: form-js 1.23 (schema version 19), the form language of the stock Camunda Modeler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from engine.feel import Expression

Json: TypeAlias = "str | int | float | Decimal | bool | None | list[Json] | dict[str, Json]"  # Decimal: what no double stands for
Path: TypeAlias = "tuple[str | int, ...]"  # ("items", 0, "name"), written items[0].name


@dataclass(frozen=True)
class Formula:
    """A property that holds a fixed value or, when written with a leading `=`, a FEEL expression."""

    value: Json = None
    expression: Expression | None = None


@dataclass(frozen=True)
class Insert:
    """`{{expression}}` in a template."""

    expression: Expression


@dataclass(frozen=True)
class Block:
    """`{{#if expression}}…{{/if}}` or `{{#loop expression}}…{{/loop}}` in a template."""

    kind: str
    expression: Expression
    nodes: tuple[Node, ...]


Node: TypeAlias = "str | Insert | Block"


@dataclass(frozen=True)
class Template:
    """A text with inserted FEEL, or one FEEL expression for the whole text (`whole`)."""

    text: str = ""
    nodes: tuple[Node, ...] = ()
    whole: Expression | None = None

    @property
    def names(self) -> frozenset[str]:
        """Free names of every expression in the template."""
        own = read_by(self.whole) if self.whole else frozenset()
        return own.union(*(_node_names(node) for node in self.nodes))


def read_by(expression: Expression) -> frozenset[str]:
    """Names that an expression reads or may read."""
    return expression.names | expression.possible_names


def _node_names(node: Node) -> frozenset[str]:
    if isinstance(node, str):
        return frozenset()
    if isinstance(node, Insert):
        return read_by(node.expression)
    return read_by(node.expression).union(*(_node_names(inner) for inner in node.nodes))


@dataclass(frozen=True)
class Option:
    """One choice of a radio, select, checklist or taglist. `value` may be any JSON value, as in form-js."""

    label: str
    value: Json


@dataclass(frozen=True)
class Component:
    """One component of a form. `settings` and `rules` hold its properties, compiled, by their form-js names."""

    kind: str
    id: str
    line: int
    path: tuple[str, ...] = ()  # its own key or path, below that of its container; () if it binds nothing
    settings: Mapping[str, object] = field(default_factory=dict)
    rules: Mapping[str, object] = field(default_factory=dict)  # from "validate"
    options: tuple[Option, ...] = ()  # the fixed ones, from "values"
    hide: Expression | None = None
    children: tuple[Component, ...] = ()
    row: str | None = None
    columns: int | None = None  # of 16; None: a share of what is left
    properties: Mapping[str, Json] = field(default_factory=dict)  # the owners' own facts, such as personal: true

    def template(self, name: str) -> Template:
        found = self.settings.get(name)
        return found if isinstance(found, Template) else Template()

    def expression(self, name: str) -> Expression | None:
        found = self.settings.get(name)
        return found if isinstance(found, Expression) else None

    def walk(self) -> Iterator[Component]:
        """This component and all below it."""
        yield self
        for inner in self.children:
            yield from inner.walk()


@dataclass(frozen=True, eq=False)
class Form:
    """One `.form` file. Read once per content, so forms are compared by identity, and what is found out about one can be remembered."""

    id: str
    file: str
    components: tuple[Component, ...]
    version_tag: str | None = None

    def walk(self) -> Iterator[Component]:
        for component in self.components:
            yield from component.walk()


@dataclass(frozen=True)
class Attachment:
    """A stored upload that a file field may name. `size` in bytes."""

    id: str
    name: str
    size: int
    media_type: str


@dataclass(frozen=True)
class FieldError:
    """Why a value is not accepted; the sentence stands in the catalogue under `code` and is filled with `facts`."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


class Invalid(Exception):
    """A value that a component does not accept."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.error = FieldError(f"form.{code}", facts)
