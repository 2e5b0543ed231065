"""What a process refers to by fixed ids, and the fingerprint of all that: the content of a version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from engine.core.bpmn.model import CalledDecision, CalledProcess, Process, UserTask

Thing = tuple[str, str]  # (kind, id)
FORM_PROPERTIES = ("startForm", "actionForm")


def references(process: Process) -> Iterator[Thing]:
    """Everything that is to stay as it was deployed. What is bound to `latest`, or computed while running, is not pinned."""
    yield from (("form", process.properties[name]) for name in FORM_PROPERTIES if process.properties.get(name))
    for node in process.nodes.values():
        yield from (("form", node.properties[name]) for name in FORM_PROPERTIES if node.properties.get(name))
        detail = node.detail
        if isinstance(detail, UserTask) and detail.form_id and detail.form_binding == "deployment":
            yield "form", detail.form_id
        elif isinstance(detail, CalledDecision) and detail.binding == "deployment" and detail.decision_id.expression is None:
            yield "decision", detail.decision_id.text
        elif isinstance(detail, CalledProcess) and detail.binding == "deployment" and detail.process_id.expression is None:
            yield "process", detail.process_id.text


def fingerprint(key: str, content: Callable[[Thing], str | None], referred: Callable[[str], frozenset[Thing]]) -> str:
    """SHA-256 over the contents of a process and everything it is pinned to, near or far.

    `content` gives the content hash of a thing (None: not deployed), `referred` what a process refers to.
    """
    seen: set[Thing] = set()
    left: list[Thing] = [("process", key)]
    while left:
        thing = left.pop()
        if thing in seen:
            continue
        seen.add(thing)
        if thing[0] == "process":
            left.extend(referred(thing[1]))
    lines = sorted(f"{kind} {id_} {content((kind, id_)) or '-'}" for kind, id_ in seen)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
