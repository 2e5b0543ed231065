"""Every refusal of the verbs has a sentence whose blanks its facts fill in."""

from __future__ import annotations

import importlib
import pkgutil

import engine.verbs
from engine.texts import LANGUAGES, catalogue
from engine.verbs.errors import EngineError


def refusals(kind: type[EngineError] = EngineError) -> list[type[EngineError]]:
    for module in pkgutil.iter_modules(engine.verbs.__path__):
        importlib.import_module(f"engine.verbs.{module.name}")
    found = []
    for inner in kind.__subclasses__():
        found += [inner, *refusals(inner)]
    return found


def test_every_refusal_has_a_code_of_its_own_and_a_sentence() -> None:
    kinds = refusals()

    assert len(kinds) > 20
    assert len({kind.code for kind in kinds}) == len(kinds)
    for language in LANGUAGES:
        assert [kind.code for kind in kinds if f"error.{kind.code}" not in catalogue(language)] == []
