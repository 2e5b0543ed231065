"""Whatever bytes arrive, the answer is a list of problems, quickly, and never an exception."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.drawing import draw
from engine.core.bpmn.reader import read
from tests.bpmn.builder import beside, file, node, problems, through

GOOD = (Path(__file__).parent.parent / "diagrams" / "every_day.bpmn").read_bytes()
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_OTHER = "http://www.omg.org/spec/DMN/20180521/MODEL/"

HOSTILE = {
    "nothing": (b"", "xml_empty"),
    "white space": (b"\n \t", "xml_empty"),
    "text": ("请假流程".encode(), "xml_malformed"),
    "half a file": (GOOD[: len(GOOD) // 2], "xml_malformed"),
    "binary": (os.urandom(4096), "xml_malformed"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "xml_malformed"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><a/>', "xml_malformed"),
    "bytes that are not the encoding": (b'<?xml version="1.0" encoding="UTF-8"?><a>\xff\xfe</a>', "xml_malformed"),
    "a document type": (b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "xml_doctype"),
    "a document type behind a comment": (b'<!-- <a> --><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml_doctype"),
    "a document type in UTF-16": ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"), "xml_doctype"),
    "a billion laughs": (f'<!DOCTYPE a [<!ENTITY l0 "ha">{_LAUGHS}]><a>&l9;</a>'.encode(), "xml_doctype"),
    "a file of this machine": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "xml_doctype"),
    "an entity out of nowhere": (b"<a>&b;</a>", "xml_malformed"),
    "50 MB": (b"<a>" + b"x" * 50_000_000 + b"</a>", "xml_too_large"),
    "deep nesting": (b"<a>" * 100_000 + b"</a>" * 100_000, "xml_malformed"),
    "another root": (b"<html/>", "not_bpmn"),
    "another namespace": (f'<definitions xmlns="{_OTHER}"/>'.encode(), "not_bpmn"),
    "no process": (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "no_executable_process"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_with_a_reason(content: bytes, code: str) -> None:
    begin = time.monotonic()
    _, found = read(content, "x.bpmn")
    assert code in [problem.code for problem in found if problem.severity == "error"]
    assert all(problem.sentence("zh") for problem in found)
    assert time.monotonic() - begin < 5


def test_a_chinese_file_may_be_utf_16() -> None:
    text = file(through(node("task", "a", name="受理"))).decode().replace("UTF-8", "UTF-16")
    diagram, _ = read(text.encode("utf-16"), "x.bpmn")
    assert diagram is not None and diagram.processes[0].nodes["a"].name == "受理"


def test_sub_processes_a_hundred_levels_deep_are_read_checked_and_drawn() -> None:
    inner = node("task", "t")
    for level in range(100):
        inner = node("subProcess", f"s{level}", inner)
    diagram, _ = read(file(beside(inner)), "x.bpmn")
    assert diagram is not None and len(diagram.processes[0].scopes) == 101
    assert len([problem for problem in problems(file(beside(inner))) if problem.code == "start_missing"]) == 100
    assert draw(diagram).count('class="node subProcess"') == 100


def test_a_child_lane_that_contains_itself_by_name_ends() -> None:
    lanes = '<laneSet id="x"><lane id="y"><childLaneSet id="x"><lane id="y"><flowNodeRef>a</flowNodeRef></lane></childLaneSet></lane></laneSet>'
    assert "duplicate_id" in [problem.code for problem in problems(file(lanes + beside("")))]


def test_names_cannot_smuggle_markup_into_the_drawing() -> None:
    diagram, _ = read(file(through(node("task", "a", name="&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;x"))), "x.bpmn")
    assert diagram is not None
    svg = draw(diagram, {"a": '"><script>'}, {"a": 1})
    assert "<script" not in svg and not [name for element in etree.fromstring(svg).iter() for name in element.attrib if name.startswith("on")]


def _broken(choices: list[tuple[int, int, int]]) -> bytes:
    """The good diagram after some deletions, renamings and moves, each chosen by numbers."""
    root = etree.fromstring(GOOD)
    for action, which, other in choices:
        elements = list(root.iter("{*}*"))
        element, second = elements[which % len(elements)], elements[other % len(elements)]
        if element is root:
            continue
        names = sorted(element.attrib)
        if action == 0:
            element.getparent().remove(element)
        elif action == 1 and names:
            del element.attrib[names[other % len(names)]]
        elif action == 2 and names:
            values = [value for found in elements for value in found.attrib.values()]
            element.attrib[names[other % len(names)]] = values[(which + other) % len(values)]
        elif action == 3 and element not in second.iterancestors() and element is not second:
            second.append(element)
        elif action == 4:
            element.tag = second.tag
        elif action == 5:
            element.text = second.text
    return etree.tostring(root)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 999), st.integers(0, 999)), min_size=1, max_size=12))
def test_no_damage_to_a_good_diagram_raises(choices: list[tuple[int, int, int]]) -> None:
    diagram, found = read(_broken(choices), "x.bpmn")
    if diagram is not None:
        found = found + check(diagram, Known())
        etree.fromstring(draw(diagram))
        for process in diagram.processes:
            assert all(flow.source in process.nodes and flow.target in process.nodes for flow in process.flows.values())
    for problem in found:
        assert problem.in_words("zh") and problem.in_words("en")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=20), st.integers(0, 200))
def test_no_damage_to_the_bytes_raises(at: int, inserted: bytes, gone: int) -> None:
    diagram, found = read(GOOD[:at] + inserted + GOOD[at + gone :], "x.bpmn")
    assert diagram is not None or found
