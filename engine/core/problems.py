"""What is wrong with a file that someone wants to deploy: all of it at once, each with its place and a stable code.

The sentence for a code stands in the text catalogues under `problem.<code>` and says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.texts import text

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One finding. `line` counts from 1 (None: the whole file); `element` is the id of the element, if it has one."""

    code: str
    file: str
    line: int | None = None
    element: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = "error"

    def sentence(self, language: str = "zh") -> str:
        """The finding and the advice, in words."""
        return text(f"problem.{self.code}", language, element=self.element, **self.facts)

    def __str__(self) -> str:
        return self.in_words("zh")

    def in_words(self, language: str) -> str:
        """`file:line: element: message`, the line that `zhuqi check` prints."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.element, self.sentence(language)) if part)


class Refused(Exception):
    """A set of files that cannot be deployed; `problems` holds every error and warning found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def has_errors(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)
