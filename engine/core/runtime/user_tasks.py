"""User tasks: offered to people, changed by them, and what is to be heard before a change takes effect (BPMN 2.0.2 §10.3.4).

A task is changed in four ways: somebody gets it (`assigning`), its candidates, dates or priority become others (`updating`), it is
done (`completing`), or the process goes another way (`canceling`). Each change waits in the fact `change` until the node's
listeners for it have been heard; meanwhile the task stays as it was and takes no other change. A listener may correct the change
or deny it. A task that is just being made waits as its `draft` for the listeners of `creating`, then of `assigning`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.core.bpmn.model import Formula, Kind, UserTask
from engine.core.runtime import limits, listeners, timers
from engine.core.runtime.activities import Activity
from engine.core.runtime.kernel import STARTED, Activation, Fault
from engine.core.runtime.listeners import Denied
from engine.core.runtime.step import Json, StepRefused, TaskChange, TaskEvent, Variables

PEOPLE = ("candidate_users", "candidate_groups")
MOMENTS = ("due_at", "follow_up_at")
# What a listener's `corrections` may name, as Camunda 8 names it, and the attribute it corrects.
CORRECTIONS = {
    "assignee": "assignee", "candidateUsers": "candidate_users", "candidateGroups": "candidate_groups", "dueDate": "due_at",
    "followUpDate": "follow_up_at", "priority": "priority",
}  # fmt: skip


class UserTaskNode(Activity, kinds=(Kind.USER_TASK,)):
    def perform(self, task: Activation) -> bool:
        """Make the task, or go on with what it is waiting to become."""
        if task.id not in task.workflow.waits:
            return self._make(task)
        try:
            return "change" in task.facts and self.go_on(task)
        except Denied as denied:
            drop(task, denied)
            return False

    def _make(self, task: Activation) -> bool:
        draft = task.facts.setdefault("draft", self._attributes(task))
        if listeners.call(task, "creating"):
            return False
        try:
            if draft["assignee"] and listeners.call(task, "assigning"):
                return False
        except Denied as denied:
            drop(task, denied)
        detail, execution = self._detail(), task.workflow
        del task.facts["draft"]
        task.facts.pop("heard", None)
        draft.setdefault("due_at", _text(limits.effective(task)))
        execution.open_wait(
            execution.new_wait(task, self.node, "user", id=task.id, form_id=detail.form_id, lane=self.node.lane, **_values(draft))
        )
        return False

    def go_on(self, task: Activation) -> bool:
        """Hear the next listeners of the waiting change, then let it take effect. True: the task is done. Raises Denied, Fault."""
        execution, change = task.workflow, task.facts["change"]
        if listeners.call(task, change["event"]):
            return False
        del task.facts["change"]
        task.facts.pop("heard", None)
        values = _values(change["values"])
        if values:
            execution.change_wait(execution.waits[task.id], **values)
        if change["event"] == "canceling":
            execution.let_go(task)
            return False
        execution.changed.append(TaskChange(task.id, change["event"], change["values"], change["by"]))
        if change["event"] == "completing":
            execution.close_wait(task.id)
            return True
        return False

    def about(self, task: Activation) -> Variables:
        """`task`: what it is to become, as listeners see it; `actor`: whose doing that is."""
        change: Any = task.facts.get("change")
        if change is None:
            values: Any = {"due_at": _text(limits.effective(task)), **task.facts["draft"]}
        else:
            wait = task.workflow.waits[task.id]
            people = {name: list(getattr(wait, name)) for name in PEOPLE}
            moments = {name: _text(getattr(wait, name)) for name in MOMENTS}
            values = {"assignee": wait.assignee, "priority": wait.priority, **people, **moments, **change["values"]}
        seen: Variables = {name: values.get(attribute) for name, attribute in CORRECTIONS.items()}
        return {"task": seen, "actor": change and change["by"]}

    def correct(self, task: Activation, corrections: Mapping[str, Json]) -> None:
        """Take over what a listener corrects of the task that is being made or changed. Raises Fault `correction_invalid`."""
        values = task.facts["draft"] if "draft" in task.facts else task.facts["change"]["values"]
        for name, value in corrections.items():
            attribute = CORRECTIONS.get(name)
            if attribute is None or not _is_fitting(attribute, value):
                raise Fault("correction_invalid", name=name, value=str(value))
            values[attribute] = value

    def has_last_words(self, task: Activation) -> bool:
        """The task is to end undone: whether it stays until its `canceling` listeners have been heard."""
        execution = task.workflow
        if task.id not in execution.waits or not any(listener.event == "canceling" for listener in self.node.listeners):
            return False
        for wait in execution.waits_of(task.id):
            if wait.id != task.id:
                execution.close_wait(wait.id)
        task.facts.pop("heard", None)
        task.facts["change"] = {"event": "canceling", "values": {}, "by": None}
        task._set_state(STARTED)
        try:
            return listeners.call(task, "canceling")
        except Fault as fault:
            execution.open_incident(task, fault.code, fault.facts)
            return True

    def _detail(self) -> UserTask:
        return self.node.detail if isinstance(self.node.detail, UserTask) else UserTask()

    def _attributes(self, task: Activation) -> dict[str, Any]:
        """Whose task it is and until when, by the diagram; JSON."""
        execution, node, detail = task.workflow, self.node, self._detail()
        users, groups = _names(task, detail.candidate_users), _names(task, detail.candidate_groups)
        assignee = _name(task, detail.assignee)
        if not assignee and not users and not groups and node.lane:
            groups = [node.lane]
        priority, found = _priority(task, detail.priority), {"assignee": assignee, "candidate_users": users, "candidate_groups": groups}
        moments = {"due_at": detail.due_date, "follow_up_at": detail.follow_up_date}
        given = {name: timers.moment(execution.value(formula, task), formula.text) for name, formula in moments.items() if formula}
        return {**found, "priority": priority, **{name: _text(moment) for name, moment in given.items() if moment}}


# ------------------------------------------------------------------------------------------------------------- changes


def complete(task: Activation, variables: Variables, by: Variables | None) -> None:
    """A person has done an open task. Raises StepRefused as `change`."""
    if "change" not in task.facts:
        task.facts["payload"] = variables
        if by is not None:
            task.facts["actor"] = by
    change(task, "completing", {}, by)


def change(task: Activation, event: TaskEvent, values: Mapping[str, Json], by: Variables | None) -> None:
    """A person changes an open task. Raises StepRefused if another change waits or a listener says no at once."""
    if "change" in task.facts:
        raise StepRefused("task_changing")
    task.facts["change"] = {"event": event, "values": dict(values), "by": by}
    spec = task.task_spec
    assert isinstance(spec, UserTaskNode)
    try:
        is_done = spec.go_on(task)
    except Denied as denied:
        raise StepRefused("change_denied", reason=denied.reason) from None
    except Fault as fault:
        task.workflow.open_incident(task, fault.code, fault.facts)
    else:
        if is_done:
            task.workflow.resume(task, "leave")


def drop(task: Activation, denied: Denied) -> None:
    """A listener has said no: the task stays what it was; one that is being made is nobody's."""
    draft = task.facts.get("draft")
    if draft is not None:
        draft["assignee"], event = None, "assigning"
    else:
        event = task.facts.pop("change")["event"]
        for name in ("heard", "payload", "actor"):
            task.facts.pop(name, None)
    task.workflow.record("change_denied", task, event=event, reason=denied.reason)


