"""What holds for every file: nothing is lost, nothing is converted twice, and with nothing left to decide the result deploys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.reader import read
from engine.core.importing.conversion import convert
from engine.core.library import InMemory
from engine.core.problems import has_errors
from engine.core.trial import Trial
from engine.texts import LANGUAGES
from tests.importing.builder import converted, through
from tests.importing.whole import CROWDED, WHOLE

ROOT = Path(__file__).parent.parent.parent
OURS = [*sorted((ROOT / "tests" / "diagrams").glob("*.bpmn")), *sorted((ROOT / "workflows").rglob("*.bpmn"))]
EVERYTHING = Known(processes=frozenset({"payment"}), forms=frozenset({"refund_approve"}))


def test_a_converted_diagram_deploys_and_runs_as_before():
    imported = convert(WHOLE, "old.bpmn")
    diagram, problems = read(imported.content, "new.bpmn")

    assert imported.undecided == ()
    assert diagram is not None and not has_errors(problems + check(diagram, EVERYTHING))
    trial = Trial(InMemory(diagram.processes), "refund").start(started_by={"id": "kim"}, amount=4, patience="P1D")
    assert trial.wait("user", "approve").assignee == "kim"
    assert trial.visible("approve")["limit"] == 8
    assert trial.complete("approve", approved=False).ends == ["end"]


def test_everything_that_is_not_the_engine_s_stays_as_it_was():
    before, after = (etree.fromstring(content) for content in (WHOLE, convert(WHOLE, "old.bpmn").content))
    standard = [
        [(one.tag, one.get("id"), one.get("name"), one.get("{http://acme.example}colour")) for one in root.iter("{*}*") if "camunda" not in one.tag]
        for root in (before, after)
    ]
    texts = [[one.text for one in root.iter("{*}documentation", "{*}text", "{*}note", "{*}incoming")] for root in (before, after)]
    comments = [[one.text for one in root.getroottree().xpath("//comment() | /comment()")] for root in (before, after)]
    drawing = [etree.tostring(root.find("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"), method="c14n") for root in (before, after)]
    added = [one for one in standard[1] if one not in standard[0]]
    assert [one for one in standard[0] if one not in standard[1]] == []
    assert {tag for tag, *_ in added} == {"{http://www.omg.org/spec/BPMN/20100524/MODEL}extensionElements"} or not added
    assert texts[0] == texts[1] and comments[0] == comments[1]
    assert re.sub(rb' xmlns:\w+="[^"]*"', b"", drawing[0]) == re.sub(rb' xmlns:\w+="[^"]*"', b"", drawing[1])


def test_converting_again_changes_nothing():
    once = convert(WHOLE, "old.bpmn").content
    assert convert(once, "new.bpmn").content == once


def test_a_crowded_file_names_every_old_word_that_is_left():
    imported = convert(CROWDED, "old.bpmn")
    said = " ".join(finding.sentence() for finding in imported.undecided)
    left = set(re.findall(r"flowable:\w+", imported.content.decode()))
    assert left and [name for name in left - {"flowable:string"} if name not in said] == []  # inside a field that is named
    assert b"design:" not in imported.content


def test_a_file_that_waits_for_a_person_can_be_converted_again():
    once = converted(through('<userTask id="a" v:assignee="${a.b()}" v:formKey="app:x"/>')).imported
    again = convert(once.content, "new.bpmn")
    assert again.content == once.content
    assert [finding.code for finding in again.undecided] == [finding.code for finding in once.undecided]


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_our_own_dialect_stays_as_it_is(file):
    content = file.read_bytes()
    imported = convert(content, file.name)
    assert imported.content is content and imported.findings == ()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_the_encoding_of_the_file_does_not_matter(encoding, ending):
    text = WHOLE.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"').replace("\n", ending)
    imported = convert(text.encode(encoding), "old.bpmn")
    assert "报销".encode() in imported.content and imported.undecided == ()


HOSTILE = {
    "empty": b"",
    "text": b"hello ${x}",
    "binary": bytes(range(256)),
    "other": b"<html/>",
    "doctype": b'<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>',
    "bomb": b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><definitions>&b;</definitions>',
    "huge": b"<a>" + b" " * 10_000_001 + b"</a>",
    "cut": WHOLE[:2000],
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_no_diagram_comes_back_with_the_reason(content):
    imported = convert(content, "old.bpmn")
    assert imported.content == content
    assert [finding.code for finding in imported.undecided] == ["problem"]


def test_deep_parameters_do_not_end_the_program():
    deep = "<v:list><v:value>" * 60 + "x" + "</v:value></v:list>" * 60
    inner = f'<extensionElements><v:inputOutput><v:inputParameter name="a">{deep}</v:inputParameter></v:inputOutput></extensionElements>'
    assert converted(through(f'<manualTask id="a">{inner}</manualTask>')).codes("decide") == ["expression"]


def test_a_long_file_takes_time_in_proportion():
    tasks = "".join(f'<manualTask id="t{i}" v:asyncBefore="true"/>' for i in range(2000))
    flows = "".join(f'<sequenceFlow id="g{i}" sourceRef="t{i}" targetRef="t{i + 1}"/>' for i in range(1999))
    ends = '<startEvent id="s"/><endEvent id="e"/><sequenceFlow id="a" sourceRef="s" targetRef="t0"/><sequenceFlow id="b" sourceRef="t1999" targetRef="e"/>'
    result = converted(tasks + flows + ends)
    assert result.imported.undecided == () and len(result.codes("dropped")) == 2000


PART = re.compile(rb'\s[\w:]+="[^"]*"|\$\{[^}]*\}|<[\w:]+[^<>]*/>')
FILES = [(content, [match.span() for match in PART.finditer(content)]) for content in (WHOLE, CROWDED)]
INSTEAD = [b"", b' flowable:x="${y"', b' camunda:assignee="#{a.b()}"', b"${a.b()}", b"<camunda:in variables='all'/>", b"="]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FILES), st.sets(st.integers(0, 200), max_size=6), st.sampled_from(INSTEAD))
def test_whatever_is_missing_the_promises_hold(file, changed, instead):
    content, parts = file
    for index in sorted((index for index in changed if index < len(parts)), reverse=True):
        start, end = parts[index]
        content = content[:start] + instead + content[end:]
    imported = convert(content, "old.bpmn")
    again = convert(imported.content, "new.bpmn")
    assert again.content == imported.content and not again.forms
    assert all(finding.sentence(language) != f"import.{finding.grade}.{finding.code}" for finding in imported.findings for language in LANGUAGES)
    if not imported.undecided:
        diagram, problems = read(imported.content, "new.bpmn")
        assert diagram is not None and not has_errors(problems + check(diagram, EVERYTHING))
