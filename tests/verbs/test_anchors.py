"""Anchors outside the database: a record that is rewritten as a whole, chains and heads included, is found by them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from engine.tables.instances import Archive, Event, ProcessInstance
from engine.tables.store import Store
from engine.verbs import anchors as ends
from engine.verbs import history
from engine.verbs.history import Head
from tests.verbs.running import Clock, Running, deploy_diagrams
from webapp import anchors

DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "anchors"


def begin(store: Store, clock: Clock) -> Running:
    deploy_diagrams(store, clock, "sequence")
    return Running.start(store, clock, "sequence")


def why(store: Store, folder: Path) -> list[tuple[str, str]]:
    return [(fault.stream, fault.why) for fault in anchors.check(store, folder)]


def rewrite(store: Store, stream: str) -> None:
    """Change an instance's first event, and everything in the database that would betray it."""
    with store.writing() as session:
        rows = [dict(row) for row in session.execute(select(Event.__table__).where(Event.stream == stream).order_by(Event.seq)).mappings()]
        rows[0]["actor_name"] = "somebody else"
        before = history.FIRST
        for row in rows:
            before = row["hash"] = history.digest(before, row)
            session.execute(update(Event).where(Event.stream == stream, Event.seq == row["seq"]).values(hash=before, actor_name=row["actor_name"]))
        session.execute(update(ProcessInstance).where(ProcessInstance.id == stream).values(history_head=Head(before, len(rows)).hash))
    with store.reading() as session:
        assert history.verify(session) == []


def test_a_database_rewritten_as_a_whole_is_found(any_store: Store, clock: Clock, folder: Path) -> None:
    instance = begin(any_store, clock)
    anchors.drop(any_store, folder, clock.now)
    assert why(any_store, folder) == []

    rewrite(any_store, instance.id)

    assert why(any_store, folder) == [(instance.id, "anchor")]


def test_what_is_added_later_leaves_earlier_anchors_true(any_store: Store, clock: Clock, folder: Path) -> None:
    first = begin(any_store, clock)
    anchors.drop(any_store, folder, clock.now)
    clock.now += DAY
    first.complete(first.open_tasks[0])
    anchors.drop(any_store, folder, clock.now)

    assert anchors.count(folder) == 2 and why(any_store, folder) == []
    rewrite(any_store, first.id)
    assert why(any_store, folder) == [(first.id, "anchor")] * 2


def test_an_anchor_holds_only_what_was_added_since_the_one_before(store: Store, clock: Clock, folder: Path) -> None:
    begin(store, clock)
    clock.now += DAY
    assert anchors.drop(store, folder, clock.now).count == 2  # the instance and the system's own stream
    clock.now += DAY
    assert anchors.drop(store, folder, clock.now).count == 0


def test_a_stream_that_is_gone_is_found_unless_it_is_in_the_archive(any_store: Store, clock: Clock, folder: Path) -> None:
    instance = begin(any_store, clock)
    anchors.drop(any_store, folder, clock.now)
    with any_store.writing() as session:
        head, count = session.execute(select(ProcessInstance.history_head, ProcessInstance.history_count).where(ProcessInstance.id == instance.id)).one()
        session.execute(delete(Event).where(Event.stream == instance.id))
    assert why(any_store, folder) == [(instance.id, "anchor")]

    with any_store.writing() as session:
        session.add(Archive(
            instance_id=instance.id, process_key="sequence", started_at=clock.now, ended_at=clock.now, archived_at=clock.now, file="x.zip",
            sha256="0" * 64, head=head, count=count,
        ))  # fmt: skip
        session.flush()
    assert why(any_store, folder) == []


@pytest.mark.parametrize("name", ["anchors.txt", "20260302T010000Z.txt"])
def test_a_file_that_was_changed_is_found(store: Store, clock: Clock, folder: Path, name: str) -> None:
    begin(store, clock)
    anchors.drop(store, folder, clock.now)
    file = folder / name
    text = file.read_text("ascii")
    file.write_text(text[:-2] + ("0" if text[-2] != "0" else "1") + "\n", "ascii")
    assert [code for _, code in why(store, folder)] == ["anchor_line" if name == "anchors.txt" else "anchor_file"]


def test_a_line_that_was_taken_out_is_found(store: Store, clock: Clock, folder: Path) -> None:
    begin(store, clock)
    for _ in range(3):
        anchors.drop(store, folder, clock.now)
        clock.now += DAY
    lines = (folder / "anchors.txt").read_text("ascii").splitlines(keepends=True)
    (folder / "anchors.txt").write_text(lines[0] + lines[2], "ascii")
    assert why(store, folder) == [("anchors.txt", "anchor_line")]


def test_a_day_has_one_anchor_however_often_workers_begin(store: Store, clock: Clock, folder: Path) -> None:
    begin(store, clock)
    assert anchors.drop_daily(store, folder, clock.now) is not None
    assert anchors.drop_daily(store, folder, clock.now + timedelta(hours=14, minutes=59)) is None
    made = anchors.drop_daily(store, folder, clock.now + timedelta(hours=15))  # midnight in China
    assert made is not None and anchors.count(folder) == 2
    with store.reading() as session:
        assert ends.last(session) == made
