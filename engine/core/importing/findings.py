"""What an import has to say, in three grades: what became what, what a person must decide, what was left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.texts import text

Grade = Literal["converted", "decide", "dropped"]
GRADES: tuple[Grade, ...] = ("decide", "dropped", "converted")  # in the order in which they concern the reader


@dataclass(frozen=True)
class Finding:
    """One statement. `line` counts in the file that was imported; `element` is an id; its sentence stands under `import.<grade>.<code>`."""

    grade: Grade
    code: str
    file: str
    line: int | None = None
    element: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, language: str = "zh") -> str:
        return text(f"import.{self.grade}.{self.code}", language, **self.facts)

    def in_words(self, language: str = "zh") -> str:
        """`file:line: element: sentence`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.element, self.sentence(language)) if part)
