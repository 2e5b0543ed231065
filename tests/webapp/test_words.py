"""Variables in the words of a page, and typed by a supervisor."""
from __future__ import annotations

from decimal import Decimal

import pytest

from engine.verbs.errors import VariableInvalid
from webapp.words import value_from_words, value_in_words

THIRD = Decimal("0.3333333333333333333333333333333333")


@pytest.mark.parametrize(("value", "words"), [
    (None, "—"), ("甲公司", "甲公司"), (True, "true"), (0.1, "0.1"), (2**70, "1180591620717411303424"), (THIRD, "0.3333333333333333333333333333333333"),
    ([], "[]"), ({"比例": [THIRD]}, '{\n  "比例": [\n    0.3333333333333333333333333333333333\n  ]\n}'),
])  # fmt: skip
def test_a_value_is_shown_digit_for_digit(value: object, words: str) -> None:
    assert value_in_words(value) == words


@pytest.mark.parametrize(("words", "value"), [
    ("12", 12), ("0.3333333333333333333333333333333333", THIRD), ("1e400", Decimal("1E+400")), ('"12"', "12"), ("甲公司", "甲公司"),
    ("NaN", "NaN"), ("[1, 0.1]", [1, 0.1]), ("", ""),
])  # fmt: skip
def test_what_is_typed_is_kept_digit_for_digit(words: str, value: object) -> None:
    found = value_from_words("x", words)

    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("words", ["[" * 100_000, "[" * 5_000 + "]" * 5_000, "1e9999999999999999999"])
def test_what_nobody_can_keep_is_refused_in_words(words: str) -> None:
    with pytest.raises(VariableInvalid) as refused:
        value_from_words("规模", words)

    assert "规模" in refused.value.sentence()
