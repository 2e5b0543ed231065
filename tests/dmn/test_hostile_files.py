from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.core.dmn.failure import DecisionFailed
from engine.core.dmn.reader import read
from tests.dmn.builders import NOW, TABLES, decide, decision, document, evaluate, findings, literal, table

GOOD = (TABLES / "priority.dmn").read_bytes()
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><definitions>&b;</definitions>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"hello",
        b"\x00\xff\xfe" * 40,
        b"<definitions",
        BOMB,
        b"<?xml version='1.0' encoding='nonsense'?><definitions/>",
        b"<definitions/>",
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
        b'<decision xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
        document("<list>" * 5000 + "</list>" * 5000),
        document(decision("<list>" * 200 + "</list>" * 200)),
        GOOD[: len(GOOD) // 2],
        document(decision(literal("(" * 5000))),
        document(decision(literal("1" * 30_000))),
        document(decision(table([("a" * 30_000, "")], [("x", "")], [("1", "1")]))),
    ],
)
def test_no_content_is_too_strange_to_be_answered(content: bytes) -> None:
    model, problems = read(content, "bad.dmn")

    assert model is None
    assert any(problem.severity == "error" for problem in problems)
    assert all(problem.file == "bad.dmn" for problem in problems)


def test_other_encodings_are_read() -> None:
    text = GOOD.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')

    model, problems = read(text.encode("utf-16"), "good.dmn")

    assert model is not None and problems == []


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.sampled_from(["priority", "collect_sum", "graph"]))
def test_a_damaged_file_is_read_or_refused_and_never_breaks(chance: random.Random, name: str) -> None:
    root = etree.fromstring((TABLES / f"{name}.dmn").read_bytes())
    for _ in range(chance.randint(1, 4)):
        element = chance.choice([each for each in root.iter() if isinstance(each.tag, str)])
        damage = chance.choice(["drop", "attribute", "text", "rename", "double"])
        if damage == "drop" and element.getparent() is not None:
            element.getparent().remove(element)
        elif damage == "attribute" and element.attrib:
            element.set(chance.choice(list(element.attrib)), chance.choice(["", "x", "-1", "#", "日"]))
        elif damage == "text":
            element.text = chance.choice(["", "((", '"', "1..", "not(", "@", "日 期 + 1"])
        elif damage == "rename":
            element.tag = f"{{{etree.QName(element).namespace}}}{chance.choice(['rule', 'list', 'decision', 'variable', 'nothing'])}"
        elif damage == "double" and element.getparent() is not None:
            element.getparent().append(etree.fromstring(etree.tostring(element)))

    content = etree.tostring(root)

    findings(content)
    model, _ = read(content, "damaged.dmn")
    if model is not None:
        for decision_id in model.decisions:
            with suppress(DecisionFailed):
                assert evaluate(model, decision_id, {}, now=NOW).evaluations


def test_reading_ten_thousand_cells_takes_a_moment() -> None:
    rows = [(f"[{n}..{n + 1})", '"a"', "-", str(n), '"x"') for n in range(2000)]
    content = document(decision(table([("n", "number"), ("s", "string"), ("t", "string")], [("x", "number"), ("y", "string")], rows)))

    assert {problem.code for problem in findings(content)} == {"dmn_gap"}
    assert decide(content, n=1999.5, s="a").json == {"x": 1999, "y": "x"}
