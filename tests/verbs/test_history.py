"""The record: complete, in people's words, and nobody can change it unnoticed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from engine.core.runtime.advance import advance
from engine.core.runtime.step import CompleteTask
from engine.tables.instances import Event, ProcessInstance, Stream
from engine.tables.store import Store
from engine.verbs import history, stepping
from engine.verbs.access import SYSTEM, Actor, Kind
from engine.verbs.errors import NotFound
from engine.verbs.history import Broken
from engine.verbs.library import Deployed
from tests.verbs.files import all_three
from tests.verbs.running import Clock, Running, deploy

ZHANG = Actor("zhang", "张三", Kind.CADRE, frozenset({"clerks"}))


@pytest.fixture
def case(store: Store, clock: Clock) -> Running:
    deploy(store, clock, all_three())
    instance = Running.start(store, clock, "asking")
    clock.now += timedelta(minutes=5)
    instance.complete("ask", ZHANG, subject="道路施工影响经营")
    return instance


def broken(store: Store) -> list[Broken]:
    with store.reading() as session:
        return history.verify(session)


def change(store: Store, statement: Any) -> None:
    with store.writing() as session:
        session.execute(statement)


def test_an_untouched_record_is_whole(store: Store, case: Running) -> None:
    assert broken(store) == []


def test_a_record_with_every_kind_of_value_is_whole_on_both_databases(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, all_three())
    values = {"big": 2**70, "third": Decimal(1) / 3, "huge": Decimal("1E+400"), "tiny": 1e-9, "text": "引号\"'\\ \u0000 😀", "nested": {"b": [None, True], "a": {}}, "number": 0.1 + 0.2}
    Running.start(any_store, clock, "asking", **values)

    assert broken(any_store) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("actor_id", "other"), ("facts", {"x": 1}), ("node_name", "x"), ("kind", "warning"), ("hash", "0" * 64), ("definition_id", None)],
)
def test_a_changed_row_is_found(store: Store, case: Running, column: str, value: Any) -> None:
    change(store, update(Event).where(Event.stream == case.id, Event.seq == 3).values({column: value}))

    assert broken(store)[0] == Broken(case.id, 3, "changed")


def test_a_change_within_what_the_instance_did_by_itself_is_found(store: Store, case: Running) -> None:
    with store.reading() as session:
        facts = session.scalars(select(Event.facts).where(Event.stream == case.id, Event.seq == 1)).one()
    facts["lines"][0][1] = "elsewhere"
    change(store, update(Event).where(Event.stream == case.id, Event.seq == 1).values(facts=facts))

    assert broken(store) == [Broken(case.id, 1, "changed")]


def test_entries_come_back_as_the_core_made_them(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, all_three())
    case = Running.start(any_store, clock, "asking")
    with any_store.reading() as session:
        state = stepping.load(session, case.id).state
        assert state is not None
        made = advance(Deployed(session), state, CompleteTask(state.waits[0].id, {"subject": "道路"}), clock.now).history

    case.complete("ask", subject="道路")

    assert case.entries[-len(made) :] == list(made)


def test_rows_of_one_entry_each_are_read_and_proved_as_ever(any_store: Store, clock: Clock) -> None:
    deploy(any_store, clock, all_three())
    case = Running.start(any_store, clock, "asking")
    before = case.entries
    rows: list[dict[str, Any]] = []
    for seq, entry in enumerate(before, 1):
        rows.append({**entry._asdict(), "stream": case.id, "seq": seq, "actor_id": "system", "actor_name": "系统"})
        rows[-1]["hash"] = history.digest(rows[-2]["hash"] if seq > 1 else history.FIRST, rows[-1])
    change(any_store, delete(Event).where(Event.stream == case.id))
    change(any_store, insert(Event).values(rows))
    change(any_store, update(ProcessInstance).values(history_head=rows[-1]["hash"], history_count=len(rows)))

    case.complete("ask", subject="道路")

    assert case.entries[: len(before)] == before
    assert broken(any_store) == []


def test_a_moved_moment_is_found(store: Store, case: Running, clock: Clock) -> None:
    change(store, update(Event).where(Event.stream == case.id, Event.seq == 2).values(at=clock.now + timedelta(microseconds=1)))

    assert broken(store) == [Broken(case.id, 2, "changed")]


def test_a_deleted_row_is_found(store: Store, case: Running) -> None:
    change(store, delete(Event).where(Event.stream == case.id, Event.seq == 2))

    assert broken(store)[0] == Broken(case.id, 2, "missing")


def test_a_cut_tail_is_found(store: Store, case: Running) -> None:
    with store.reading() as session:
        last = session.scalars(select(Event.seq).where(Event.stream == case.id).order_by(Event.seq.desc())).first()
    assert last is not None
    change(store, delete(Event).where(Event.stream == case.id, Event.seq >= last - 1))

    assert broken(store) == [Broken(case.id, last - 1, "cut")]


def test_a_row_added_at_the_end_is_found(store: Store, case: Running) -> None:
    with store.writing() as session:
        row = dict(session.execute(select(Event.__table__).where(Event.stream == case.id).order_by(Event.seq.desc())).mappings().first() or {})
        row["seq"] += 1
        row["hash"] = history.digest(row["hash"], row)
        session.execute(Event.__table__.insert(), row)

    assert [place.why for place in broken(store)] == ["head"]


def test_swapped_rows_are_found(store: Store, case: Running) -> None:
    change(store, update(Event).where(Event.stream == case.id, Event.seq == 2).values(seq=9999))
    change(store, update(Event).where(Event.stream == case.id, Event.seq == 3).values(seq=2))
    change(store, update(Event).where(Event.stream == case.id, Event.seq == 9999).values(seq=3))

    assert broken(store)[0] == Broken(case.id, 2, "changed")


def test_a_whole_stream_that_vanished_or_appeared_is_found(store: Store, case: Running) -> None:
    change(store, delete(Event).where(Event.stream == case.id))
    assert broken(store) == [Broken(case.id, None, "missing")]

    change(store, text("UPDATE process_instance SET history_count = 0"))
    change(store, update(Event).where(Event.stream == "system").values(stream="ghost"))
    assert {place.why for place in broken(store)} >= {"inserted", "missing"}


def test_the_act_of_a_person_is_appended_to_the_same_chain(store: Store, case: Running, clock: Clock) -> None:
    with store.writing() as session:
        line = history.entry("task_claimed", clock.now, node="ask", node_name="ask")
        history.append(session, case.id, [line], ZHANG, clock.now)
        history.append(session, "system", [history.entry("signed_in", clock.now)], ZHANG, clock.now)

    assert broken(store) == []
    with store.reading() as session:
        assert session.scalars(select(Stream.history_count)).all() == [2]  # the deployment and this
    assert case.events[-1] == "task_claimed"


def test_the_timeline_says_who_did_what_with_which_opinion(store: Store, case: Running) -> None:
    with store.reading() as session:
        lines = history.timeline(session, case.id, SYSTEM)

    assert [(line.title, line.who, line.words) for line in lines] == [
        ("发起", "", ""), ("ask", "张三", "道路施工影响经营"), ("办结归档", "张三", ""),
    ]  # fmt: skip
    assert lines[1].at - lines[0].at == timedelta(minutes=5)


def test_the_timeline_is_only_for_those_who_may_see_the_instance(store: Store, case: Running) -> None:
    stranger = Actor("x", "X", Kind.ENTERPRISE, enterprise_id="other")

    with store.reading() as session, pytest.raises(NotFound):
        history.timeline(session, case.id, stranger)


def test_the_head_of_the_chain_grows_with_the_instance(store: Store, case: Running) -> None:
    with store.reading() as session:
        head, count = session.execute(select(ProcessInstance.history_head, ProcessInstance.history_count)).one()
        last = session.execute(select(Event.hash, Event.seq).where(Event.stream == case.id).order_by(Event.seq.desc())).first()

    assert last == (head, count)
