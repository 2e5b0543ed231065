"""One file while it is being read: what its parts can look up and where they put what they find wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from engine.core import reference
from engine.core.bpmn.model import Formula
from engine.core.bpmn.vocabulary import DRAWN, GLOBAL_TASKS, NODES, Element, local, words
from engine.core.bpmn.words import Words
from engine.core.calendar import FUNCTION_NAMES
from engine.core.problems import Problem, Severity
from engine.feel import Expression, FeelSyntaxError, parse

_LITERALS = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_HOST_FUNCTIONS = frozenset({*FUNCTION_NAMES, reference.FUNCTION_NAME})
MAX_EXPRESSION = 20_000  # characters; a formula that long is a mistake or an attack
# The elements that a person finds again in the drawing or in the properties panel.
PLACES = NODES | DRAWN | GLOBAL_TASKS | words("sequenceFlow process message signal error escalation")


@dataclass
class Reading:
    """The elements of the file by id, and the problems found so far."""

    file: str
    elements: dict[str, Element] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    used_data: set[str] = field(default_factory=set)  # ids of data objects, stores and properties that data associations touch
    data_names: dict[str, str] | None = None  # data object id → the name that a reference gives it, once asked for

    def report(self, code: str, element: Element, severity: Severity = "error", **facts: object) -> None:
        """Add a problem at `element`, named by the nearest element around it that a designer can see."""
        line = element.sourceline
        self.problems.append(Problem(code, self.file, line, place(element), facts, severity))

    def formula(self, element: Element, text: str | None) -> Formula | None:
        """The value of an attribute or element text; None if it is absent or blank. A syntax error is reported, the text kept."""
        if text is None or not (text := text.strip()):
            return None
        line = element.sourceline or 0
        if not text.startswith("="):
            return Formula(text, line)
        try:
            expression = _parse(text)
        except NotAnExpression as error:
            self.report(error.code, element, **error.facts)
            return Formula(text, line)
        for name in _unknown_functions(expression):
            self.report("feel_function_unknown", element, text=shorten(text), name=name)
        for problem in expression.problems:
            column = problem.column + 1 if problem.line == 1 else problem.column
            reason = Words(f"feel.warning.{problem.code}", **problem.facts)
            self.report("feel_gives_null", element, "warning", text=shorten(text), row=problem.line, column=column, reason=reason)
        return Formula(text, line, expression)

    def expression(self, element: Element) -> Formula | None:
        """The text of an expression element. Where the file says that its language is FEEL, the leading `=` may be missing."""
        text = (element.text or "").strip()
        if not text or text.startswith("="):
            return self.formula(element, text)
        language = element.get("language") or element.getroottree().getroot().get("expressionLanguage") or ""
        return self.formula(element, f"={text}" if "feel" in language.lower() else text)

    def resolve(self, element: Element, attribute: str, *targets: str) -> Element | None:
        """The element that a reference attribute points to. A reference to nothing, or to the wrong thing, is reported."""
        return self._follow(element, attribute, (element.get(attribute) or "").strip(), targets)

    def resolve_text(self, element: Element, *targets: str) -> Element | None:
        """The same for a reference that is the text of an element, such as `eventDefinitionRef`."""
        return self._follow(element, local(element), (element.text or "").strip(), targets)

    def _follow(self, element: Element, attribute: str, name: str, targets: tuple[str, ...]) -> Element | None:
        if not name:
            return None
        found = self.elements.get(name)
        if found is None and ":" in name:  # the schema makes some references qualified names
            found = self.elements.get(name.partition(":")[2])
        if found is None:
            self.report("dangling_reference", element, attribute=attribute, target=name)
        elif local(found) not in targets:
            self.report("wrong_reference", element, attribute=attribute, target=name, found=local(found), expected=_expected(targets))
            return None
        return found

    def is_known(self, element: Element) -> bool:
        """Whether an element can be referred to: it has an id, and is the first with it."""
        identifier = element.get("id")
        return bool(identifier) and self.elements.get(identifier) is element

    def flag(self, element: Element, attribute: str, default: bool) -> bool:
        """An xsd:boolean attribute; anything else than true, false, 1, 0 is reported."""
        text = (element.get(attribute) or "").strip()
        if text in ("true", "1"):
            return True
        if text not in ("", "false", "0"):
            self.report("not_a_boolean", element, attribute=attribute, text=shorten(text))
        return False if text in ("false", "0") else default

    def number(self, element: Element, attribute: str, default: int, least: int = 0) -> int:
        """An integer attribute of at most nine digits; anything else, or less than `least`, is reported."""
        text = (element.get(attribute) or "").strip()
        if not text:
            return default
        if text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least:
            return int(text)
        self.report("not_a_number", element, attribute=attribute, text=shorten(text), least=least)
        return default


def _expected(targets: tuple[str, ...]) -> Words:
    """What a reference may point to, in words; the many kinds of flow node under one name."""
    few = len(targets) <= 6
    return Words("bpmn.expected.listed", names=" / ".join(targets)) if few else Words("bpmn.expected.nodes")


class NotAnExpression(Exception):
    """A text behind `=` that is no FEEL expression, with the code and facts of the problem that says so."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


def feel_problem(text: str) -> tuple[str, dict[str, Any]] | None:
    """Code and facts of what is wrong with a text that begins with `=`; None if it is a FEEL expression."""
    try:
        _parse(text)
    except NotAnExpression as error:
        return error.code, error.facts
    return None


def _parse(text: str) -> Expression:
    if len(text) > MAX_EXPRESSION:
        raise NotAnExpression("feel_too_long", length=len(text), limit=MAX_EXPRESSION)
    try:
        return parse(text[1:], FUNCTION_NAMES)
    except FeelSyntaxError as error:
        column = error.column + 1 if error.line == 1 else error.column  # the leading = is ours
        reason = Words(f"feel.{error.code}", **error.facts)
        raise NotAnExpression("feel_syntax", text=shorten(text), row=error.line, column=column, reason=reason) from error
    except RecursionError as error:
        raise NotAnExpression("feel_too_long", length=len(text), limit=MAX_EXPRESSION) from error


def _unknown_functions(expression: Expression) -> list[str]:
    """Names that are called, but neither built in, nor the host's, nor defined in the expression: variables are never functions."""
    code = _LITERALS.sub('""', expression.text)
    called = (name for name in sorted((expression.names | expression.possible_names) - _HOST_FUNCTIONS))
    return [name for name in called if re.search(rf"(?<![\w.]){re.escape(name)}\s*\(", code)]


def place(element: Element) -> str | None:
    """The id of the nearest element around (or at) `element` that is drawn or listed in a modelling tool."""
    current: Element | None = element
    while current is not None:
        identifier: str | None = current.get("id")
        if local(current) in PLACES and identifier:
            return identifier
        current = current.getparent()
    return None


def shorten(text: str, length: int = 80) -> str:
    """One line of at most `length` characters, for sentences."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
