"""Where variables come from: warnings about names that nothing sets, and about names that two processes mean differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from engine.core import reference
from engine.core.bpmn.finding import warning
from engine.core.bpmn.model import AdHoc, CalledDecision, CalledProcess, Formula, Job, Kind, MultiInstance, Node, Process, Script
from engine.core.calendar import FUNCTION_NAMES
from engine.core.problems import Problem

_BRINGS = frozenset({Kind.USER_TASK, Kind.SERVICE_TASK, Kind.RECEIVE_TASK, Kind.CALL_ACTIVITY})
_PAYLOAD = frozenset({"message", "signal", "error", "escalation"})
_COUNTS = "Instances ActiveInstances CompletedInstances TerminatedInstances".split()
_GIVEN = frozenset(
    "deadline loopCounter actor activationCount waitingForStart".split()
    + [f"{prefix}{name}" for prefix in ("numberOf", "nrOf") for name in _COUNTS]
)


def check_dataflow(process: Process) -> Iterator[Problem]:
    """Every variable of a self-contained process that is read but never set, once per node.

    A process that people, programs, messages or callers give variables to can always have been given one more; so only processes
    that start by time alone and do everything themselves are judged.
    """
    if not _is_closed(process):
        return
    known = _GIVEN | {*FUNCTION_NAMES, reference.FUNCTION_NAME} | set(process.flows)
    known |= {name for node in process.nodes.values() for name in _set_by(node)}
    known |= {name for scope in process.scopes.values() for name in scope.data_objects}
    for node in process.nodes.values():
        formulas = [*_formulas(node), *(f for flow in node.outgoing if (f := process.flows[flow].condition))]
        read = {name for formula in formulas if formula.expression for name in formula.expression.names}
        for name in sorted(read - known):
            yield warning(process, node, "variable_never_set", name=name)


def check_calls(process: Process, processes: Mapping[str, Process]) -> Iterator[Problem]:
    """Outputs of call activities that add to a variable of the caller, as they say, but get the called process's own of that name.

    `processes`: those whose variables are known, by id. An output sees what the called process hands over before what the caller has.
    """
    for node in process.nodes.values():
        called = processes.get(node.detail.process_id.text) if isinstance(node.detail, CalledProcess) else None
        theirs = {mapping.target for mapping in node.inputs} | _handed_over(called) if called else set()
        for mapping in node.outputs:
            read = mapping.source.expression.names if mapping.source.expression else frozenset()
            if mapping.target in read & theirs and len(read) > 1:
                yield warning(process, node, "call_output_shadowed", mapping.line, name=mapping.target, called=called and (called.name or called.id))


def _handed_over(process: Process) -> set[str]:
    """Names that certainly are variables of the process itself when it ends."""
    if process.interface is not None:
        return set(process.interface.outputs)
    nodes = [node for node in process.nodes.values() if node.scope == process.id]
    results = {node.detail.result_variable for node in nodes if isinstance(node.detail, Script | CalledDecision) and not node.outputs}
    return results | {mapping.target for node in nodes for mapping in node.outputs}


def _is_closed(process: Process) -> bool:
    starts = process.start_events
    by_time = bool(starts) and all([event.kind for event in start.events] == ["timer"] for start in starts)
    return by_time and not process.listeners and not any(_brings(node) for node in process.nodes.values())


def _brings(node: Node) -> bool:
    catches = "Throw" not in node.kind and node.kind is not Kind.END_EVENT
    return (
        node.kind in _BRINGS or isinstance(node.detail, Job) or bool(node.listeners)
        or (catches and any(event.kind in _PAYLOAD for event in node.events))
    )  # fmt: skip


def _set_by(node: Node) -> Iterator[str]:
    if isinstance(node.detail, Script | CalledDecision):
        yield node.detail.result_variable
    yield from (mapping.target.split(".")[0] for mapping in node.inputs + node.outputs)
    if isinstance(node.detail, AdHoc) and node.detail.output_collection:
        yield node.detail.output_collection
    if isinstance(node.loop, MultiInstance):
        yield from (name for name in (node.loop.element, node.loop.output_collection) if name)


def _formulas(value: object) -> Iterator[Formula]:
    """Every formula in a value of the model, however deep."""
    if isinstance(value, Formula):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _formulas(item)
    elif is_dataclass(value) and not isinstance(value, Mapping):
        for field in fields(value):
            yield from _formulas(getattr(value, field.name))
