"""docs/forms.md and the catalogues say what the program does."""

from __future__ import annotations

import ast
import re
import string

from engine.core.forms.kinds import KINDS, REFUSED, Kind
from engine.texts import catalogue

from .conftest import ROOT

TEXT = (ROOT / "docs/forms.md").read_text("utf-8")


def documented(section: str, word: str) -> set[str]:
    line = re.search(rf"^{word}：(.*)$", section, re.MULTILINE)
    return set(re.findall(r"`(\w+)`", line.group(1))) if line else set()


def properties(kind: Kind) -> set[str]:
    return set(kind.properties) | ({"prefixAdorner", "suffixAdorner"} if kind.adorned else set())


def test_the_documentation_lists_exactly_the_supported_components_and_properties():
    sections = dict(re.findall(r"^### `(\w+)`([\s\S]*?)(?=^##)", TEXT, re.MULTILINE))
    assert set(sections) == set(KINDS)
    for name, section in sections.items():
        assert documented(section, "属性") == properties(KINDS[name]), name
        assert documented(section, "检查") == set(KINDS[name].rules), name
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT.partition("## 不支持")[2], re.MULTILINE)) == set(REFUSED)


def codes() -> set[str]:
    """Codes that stand in the source: what is reported or raised with a literal name."""
    found: set[str] = set()
    for file in (ROOT / "engine/core/forms").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant | ast.IfExp):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                for one in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                        if called == "Invalid":
                            found.add(f"form.{one.value}")
                        elif called in ("problem", "malformed", "TemplateInvalid"):
                            found.add(f"problem.form_{one.value}")
                        elif called in ("FieldError", "Hint"):
                            found.add(one.value)
                        elif called == "Problem":
                            found.add(f"problem.{one.value}")
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "report" and isinstance(node.args[1], ast.Constant):
                found.add(f"problem.form_{node.args[1].value}")
    return found


def test_every_code_has_its_sentence():
    missing = codes() - set(catalogue("zh"))
    assert not missing
    assert len(codes()) > 70


def test_every_text_of_the_templates_has_its_sentence():
    used = set()
    for file in [ROOT / "webapp/templates/_fields.html", *(ROOT / "webapp/templates/forms").glob("*.html")]:
        used |= set(re.findall(r"\bt\('([\w.]+)'", file.read_text("utf-8")))
    assert used
    assert used <= set(catalogue("zh"))


def test_both_languages_have_the_same_sentences_with_the_same_facts():
    def facts(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    for code in catalogue("zh"):
        if code.startswith(("form.", "problem.form_")):
            assert facts(catalogue("zh")[code]) == facts(catalogue("en")[code]), code
