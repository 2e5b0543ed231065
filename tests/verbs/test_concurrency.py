"""Many at once: one completion, one worker per job, one instance per request, one version per content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import select

from engine.core.runtime.step import CompleteTask
from engine.tables.instances import Event, ProcessInstance
from engine.tables.jobs import Job
from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.verbs import jobs, messages, stepping
from engine.verbs.access import SYSTEM, Actor, Kind
from engine.verbs.errors import StimulusRefused
from tests.verbs.invariants import check_invariants
from tests.verbs.running import Clock, Running, deploy_diagrams, work

EIGHT = 8


def at_once(act: Callable[[int], Any]) -> Counter[str]:
    """Eight threads do the same at the same moment; how often each outcome came."""
    barrier = Barrier(EIGHT)

    def one(number: int) -> str:
        barrier.wait()
        try:
            return str(act(number))
        except StimulusRefused:
            return "refused"

    with ThreadPoolExecutor(EIGHT) as pool:
        return Counter(pool.map(one, range(EIGHT)))


def test_eight_people_completing_one_task_leave_one_completion(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "sequence")
    instance = Running.start(any_store, clock, "sequence")
    with any_store.reading() as session:
        task_id = session.scalars(select(UserTask.id).where(UserTask.instance_id == instance.id)).one()

    def complete(number: int) -> str:
        person = Actor(f"p{number}", f"P{number}", Kind.CADRE)
        with any_store.writing() as session:
            stepping.step(session, instance.id, CompleteTask(task_id, {"by": number}), person, clock.now)
        return "completed"

    assert at_once(complete) == {"completed": 1, "refused": 7}
    with any_store.reading() as session:
        done = select(Event.actor_id).where(Event.stream == instance.id, Event.kind == "task_completed")
        who = session.scalars(done).one()
        assert session.scalars(select(UserTask.closed_by).where(UserTask.id == task_id)).one() == who
    assert f"p{instance.variables['by']}" == who
    check_invariants(any_store)


def test_two_branches_completed_at_once_both_survive(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "multi_parallel")
    people = [f"person {number}" for number in range(EIGHT)]
    instance = Running.start(any_store, clock, "multi_parallel", people=people)
    with any_store.reading() as session:
        open_tasks = session.scalars(select(UserTask.id).where(UserTask.instance_id == instance.id)).all()

    def complete(number: int) -> str:
        with any_store.writing() as session:
            stepping.step(session, instance.id, CompleteTask(open_tasks[number % len(open_tasks)], {"result": number}), SYSTEM, clock.now)
        return "completed"

    outcome = at_once(complete)
    assert outcome["completed"] == len(open_tasks)
    assert "after" in instance.open_tasks
    check_invariants(any_store)


def test_workers_never_take_the_same_job(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "service_job")
    for _ in range(EIGHT):
        Running.start(any_store, clock, "service_job")

    def take(number: int) -> str:
        with any_store.writing() as session:
            return ",".join(job.id for job in jobs.lock(session, f"w{number}", clock.now, limit=2))

    taken = [id_ for ids in at_once(take) for id_ in ids.split(",") if id_]
    assert len(taken) == len(set(taken)) == EIGHT


def test_a_repeated_request_starts_one_instance(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "sequence")

    def start(number: int) -> str:
        with any_store.writing() as session:
            return stepping.start(session, "sequence", {}, SYSTEM, clock.now, request_key="one click").id

    assert len(at_once(start)) == 1
    with any_store.reading() as session:
        assert len(session.scalars(select(ProcessInstance.id)).all()) == 1


def test_deploying_the_same_at_once_makes_one_version(any_store: Store, clock: Clock) -> None:
    def deploy(number: int) -> str:
        return ",".join(deploy_diagrams(any_store, clock, "sequence", "start_events").new) or "nothing"

    outcome = at_once(deploy)
    assert outcome["nothing"] == 7 and len(outcome) == 2


def test_a_message_published_while_an_instance_begins_to_wait_is_never_lost(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "message_catch")

    def meet(number: int) -> str:
        with any_store.writing() as session:
            if number % 2:
                stepping.start(session, "message_catch", {"order": f"A{number // 2}", "order_id": f"A{number // 2}"}, SYSTEM, clock.now)
            else:
                messages.publish(session, "payment", f"A{number // 2}", {}, SYSTEM, clock.now)
        return "done"

    at_once(meet)
    work(any_store, clock)
    with any_store.reading() as session:
        assert sorted(session.scalars(select(UserTask.node).where(UserTask.closed_at.is_(None)))) == ["ship"] * 4
        assert session.scalars(select(Job.id)).all() == []
    check_invariants(any_store)


def test_messages_that_a_gateway_joins_begin_one_instance_even_if_they_come_at_once(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "instantiating_parallel_gateway")

    def publish(number: int) -> str:
        name, key = ("order", "payment")[number % 2], f"A{number // 2}"
        with any_store.writing() as session:
            return messages.publish(session, name, key, {"order_id": key}, SYSTEM, clock.now).outcome

    assert at_once(publish) == {"started": 4, "correlated": 4}
    check_invariants(any_store)
