"""Jobs and the worker: every job is done, retried or becomes an incident; the worker lives on."""

from __future__ import annotations

import sys
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import func, select, update

from engine.core.runtime.step import Retry
from engine.tables.instances import Incident, ProcessInstance
from engine.tables.jobs import Job
from engine.tables.people import Notification, Person
from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.verbs import incidents, jobs, stepping, worker
from engine.verbs.access import SYSTEM
from engine.verbs.errors import JobNotHeld, VariableInvalid
from engine.verbs.handlers import BpmnError, Context
from engine.verbs.jobs import JobFacts
from tests.verbs.invariants import check_invariants
from tests.verbs.running import Clock, Running, deploy, deploy_diagrams, diagram, work


def started(store: Store, clock: Clock, name: str = "service_job", **variables: object) -> Running:
    deploy_diagrams(store, clock, name)
    return Running.start(store, clock, name, **{"path": "index", **variables})


def job_row(store: Store, instance: Running) -> Job:
    with store.reading() as session:
        return session.execute(select(Job.__table__).where(Job.instance_id == instance.id)).one()  # type: ignore[return-value]


def test_a_handler_gets_the_inputs_and_its_result_goes_on(any_store: Store, clock: Clock) -> None:
    instance = started(any_store, clock)
    seen: list[JobFacts] = []

    def remote(job: JobFacts, context: Context) -> dict[str, object]:
        seen.append(job)
        return {"answer": {"status": 200}}

    assert work(any_store, clock, handlers={"remote": remote}) == 1
    assert (seen[0].variables["url"], seen[0].type, seen[0].retries, seen[0].attempts) == ("/index", "remote", 1, 0)
    assert instance.status == "completed" and instance.variables["status"] == 200
    check_invariants(any_store)


def test_a_failing_handler_is_tried_again_later_and_then_becomes_an_incident(store: Store, clock: Clock) -> None:
    instance = started(store, clock)

    def remote(job: JobFacts, context: Context) -> dict[str, object]:
        raise ConnectionError("no route")

    work(store, clock, handlers={"remote": remote})
    row = job_row(store, instance)
    assert row.retries == 1 and row.due_at is not None and row.due_at > clock.now and row.message == "ConnectionError: no route"
    clock.now += timedelta(minutes=1)
    work(store, clock, handlers={"remote": remote})

    assert instance.incidents == ["job_failed"] and instance.jobs == []
    check_invariants(store)


def test_a_retried_incident_gives_the_handler_all_its_tries_again(store: Store, clock: Clock) -> None:
    instance = started(store, clock)
    down = {"remote": lambda job, context: sys.exit("down")}
    instance.pass_time(timedelta(hours=1), handlers=down)
    with store.reading() as session:
        incident = session.scalars(select(Incident.id)).one()

    with store.writing() as session:
        incidents.retry(session, incident, SYSTEM, clock.now)
    work(store, clock, handlers={"remote": lambda job, context: {"answer": {"status": 1}}})

    assert instance.status == "completed" and instance.incidents == []


@pytest.mark.parametrize("failure", [SystemExit(1), RecursionError(), MemoryError(), KeyError("x"), ValueError("{braces}")])
def test_nothing_a_handler_raises_ends_the_worker(store: Store, clock: Clock, failure: BaseException) -> None:
    instance = started(store, clock)

    def remote(job: JobFacts, context: Context) -> dict[str, object]:
        raise failure

    work(store, clock, handlers={"remote": remote})

    assert job_row(store, instance).retries == 1


@pytest.mark.parametrize("answer", [{"not a name!": 1}, {"x": object()}, {"x": "y" * 2_000_000}, ["no mapping"]])
def test_what_cannot_be_stored_counts_as_a_failure(store: Store, clock: Clock, answer: object) -> None:
    instance = started(store, clock)

    work(store, clock, handlers={"remote": lambda job, context: answer})

    assert job_row(store, instance).retries == 1
    check_invariants(store)


def test_a_handler_can_end_its_job_with_an_error_of_the_diagram(store: Store, clock: Clock) -> None:
    instance = started(store, clock, "job_error")

    def remote(job: JobFacts, context: Context) -> dict[str, object]:
        raise BpmnError("REFUSED", "not today")

    work(store, clock, handlers={"remote": remote})

    assert instance.open_tasks == ["repair"]


def test_a_job_of_an_unknown_type_waits_for_a_worker_outside(store: Store, clock: Clock) -> None:
    instance = started(store, clock)

    assert work(store, clock) == 0
    with store.writing() as session:
        taken = jobs.lock(session, "outside", clock.now, types=["remote"])
        facts = jobs.describe(session, taken)
    with store.writing() as session:
        jobs.complete(session, facts[0].id, "outside", {"answer": {"status": 5}}, clock.now)

    assert instance.status == "completed"


