from __future__ import annotations

import pytest

from engine.core.bpmn import properties, supported
from engine.core.bpmn.model import Kind
from engine.core.bpmn.properties import PROPERTIES, is_numbering
from tests.bpmn.pages import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_program_does(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run: python -m tests.bpmn.pages"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_have_words_for_everything(language: str) -> None:
    assert "bpmn." not in supported.document(language) + properties.document(language)


def test_every_flow_node_is_either_supported_or_refused() -> None:
    assert set(supported.KINDS) == set(Kind) - {Kind.PROCESS}


@pytest.mark.parametrize(
    ("pattern", "good"),
    [("SQ{yyyy}{seq:5}", True), ("{yy}{mm}{dd}-{seq:3}", True), ("诉求{seq:4}号", True), ("SQ{yyyy}", False), ("{seq:5}{seq:5}", False), ("{week}{seq:3}", False)],
)
def test_a_numbering_has_exactly_one_running_number(pattern: str, good: bool) -> None:
    assert is_numbering(pattern) is good


def test_the_examples_of_the_page_are_accepted_by_the_checks() -> None:
    from html import escape

    from tests.bpmn.builder import beside, errors, file, flow, node, prop, through, timer

    def _timed(inner: str) -> str:
        start = node("startEvent", "timed", inner + timer("Cycle", "R/P1D"))
        return beside(start + flow("timed", "a"))

    for row in PROPERTIES.values():
        example = escape("known_form" if row.syntax == "form" else row.example)
        one = prop(row.name, example)
        kind = next((kind for kind in ("task", "receiveTask") if kind in row.places), None)
        process = one + beside("") if "process" in row.places else through(node(kind, "a", one)) if kind else _timed(one)
        assert [code for code, _ in errors(file(process)) if code.startswith(("property", "form", "feel"))] == [], row.name
