"""Instances as people meet them: starting, lists, marks on the diagram, actions, incidents, ending."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.core.runtime.step import SetVariables, Status
from engine.tables.instances import ProcessInstance
from engine.tables.people import Department, Enterprise, Zone
from engine.tables.store import Store
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs import calendars, definitions, incidents, instances, stepping
from engine.verbs.access import SYSTEM, Actor, Kind
from engine.verbs.errors import Conflict, FormInvalid, NotAllowed, NotFound, StartRefused, StimulusRefused, VariableInvalid
from engine.verbs.instances import Filter
from engine.verbs.writing import Change, apply
from tests.verbs.files import WITHDRAW_MESSAGE, all_three, form, message_action, process, prop
from tests.verbs.invariants import check_invariants
from tests.verbs.running import Clock, Running, deploy, deploy_diagrams, diagram

SUPERVISOR = Actor("sun", "孙督导", Kind.SUPERVISOR, zone_id="north")
OWNER = Actor("owner", "企业主", Kind.ENTERPRISE, enterprise_id="acme")
STRANGER = Actor("stranger", "别家", Kind.ENTERPRISE, enterprise_id="other")


@pytest.fixture
def town(store: Store, clock: Clock) -> Store:
    """Two enterprises in two zones."""
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (Zone, [{"id": "north", "name": "城北"}, {"id": "south", "name": "城南"}]),
        (Department, [{"id": "roads", "name": "交通局", "zone_id": "north"}]),
        (Enterprise, [
            {"id": "acme", "uscc": "91410600MA44ABCD1X", "name": "顶峰机械", "zone_id": "north", "attributes": {}, "created_at": clock.now},
            {"id": "other", "uscc": "91410600MA44ABCD2X", "name": "别家", "zone_id": "south", "attributes": {}, "created_at": clock.now},
        ]),
    ]  # fmt: skip
    with store.writing() as session:
        for table, values in rows:
            session.execute(table.__table__.insert(), values)
    return store


def row(store: Store, instance: Running) -> Any:
    with store.reading() as session:
        return session.execute(select(ProcessInstance.__table__).where(ProcessInstance.id == instance.id)).one()


# --------------------------------------------------------------------------------------------------------------- starting


def test_an_instance_begins_with_its_reserved_variables(town: Store, clock: Clock) -> None:
    deploy(town, clock, {**all_three(), "asking.bpmn": process(properties=prop("candidateStarterGroups", "enterprise"))})

    instance = Running.start(town, clock, "asking", OWNER, started_by="forged", subject="x")

    variables = instance.variables
    assert variables["started_by"] == {"id": "owner", "name": "企业主"} and variables["started_at"] == clock.now.isoformat()
    assert (variables["enterprise_id"], variables["enterprise_name"], variables["subject"]) == ("acme", "顶峰机械", "x")
    found = row(town, instance)
    assert (found.enterprise_id, found.enterprise_name, found.zone_id) == ("acme", "顶峰机械", "north")


def test_labels_are_columns_of_the_instance_and_its_tasks(town: Store, clock: Clock) -> None:
    labels = prop("businessKey", "=number") + prop("title", "=&quot;诉求：&quot; + subject") + prop("enterprise", "=company")
    deploy(town, clock, {**all_three(), "asking.bpmn": process(properties=labels)})

    instance = Running.start(town, clock, "asking", number="A-1", subject="修路", company="91410600MA44ABCD1X")

    with town.reading() as session:
        task = session.execute(select(UserTask.business_key, UserTask.title, UserTask.enterprise_id, UserTask.zone_id)).one()
    assert tuple(task) == ("A-1", "诉求：修路", "acme", "north")
    found = row(town, instance)
    assert (found.business_key, found.title, found.enterprise_name) == ("A-1", "诉求：修路", "顶峰机械")


def test_a_label_that_changes_is_changed_in_the_tasks_too(town: Store, clock: Clock) -> None:
    deploy(town, clock, {**all_three(), "asking.bpmn": process(properties=prop("title", "=subject"))})
    instance = Running.start(town, clock, "asking", subject="first")

    with town.writing() as session:
        stepping.step(session, instance.id, SetVariables(instance.id, {"subject": "second"}), SYSTEM, clock.now)

    with town.reading() as session:
        assert session.scalars(select(UserTask.title)).all() == ["second"]


def test_a_process_without_a_start_by_hand_is_not_started_by_hand(store: Store, clock: Clock) -> None:
    text = diagram("start_events").decode()
    begin = text.index('<bpmn:startEvent id="by_hand"')
    text = text[:begin] + text[text.index("</bpmn:startEvent>", begin) + len("</bpmn:startEvent>") :]
    text = text.replace('<bpmn:sequenceFlow id="flow_1" sourceRef="by_hand" targetRef="work"/>', "").replace(
        "<bpmn:incoming>flow_1</bpmn:incoming>", ""
    )
    deploy(store, clock, {"start_events.bpmn": text.encode()})

    with pytest.raises(StartRefused) as refused:
        Running.start(store, clock, "start_events")
    assert "消息" in refused.value.sentence("zh")


def test_a_bad_variable_name_is_refused(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "sequence")

    with pytest.raises(VariableInvalid) as refused:
        Running.start(store, clock, "sequence", **{"not a name": 1})
    assert "名称" in refused.value.sentence("zh")


def test_an_unknown_process_or_instance_is_not_found(store: Store, clock: Clock) -> None:
    with store.writing() as session, pytest.raises(NotFound):
        stepping.start(session, "nothing", {}, SYSTEM, clock.now)
    with store.writing() as session, pytest.raises(NotFound):
        stepping.load(session, "nothing")


def test_a_write_from_an_older_state_is_refused(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "sequence")
    instance = Running.start(store, clock, "sequence")
    with store.reading() as session:
        old = stepping.load(session, instance.id, lock=False)
    instance.complete("approve")

    from engine.core.runtime.advance import advance
    from engine.core.runtime.step import Terminate

    with pytest.raises(Conflict), store.writing() as session:
        library = definitions.library(session)
        assert old.state is not None
        late = advance(library, old.state, Terminate("late"), clock.now)
        apply(Change(session, library, old, late, SYSTEM, clock.now))
    assert row(store, instance).status == Status.COMPLETED
    check_invariants(store)


# ------------------------------------------------------------------------------------------------------------- looking


def test_a_list_is_narrowed_by_what_people_ask_for(town: Store, clock: Clock) -> None:
    labels = prop("title", "=subject") + prop("enterprise", "=company")
    files = {**all_three(), "asking.bpmn": process(properties=labels).replace(b'candidateGroups="clerks"', b'candidateGroups="dept:roads"')}
    deploy(town, clock, files)
    north = Running.start(town, clock, "asking", subject="100%_路", company="acme")
    clock.now += timedelta(minutes=1)
    south = Running.start(town, clock, "asking", subject="水", company="other")
    south.complete("ask", subject="x")

    def found(actor: Actor = SYSTEM, **chosen: Any) -> list[str]:
        with town.reading() as session:
            return [line.id for line in session.execute(instances.list_instances(actor, Filter(**chosen), clock.now))]

    assert found() == [south.id, north.id]
    assert found(SUPERVISOR) == found(OWNER) == [north.id] and found(STRANGER) == [south.id]
    assert found(status="completed") == [south.id] and found(process="asking") == [south.id, north.id]
    assert found(department="roads") == [north.id] and found(query="100%_") == [north.id] and found(query="%") == [north.id]
    assert found(query="顶峰") == [north.id] and found(overdue=True) == [] and found(incident=True) == []


def test_an_instance_shows_its_open_tasks(town: Store, clock: Clock) -> None:
    deploy(town, clock, {**all_three(), "asking.bpmn": process(properties=prop("enterprise", "=company"))})
    instance = Running.start(town, clock, "asking", company="acme")

    with town.reading() as session:
        detail = instances.get(session, instance.id, SUPERVISOR)
        assert (detail.process_name, detail.version, detail.status, [task.name for task in detail.tasks]) == ("asking", 1, "active", ["ask"])
        with pytest.raises(NotFound):
            instances.get(session, instance.id, STRANGER)
        assert instances.variables(session, instance.id, SUPERVISOR)[instance.id]["company"] == "acme"
        with pytest.raises(NotAllowed):
            instances.variables(session, instance.id, OWNER)
        with pytest.raises(NotFound):
            instances.variables(session, instance.id, STRANGER)


def test_marks_tell_where_the_tokens_are_and_where_they_went(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "multi_parallel")
    instance = Running.start(store, clock, "multi_parallel", people=["a", "b", "c"])

    with store.reading() as session:
        marks, tokens = instances.marks(session, instance.id)

    assert marks["begin"] == "done" and marks["flow_1"] == "done" and marks["opinion"] == "active" and "after" not in marks
    assert tokens["opinion"] == 3


def test_marks_show_incidents_and_what_was_cancelled(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "incident_condition", "terminate_end")
    stuck, ended = Running.start(store, clock, "incident_condition"), Running.start(store, clock, "terminate_end")
    ended.complete("stop")

    with store.reading() as session:
        assert instances.marks(session, stuck.id)[0]["choice"] == "incident"
        assert instances.marks(session, ended.id)[0]["slow"] == "cancelled"


def test_marks_of_a_called_process_are_its_own(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "call", "called")
    instance = Running.start(store, clock, "call", amount=1)

    with store.reading() as session:
        outer, _ = instances.marks(session, instance.id)
        inner, tokens = instances.marks(session, instance.id, "called:1")

    assert "think" not in outer and inner["think"] == "active" and tokens == {"think": 1}


def test_marks_of_one_call_are_not_those_of_the_call_beside_it(store: Store, clock: Clock) -> None:
    calling = diagram("multi_call").replace(b'processId="doubling"', b'processId="called"')
    deploy(store, clock, {"calling.bpmn": calling, "called.bpmn": diagram("called")})
    instance = Running.start(store, clock, "multi_call", numbers=[1, 2])
    with store.reading() as session:
        first, second = [task.id for task in instances.open_tasks(session, [instance.id])[instance.id]]
    instance.complete("think")

    with store.reading() as session:
        done, of_done = instances.marks(session, instance.id, "called:1", first)
        active, of_active = instances.marks(session, instance.id, "called:1", second)

    assert done["think"] == "done" and done["flow_2"] == "done" and of_done == {}
    assert active["think"] == "active" and "flow_2" not in active and of_active == {"think": 1}


# ------------------------------------------------------------------------------------------------------------- incidents


def test_an_incident_is_repaired_by_setting_a_variable_and_trying_again(any_store: Store, clock: Clock) -> None:
    deploy_diagrams(any_store, clock, "incident_condition")
    instance = Running.start(any_store, clock, "incident_condition")
    administrator = Actor("admin", "管理员", Kind.ADMINISTRATOR)
    assert instance.incidents == ["condition_not_boolean"] and row(any_store, instance).incident_count == 1

    with any_store.writing() as session:
        [line] = session.execute(incidents.list_incidents(administrator)).all()
        assert "answer" in incidents.sentence(line)
        incidents.retry(session, line.id, administrator, clock.now, {"answer": True})

    assert instance.visited("yes") and row(any_store, instance).incident_count == 0
    check_invariants(any_store)


def test_a_variable_that_is_all_an_incident_needs_is_set_though_nothing_is_left_to_try(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "conditional_costly")
    instance = Running.start(store, clock, "conditional_costly", rounds=1_000_000_000)
    assert instance.incidents == ["condition_failed"]

    with store.writing() as session:
        [line] = session.execute(incidents.list_incidents(SYSTEM)).all()
        incidents.retry(session, line.id, SYSTEM, clock.now, {"rounds": 20})

    assert instance.incidents == [] and instance.open_tasks == ["after", "measure"]


def test_only_those_who_repair_may_try_again(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "incident_condition")
    Running.start(store, clock, "incident_condition")

    with store.writing() as session:
        [line] = session.execute(incidents.list_incidents(SYSTEM)).all()
        with pytest.raises(NotAllowed):
            incidents.retry(session, line.id, OWNER, clock.now)
        with pytest.raises(NotFound):
            incidents.retry(session, line.id, SUPERVISOR, clock.now)  # of no zone: not theirs
        with pytest.raises(NotFound):
            incidents.retry(session, "nothing", SYSTEM, clock.now)


# ---------------------------------------------------------------------------------------------------------------- ending


def test_a_supervisor_ends_an_instance_of_their_zone_for_a_reason(town: Store, clock: Clock) -> None:
    deploy(town, clock, {**all_three(), "asking.bpmn": process(properties=prop("enterprise", "=company"))})
    instance = Running.start(town, clock, "asking", company="acme")

    with town.writing() as session:
        with pytest.raises(NotAllowed):
            instances.terminate(session, instance.id, "no", OWNER, clock.now)
        with pytest.raises(NotFound):
            instances.terminate(session, instance.id, "no", STRANGER, clock.now)
        instances.terminate(session, instance.id, "重复登记", SUPERVISOR, clock.now)

    found = row(town, instance)
    assert (found.status, found.end_reason, found.ended_at) == ("terminated", "重复登记", clock.now)
    with town.reading() as session:
        assert session.execute(select(UserTask.outcome, UserTask.closed_by)).one() == ("cancelled", "sun")
        assert session.scalars(select(TaskCandidate.is_open)).all() == [False]
    with town.writing() as session, pytest.raises(StimulusRefused) as refused:
        instances.terminate(session, instance.id, "again", SUPERVISOR, clock.now)
    assert refused.value.sentence("zh")
    check_invariants(town)


# --------------------------------------------------------------------------------------------------------------- actions


@pytest.fixture
def offering(town: Store, clock: Clock) -> Running:
    diagram_ = process(properties=prop("numbering", "SQ{seq:3}") + prop("enterprise", "=company"),
                       inside=message_action("enterprise", "reason"), after=WITHDRAW_MESSAGE)  # fmt: skip
    deploy(town, clock, {**all_three(), "asking.bpmn": diagram_, "reason.form": form("reason")})
    return Running.start(town, clock, "asking", company="acme")


def test_a_diagram_offers_an_action_to_those_it_names(town: Store, clock: Clock, offering: Running) -> None:
    with town.reading() as session:
        [action] = instances.actions(session, offering.id, OWNER)
        assert (action.label, action.form_id) == ("撤回", "reason")
        assert instances.actions(session, offering.id, SUPERVISOR) == instances.actions(session, offering.id, STRANGER) == []
        shown = instances.action_form(session, action.wait_id, OWNER, clock.now)
        assert shown.form is not None and shown.form.id == "reason"
        with pytest.raises(NotFound):
            instances.action_form(session, action.wait_id, STRANGER, clock.now)


def test_an_action_is_done_with_its_form_and_stays_on_record(town: Store, clock: Clock, offering: Running) -> None:
    with town.writing() as session:
        [action] = instances.actions(session, offering.id, OWNER)
        with pytest.raises(FormInvalid):
            instances.perform_action(session, action.wait_id, {"subject": [""]}, OWNER, clock.now)
        with pytest.raises(NotFound):
            instances.perform_action(session, action.wait_id, {"subject": ["x"]}, STRANGER, clock.now)
        instances.perform_action(session, action.wait_id, {"subject": ["已经解决"]}, OWNER, clock.now)

    assert offering.status == "completed" and offering.visited("withdrawn") and offering.open_tasks == []
    with town.reading() as session:
        from engine.verbs import history

        line = next(line for line in history.timeline(session, offering.id, OWNER) if line.kind == "action_performed")
        assert (line.title, line.who, line.words) == ("撤回", "企业主", "已经解决")
    with town.writing() as session, pytest.raises(NotFound):
        instances.perform_action(session, action.wait_id, {"subject": ["x"]}, OWNER, clock.now)
    check_invariants(town)


def test_a_cadre_who_serves_the_enterprise_is_offered_what_is_for_them(town: Store, clock: Clock) -> None:
    diagram_ = process(properties=prop("numbering", "SQ{seq:3}") + prop("enterprise", "=company"),
                       inside=message_action("=[&quot;cadre-of-enterprise&quot;]"), after=WITHDRAW_MESSAGE)  # fmt: skip
    deploy(town, clock, {**all_three(), "asking.bpmn": diagram_})
    instance = Running.start(town, clock, "asking", company="acme")
    cadre = Actor("wang", "王", Kind.CADRE, frozenset({"cadre"}), serves=frozenset({"acme"}))

    with town.writing() as session:
        [action] = instances.actions(session, instance.id, cadre)
        instances.perform_action(session, action.wait_id, {}, cadre, clock.now)

    assert instance.status == "completed"


# -------------------------------------------------------------------------------------------------------------- calendar


def test_an_owner_s_day_counts_from_then_on(store: Store, clock: Clock) -> None:
    day = date(2026, 3, 4)
    with store.writing() as session:
        assert calendars.calendar(session).is_workday(day)
        calendars.set_day(session, day, False, SYSTEM, clock.now, "城市庆典")
        assert not calendars.calendar(session).is_workday(day)
        calendars.set_day(session, day, None, SYSTEM, clock.now)
        assert calendars.calendar(session).is_workday(day)
        with pytest.raises(NotAllowed):
            calendars.set_day(session, day, False, OWNER, clock.now)
