"""Every sentence exists in every language with the same placeholders, and every code that is raised has a sentence."""

import ast
import string
from pathlib import Path

import pytest

from engine.texts import LANGUAGES, add_catalogue, catalogue

ROOT = Path(__file__).parent.parent
add_catalogue(ROOT / "webapp" / "texts")


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "zh"])
def test_each_language_has_the_same_keys_and_placeholders(language):
    chinese, other = catalogue("zh"), catalogue(language)
    assert chinese.keys() == other.keys()
    differing = [key for key in chinese if placeholders(chinese[key]) != placeholders(other[key])]
    assert differing == []


def raised(module: Path, name: str) -> set[str]:
    """The constant first arguments of calls `name("…")` in a module."""
    calls = (node for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if getattr(call.func, "id", None) == name and call.args and isinstance(call.args[0], ast.Constant)
    }


@pytest.mark.parametrize(("name", "prefix"), [("Fault", "incident"), ("StepRefused", "refused")])
def test_every_incident_and_refusal_of_the_runtime_has_a_sentence(name, prefix):
    codes = set().union(*(raised(module, name) for module in (ROOT / "engine" / "core" / "runtime").glob("*.py")))
    assert codes and not {code for code in codes if f"{prefix}.{code}" not in catalogue("zh")}
