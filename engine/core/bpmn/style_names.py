"""Names and ids in the house style: owners read the names, history and statistics keep the ids."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.core.bpmn.finding import warning
from engine.core.bpmn.model import GATEWAYS, Kind, Node, Process
from engine.core.problems import Problem

LONGEST_NAME = 16  # characters of a task's name: two lines of its box
_ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_QUESTION = re.compile(r"(?:is|are|has|have|can|may|needs|does|what|which|who|how|where|when)_[a-z0-9_]+")
_ASKING = frozenset({Kind.EXCLUSIVE_GATEWAY, Kind.INCLUSIVE_GATEWAY})


def check_names(process: Process) -> Iterator[Problem]:
    """Everything is named; a task is a deed, a gateway that splits a question, each of its flows an answer; ids are plain words."""
    for node in process.nodes.values():
        if node.kind is Kind.PROCESS:
            continue
        if not _ID.fullmatch(node.id):
            yield warning(process, node, "style_id", id=node.id)
        if not node.name.strip():
            yield warning(process, node, "style_unnamed")
        elif node.kind in _ASKING and len(node.outgoing) > 1:
            yield from _check_question(process, node)
        elif node.kind not in GATEWAYS and "Event" not in node.kind:
            yield from _check_deed(process, node)


def _check_question(process: Process, node: Node) -> Iterator[Problem]:
    if not node.name.rstrip().endswith(("？", "?")):
        yield warning(process, node, "style_not_a_question")
    if not _QUESTION.fullmatch(node.id):
        yield warning(process, node, "style_question_id", id=node.id)
    for flow in (process.flows[id_] for id_ in node.outgoing):
        if not flow.name.strip():
            yield warning(process, flow, "style_answer_missing", node=node.name)


def _check_deed(process: Process, node: Node) -> Iterator[Problem]:
    name = "".join(node.name.split())
    if name.endswith(("？", "?", "。", "了")) or name.startswith(("已", "未", "是否")):
        yield warning(process, node, "style_not_a_deed")
    elif node.kind is Kind.USER_TASK and len(name) > LONGEST_NAME:
        yield warning(process, node, "style_long_name", limit=LONGEST_NAME)
