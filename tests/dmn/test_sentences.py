from __future__ import annotations

import json
import re
from pathlib import Path

import engine.core.dmn
import engine.texts
from engine.core.calendar import FUNCTION_NAMES
from engine.core.dmn.evaluation import MAX_CALLS, MAX_EVALUATIONS
from engine.core.dmn.reader import MAX_DECISIONS
from engine.core.dmn.tables import MAX_CELLS, MAX_RULES
from engine.core.dmn.vocabulary import AGGREGATIONS, HIT_POLICIES

TEXTS = Path(engine.texts.__file__).parent
CODE = Path(engine.core.dmn.__file__).parent


def sentences(language: str, area: str) -> dict[str, str]:
    return json.loads((TEXTS / language / f"{area}.json").read_text("utf-8"))


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)", sentence))


def test_both_languages_say_the_same_things() -> None:
    for area in ("dmn", "calendar"):
        zh, en = sentences("zh", area), sentences("en", area)
        assert list(zh) == list(en)
        assert {key: placeholders(text) for key, text in zh.items()} == {key: placeholders(text) for key, text in en.items()}


def test_every_code_has_a_sentence_and_every_sentence_is_used() -> None:
    source = "\n".join(file.read_text("utf-8") for file in CODE.glob("*.py"))
    reported = {f"problem.dmn_{code}" for code in re.findall(r'report\("(\w+)"', source)}
    placed = {f"problem.{code}" for code in re.findall(r'Problem\("(dmn_\w+)"', source)}
    failures = {f"dmn.{code}" for code in re.findall(r'(?:DecisionFailed|failed)\("(\w+)"', source)}
    converted = {f"dmn.{code}" for code in re.findall(r'"((?:input|output|value|variable)_(?:type|not_allowed))"', source)}
    places = set(re.findall(r'Words\("(dmn\.where\.\w+)"', source))
    known = {key for key in sentences("zh", "dmn") if not key.startswith("dmn.policy.")}

    # A ternary in `report` hides its second code from the pattern above.
    assert reported | placed | failures | converted | places | {"problem.dmn_no_logic", "problem.dmn_several_logics"} == known


def test_the_guide_names_every_policy_and_function() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "dmn.md").read_text("utf-8")

    assert all(word in guide for word in (*HIT_POLICIES, *AGGREGATIONS))
    assert all(f"`{name}(" in guide for name in FUNCTION_NAMES)
    assert all(f"{limit:,}".replace(",", " ") in guide for limit in (MAX_EVALUATIONS, MAX_RULES, MAX_CELLS, MAX_DECISIONS, MAX_CALLS))
