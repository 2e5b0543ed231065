"""The pages of docs/ that are written from tables of the program: `python -m tests.bpmn.pages` writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.core.bpmn import properties, supported

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES: dict[str, Callable[[], str]] = {
    "supported-elements.md": supported.document,
    "extension-properties.md": properties.document,
}

if __name__ == "__main__":
    for name, document in PAGES.items():
        (DOCS / name).write_text(document(), "utf-8")
