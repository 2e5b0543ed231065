"""User tasks: who does them, by when, how urgent. Source: the user task extensions of Camunda 7, Flowable and Activiti; BPMN 2.0.2 §10.3.4."""

from __future__ import annotations

import re

from engine.core.bpmn.timers import is_date, is_duration
from engine.core.bpmn.vocabulary import Element, bpmn_children
from engine.core.importing import forms, layout
from engine.core.importing.draft import Draft
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.templates import formula, has_expression, listed

_HIGHEST = 100
_WHO = re.compile(r"(user|group)\(([^()]*)\)\s*", re.ASCII)


def convert_user_task(draft: Draft, task: Element) -> None:
    _convert_owners(draft, task)
    for name in ("assignee", "candidateUsers", "candidateGroups"):
        draft.move(task, name, "assignmentDefinition", name, formula if name == "assignee" else listed)
    for name in ("dueDate", "followUpDate"):
        draft.move(task, name, "taskSchedule", name, moment)
    draft.move(task, "priority", "priorityDefinition", "priority", priority)
    forms.convert_form(draft, task)
    draft.put(task, "userTask")


def moment(text: str) -> str:
    """A date, or a duration counted from the moment the task is made. Raises NotConvertible."""
    value = formula(text)
    if is_duration(value):
        return f'=now() + duration("{value}")'
    if value.startswith("=") or is_date(value):
        return value
    raise NotConvertible("date", text=text)


def priority(text: str) -> str:
    """0 to 100 here; the old engines know no limit. Raises NotConvertible."""
    value = formula(text)
    if value.startswith("=") or (value.isascii() and value.isdigit() and int(value) <= _HIGHEST):
        return value
    raise NotConvertible("priority", text=text, limit=_HIGHEST)


def _convert_owners(draft: Draft, task: Element) -> None:
    """The standard's `humanPerformer` and `potentialOwner`, which these engines read as assignee and candidates."""
    for owner in bpmn_children(task, "humanPerformer", "potentialOwner"):
        expressions = [
            "".join(found.itertext()).strip()
            for assignment in bpmn_children(owner, "resourceAssignmentExpression")
            for found in bpmn_children(assignment, "formalExpression")
        ]
        text = ", ".join(expressions)
        if not text:
            continue
        old = f"{owner.tag.rpartition('}')[2]} {text}"
        try:
            found = _people(text, owner.tag.endswith("humanPerformer"))
        except NotConvertible as reason:
            draft.undecided(owner, old, reason)
            continue
        draft.became(task, old, "assignmentDefinition " + " ".join(f'{name}="{value}"' for name, value in found.items()))
        draft.put(task, "assignmentDefinition", **found)
        layout.remove(owner)


def _people(text: str, performer: bool) -> dict[str, str]:
    if performer:
        return {"assignee": formula(text)}
    who: dict[str, list[str]] = {"user": [], "group": []}
    rest = _WHO.sub(lambda match: who[match[1]].append(match[2].strip()) or "", text)
    who["group"] += [rest] if has_expression(rest) else [name.strip() for name in rest.split(",") if name.strip()]
    names = {"candidateUsers": who["user"], "candidateGroups": who["group"]}
    return {name: listed(", ".join(people)) for name, people in names.items() if people}
