"""Work: whether every task says who does it and with what, and every variable mapping has a name to write to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.bpmn.finding import finding, warning
from engine.core.bpmn.model import (
    ACTIVITIES, AdHoc, CalledDecision, CalledProcess, Formula, Job, Kind, MultiInstance, Node, Process, Script, StandardLoop, UserTask,
)  # fmt: skip
from engine.core.bpmn.names import RESERVED_NAMES, is_variable
from engine.core.bpmn.timers import is_date
from engine.core.bpmn.words import Words
from engine.core.problems import Problem

_THROWN_TO_BORDER = frozenset({"signal", "escalation", "error", "message"})
MAX_ITEMS = 10_000  # of a fixed cardinality
_CATCHING = frozenset({Kind.START_EVENT, Kind.INTERMEDIATE_CATCH_EVENT, Kind.BOUNDARY_EVENT})
_THROWING = frozenset({Kind.INTERMEDIATE_THROW_EVENT, Kind.END_EVENT})


Tag = tuple[str, str, str]  # kind of definition, id, version tag


def check_tasks(
    process: Process, forms: frozenset[str], decisions: frozenset[str], processes: frozenset[str], tags: frozenset[Tag]
) -> Iterator[Problem]:
    """Every finding about tasks, call activities, multi-instance loops and mappings."""
    for node in process.nodes.values():
        for kind, id_, tag in _tagged(node):
            if (kind, id_, tag) not in tags:
                what = Words(f"bpmn.definition.{kind}")
                yield finding(process, node, "version_tag_unknown", what=what, id=id_, tag=tag)
        match node.kind:
            case Kind.USER_TASK:
                yield from _check_user_task(process, node, forms)
            case Kind.SERVICE_TASK if node.detail is None:
                yield finding(process, node, "job_missing")
            case Kind.SCRIPT_TASK:
                yield from _check_script(process, node)
            case Kind.BUSINESS_RULE_TASK:
                yield from _check_decision(process, node, decisions)
            case Kind.CALL_ACTIVITY:
                yield from _check_call(process, node, processes)
        if isinstance(node.detail, Job) and node.detail.retries is not None and not _is_count(node.detail.retries, 100):
            yield finding(process, node, "retries_invalid", text=node.detail.retries.text)
        if isinstance(node.loop, MultiInstance):
            yield from _check_multi_instance(process, node, node.loop)
        elif isinstance(node.loop, StandardLoop):
            yield from _check_standard_loop(process, node, node.loop)
        if isinstance(node.detail, AdHoc):
            yield from _check_ad_hoc(process, node, node.detail)
        yield from _check_mappings(process, node)


def _tagged(node: Node) -> Iterator[Tag]:
    """What a node refers to by version tag, where both are fixed texts."""
    match node.detail:
        case UserTask(form_id=str(id_), form_binding="versionTag", form_version_tag=str(tag)):
            yield "form", id_, tag
        case CalledDecision(decision_id=formula, binding="versionTag", version_tag=str(tag)) if formula.expression is None:
            yield "decision", formula.text, tag
        case CalledProcess(process_id=formula, binding="versionTag", version_tag=str(tag)) if formula.expression is None:
            yield "process", formula.text, tag


def _check_user_task(process: Process, node: Node, forms: frozenset[str]) -> Iterator[Problem]:
    task = node.detail
    if not isinstance(task, UserTask):
        return
    if not (task.assignee or task.candidate_users or task.candidate_groups):
        yield warning(process, node, "user_task_without_people")
    if task.form_id is None:
        yield warning(process, node, "user_task_without_form")
    elif task.form_id not in forms:
        yield finding(process, node, "form_unknown", form=task.form_id)
    if task.priority is not None and not _is_count(task.priority, 100):
        yield finding(process, node, "priority_invalid", line=task.priority.line, text=task.priority.text)
    for moment in (task.due_date, task.follow_up_date):
        if moment is not None and not moment.text.startswith("=") and not is_date(moment.text):
            yield finding(process, node, "date_invalid", line=moment.line, text=moment.text)


def _check_script(process: Process, node: Node) -> Iterator[Problem]:
    if node.detail is None:
        yield finding(process, node, "script_missing")
    elif isinstance(node.detail, Script):
        expression = node.detail.expression
        if not expression.text.startswith("="):
            yield finding(process, node, "script_without_equals", line=expression.line, text=expression.text)
        yield from _check_name(process, node, node.detail.result_variable, "result_variable_missing")


def _check_decision(process: Process, node: Node, decisions: frozenset[str]) -> Iterator[Problem]:
    if node.detail is None:
        yield finding(process, node, "decision_missing")
    elif isinstance(node.detail, CalledDecision):
        decision = node.detail.decision_id
        if not decision.text.startswith("=") and decision.text not in decisions:
            yield finding(process, node, "decision_unknown", line=decision.line, decision=decision.text)
        yield from _check_name(process, node, node.detail.result_variable, "result_variable_missing")


def _check_call(process: Process, node: Node, processes: frozenset[str]) -> Iterator[Problem]:
    if not isinstance(node.detail, CalledProcess):
        yield finding(process, node, "called_process_missing")
        return
    called = node.detail.process_id
    if not called.text.startswith("=") and called.text not in processes:
        yield finding(process, node, "called_process_unknown", line=called.line, called=called.text)


def _check_multi_instance(process: Process, node: Node, loop: MultiInstance) -> Iterator[Problem]:
    if loop.collection is None and loop.cardinality is None:
        yield finding(process, node, "loop_without_items", line=loop.line)
    elif loop.collection is not None and loop.cardinality is not None:
        yield finding(process, node, "loop_with_both", line=loop.line)
    if loop.collection is not None and not loop.collection.text.startswith("="):
        yield finding(process, node, "collection_without_equals", line=loop.collection.line, text=loop.collection.text)
    if loop.cardinality is not None and not _is_count(loop.cardinality, MAX_ITEMS):
        yield finding(process, node, "cardinality_invalid", line=loop.cardinality.line, text=loop.cardinality.text, limit=MAX_ITEMS)
    yield from _check_condition(process, node, loop.completion_condition)
    if (loop.output_collection is None) != (loop.output_element is None):
        yield finding(process, node, "loop_output_incomplete", line=loop.line)
    for name in (loop.element, loop.output_collection):
        if name is not None:
            yield from _check_name(process, node, name, "name_invalid")
    yield from _check_behavior(process, node, loop)


def _check_behavior(process: Process, node: Node, loop: MultiInstance) -> Iterator[Problem]:
    """What a multi-instance activity throws as its items complete must be there, and something on a border must be able to catch it."""
    thrown = [event for _, event in loop.complex_behavior]
    if loop.behavior in ("None", "One"):
        thrown = [loop.behavior_event] if loop.behavior_event else []
    if loop.behavior == "All":
        return
    if not thrown:
        yield finding(process, node, "behavior_without_event", line=loop.line, behavior=loop.behavior)
    for event in thrown:
        if event.kind not in _THROWN_TO_BORDER or event.name is None or event.name.text.startswith("="):
            yield finding(process, node, "behavior_event_invalid", line=event.line)
    for condition, _ in loop.complex_behavior:
        yield from _check_condition(process, node, condition)


def _check_standard_loop(process: Process, node: Node, loop: StandardLoop) -> Iterator[Problem]:
    if loop.condition is None and loop.maximum is None:
        yield finding(process, node, "loop_without_end", line=loop.line)
    yield from _check_condition(process, node, loop.condition)


def _check_ad_hoc(process: Process, node: Node, detail: AdHoc) -> Iterator[Problem]:
    yield from _check_condition(process, node, detail.completion_condition)
    active = detail.active_elements
    if active is not None and not active.text.startswith("="):
        yield finding(process, node, "collection_without_equals", line=active.line, text=active.text)
    if (detail.output_collection is None) != (detail.output_element is None):
        yield finding(process, node, "ad_hoc_output_incomplete")
    if detail.output_collection is not None:
        yield from _check_name(process, node, detail.output_collection, "name_invalid")


def _check_condition(process: Process, node: Node, condition: Formula | None) -> Iterator[Problem]:
    if condition is not None and not condition.text.startswith("="):
        yield finding(process, node, "condition_without_equals", line=condition.line, text=condition.text)


def _check_mappings(process: Process, node: Node) -> Iterator[Problem]:
    takes = node.kind in ACTIVITIES or node.kind in _THROWING
    ends_more = any(event.kind in ("error", "cancel") for event in node.events)  # nothing is left to write to
    gives = node.kind in ACTIVITIES or node.kind in _CATCHING or (node.kind in _THROWING and not ends_more)
    for mappings, allowed in ((node.inputs, takes), (node.outputs, gives)):
        if mappings and not allowed:
            yield finding(process, node, "mapping_not_here", line=mappings[0].line)
    for mapping in node.inputs + node.outputs:
        steps = mapping.target.split(".")
        if not all(map(is_variable, steps)):
            yield finding(process, node, "name_invalid", line=mapping.line, name=mapping.target)
        elif steps[0] in RESERVED_NAMES:
            yield finding(process, node, "name_reserved", line=mapping.line, name=steps[0])


def _check_name(process: Process, node: Node, name: str, missing: str) -> Iterator[Problem]:
    if not name:
        yield finding(process, node, missing)
    elif not is_variable(name):
        yield finding(process, node, "name_invalid", name=name)
    elif name in RESERVED_NAMES:
        yield finding(process, node, "name_reserved", name=name)


def _is_count(formula: Formula, limit: int) -> bool:
    """A FEEL expression, or a fixed whole number from 0 to `limit`."""
    text = formula.text
    return text.startswith("=") or (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= limit)