def fits(values: Mapping[str, Json]) -> bool:
    """Whether every value is one that an attribute of a task can have."""
    return all(name in CORRECTIONS.values() and _is_fitting(name, value) for name, value in values.items())


def _is_fitting(attribute: str, value: Json) -> bool:
    if attribute in PEOPLE:
        return isinstance(value, list) and all(isinstance(name, str) and name for name in value)
    if attribute in MOMENTS:
        return value is None or (isinstance(value, str) and _moment(value) is not None)
    if attribute == "priority":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100
    return value is None or (isinstance(value, str) and value != "")


def _values(changed: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as a wait holds them."""
    found: dict[str, Any] = {}
    for name, value in changed.items():
        found[name] = tuple(value) if name in PEOPLE else _moment(value) if name in MOMENTS and value else value
    return found


def _moment(text: str) -> datetime | None:
    try:
        return timers.moment(text, text)
    except Fault:
        return None


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# ------------------------------------------------------------------------------------------------ attributes of a diagram


def _name(task: Activation, formula: Formula | None) -> str | None:
    value = task.workflow.json(formula, task) if formula else None
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Fault("name_expected", expression=formula.text if formula else "", value=str(value))
    return value


def _names(task: Activation, formula: Formula | None) -> list[str]:
    """A FEEL list of texts, or a fixed text with commas."""
    value: Json = task.workflow.json(formula, task) if formula else None
    if value is None or formula is None:
        return []
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Fault("names_expected", expression=formula.text, value=str(value))
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))  # type: ignore[union-attr]


def _priority(task: Activation, formula: Formula | None) -> int:
    priority = task.workflow.count(formula, task, "priority_out_of_range") if formula else 50
    if priority > 100:
        raise Fault("priority_out_of_range", value=str(priority))
    return priority