def test_a_worker_that_dies_gives_its_job_to_another_after_the_lease(store: Store, clock: Clock) -> None:
    instance = started(store, clock)
    with store.writing() as session:
        [job] = jobs.lock(session, "dead", clock.now)
        assert jobs.lock(session, "other", clock.now) == []

    clock.now += jobs.LEASE
    work(store, clock, handlers={"remote": lambda job, context: {"answer": {"status": 1}}})

    assert instance.status == "completed"
    with store.writing() as session, pytest.raises(JobNotHeld):
        jobs.complete(session, job.id, "dead", {}, clock.now)


def test_a_lease_can_be_extended_only_by_who_holds_it(store: Store, clock: Clock) -> None:
    started(store, clock)
    with store.writing() as session:
        [job] = jobs.lock(session, "slow", clock.now)
        jobs.extend(session, job.id, "slow", clock.now, timedelta(hours=1))

    clock.now += jobs.LEASE
    with store.writing() as session:
        assert jobs.lock(session, "other", clock.now) == []
        with pytest.raises(JobNotHeld):
            jobs.extend(session, job.id, "other", clock.now)


def test_a_result_with_a_bad_name_is_refused_and_the_job_is_kept(store: Store, clock: Clock) -> None:
    started(store, clock)
    with store.writing() as session:
        [job] = jobs.lock(session, "w", clock.now)

    with pytest.raises(VariableInvalid), store.writing() as session:
        jobs.complete(session, job.id, "w", {"a-b": 1}, clock.now)
    with store.writing() as session:
        jobs.complete(session, job.id, "w", {"answer": {"status": 1}}, clock.now)


def test_pauses_grow_and_are_spread() -> None:
    pauses = [jobs.backoff(attempt, 0.999) for attempt in range(1, 30)]

    assert pauses == sorted(pauses) and pauses[-1] <= jobs.LONGEST_PAUSE
    assert jobs.backoff(3, 0.0) == jobs.backoff(3, 0.999999) / 2 or jobs.backoff(3, 0.0) < jobs.backoff(3, 0.9)


# ----------------------------------------------------------------------------------------------------------------- timers


def test_a_timer_of_an_instance_fires_when_it_is_due(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "timer_boundary_interrupting")
    instance = Running.start(any_store, clock, "timer_boundary_interrupting", limit="P3D")
    with any_store.reading() as session:
        due = jobs.next_due(session, clock.now)
    assert due is not None

    clock.now = due - timedelta(seconds=1)
    assert work(any_store, clock) == 0 and instance.open_tasks == ["approve"]
    clock.now = due
    work(any_store, clock)

    assert instance.open_tasks == ["escalate"]
    check_invariants(any_store)


def test_a_cycle_missed_while_nothing_ran_fires_once_and_goes_on(store: Store, clock: Clock) -> None:
    deploy(store, clock, {"c.bpmn": diagram("timer_cycle_boundary").replace(b"R3/PT1H", b"R/PT1H")})
    instance = Running.start(store, clock, "timer_cycle_boundary", reminders=0)
    began = clock.now

    clock.now += timedelta(hours=5, minutes=30)
    work(store, clock)

    assert instance.variables["reminders"] == 1
    assert job_row(store, instance).due_at == began + timedelta(hours=6)


@pytest.mark.parametrize(("name", "at_once", "in_all"), [("timer_catch_up_all", 2, 3), ("timer_catch_up_none", 0, 1)])
def test_what_becomes_of_missed_firings_is_the_diagrams_choice(any_store: Store, clock: Clock, name: str, at_once: int, in_all: int) -> None:
    deploy_diagrams(any_store, clock, name)
    instance = Running.start(any_store, clock, name, reminders=0)

    clock.now += timedelta(hours=2, minutes=30)
    work(any_store, clock)
    assert instance.variables["reminders"] == at_once

    instance.pass_time(timedelta(hours=5))
    assert instance.variables["reminders"] == in_all and instance.jobs == []


def test_timers_of_an_ended_instance_are_gone(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "timer_boundary_non_interrupting")
    instance = Running.start(store, clock, "timer_boundary_non_interrupting")

    instance.complete("approve")

    assert instance.jobs == []


def test_a_step_too_long_for_one_transaction_is_continued(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "script_loop")
    instance = Running.start(any_store, clock, "script_loop", n=0, most=3_500)
    assert instance.status == "active" and instance.jobs == ["continue"]

    work(any_store, clock)

    assert instance.status == "completed" and instance.variables["n"] == 3_500 and instance.jobs == []
    check_invariants(any_store)


def test_a_diagram_that_breaks_the_engine_never_stops_other_jobs(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "timer_boundary_interrupting")
    broken, sound = (Running.start(store, clock, "timer_boundary_interrupting", limit="P3D") for _ in range(2))
    with store.writing() as session:
        session.execute(update(ProcessInstance).where(ProcessInstance.id == broken.id).values(state=["no state"]))

    clock.now += timedelta(days=30)
    worker.run_once(store, clock.now)

    assert sound.open_tasks == ["escalate"]
    row = job_row(store, broken)
    assert row.due_at is not None and row.due_at > clock.now and row.locked_by is None


