"""What other engines get wrong without a word, and what must happen instead."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.core.runtime.step import TimerDue
from engine.core.trial import Trial
from tests.runtime.conftest import library


def test_a_data_object_is_reached_from_any_depth(run):
    trial = run("data_object_deep").start(case_file="draft")
    assert trial.visible("write")["page"] == "draft"
    assert trial.complete("write", text="final").variables == {"case_file": "final"}


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        (datetime(2026, 1, 31, 1, tzinfo=UTC), "P1M", datetime(2026, 2, 28, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 1, tzinfo=UTC), "P1Y", datetime(2029, 2, 28, 1, tzinfo=UTC)),
        (datetime(2026, 3, 2, 1, tzinfo=UTC), "P1M1DT1H", datetime(2026, 4, 3, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 1, tzinfo=UTC), "P2W", datetime(2026, 3, 16, 1, tzinfo=UTC)),
    ],
)
def test_months_are_calendar_months(start, span, due):
    trial = Trial(library("timer_duration"), "timer_duration", now=start).start(span=span)
    assert trial.wait("timer", "wait").due_at == due


def test_missed_firings_of_a_cycle_are_made_up_for_by_one(run):
    trial = run("cycle_boundary_endless").start()
    trial.now += timedelta(hours=1)
    trial.send(TimerDue(trial.wait("timer", "again").id))
    assert trial.visited("remind") == 1 and trial.wait("timer", "again").due_at == trial.now + timedelta(seconds=10)


@pytest.mark.parametrize("count", [2.5, -1, "two", None, True])
def test_a_number_of_items_that_is_no_count_is_an_incident(run, count):
    assert run("multi_count").start(count=count).incidents == [("work", "cardinality_not_a_count")]


def test_a_sequence_of_items_by_number(run):
    trial = run("multi_count").start(count=2)
    assert trial.visible("work")["loopCounter"] == 1
    assert trial.complete("work").visible("work")["loopCounter"] == 2
    assert trial.complete("work").status == "completed"


def test_each_token_that_comes_to_an_activity_starts_it_once(run):
    trial = run("implicit_merge").start()
    assert trial.open_tasks == ["both", "both"]
    assert trial.complete("both").complete("both").status == "completed"


def test_several_flows_out_of_an_activity_are_all_taken(run):
    assert run("several_flows").start().complete("work").open_tasks == ["a", "b"]
