"""The limit around an activation: what it is now, and who hangs on it. `deadlines` moves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from engine.core.bpmn.model import EventDefinition

if TYPE_CHECKING:
    from engine.core.runtime.kernel import Activation

VARIABLE = "deadline"


def around(task: Activation | None) -> Iterator[Activation]:
    """Activations with a limit, from `task` itself outwards."""
    while task is not None:
        if "limit" in task.facts:
            yield task
        task = task.scope


def effective(task: Activation) -> datetime | None:
    """Until when this activity must be done: the nearest limit around it; None if there is none or its clock stands still."""
    limited = next(around(task), None)
    if limited is None or limited.facts["limit"].get("stopped_at"):
        return None
    return datetime.fromisoformat(limited.facts["limit"]["due"])


def stands_still(task: Activation) -> bool:
    """Whether the clock of the limit that `deadline` means at this activity is stopped."""
    limited = next(around(task), None)
    return limited is not None and bool(limited.facts["limit"].get("stopped_at"))


def follows(event: EventDefinition) -> bool:
    """Whether a timer reads `deadline`."""
    value = event.value
    if event.kind != "timer" or value is None or value.expression is None:
        return False
    return VARIABLE in value.expression.names or VARIABLE in value.expression.possible_names
