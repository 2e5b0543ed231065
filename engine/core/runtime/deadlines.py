"""Limits of activities: when they end, what stops their clock and what moves them.

An activity with the extension property `limit` has a deadline, seen as the local variable `deadline`. Timers whose FEEL
mentions `deadline` and the due dates of user tasks inside follow it. `clock` = `stop` on an activity inside makes it stand
still; `extend` on an element inside moves it. Everything is computed with the working-day calendar of the library.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.core.bpmn.model import Node, UserTask
from engine.core.calendar import CHINA, CalendarError, Limit, due, parse_limit, resumed
from engine.core.runtime import incidents
from engine.core.runtime.formulas import property_formula
from engine.core.runtime.kernel import Fault
from engine.core.runtime.limits import VARIABLE, around, effective, follows
from engine.core.runtime.step import RestNeeded
from engine.core.runtime.subscriptions import boundary_events, definition_of, make_waits, timer_due

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation


def begin(task: Activation) -> None:
    """Start the limit of an activity, if it has one."""
    limit = _limit(task, "limit")
    if limit is None:
        return
    execution = task.workflow
    try:
        due_at = due(execution.library.calendar, execution.now, limit)
    except CalendarError as error:
        raise Fault(f"calendar.{error.code}", **error.facts) from None
    task.facts["limit"] = {"unit": limit.unit, "due": due_at.isoformat()}
    execution.scopes.set_local(task.id, VARIABLE, _local_text(due_at))
    execution.record("deadline_set", task, due=due_at.isoformat(), limit=str(limit))


def stop_clock(task: Activation) -> None:
    """On entering an activity with `clock` = `stop`: the nearest limit outside it stands still."""
    if task.task_spec.node.properties.get("clock") != "stop":
        return
    limited = next(around(task.scope), None) if task.scope else None
    if limited is None or "stops" in task.facts:
        return
    task.facts["stops"] = limited.id
    limit = limited.facts["limit"]
    limit["stops"] = limit.get("stops", 0) + 1
    if limit["stops"] == 1:
        limit.pop("resumed", None)
        incidents.take_back(task.workflow, limited, "clock_failed")
        limit.setdefault("stopped_at", task.workflow.now.isoformat())  # it may not have been able to go on since the last time
        task.workflow.record("clock_stopped", limited, by=task.task_spec.node.id)
        _follow(limited)


def resume_clock(task: Activation) -> None:
    """When that activity is left, in whatever way, the limit goes on with what remained of it."""
    limited = task.workflow.tasks.get(task.facts.pop("stops", ""))
    if limited is None:
        return
    limit = limited.facts["limit"]
    limit["stops"] -= 1
    if limit["stops"] == 0:
        limit["resumed"] = {"at": task.workflow.now.isoformat(), "by": task.task_spec.node.id}
        go_on(limited)


def go_on(limited: Activation) -> None:
    """Let a limit whose clock is to go on do so, as of the moment when that was said.

    What is in the way stops nobody who has left: it is told at the limited activity, and a retry of that comes here again.
    """
    execution, limit = limited.workflow, limited.facts["limit"]
    said = limit.get("resumed")
    if said is None:
        return
    try:
        if "stopped_at" in limit:
            new = _resumed(limited, datetime.fromisoformat(said["at"]))
            del limit["stopped_at"]
            execution.record("clock_resumed", limited, by=said["by"], due=new.isoformat())
            _set(limited, new)
        _follow(limited)
    except Fault as fault:
        incidents.tell(execution, limited, "clock_failed", cause=fault.code, expression=str(fault.facts.get("expression", "")))
        return
    del limit["resumed"]


def _resumed(limited: Activation, moment: datetime) -> datetime:
    limit = limited.facts["limit"]
    stopped_at, old = datetime.fromisoformat(limit["stopped_at"]), datetime.fromisoformat(limit["due"])
    try:
        return resumed(limited.workflow.library.calendar, limit["unit"], old, stopped_at, moment)
    except CalendarError as error:
        raise Fault(f"calendar.{error.code}", **error.facts) from None


def extend(task: Activation) -> None:
    """On completion of an element with `extend`: move the nearest limit around it (an approved 延期)."""
    limit = _limit(task, "extend")
    extended = task.facts.get("extended")  # absent; "moved": a fault came before everything followed; "done": one came later
    if limit is None or extended == "done":
        return
    limited = next(around(task), None)
    if limited is None:
        raise Fault("nothing_to_extend", node=task.task_spec.node.name or task.task_spec.node.id)
    if extended is None:
        _extend(limited, limit, task)
        task.facts["extended"] = "moved"
    _follow(limited)
    task.facts["extended"] = "done"


def _extend(limited: Activation, limit: Limit, task: Activation) -> None:
    execution = task.workflow
    old = datetime.fromisoformat(limited.facts["limit"]["due"])
    try:
        new = due(execution.library.calendar, old, limit)
    except CalendarError as error:
        raise Fault(f"calendar.{error.code}", **error.facts) from None
    execution.record("deadline_moved", limited, by=task.task_spec.node.id, limit=str(limit), old=old.isoformat(), due=new.isoformat())
    _set(limited, new)


def _set(limited: Activation, new: datetime) -> None:
    limited.facts["limit"]["due"] = new.isoformat()
    limited.workflow.scopes.set_local(limited.id, VARIABLE, _local_text(new))


def _follow(limited: Activation) -> None:
    """Let every timer and due date that hangs on this limit have its new moment; reminders that have fired are armed again."""
    execution = limited.workflow
    if execution.absent_tokens:
        raise RestNeeded
    for wait in list(execution.waits.values()):
        owner = execution.tasks[wait.owner]
        if next(around(owner), None) is not limited:
            continue
        node = owner.process.nodes.get(wait.node)
        if wait.kind == "timer" and node is not None and follows(definition_of(node, wait)):
            execution.change_wait(wait, due_at=timer_due(owner, definition_of(node, wait)))
        elif wait.kind == "user" and node is not None and not _has_own_due_date(node):
            execution.change_wait(wait, due_at=effective(owner))
    if not limited.facts["limit"].get("stopped_at"):
        _rearm(limited)


def _rearm(limited: Activation) -> None:
    execution = limited.workflow
    armed: set[str] = {wait.node for wait in execution.waits_of(limited.id)}
    for node in boundary_events(limited):
        if node.id not in armed and not node.interrupting and any(map(follows, node.events)):
            for wait in make_waits(limited, node):
                if wait.due_at is not None and wait.due_at > execution.now:
                    execution.open_wait(wait)


def _has_own_due_date(node: Node) -> bool:
    return isinstance(node.detail, UserTask) and node.detail.due_date is not None


def _limit(task: Activation, name: str) -> Limit | None:
    text = task.task_spec.node.properties.get(name)
    if not text:
        return None
    value: Any = task.workflow.value(property_formula(text), task)
    limit = parse_limit(value) if isinstance(value, str) else None
    if limit is None:
        raise Fault("limit_invalid", expression=text, value=str(value))
    return limit


def _local_text(moment: datetime) -> str:
    return moment.astimezone(CHINA).isoformat()
