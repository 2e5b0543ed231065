"""How a check says what it found: a problem at an element, with the name the designer gave it."""

from __future__ import annotations

from engine.core.bpmn.model import Flow, Node, Process
from engine.core.problems import Problem, Severity


def finding(
    process: Process, at: Node | Flow | None, code: str, severity: Severity = "error", line: int | None = None, **facts: object
) -> Problem:
    """A problem at a node or flow of `process`, or at the process itself; the fact `node` is its name, or its id if it has none."""
    place = process if at is None else at
    return Problem(code, process.file, line or place.line or None, place.id, {"node": place.name or place.id, **facts}, severity)


def warning(process: Process, at: Node | Flow | None, code: str, line: int | None = None, **facts: object) -> Problem:
    """The same, for what may be deployed but probably is not meant."""
    return finding(process, at, code, "warning", line, **facts)
