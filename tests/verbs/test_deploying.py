"""Deploying: all or nothing, versions by content, everything pinned together."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from engine.core.problems import Refused
from engine.tables.definitions import Content, Deployment, FormDefinition, ProcessDefinition, StartSubscription
from engine.tables.instances import ProcessInstance
from engine.tables.jobs import Job
from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.verbs import definitions
from engine.verbs.access import Actor, Kind
from engine.verbs.errors import NotAllowed
from tests.verbs.files import all_three, decision, form, process, prop, timer_start
from tests.verbs.running import Clock, Running, deploy, deploy_diagrams, work

CLERK = Actor("zhang", "张三", Kind.CADRE, frozenset({"clerks"}))
DESIGNER = Actor("li", "李四", Kind.DESIGNER)


def pins(store: Store, definition_id: str) -> dict[str, dict[str, str]]:
    with store.reading() as session:
        found: dict[str, dict[str, str]] = definitions.get(session, definition_id).pins
        return found


def test_files_of_one_call_are_one_deployment_and_pinned_together(store: Store, clock: Clock) -> None:
    outcome = deploy(store, clock, all_three())

    assert sorted(outcome.new) == ["asking:1", "level:1", "request:1"]
    assert pins(store, "asking:1") == {"forms": {"request": "request:1"}, "decisions": {"level": "level:1"}, "processes": {}}
    with store.reading() as session:
        assert session.scalars(select(Deployment.number)).all() == [1]


def test_the_same_content_again_is_nothing_new(store: Store, clock: Clock) -> None:
    deploy(store, clock, all_three())

    again = deploy(store, clock, all_three())

    assert (again.id, again.new, sorted(again.unchanged)) == (None, [], ["asking.bpmn", "level.dmn", "request.form"])
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Deployment)) == 1
        assert session.scalar(select(func.count()).select_from(Content)) == 3


@pytest.mark.parametrize(
    ("change", "new"),
    [
        ({"request.form": form(label="说明")}, {"request:2", "asking:2"}),
        ({"level.dmn": decision(result="low")}, {"level:2", "asking:2"}),
        ({"asking.bpmn": process(name="问询")}, {"asking:2"}),
        ({"other.form": form("other")}, {"other:1"}),
    ],
)
def test_a_process_gets_a_version_when_what_it_is_pinned_to_has_changed(
    store: Store, clock: Clock, change: dict[str, bytes], new: set[str]
) -> None:
    deploy(store, clock, all_three())

    assert set(deploy(store, clock, {**all_three(), **change}).new) == new


def test_a_form_deployed_alone_renews_the_process_that_shows_it(store: Store, clock: Clock) -> None:
    deploy(store, clock, all_three())

    outcome = deploy(store, clock, {"request.form": form(label="说明")}, source="studio")

    assert set(outcome.new) == {"request:2", "asking:2"}
    assert pins(store, "asking:2")["forms"] == {"request": "request:2"}
    assert pins(store, "asking:1")["forms"] == {"request": "request:1"}


def test_a_running_instance_keeps_the_form_and_decision_of_its_version(store: Store, clock: Clock) -> None:
    deploy(store, clock, all_three())
    old = Running.start(store, clock, "asking")
    deploy(store, clock, {"level.dmn": decision(result="low"), "request.form": form(label="说明")})
    new = Running.start(store, clock, "asking")

    with store.reading() as session:
        shown = dict(session.execute(select(UserTask.instance_id, UserTask.form_definition_id)).all())
    assert shown == {old.id: "request:1", new.id: "request:2"}
    assert (old.variables["level"], new.variables["level"]) == ("high", "low")


def test_one_error_keeps_everything_out_and_every_problem_is_told(store: Store, clock: Clock) -> None:
    broken = {**all_three(), "bad.form": b"{", "worse.bpmn": b"no xml", "what.txt": b""}

    with pytest.raises(Refused) as refused:
        deploy(store, clock, broken)

    assert {problem.file for problem in refused.value.problems if problem.severity == "error"} == {"bad.form", "worse.bpmn", "what.txt"}
    assert all(problem.sentence() and "{" not in problem.sentence() for problem in refused.value.problems)
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Deployment)) == 0


def test_a_form_bound_by_its_tag_is_the_newest_that_carries_it(store: Store, clock: Clock) -> None:
    tagged = lambda label, tag: form(label=label)[:-1] + f', "versionTag": "{tag}"}}'.encode()  # noqa: E731
    bound = process().replace(b'formId="request"', b'formId="request" bindingType="versionTag" versionTag="v1"')
    with pytest.raises(Refused) as refused:
        deploy(store, clock, {"asking.bpmn": bound, "level.dmn": decision(), "request.form": form()})
    assert [problem.code for problem in refused.value.problems if problem.severity == "error"] == ["version_tag_unknown"]

    deploy(store, clock, {"asking.bpmn": bound, "level.dmn": decision(), "request.form": tagged("一", "v1")})
    deploy(store, clock, {"request.form": tagged("二", "v2")})
    first = Running.start(store, clock, "asking")
    deploy(store, clock, {"request.form": tagged("三", "v1")})
    second = Running.start(store, clock, "asking")

    with store.reading() as session:
        shown = dict(session.execute(select(UserTask.instance_id, UserTask.form_definition_id)).all())
        assert session.scalars(select(ProcessDefinition.id)).all() == ["asking:1"]
    assert shown == {first.id: "request:1", second.id: "request:3"}


def test_what_a_tag_names_may_have_been_deployed_before(store: Store, clock: Clock) -> None:
    calling = process("calling").replace(b"<bpmn:userTask", b"<bpmn:callActivity", 1).replace(b"</bpmn:userTask>", b"</bpmn:callActivity>")
    called = b'<zeebe:calledElement processId="asking" bindingType="versionTag" versionTag="1.0"/>'
    calling = re.sub(rb"<zeebe:formDefinition.*?</zeebe:properties>", called, calling)
    deploy(store, clock, all_three())
    with pytest.raises(Refused, match="1.0"):
        deploy(store, clock, {"calling.bpmn": calling})

    tagged = process().replace(b"<zeebe:properties>", b'<zeebe:versionTag value="1.0"/><zeebe:properties>', 1)
    deploy(store, clock, {"asking.bpmn": tagged})

    assert deploy(store, clock, {"calling.bpmn": calling}).new == ["calling:1"]


def test_the_form_of_a_start_event_is_the_start_form(store: Store, clock: Clock) -> None:
    start = b'<bpmn:startEvent id="start" name="start">'
    with_form = process().replace(start, start + b'<bpmn:extensionElements><zeebe:formDefinition formId="request"/></bpmn:extensionElements>')
    deploy(store, clock, {**all_three(), "asking.bpmn": with_form})

    with store.reading() as session:
        found = definitions.start_form(session, "asking:1")

    assert found is not None and found.id == "request"


def test_a_missing_form_is_refused_unless_it_is_deployed_already(store: Store, clock: Clock) -> None:
    with pytest.raises(Refused):
        deploy(store, clock, {"asking.bpmn": process(), "level.dmn": decision()})

    deploy(store, clock, {"request.form": form(), "level.dmn": decision()})
    assert deploy(store, clock, {"asking.bpmn": process()}).new == ["asking:1"]


def test_two_files_with_one_process_are_refused(store: Store, clock: Clock) -> None:
    with pytest.raises(Refused) as refused:
        deploy(store, clock, {**all_three(), "copy.bpmn": process()})

    assert {problem.code for problem in refused.value.problems if problem.severity == "error"} == {"process_in_two_files"}


def test_an_unchanged_file_never_overwrites_what_came_from_elsewhere(store: Store, clock: Clock) -> None:
    deploy(store, clock, all_three())
    deploy(store, clock, {"request.form": form(label="studio")}, source="studio")

    restart = deploy(store, clock, all_three())

    assert restart.new == [] and restart.skipped == [("request.form", "newer_elsewhere")]


def test_a_file_changed_on_disk_is_deployed_again(store: Store, clock: Clock) -> None:
    deploy(store, clock, all_three())
    deploy(store, clock, {"request.form": form(label="studio")}, source="studio")

    outcome = deploy(store, clock, {**all_three(), "request.form": form(label="disk")})

    assert set(outcome.new) == {"request:3", "asking:3"}


def test_content_deployed_elsewhere_that_equals_the_file_is_no_conflict(store: Store, clock: Clock) -> None:
    deploy(store, clock, all_three())
    deploy(store, clock, {"request.form": form(label="studio")}, source="studio")

    outcome = deploy(store, clock, {**all_three(), "request.form": form(label="studio")})

    assert outcome.new == [] and outcome.skipped == []


def test_only_designers_deploy(store: Store, clock: Clock) -> None:
    with pytest.raises(NotAllowed):
        deploy(store, clock, all_three(), actor=CLERK)

    assert deploy(store, clock, all_three(), actor=DESIGNER, source="studio").new


# ---------------------------------------------------------------------------------------------------------------- starts


def start_timers(store: Store) -> list[tuple[str, object]]:
    with store.reading() as session:
        return list(session.execute(select(Job.definition_id, Job.due_at).where(Job.kind == "timer_start")).all())  # type: ignore[arg-type]


def test_start_events_belong_to_the_latest_version(store: Store, clock: Clock) -> None:
    deploy_diagrams(store, clock, "start_events")
    from tests.verbs.running import diagram

    deploy(store, clock, {"start_events.bpmn": diagram("start_events").replace(b'name="work"', b'name="work more"')})

    with store.reading() as session:
        assert session.scalars(select(StartSubscription.definition_id)).all() == ["start_events:2"]
    assert [definition for definition, _ in start_timers(store)] == ["start_events:2"]


def test_deploying_again_does_not_put_off_a_start_timer(store: Store, clock: Clock) -> None:
    files = {**all_three(), "asking.bpmn": process(inside=timer_start("R/P1D"))}
    deploy(store, clock, files)
    due = start_timers(store)[0][1]
    clock.now += timedelta(hours=5)

    deploy(store, clock, files)
    deploy(store, clock, {**files, "request.form": form(label="说明")})

    assert start_timers(store) == [("asking:2", due)]


def test_a_changed_start_timer_is_armed_anew(store: Store, clock: Clock) -> None:
    deploy(store, clock, {**all_three(), "asking.bpmn": process(inside=timer_start("R/P1D"))})

    deploy(store, clock, {**all_three(), "asking.bpmn": process(inside=timer_start("R/PT1H"))})

    assert start_timers(store) == [("asking:2", clock.now + timedelta(hours=1))]


def test_a_start_timer_makes_up_missed_dates_by_one_start(store: Store, clock: Clock) -> None:
    deploy(store, clock, {**all_three(), "asking.bpmn": process(inside=timer_start("R/P1D"))})
    first = clock.now + timedelta(days=1)

    clock.now = first + timedelta(days=3, hours=1)
    work(store, clock)

    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == 1
    assert start_timers(store) == [("asking:1", first + timedelta(days=4))]


@pytest.mark.parametrize(("catch_up", "started", "left"), [("once", 1, 1), ("all", 3, 1), ("none", 0, 1)])
def test_a_start_timer_that_was_missed_starts_as_often_as_the_diagram_says(
    any_store: Store, clock: Clock, catch_up: str, started: int, left: int
) -> None:
    timed = timer_start("R4/P1D").replace('name="yearly">', f'name="yearly"><bpmn:extensionElements><zeebe:properties>'
        f'{prop("catchUp", catch_up)}</zeebe:properties></bpmn:extensionElements>')  # fmt: skip
    deploy(any_store, clock, {**all_three(), "asking.bpmn": process(inside=timed)})

    clock.now += timedelta(days=3, hours=1)
    work(any_store, clock)

    with any_store.reading() as session:
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == started
    assert len(start_timers(any_store)) == left
    clock.now += timedelta(days=1)
    work(any_store, clock)
    assert start_timers(any_store) == []


def test_a_cycle_that_was_over_before_it_was_deployed_starts_nothing(store: Store, clock: Clock) -> None:
    deploy(store, clock, {**all_three(), "asking.bpmn": process(inside=timer_start("R3/2020-01-01T09:00:00/P1D"))})
    assert start_timers(store) == []


def test_a_start_timer_with_a_count_ends(store: Store, clock: Clock) -> None:
    deploy(store, clock, {**all_three(), "asking.bpmn": process(inside=timer_start("R2/P1D"))})

    for _ in range(4):
        clock.now += timedelta(days=1)
        work(store, clock)

    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == 2
    assert start_timers(store) == []


# --------------------------------------------------------------------------------------------------------- who may start


def test_people_start_what_their_groups_are_named_for(store: Store, clock: Clock) -> None:
    deploy(store, clock, {**all_three(), "asking.bpmn": process(properties=prop("candidateStarterGroups", "clerks, hotline"))})
    deploy_diagrams(store, clock, "sequence")

    with store.reading() as session:
        assert [row.key for row in definitions.startable(session, CLERK)] == ["asking"]
        assert definitions.startable(session, DESIGNER) == []
    Running.start(store, clock, "asking", CLERK)
    with pytest.raises(NotAllowed):
        Running.start(store, clock, "sequence", CLERK)


def test_business_keys_are_numbered_by_the_year(store: Store, clock: Clock) -> None:
    deploy(store, clock, {**all_three(), "asking.bpmn": process(properties=prop("numbering", "SQ{yyyy}{seq:5}"))})

    keys = [Running.start(store, clock, "asking").variables["business_key"] for _ in range(2)]
    clock.now += timedelta(days=365)
    keys.append(Running.start(store, clock, "asking").variables["business_key"])

    assert keys == ["SQ202600001", "SQ202600002", "SQ202700001"]


def test_a_definition_tells_its_versions_and_shows_its_form(store: Store, clock: Clock) -> None:
    deploy(store, clock, {**all_three(), "asking.bpmn": process(properties=prop("startForm", "request"))})
    clock.now += timedelta(days=1)
    deploy(store, clock, {"request.form": form(label="说明")}, actor=DESIGNER, source="studio")

    with store.reading() as session:
        assert [(row.version, row.source) for row in definitions.versions(session, "asking", DESIGNER)] == [(2, "studio"), (1, "files")]
        shown = definitions.start_form(session, "asking:1")
        assert shown is not None and shown.id == "request"
        assert [key for key, _ in definitions.decisions(session, "asking:2")] == ["level"]
        assert [(row.key, row.active) for row in definitions.list_latest(session, DESIGNER)] == [("asking", 0)]
        assert definitions.names(session) == {"asking": "asking"}
        assert session.scalar(select(func.count()).select_from(FormDefinition)) == 2
        assert session.scalar(select(func.count()).select_from(ProcessDefinition)) == 2
        assert definitions.diagram(session, "asking:1").processes[0].id == "asking"
        assert definitions.content(session, "asking:1", DESIGNER).startswith(b"<?xml")
        with pytest.raises(NotAllowed):
            definitions.content(session, "asking:1", CLERK)


def test_a_listener_for_a_program_that_nobody_knows_is_worth_a_word(store: Store, clock: Clock) -> None:
    outcome = deploy_diagrams(store, clock, "task_listeners")

    told = [problem.facts["type"] for problem in outcome.warnings if problem.code == "job_type_without_handler"]
    assert told == ["prepare", "review"]
