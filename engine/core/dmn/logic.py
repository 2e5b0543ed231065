"""Boxed expressions from XML: literal expressions, contexts, lists, relations, invocations, functions, and those of DMN 1.4.

Every reader returns the logic, or None after reporting why there is none. `names` are the names visible where the logic stands.
Source: DMN 1.4 §7.3, §10.2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.core.bpmn.words import Words
from engine.core.dmn.cells import literal
from engine.core.dmn.model import (
    BoxedContext,
    BoxedList,
    Conditional,
    DecisionTable,
    Entry,
    Filter,
    Formula,
    FunctionDefinition,
    Invocation,
    Iteration,
    Logic,
    Parameter,
    Relation,
    Typed,
)
from engine.core.dmn.source import MAX_DEPTH, Source
from engine.core.dmn.tables import read_table
from engine.core.dmn.types import ANY, Type
from engine.core.dmn.vocabulary import LOGIC, Element, local

Names = tuple[str, ...]


class LogicReader:
    """Reads the logic of one file; `types` are its item definitions by name."""

    def __init__(self, source: Source, types: Callable[[Element, str | None], Type]) -> None:
        self.source = source
        self.type_of = types
        self.readers: Mapping[str, Callable[[Element, Names], Logic | None]] = {
            "decisionTable": lambda element, names: read_table(self.source, self.type_of, element, names),
            "literalExpression": self.formula,
            "context": self.context,
            "list": self.list,
            "relation": self.relation,
            "invocation": self.invocation,
            "functionDefinition": self.function,
            "conditional": self.conditional,
            "filter": self.filter,
            "for": self.iteration,
            "every": self.iteration,
            "some": self.iteration,
        }

    def one(self, parent: Element, names: Names) -> Logic | None:
        """The one expression directly inside `parent`; none or several are reported."""
        found = [child for child in self.source.children(parent) if local(child) in LOGIC]
        if len(found) != 1:
            self.source.report("no_logic" if not found else "several_logics", parent, "error", name=parent.get("name") or local(parent))
            return None
        return self.read(found[0], names)

    def read(self, element: Element, names: Names) -> Logic | None:
        if self.source.depth >= MAX_DEPTH:
            self.source.report("too_deep", element, "error", limit=MAX_DEPTH)
            return None
        self.source.depth += 1
        try:
            logic = self.readers[local(element)](element, names)
        finally:
            self.source.depth -= 1
        if logic is None or isinstance(logic, Formula | DecisionTable | Invocation | FunctionDefinition):
            return logic
        wanted = self.type_of(element, element.get("typeRef"))
        return logic if wanted is ANY else Typed(logic, wanted)

    def parameter(self, element: Element, names_what: str) -> Parameter | None:
        """A variable, formal parameter or column: its name and type."""
        name = (element.get("name") or "").strip()
        if not name:
            self.source.report("no_name", element, "error", what=names_what)
            return None
        return Parameter(name, self.type_of(element, element.get("typeRef")))

    def formula(self, element: Element, names: Names) -> Formula | None:
        text = self.source.text(element)
        if self.source.child(element, "importedValues") is not None:
            self.source.report("import", element, "error", name="importedValues")
            return None
        if not text:
            self.source.report("empty_expression", element)
            return None
        expression = self.source.expression(element, text, names, Words("dmn.where.expression"))
        if expression is None:
            return None
        wanted = self.type_of(element, element.get("typeRef"))
        return Formula(text, self.source.text_line(element), expression, literal(text), wanted, element.get("id"))

    def context(self, element: Element, names: Names) -> BoxedContext | None:
        entries: list[Entry | None] = []
        for child in self.source.children(element, "contextEntry"):
            variable = self.source.child(child, "variable")
            parameter = self.parameter(variable, "contextEntry") if variable is not None else None
            logic = self.one(child, names)
            entries.append(Entry(parameter, logic) if logic is not None else None)
            if parameter is not None:
                if any(entry and entry.parameter and entry.parameter.name == parameter.name for entry in entries[:-1]):
                    self.source.report("duplicate_name", child, "error", name=parameter.name)
                names = (*names, parameter.name)
        results = [at for at, entry in enumerate(entries) if entry is not None and entry.parameter is None]
        if results and results != [len(entries) - 1]:
            self.source.report("context_result", element)
        return BoxedContext(tuple(entries)) if all(entries) else None  # type: ignore[arg-type]

    def list(self, element: Element, names: Names) -> BoxedList | None:
        items = [self.read(child, names) for child in self.source.children(element) if local(child) in LOGIC]
        return None if None in items else BoxedList(tuple(items))  # type: ignore[arg-type]

    def relation(self, element: Element, names: Names) -> Relation | None:
        columns = [self.parameter(column, "column") for column in self.source.children(element, "column")]
        rows = []
        for row in self.source.children(element, "row"):
            cells = [self.read(cell, names) for cell in self.source.children(row) if local(cell) in LOGIC]
            if len(cells) != len(columns):
                self.source.report("row_length", row, "error", expected=len(columns), found=len(cells))
            rows.append(tuple(cells))
        if None in columns or any(None in row or len(row) != len(columns) for row in rows):
            return None
        return Relation(tuple(column.name for column in columns if column), tuple(rows))  # type: ignore[arg-type]

    def invocation(self, element: Element, names: Names) -> Invocation | None:
        called = self.source.text(self.source.child(element, "literalExpression"))
        if not called:
            self.source.report("empty_expression", element)
            return None
        parameters, bindings = [], []
        for child in self.source.children(element, "binding"):
            parameter = self.source.child(child, "parameter")
            found = self.parameter(child if parameter is None else parameter, "binding")
            parameters.append(found)
            bindings.append(self.one(child, names))
        if None in parameters or None in bindings:
            return None
        # One made-up name per binding lets FEEL itself call whatever it is: a model, a service, a built-in, a lambda.
        made_up = tuple(f"binding {number}" for number in range(1, len(bindings) + 1))
        arguments = ", ".join(f"{parameter.name}: {name}" for parameter, name in zip(parameters, made_up, strict=True) if parameter)
        text = f"{called}({arguments})"
        visible = (*names, *made_up, *(parameter.name for parameter in parameters if parameter))
        expression = self.source.expression(element, text, visible, Words("dmn.where.invocation"))
        if expression is None:
            return None
        wanted = self.type_of(element, element.get("typeRef"))
        call = Formula(text, element.sourceline or 0, expression, None, wanted, element.get("id"))
        return Invocation(call, made_up, tuple(bindings))  # type: ignore[arg-type]

    def function(self, element: Element, names: Names) -> FunctionDefinition | None:
        """A function definition, or the encapsulated logic of a business knowledge model."""
        kind = (element.get("kind") or "FEEL").strip()
        if kind != "FEEL":
            self.source.report("function_kind", element, "error", kind=kind)
            return None
        parameters = [self.parameter(child, "formalParameter") for child in self.source.children(element, "formalParameter")]
        if None in parameters:
            return None
        known = [parameter.name for parameter in parameters if parameter]
        for name in sorted({name for name in known if known.count(name) > 1}):
            self.source.report("duplicate_name", element, "error", name=name)
        body = self.one(element, (*names, *known))
        if body is None:
            return None
        result = self.type_of(element, element.get("typeRef")).result
        return FunctionDefinition(tuple(parameters), body, f"function({', '.join(known)})", result)  # type: ignore[arg-type]

    def part(self, element: Element, name: str, names: Names) -> Logic | None:
        """The expression inside the named child, as the boxed expressions of DMN 1.4 nest them."""
        found = self.source.child(element, name)
        if found is None:
            self.source.report("part_missing", element, "error", name=local(element), part=name)
            return None
        return self.one(found, names)

    def conditional(self, element: Element, names: Names) -> Conditional | None:
        condition, then, otherwise = (self.part(element, name, names) for name in ("if", "then", "else"))
        if condition is None or then is None or otherwise is None:
            return None
        return Conditional(condition, then, otherwise)

    def filter(self, element: Element, names: Names) -> Filter | None:
        source, match = self.part(element, "in", names), self.part(element, "match", (*names, "item"))
        return None if source is None or match is None else Filter(source, match)

    def iteration(self, element: Element, names: Names) -> Iteration | None:
        variable = (element.get("iteratorVariable") or "").strip()
        if not variable:
            self.source.report("no_name", element, "error", what="iteratorVariable")
        kind = local(element)
        source = self.part(element, "in", names)
        body = self.part(element, "return" if kind == "for" else "satisfies", (*names, variable, "partial"))
        if source is None or body is None or not variable:
            return None
        return Iteration(kind, variable, source, body)  # type: ignore[arg-type]
