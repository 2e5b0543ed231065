"""When timers fire: dates, durations and cycles, before and after the system was down, at the ends of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.core.bpmn.timers import is_cycle
from engine.core.runtime.kernel import Fault
from engine.core.runtime.timers import first_firing, next_firing
from engine.core.trial import EPOCH, Trial

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def moments(cycle: str, armed: datetime, most: int = 20) -> list[datetime]:
    """When a cycle fires if nothing is ever late."""
    found, firing = [], first_firing("cycle", cycle, cycle, armed)
    while firing is not None and len(found) < most:
        found.append(firing.due_at)
        at = max(firing.due_at, armed)
        firing = next_firing(firing.interval, firing.due_at, at, firing.remaining) if firing.interval else None
    return found


def down_for(trial: Trial, span: timedelta) -> Trial:
    """Nothing runs for so long; then everything that is due."""
    trial.now += span
    return trial.pass_time(timedelta(0))


# ------------------------------------------------------------------------------------------------------------- catching up


@pytest.mark.parametrize(("hours", "fired"), [(1.5, 1), (2.5, 1), (3.5, 1), (100, 1)])
def test_a_cycle_of_three_missed_while_nothing_ran_fires_once_for_all_it_missed(run, hours, fired):
    trial = down_for(run("timer_cycle_boundary").start(reminders=0), hours * HOUR)
    assert trial.variables["reminders"] == fired

    trial.pass_time(5 * HOUR)

    assert trial.variables["reminders"] == {1.5: 3, 2.5: 2, 3.5: 1, 100: 1}[hours] and trial.open_tasks == ["approve"]


@pytest.mark.parametrize(("hours", "fired"), [(1.5, 1), (2.5, 2), (3.5, 3), (100, 3)])
def test_a_cycle_that_makes_up_for_everything_fires_as_often_as_it_was_missed(run, hours, fired):
    trial = down_for(run("timer_catch_up_all").start(reminders=0), hours * HOUR)
    assert trial.variables["reminders"] == fired
    assert trial.pass_time(5 * HOUR).variables["reminders"] == 3


@pytest.mark.parametrize(("hours", "later"), [(1.5, 2), (2.5, 1), (3.5, 0), (100, 0)])
def test_a_cycle_that_makes_up_for_nothing_goes_on_with_what_is_still_to_come(run, hours, later):
    trial = down_for(run("timer_catch_up_none").start(reminders=0), hours * HOUR)
    assert trial.variables["reminders"] == 0
    assert trial.pass_time(5 * HOUR).variables["reminders"] == later and trial.open_tasks == ["work"]


def test_a_few_seconds_late_is_not_missed(run):
    trial = down_for(run("timer_catch_up_none").start(reminders=0), HOUR + timedelta(seconds=30))
    assert trial.variables["reminders"] == 1


def test_the_cycle_of_an_event_sub_process_catches_up_too(run):
    trial = down_for(run("event_sub_process_cycle").start(reminders=0), 4.5 * HOUR)
    assert trial.variables["reminders"] == 4
    assert trial.pass_time(HOUR).complete("work").status == "completed"


def test_a_second_cycle_missed_for_ten_years_is_reckoned_at_once():
    firing = next_firing("PT1S", EPOCH, EPOCH + 3650 * DAY, None)
    assert firing is not None and firing.due_at == EPOCH + 3650 * DAY + timedelta(seconds=1)
    assert next_firing("PT1S", EPOCH, EPOCH + 3650 * DAY, 1_000_000) is None


# ----------------------------------------------------------------------------------------------------------------- cycles


def test_months_are_counted_from_the_beginning_of_a_cycle(run):
    assert moments("R4/2026-01-31T09:00:00/P1M", china("2026-01-01T00:00:00")) == [
        china("2026-01-31T09:00:00"), china("2026-02-28T09:00:00"), china("2026-03-31T09:00:00"), china("2026-04-30T09:00:00"),
    ]  # fmt: skip
    trial = run("timer_monthly").start(reminders=0)  # on 2 March
    assert trial.until(china("2026-05-02T09:00:00")).variables["reminders"] == 2


def test_a_cycle_may_be_counted_back_from_its_end(run):
    end = "2026-03-10T09:00:00+08:00"
    assert moments(f"R3/P1D/{end}", EPOCH) == [china(f"2026-03-{day:02}T09:00:00") for day in (8, 9, 10)]
    assert moments(f"R/P3D/{end}", EPOCH) == [china(f"2026-03-{day:02}T09:00:00") for day in (4, 7, 10)]
    trial = run("timer_to_an_end").start(reminders=0)
    assert trial.pass_time(30 * DAY).variables["reminders"] == 4


def test_of_a_cycle_that_began_earlier_only_what_is_still_to_come_is_fired():
    started = "2026-03-01T09:00:00+08:00"  # a day before
    assert moments(f"R3/{started}/P1D", EPOCH) == [EPOCH, EPOCH + DAY]
    assert moments(f"R/{started}/P1W", EPOCH, most=2) == [EPOCH + 6 * DAY, EPOCH + 13 * DAY]


def test_a_cycle_that_is_wholly_past_fires_once_as_a_date_in_the_past_does():
    assert len(moments("R3/2020-01-01T09:00:00/P1D", EPOCH)) == 1
    assert first_firing("date", "2020-01-01", "", EPOCH).due_at < EPOCH


def test_a_day_of_the_month_or_a_day_of_the_week_is_enough_for_cron(run):
    trial = run("cron_day_or_weekday").start(reminders=0)  # Monday 2 March, 09:00
    trial.until(china("2026-03-31T12:00:00"))
    assert trial.variables["reminders"] == 5  # Mondays 9, 16, 23, 30 and Sunday the 15th


@pytest.mark.parametrize("text", ["R3/P1D/2026-03-10", "R/P1M", "R-1/PT1H", "0 0 9 1 * MON", "R/2026-03-01/P1W"])
def test_these_are_cycles(text):
    assert is_cycle(text) and first_firing("cycle", text, text, EPOCH)


@pytest.mark.parametrize(
    "text", ["R3", "R3/", "R3/P1D/P1D", "R3/2026-03-01/P1D/2026-03-10", "R/PT0S", "R/P0M", "R0/P1D", "R/-P1D", "R/P1D/tomorrow", "R/P1D/"]
)
def test_these_are_none(text):
    assert not is_cycle(text)
    with pytest.raises(Fault):
        first_firing("cycle", text, text, EPOCH)


# ------------------------------------------------------------------------------------------------- the ends of the calendar


@pytest.mark.parametrize("text", ["PT0S", "P0D", "-PT1H", "-P1M"])
def test_a_duration_that_is_over_fires_at_once(text):
    assert first_firing("duration", text, text, EPOCH).due_at <= EPOCH


@pytest.mark.parametrize(("kind", "text"), [("duration", "P9999Y"), ("duration", "P9999999D"), ("duration", "P99999999999999999Y")])
def test_a_duration_beyond_the_calendar_is_an_incident(kind, text):
    with pytest.raises(Fault, match="timer_invalid"):
        first_firing(kind, text, text, EPOCH + 3000 * 365 * DAY)


def test_a_cycle_that_leaves_the_calendar_has_fired_for_the_last_time():
    assert next_firing("P3000Y", china("9000-01-01T00:00:00"), china("9000-01-01T00:00:00"), None) is None
    with pytest.raises(Fault, match="timer_invalid"):
        first_firing("cycle", "R/P9999Y", "", EPOCH)


def test_an_hour_is_an_hour_all_year_round_in_china():
    armed = china("1990-04-14T20:00:00")  # when the clocks went forward for the last summer but one
    assert first_firing("duration", "PT12H", "", armed).due_at == armed + 12 * HOUR
    assert first_firing("duration", "P1D", "", armed).due_at == armed + DAY


def test_a_date_without_an_offset_is_a_date_in_china():
    assert first_firing("date", "2026-03-03T09:00:00", "", EPOCH).due_at == china("2026-03-03T09:00:00")

