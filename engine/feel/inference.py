"""What type an expression has for certain, seen from its syntax alone. Source: DMN 1.4 §10.3.2.9."""
from __future__ import annotations

from . import syntax
from .syntax import Node, Type
from .types import ANY
from .values import kind_of

_BOOLEAN = (syntax.Comparison, syntax.Between, syntax.In, syntax.InstanceOf, syntax.Logic, syntax.Quantified)


def type_of(node: Node) -> Type | None:
    """The type of literals, contexts, lists, functions and tests; None where only the values could tell."""
    if isinstance(node, syntax.Literal):
        return Type("Null" if node.value is None else kind_of(node.value))
    if isinstance(node, _BOOLEAN):
        return Type("boolean")
    if isinstance(node, syntax.Context):
        return Type("context", tuple(type_of(value) or ANY for _, value in node.entries), tuple(key for key, _ in node.entries))
    if isinstance(node, syntax.ListOf):
        kinds = {type_of(item) for item in node.items}
        return Type("list", (kinds.pop() or ANY,) if len(kinds) == 1 else (ANY,))
    if isinstance(node, syntax.FunctionDefinition):
        return Type("function", (type_of(node.body) or ANY, *(type_ or ANY for type_ in node.types)))
    return None
