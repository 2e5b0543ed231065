"""One DMN file while it is being read: its elements by id, and where findings go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from engine.core.bpmn.words import Words
from engine.core.calendar import FUNCTION_NAMES
from engine.core.dmn.vocabulary import Element, is_feel, local, namespace
from engine.core.problems import Problem, Severity
from engine.feel import Expression, FeelSyntaxError, UnaryTests, parse, parse_unary_tests
from engine.feel.syntax import Type

MAX_EXPRESSION = 20_000  # characters; a formula that long is a mistake or an attack
MAX_DEPTH = 30  # boxed expressions inside one another
Parsed = TypeVar("Parsed")


@dataclass
class Source:
    """The file's name and DMN namespace, its elements by id, the findings so far.

    `types` are the file's own types as FEEL sees them. `place` is the id of the decision (or knowledge model) whose logic is being read:
    findings name it.
    """

    file: str
    dmn: str
    elements: dict[str, Element] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    component_names: frozenset[str] = frozenset()
    types: Mapping[str, Type] = field(default_factory=dict)
    place: str | None = None
    depth: int = 0

    def report(self, code: str, element: Element, severity: Severity = "error", /, **facts: object) -> None:
        self.problems.append(Problem(f"dmn_{code}", self.file, element.sourceline, self._named(element), facts, severity))

    def _named(self, element: Element) -> str | None:
        return self.place or element.get("id")

    def children(self, element: Element, *names: str) -> Iterator[Element]:
        """Children in the DMN namespace; all, or those with the given local names."""
        for child in element:
            if namespace(child) == self.dmn and (not names or local(child) in names):
                yield child

    def child(self, element: Element, name: str) -> Element | None:
        return next(self.children(element, name), None)

    def text(self, element: Element | None) -> str:
        """The `text` child of an expression or cell, without surrounding blanks; empty if there is none."""
        found = None if element is None else self.child(element, "text")
        return "".join(found.itertext()).strip() if found is not None else ""

    def text_line(self, element: Element) -> int:
        found = self.child(element, "text")
        return (element if found is None else found).sourceline or 0

    def documentation(self, element: Element) -> str:
        found = self.child(element, "description")
        return "".join(found.itertext()).strip() if found is not None else ""

    def expression(self, element: Element, text: str, names: Iterable[str], where: str = "") -> Expression | None:
        """A FEEL expression, or None with the reason reported. `where` says in which rule and column it stands."""
        return self._feel(element, text, names, where, parse)

    def unary_tests(self, element: Element, text: str, names: Iterable[str], where: str = "") -> UnaryTests | None:
        return self._feel(element, text, names, where, parse_unary_tests)

    def _feel(
        self, element: Element, text: str, names: Iterable[str], where: object, how: Callable[..., Parsed]
    ) -> Parsed | None:
        self.check_language(element)
        facts: dict[str, object] = {"text": shorten(text), "where": where}
        if len(text) > MAX_EXPRESSION:
            self.report("feel_too_long", element, "error", limit=MAX_EXPRESSION, **facts)
            return None
        try:
            return how(text, [*FUNCTION_NAMES, *self.component_names, *names], types=self.types)
        except FeelSyntaxError as error:
            reason = Words(f"feel.{error.code}", **error.facts)
            self.report("feel_syntax", element, "error", line=error.line, column=error.column, reason=reason, **facts)
        except RecursionError:
            self.report("feel_too_long", element, "error", limit=MAX_EXPRESSION, **facts)
        return None

    def check_language(self, element: Element) -> None:
        """DMN lets every element name its own expression language; only FEEL runs here."""
        language = element.get("expressionLanguage")
        if not is_feel(language):
            self.report("expression_language", element, "error", language=shorten(language or ""))

    def unknown(self, element: Element) -> None:
        self.report("unknown_element", element, "error", name=local(element), parent=_parent(element))


def _parent(element: Element) -> str:
    parent = element.getparent()
    return "" if parent is None else local(parent)


def shorten(text: str, length: int = 80) -> str:
    """One line of at most `length` characters, for sentences."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
