"""The table of explained differences stays readable; the comparison itself needs an npm package and is run by hand."""
from __future__ import annotations

import re

from .differential.differences import TABLE, differences, same
from .differential.expressions import expressions, unary_tests


def test_every_row_of_the_table_is_read_and_names_its_section() -> None:
    rows = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ")][1:]

    assert len(differences()) == len(rows) > 30
    assert all(re.match(r"(10\.[34]|7)\.\d|not in the standard|beyond the standard", row.section) for row in differences())


def test_the_same_value_may_be_written_in_another_way() -> None:
    assert same("2024-02-29", "2024-02-29T00:00:00.000Z") and same("PT1H30M", "PT5400S") and same("-PT5M", "PT-5M") and same(0.3, 0.1 + 0.2)
    assert not same("2024-02-29", "2024-02-29T01:00:00.000Z") and not same(True, 1) and not same(None, False) and not same("1", 1)


def test_the_same_seed_asks_the_same_questions() -> None:
    assert expressions(50, 7) == expressions(50, 7) and unary_tests(50, 7) == unary_tests(50, 7)
