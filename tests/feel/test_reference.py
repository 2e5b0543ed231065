"""docs/feel.md says what there is: its examples are true, and it names every built-in function."""
from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.feel.builtins import FUNCTIONS

from .tables import value_of

PAGE = Path(__file__).parents[2] / "docs" / "feel.md"
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
EXAMPLES = [(row[-2].strip("`"), row[-1].strip("| `")) for row in ROWS if row[-2].startswith("`")]


@pytest.mark.parametrize(("text", "result"), EXAMPLES)
def test_an_example_of_the_page_is_true(text: str, result: str) -> None:
    assert value_of(text) == json.loads(result)


def test_the_page_names_every_signature() -> None:
    named = {name for row in ROWS for name in re.findall(r"`([a-z ]+\([^`]*\))`", row[0])}

    real = {str(signature) for signatures in FUNCTIONS.values() for signature in signatures}

    assert named == real