def test_the_worker_thread_works_until_it_is_told_to_stop(store: Store, clock: Clock) -> None:
    instance = started(store, clock, "timer_boundary_interrupting", limit="P3D")
    clock.now += timedelta(days=30)
    stop, seen = Event(), Event()

    def look() -> object:
        if instance.open_tasks == ["escalate"]:
            seen.set()
            stop.set()
        return clock.now

    thread = Thread(target=worker.run_forever, args=(store, stop, look), daemon=True)
    thread.start()
    thread.join(timeout=20)

    assert seen.is_set() and not thread.is_alive()


# ----------------------------------------------------------------------------------------------------------------- notify


def person(id: str, kind: str = "cadre") -> dict[str, object]:
    return {"id": id, "username": id, "name": id, "kind": kind, "password_stamp": "", "failed_count": 0, "is_active": True,
            "demonstration": False}  # fmt: skip


def test_notify_writes_each_person_one_note_however_often_it_runs(any_store: Store, clock: Clock) -> None:
    files = diagram("service_job").replace(b'type="remote"', b'type="notify"')
    mapping = '<zeebe:input source="=&quot;/&quot; + path" target="url"/>'
    inputs = "".join(f'<zeebe:input source="={source}" target="{name}"/>' for name, source in
                     {"to": "[&quot;wang&quot;, &quot;li&quot;]", "subject": "&quot;催办&quot;", "body": "path"}.items())  # fmt: skip
    files = files.replace(mapping.encode(), inputs.encode()).replace(
        b'<zeebe:output source="=answer.status" target="status"/>', b'<zeebe:output source="=notified" target="status"/>'
    )
    deploy(any_store, clock, {"service_job.bpmn": files})
    with any_store.writing() as session:
        session.execute(Person.__table__.insert(), [{**person(id_), "created_at": clock.now} for id_ in ("wang", "li", "zhao")])
    instance = Running.start(any_store, clock, "service_job", path="请尽快办理")
    from engine.verbs.handlers import notify

    def twice(job: JobFacts, context: Context) -> dict[str, object]:
        notify(job, context)
        return notify(job, context)

    work(any_store, clock, handlers={"notify": twice})

    assert instance.status == "completed"
    with any_store.reading() as session:
        notes = session.execute(select(Notification.person_id, Notification.subject, Notification.body)).all()
        assert sorted(map(tuple, notes)) == [("li", "催办", "请尽快办理"), ("wang", "催办", "请尽快办理")]
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def keep_failing(store: Store, clock: Clock, times: int) -> None:
    """The one job there is fails whenever it is due."""
    for _ in range(times):
        with store.reading() as session:
            clock.now = (jobs.next_due(session, clock.now) or clock.now) + timedelta(seconds=1)
        with store.writing() as session:
            [job] = jobs.lock(session, "w", clock.now, with_own=True)
            jobs.fail(session, job.id, "w", "boom", clock.now)


def test_a_timer_that_cannot_fire_is_an_incident_and_goes_on_trying(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "timer_boundary_interrupting")
    instance = Running.start(any_store, clock, "timer_boundary_interrupting", limit="P3D")
    tasks = instance.open_tasks
    keep_failing(any_store, clock, times=5)

    assert instance.incidents == ["timer_failed"] and instance.open_tasks == tasks
    check_invariants(any_store)

    clock.now += timedelta(hours=2)
    work(any_store, clock)
    assert instance.incidents == [] and instance.open_tasks != tasks


def test_what_cannot_be_delivered_is_an_incident_of_whoever_sent_it_and_goes_on_being_tried(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "conversation")
    asking = Running.start(any_store, clock, "asking", number="A1")
    keep_failing(any_store, clock, times=4)

    assert asking.incidents == ["delivery_failed"] and asking.status == "active"
    check_invariants(any_store)

    clock.now += timedelta(hours=2)
    work(any_store, clock)
    with any_store.reading() as session:
        assert session.scalars(select(UserTask.node).where(UserTask.closed_at.is_(None))).all() == ["think"]
    with any_store.writing() as session:
        incident = session.scalars(select(Incident.id).where(Incident.resolved_at.is_(None))).one()
        stepping.step(session, asking.id, Retry(str(incident)), SYSTEM, clock.now)
    assert asking.incidents == []


def test_automatic_work_that_keeps_failing_is_an_incident_and_goes_on_where_it_was(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "script_loop")
    instance = Running.start(any_store, clock, "script_loop", n=0, most=3_500)
    keep_failing(any_store, clock, times=4)

    assert (instance.incidents, instance.jobs) == (["work_failed"], ["continue"])
    check_invariants(any_store)

    clock.now += timedelta(hours=2)
    work(any_store, clock)
    assert (instance.status, instance.incidents, instance.visited("done")) == ("completed", [], True)
