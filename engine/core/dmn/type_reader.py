"""Item definitions from XML: a model's own types by name. Source: DMN 1.4 §7.3.3."""

from __future__ import annotations

from dataclasses import replace

from engine.core.bpmn.words import Words
from engine.core.dmn.cells import Cell
from engine.core.dmn.source import Source, shorten
from engine.core.dmn.tables import cell
from engine.core.dmn.types import ANY, Type, built_in
from engine.core.dmn.vocabulary import Element, local

MAX_NESTING = 50


class TypeReader:
    """Finds the type behind a `typeRef`. Types are read when first asked for, so their order in the file does not matter."""

    def __init__(self, source: Source, root: Element) -> None:
        self.source = source
        self.definitions = {(element.get("name") or "").strip(): element for element in source.children(root, "itemDefinition")}
        self.found: dict[str, Type] = {}
        self.open: list[str] = []
        self.unknown: set[str] = set()

    def check(self) -> None:
        """Read every definition, so that what is wrong with an unused one is found too."""
        for name, element in self.definitions.items():
            if not name:
                self.source.report("no_name", element, "error", what="itemDefinition")
            else:
                self.of(element, name)

    def of(self, element: Element, name: str | None) -> Type:
        """The type called `name`, mentioned at `element`; no name is any type. An unknown name is reported."""
        name = (name or "").strip()
        if not name:
            return ANY
        if name in self.found:
            return self.found[name]
        own = name if name in self.definitions else name.rpartition(":")[2].rpartition("}")[2]
        if own in self.definitions:
            if own in self.open or len(self.open) >= MAX_NESTING:
                self.source.report("type_circle", element, "error", path=" → ".join([*self.open, own]))
                return ANY
            self.open.append(own)
            self.found[name] = self.definition(self.definitions[own], own)
            self.open.pop()
            return self.found[name]
        known = built_in(name)
        if known is None:
            self.source.report("unknown_type", element, "error", type=shorten(name))
            known = ANY
        return known

    def definition(self, element: Element, name: str, siblings: tuple[str, ...] = ()) -> Type:
        """The type that an itemDefinition or itemComponent defines; allowed values of a component may name its `siblings`.

        Those of a collection are of its elements; a constraint is on the collection itself. Source: DMN 1.5 §7.3.3.
        """
        base = self.base(element, name)
        values, constraint = (self.allowed(element, tag, name, siblings) for tag in ("allowedValues", "typeConstraint"))
        if element.get("isCollection") not in ("true", "1"):
            return _narrowed(_narrowed(replace(base, name=name), values), constraint)
        return Type(name, "list", _narrowed(replace(base, name=name), values), allowed=constraint)

    def base(self, element: Element, name: str) -> Type:
        components = list(self.source.children(element, "itemComponent"))
        if components:
            names = tuple(_name(each) for each in components)
            return Type(name, "context", None, {_name(each): self.definition(each, _name(each), names) for each in components})
        function = self.source.child(element, "functionItem")
        if function is not None:
            output = function.get("outputTypeRef")
            takes = tuple(self.of(each, each.get("typeRef")) for each in self.source.children(function, "parameters"))
            return Type(name, "function", output=self.of(function, output) if output else None, takes=takes)
        reference = self.source.child(element, "typeRef")
        written = "".join(reference.itertext()) if reference is not None else element.get("typeRef")
        if written is not None and local(element) == "itemDefinition" and written.strip() == name and built_in(name):
            return built_in(name) or ANY  # a definition that only repeats a FEEL type
        return self.of(element, written)

    def allowed(self, element: Element, tag: str, name: str, siblings: tuple[str, ...]) -> Cell | None:
        values = self.source.child(element, tag)
        found = None if values is None else cell(self.source, values, siblings, Words("dmn.where.allowed", column=name))
        return found if found is not None and found.unary is not None else None


def _narrowed(base: Type, allowed: Cell | None) -> Type:
    if allowed is None:
        return base
    return replace(base, allowed=allowed, wider=base.wider if base.allowed is None else (*base.wider, base.allowed))


def component_names(source: Source, root: Element) -> frozenset[str]:
    """The names of all components of all types: they may hold blanks, and paths through them must still be read."""
    return frozenset(_name(element) for element in root.iter(f"{{{source.dmn}}}itemComponent") if _name(element))


def _name(element: Element) -> str:
    return (element.get("name") or "").strip()
