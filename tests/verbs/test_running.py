from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.verbs.running import Running


def test_an_instance_survives_in_the_database_from_step_to_step(run: Callable[..., Running]) -> None:
    instance = run("parallel_approvals")

    instance.complete("legal", legal_ok=True)
    instance.complete("finance", finance_ok=False)
    instance.complete("sign")

    assert instance.status == "completed"
    assert instance.variables["legal_ok"] is True and instance.variables["finance_ok"] is False


def test_a_reminder_timer_leaves_the_task_open(run: Callable[..., Running]) -> None:
    instance = run("timer_boundary_non_interrupting")

    instance.pass_time(timedelta(days=10))

    assert instance.open_tasks == ["approve"]
    assert instance.visited("remind")
