"""Camunda 7, Flowable and Activiti diagrams in the dialect of this system, with a list of what became of everything.

The conversion is lossless: ids, names, documentation, comments and the drawing stay; what cannot be converted stays too, is listed for
a person, and is refused at deployment where it would act. With nothing left to decide, the result deploys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.core import xml
from engine.core.bpmn import checks, reader
from engine.core.bpmn.vocabulary import BPMN, ZEEBE, Element, local, namespace
from engine.core.bpmn.words import Words
from engine.core.importing import assignments, calls, events, jobs, layout, loops, processes, scripts
from engine.core.importing.draft import Draft
from engine.core.importing.findings import Finding
from engine.core.importing.leftovers import report_leftovers
from engine.core.importing.mappings import convert_parameters
from engine.core.importing.templates import has_expression
from engine.core.importing.vendors import ALL, LENIENT, MODELER
from engine.core.problems import Problem, has_errors

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_PLATFORM = {"executionPlatform": "Camunda Cloud", "executionPlatformVersion": "8.8.0"}
# Only a deployment knows whether these are there.
_ELSEWHERE = frozenset({"form_unknown", "decision_unknown", "called_process_unknown"})
# Decisions that leave a gap which the checks would report a second time.
_GAPS = frozenset({"expression", "timer", "timer_end", "service_type", "connector", "topic_missing", "two_counts", "rules", "case"})
_WITH_TEXT = ("conditionExpression", "condition", "timeDate", "timeDuration", "timeCycle", "loopCardinality", "completionCondition", "script")

_OWNERS = frozenset({f"{{{BPMN}}}humanPerformer", f"{{{BPMN}}}potentialOwner"})  # read by the old engines without a word of their own
_CONVERTERS: Mapping[str, Callable[[Draft, Element], object]] = {
    "process": processes.convert_process,
    "startEvent": processes.convert_start_event,
    "userTask": assignments.convert_user_task,
    "serviceTask": jobs.convert_service_task,
    "sendTask": jobs.convert_service_task,
    "intermediateThrowEvent": jobs.convert_throw_event,
    "endEvent": jobs.convert_throw_event,
    "multiInstanceLoopCharacteristics": loops.convert_loop,
    "sequenceFlow": events.convert_condition,
    "timerEventDefinition": events.convert_timer,
    "conditionalEventDefinition": events.convert_conditional,
}
_WITH_RESULT: Mapping[str, Callable[[Draft, Element], str | None]] = {
    "scriptTask": scripts.convert_script_task,
    "businessRuleTask": jobs.convert_rule_task,
}


@dataclass(frozen=True)
class Imported:
    """`content` is the diagram in our dialect (the same bytes if there was nothing to convert); `forms` are forms made from fields
    in the diagram, by file name; `findings` are in the order of the file."""

    content: bytes
    findings: tuple[Finding, ...] = ()
    forms: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def undecided(self) -> tuple[Finding, ...]:
        """What a person must decide before (or soon after) the result is deployed."""
        return tuple(finding for finding in self.findings if finding.grade == "decide")


def convert(content: bytes, file: str) -> Imported:
    """The diagram in `content`, converted. Never raises; a file that is no BPMN comes back unchanged with the reason."""
    root, problems = xml.parse(content, file, keep_comments=True)
    if root is None:
        return Imported(content, tuple(_as_finding(problem, problem.line) for problem in problems))
    if root.tag != f"{{{BPMN}}}definitions":
        return Imported(content, (_as_finding(Problem("not_bpmn", file, root.sourceline, facts={"found": root.tag}), root.sourceline),))
    if not _is_old(root):
        return Imported(content)
    draft = _draft(root, file)
    _convert(draft)
    result = _written(draft, had_zeebe=ZEEBE in root.nsmap.values())
    findings = sorted(draft.findings + _remaining(draft, result), key=lambda finding: finding.line or 0)
    return Imported(result, tuple(findings), draft.forms)


def _is_old(root: Element) -> bool:
    """Whether the file comes from one of the old engines, by its namespaces or by JUEL where expressions stand."""
    if ALL & set(root.nsmap.values()) or root.get(f"{{{MODELER}}}executionPlatform") == "Camunda Platform":
        return True
    for element in root.iter("{*}*"):
        if element.tag in _OWNERS or namespace(element.tag) in ALL or any(namespace(str(name)) in ALL for name in element.attrib):
            return True
        if local(element) in _WITH_TEXT and (text := (element.text or "").strip()) and not text.startswith("=") and has_expression(text):
            return True
    return False


def _draft(root: Element, file: str) -> Draft:
    # Holding every element keeps lxml from making new objects for the same node, so that they can be keys.
    lines = {element: element.sourceline or 0 for element in root.iter("{*}*")}
    new = layout.with_prefixes(root, {"zeebe": ZEEBE, "modeler": MODELER}, frozenset())
    lines[new] = lines.pop(root)
    before = root.get(f"{{{MODELER}}}executionPlatform") == _PLATFORM["executionPlatform"]
    return Draft(file, new, lines, converted_before=before, lenient=any(uri in LENIENT for one in lines for uri in one.nsmap.values()))


def _convert(draft: Draft) -> None:
    for element in list(draft.root.iter(f"{{{BPMN}}}*")):
        tag = local(element)
        if tag in _CONVERTERS:
            _CONVERTERS[tag](draft, element)
        if tag in _WITH_RESULT:
            result = _WITH_RESULT[tag](draft, element)
            convert_parameters(draft, element, (result,) if result else ())
        elif tag == "callActivity":
            # What goes in is computed before the call looks, what comes out after it has returned.
            convert_parameters(draft, element, directions=("input",))
            calls.convert_call(draft, element)
            convert_parameters(draft, element, directions=("output",))
        elif tag != "extensionElements":
            convert_parameters(draft, element)
        processes.convert_properties(draft, element)
    events.convert_messages(draft)
    processes.report_unknown_starter(draft)
    report_leftovers(draft)
    for name, value in _PLATFORM.items():
        draft.root.set(f"{{{MODELER}}}{name}", value)


def _written(draft: Draft, had_zeebe: bool) -> bytes:
    unwanted = ALL | (frozenset() if had_zeebe else frozenset({ZEEBE}))
    root = layout.with_prefixes(draft.root, {}, unwanted)
    draft.lines[root] = draft.lines[draft.root]
    for element in root.iter("{*}*"):
        element.text = element.text or None  # an empty CDATA section would be written in another way than it is read again
    # Beside the root stand only comments and instructions of tools; each gets its line.
    parts = [*reversed(list(root.itersiblings(preceding=True))), root, *root.itersiblings()]
    return _DECLARATION + b"".join(etree.tostring(part, encoding="utf-8", with_tail=False) + b"\n" for part in parts)


def _remaining(draft: Draft, result: bytes) -> list[Finding]:
    """What a deployment would refuse, unless the same gap is listed already."""
    diagram, problems = reader.read(result, draft.file)
    if diagram is not None and not has_errors(problems):
        problems = problems + checks.check(diagram, checks.Known(frozenset(form.removesuffix(".form") for form in draft.forms)))
    told = {finding.element for finding in draft.findings if finding.code in _GAPS and finding.grade == "decide"}
    lines = {identifier: line for element, line in draft.lines.items() if (identifier := element.get("id"))}
    return [
        _as_finding(problem, lines.get(problem.element or ""))
        for problem in problems
        if problem.severity == "error" and problem.code not in _ELSEWHERE and (problem.element is None or problem.element not in told)
    ]


def _as_finding(problem: Problem, line: int | None) -> Finding:
    words = Words(f"problem.{problem.code}", element=problem.element, **problem.facts)
    return Finding("decide", "problem", problem.file, line, problem.element, {"problem": words, "code": problem.code})
