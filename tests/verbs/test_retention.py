"""Ended instances leave when their time is over: packed first, unless held, and the record stays provable."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from engine.tables.instances import Archive, Event, ProcessInstance
from engine.tables.schema import metadata
from engine.tables.store import Store
from engine.verbs import history, housekeeping, retention
from engine.verbs.access import SYSTEM
from engine.verbs.errors import Conflict
from tests.verbs.running import Clock, Running, deploy, diagram

DAY = timedelta(days=1)


def ended(store: Store, clock: Clock, time_to_live: str = "P30D") -> Running:
    text = diagram("sequence").decode()
    properties = f'<zeebe:properties><zeebe:property name="timeToLive" value="{time_to_live}"/></zeebe:properties>'
    head, start, rest = text.partition("<bpmn:startEvent")
    deploy(store, clock, {"sequence.bpmn": f"{head}<bpmn:extensionElements>{properties}</bpmn:extensionElements>{start}{rest}".encode()})
    instance = Running.start(store, clock, "sequence", topic="路灯")
    instance.complete("approve")
    return instance


def archive(store: Store, clock: Clock) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    housekeeping.archive_expired(store, files.__setitem__, clock.now)
    return files


def rows_about(store: Store, instance_id: str) -> int:
    with store.reading() as session:
        return sum(
            session.scalar(select(func.count()).select_from(table).where(table.c[column] == instance_id)) or 0
            for table in metadata.sorted_tables
            for column in ("instance_id", "stream")
            if column in table.c and table.name != "archive"
        )


def test_an_instance_stays_until_its_time_is_over_and_leaves_whole(any_store: Store, clock: Clock) -> None:
    instance = ended(any_store, clock)
    clock.now += 29 * DAY
    assert archive(any_store, clock) == {} and instance.status == "completed"

    clock.now += 2 * DAY
    ((name, content),) = archive(any_store, clock).items()

    assert name.startswith("sequence/") and rows_about(any_store, instance.id) == 0
    pack = zipfile.ZipFile(io.BytesIO(content))
    lines = [json.loads(line) for line in pack.read("events.jsonl").decode().splitlines()]
    assert lines[0]["kind"] == "instance_started" and lines[-1]["kind"] == "instance_ended"
    assert {"instance.json", "variables.jsonl", "tasks.jsonl", "diagram/sequence.bpmn"} <= set(pack.namelist())


def test_the_record_is_provable_after_a_purge_and_a_changed_proof_is_noticed(store: Store, clock: Clock) -> None:
    instance = ended(store, clock)
    clock.now += 31 * DAY
    archive(store, clock)
    with store.reading() as session:
        assert history.verify(session) == []

    with store.writing() as session:
        session.execute(update(Archive).values(head="f" * 64))

    with store.reading() as session:
        assert [(fault.stream, fault.why) for fault in history.verify(session)] == [(instance.id, "archive")]


def test_an_instance_that_is_held_stays_and_the_record_says_why(store: Store, clock: Clock) -> None:
    instance = ended(store, clock)
    with store.writing() as session:
        retention.hold(session, instance.id, "复议期间", SYSTEM, clock.now)
    clock.now += 31 * DAY
    assert archive(store, clock) == {}
    with store.reading() as session:
        assert retention.kept(session, clock.now) == {"held": 1, "waiting": 0}
        said = session.scalars(select(Event.facts).where(Event.stream == instance.id, Event.kind == "hold_set")).one()
        assert said["reason"] == "复议期间" and history.verify(session) == []

    with store.writing() as session:
        retention.release(session, instance.id, SYSTEM, clock.now)
    assert len(archive(store, clock)) == 1


def test_nothing_is_removed_that_the_pack_does_not_hold(store: Store, clock: Clock) -> None:
    instance = ended(store, clock)
    clock.now += 31 * DAY
    with store.reading() as session:
        pack = retention.pack(session, instance.id)
        assert pack.sha256 == retention.pack(session, instance.id).sha256
    with store.writing() as session:
        history.append(session, instance.id, [history.entry("note", clock.now)], SYSTEM, clock.now)

    with pytest.raises(Conflict), store.writing() as session:
        retention.purge(session, pack, clock.now)
    assert instance.status == "completed"


def test_without_a_time_to_live_an_instance_stays_for_ever(store: Store, clock: Clock) -> None:
    deploy(store, clock, {"sequence.bpmn": diagram("sequence")})
    instance = Running.start(store, clock, "sequence")
    instance.complete("approve")
    clock.now += 100_000 * DAY

    assert archive(store, clock) == {} and instance.status == "completed"
    with store.reading() as session:
        assert session.scalars(select(ProcessInstance.expires_at)).all() == [None]
