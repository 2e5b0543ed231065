from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.bpmn.model import Formula, Job, Kind, MultiInstance, Node, Process, Script, UserTask
from engine.core.bpmn.reader import read
from engine.core.problems import has_errors
from tests.bpmn.builder import beside, event, file, flow, loop, node, prop, through, zeebe

DIAGRAMS = sorted((Path(__file__).parent.parent / "diagrams").glob("*.bpmn"))


def process_of(content: bytes) -> Process:
    diagram, found = read(content, "x.bpmn")
    assert diagram is not None and not has_errors(found), [str(problem) for problem in found]
    return diagram.processes[0]


def node_of(xml: str, roots: str = "") -> Node:
    return process_of(file(through(xml), roots)).nodes["a"]


def text_of(formula: Formula | None) -> str | None:
    return None if formula is None else formula.text


@pytest.mark.parametrize("path", DIAGRAMS, ids=[path.stem for path in DIAGRAMS])
def test_every_diagram_of_the_project_is_read_without_error(path: Path) -> None:
    diagram, found = read(path.read_bytes(), path.name)
    assert diagram is not None and diagram.processes
    assert not has_errors(found), [str(problem) for problem in found]


def test_a_user_task_is_read_with_people_form_dates_and_mappings() -> None:
    process = process_of((Path(__file__).parent.parent / "diagrams" / "every_day.bpmn").read_bytes())
    task = process.nodes["accept"]
    assert (process.name, process.version_tag, text_of(process.candidate_starters)) == ("日常申请", "1", "window, hotline")
    assert isinstance(task.detail, UserTask)
    assert (task.detail.form_id, text_of(task.detail.assignee), text_of(task.detail.candidate_groups)) == ("acceptance", "=cadre", "window, hotline")
    assert (text_of(task.detail.due_date), text_of(task.detail.priority)) == ("=deadline", "70")
    assert [(mapping.target, mapping.source.text) for mapping in task.inputs + task.outputs] == [
        ("enterprise_name", "=enterprise.name"), ("application.complete", "=complete"),
    ]  # fmt: skip
    assert task.properties == {"clause": "5.3.3 7.2.1.a", "limit": "2 workdays"}
    assert process.scopes["every_day"].boundary_events == {"accept": ("remind",)}
    assert (process.nodes["remind"].interrupting, process.nodes["remind"].attached_to) == (False, "accept")


def test_a_value_that_begins_with_an_equals_sign_is_an_expression_and_any_other_is_text() -> None:
    task = node_of(node("serviceTask", "a", zeebe('<zeebe:taskDefinition type="=kind + 1" retries="3"/>')))
    assert isinstance(task.detail, Job)
    assert task.detail.type.expression is not None and task.detail.type.expression.names == {"kind"}
    assert task.detail.retries is not None and task.detail.retries.expression is None


def test_flows_leave_a_node_in_the_order_of_the_file() -> None:
    body = "".join(node("endEvent", end) for end in ("x", "y", "z"))
    process = process_of(file(node("startEvent", "s") + node("parallelGateway", "g") + body + flow("s", "g") + flow("g", "z") + flow("g", "x") + flow("g", "y")))
    assert process.nodes["g"].outgoing == ("g_z", "g_x", "g_y")


def test_the_innermost_named_lane_counts_and_sub_processes_pass_theirs_on() -> None:
    lanes = (
        '<laneSet id="ls"><lane id="l1" name="部门"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef><childLaneSet id="cs">'
        '<lane id="l2" name="财政局"><flowNodeRef>a</flowNodeRef></lane><lane id="l3"><flowNodeRef>b</flowNodeRef></lane></childLaneSet></lane></laneSet>'
    )
    inner = node("startEvent", "i1") + node("userTask", "i2") + flow("i1", "i2")
    process = process_of(file(lanes + through(node("subProcess", "a", inner)) + node("task", "b") + flow("a", "b")))
    assert {id: process.nodes[id].lane for id in ("a", "b", "i2", "start")} == {"a": "财政局", "b": "部门", "i2": "财政局", "start": None}


def test_a_user_task_without_people_belongs_to_its_lane() -> None:
    lanes = '<laneSet id="ls"><lane id="l1" name="窗口"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef></lane></laneSet>'
    named = node("userTask", "b", zeebe('<zeebe:assignmentDefinition assignee="=x"/>')) + flow("a", "b")
    process = process_of(file(lanes + through(node("userTask", "a")) + named))
    groups = {id: process.nodes[id].detail.candidate_groups for id in ("a", "b")}  # type: ignore[union-attr]
    assert text_of(groups["a"]) == "窗口" and groups["b"] is None


def test_scopes_know_their_starts_links_and_event_sub_processes() -> None:
    inside = node("startEvent", "i", event("error")) + node("endEvent", "j") + flow("i", "j")
    links = node("intermediateThrowEvent", "l", event("link", name="A")) + node("intermediateCatchEvent", "k", event("link", name="A"))
    process = process_of(file(beside(links + flow("a", "l") + flow("k", "end") + node("subProcess", "s", inside, triggeredByEvent="true"))))
    scope = process.scopes["p"]
    assert (scope.starts, scope.links, scope.event_sub_processes) == (("start",), {"A": "k"}, ("s",))
    assert process.nodes["s"].kind is Kind.EVENT_SUB_PROCESS
    assert (process.scopes["s"].starts, process.scopes["s"].nodes) == ((), ("i", "j"))


def test_multi_instance_is_read_from_the_zeebe_element() -> None:
    attributes = 'inputCollection="=ds" inputElement="d" outputCollection="os" outputElement="=o"'
    task = node_of(node("task", "a", loop("<completionCondition>=c</completionCondition>", attributes, 'isSequential="true"')))
    assert isinstance(task.loop, MultiInstance)
    assert (task.loop.sequential, text_of(task.loop.collection), task.loop.element) == (True, "=ds", "d")
    assert (task.loop.output_collection, text_of(task.loop.output_element), text_of(task.loop.completion_condition)) == ("os", "=o", "=c")


def test_references_may_be_qualified_names() -> None:
    task = node_of(node("receiveTask", "a", messageRef="tns:m"), '<message id="m" name="answered"/>')
    assert task.event is not None and text_of(task.event.name) == "answered"


def test_error_and_escalation_events_carry_the_code_not_the_name() -> None:
    boundary = node("boundaryEvent", "b", event("error", errorRef="e"), attachedToRef="a") + flow("b", "end")
    process = process_of(file(beside(boundary), '<error id="e" name="财政错误" errorCode="E1"/>'))
    assert process.nodes["b"].event is not None and text_of(process.nodes["b"].event.name) == "E1"


def test_a_process_that_is_not_executable_is_drawn_but_not_deployed() -> None:
    diagram, found = read(file(beside(""), '<process id="other"><task id="t"/></process>'), "x.bpmn")
    assert diagram is not None
    assert [process.id for process in diagram.processes + diagram.others] == ["p", "other"]
    assert ("not_executable", "other", "warning") in [(problem.code, problem.element, problem.severity) for problem in found]


def test_a_process_without_a_name_takes_that_of_its_pool() -> None:
    process = process_of(file(beside(""), '<collaboration id="c"><participant id="x" name="企业" processRef="p"/></collaboration>'))
    assert process.name == "企业"


def test_foreign_extensions_are_named_and_do_not_stop_a_deployment() -> None:
    _, found = read(file(through('<userTask id="a" camunda:assignee="demo"><extensionElements><camunda:formData/></extensionElements></userTask>')), "x.bpmn")
    warning = next(problem for problem in found if problem.code == "foreign_extension")
    assert (warning.element, warning.severity, warning.facts["names"]) == ("a", "warning", "camunda:assignee, camunda:formData")


def test_colours_and_tool_settings_are_nobody_s_business() -> None:
    _, found = read((Path(__file__).parent.parent / "diagrams" / "every_day.bpmn").read_bytes(), "x.bpmn")
    assert found == []


def test_properties_and_scripts_keep_what_was_typed() -> None:
    process = process_of(file(prop("title", "=a + &quot;号&quot;") + through(node("scriptTask", "a", zeebe('<zeebe:script expression="= 1 " resultVariable=" r "/>')))))
    script = process.nodes["a"].detail
    assert process.properties == {"title": '=a + "号"'}
    assert isinstance(script, Script) and (script.expression.text, script.result_variable) == ("= 1", "r")


# ------------------------------------------------------------------------------------------- compensation, data, references


@pytest.mark.parametrize("ends", ['sourceRef="b" targetRef="h"', 'sourceRef="h" targetRef="b"', 'sourceRef="t:b" targetRef="t:h"'])
def test_a_handler_is_found_whichever_way_its_association_was_drawn(ends: str) -> None:
    boundary = node("boundaryEvent", "b", event("compensate"), attachedToRef="a")
    process = process_of(file(beside(boundary + node("task", "h", isForCompensation="true") + f'<association id="as" {ends}/>')))
    assert process.scopes["p"].compensations == {"a": "h"} and process.scopes["p"].starts == ("start",)


def test_an_end_event_throws_last_what_ends_more_than_its_path() -> None:
    body = node("startEvent", "start") + node("endEvent", "a", event("terminate") + event("signal", signalRef="s") + event("compensate"))
    process = process_of(file(body + flow("start", "a"), '<signal id="s" name="x"/>'))
    assert [event.kind for event in process.nodes["a"].events] == ["signal", "compensation", "terminate"]


def test_event_definitions_of_the_file_are_found_by_qualified_name() -> None:
    xml = node("startEvent", "start") + node("intermediateCatchEvent", "a", "<eventDefinitionRef>t:shared</eventDefinitionRef>") + flow("start", "a")
    process = process_of(file(xml, '<timerEventDefinition id="shared"><timeDuration>P1D</timeDuration></timerEventDefinition>'))
    assert process.nodes["a"].event is not None and text_of(process.nodes["a"].event.value) == "P1D"


@pytest.mark.parametrize(
    ("objects", "name"),
    [
        ('<dataObject id="o" name="申请"/><dataObjectReference id="r" dataObjectRef="o" name="other"/>', "申请"),
        ('<dataObject id="o"/><dataObjectReference id="r" dataObjectRef="o" name="申请"/>', "申请"),
        ('<dataObject id="o"/><dataObjectReference id="r" dataObjectRef="o" name="Application [new]"/>', "o"),
    ],
)
def test_a_data_object_is_the_variable_of_its_name_or_else_of_its_id(objects: str, name: str) -> None:
    association = "<dataInputAssociation><sourceRef>r</sourceRef><targetRef>i</targetRef></dataInputAssociation>"
    task = node("task", "a", f'<ioSpecification><dataInput id="i" name="wish"/></ioSpecification>{association}')
    process = process_of(file(objects + through(task)))
    assert process.scopes["p"].data_objects == (name,)
    assert [(mapping.target, mapping.source.text) for mapping in process.nodes["a"].inputs] == [("wish", f"={name}")]


def test_data_that_no_association_touches_declares_nothing() -> None:
    process = process_of(file('<dataObject id="o" name="amount"/><dataObjectReference id="r" dataObjectRef="o"/>' + beside("")))
    assert process.scopes["p"].data_objects == ()


def test_listeners_keep_their_order() -> None:
    listeners = "".join(f'<zeebe:executionListener eventType="{when}" type="{type}"/>' for when, type in (("end", "c"), ("start", "a"), ("start", "b")))
    task = node_of(node("task", "a", zeebe(f"<zeebe:executionListeners>{listeners}</zeebe:executionListeners>")))
    assert [(listener.event, listener.job.type.text) for listener in task.listeners] == [("end", "c"), ("start", "a"), ("start", "b")]


def test_a_global_task_is_a_process_of_its_own() -> None:
    diagram, found = read(file(beside(""), '<globalUserTask id="ask" name="询问"/>'), "x.bpmn")
    assert diagram is not None and not has_errors(found)
    ask = diagram.processes[1]
    assert (ask.id, ask.name, ask.scopes["ask"].starts, ask.nodes["ask_task"].kind) == ("ask", "询问", ("ask_task",), Kind.USER_TASK)


def test_instances_can_be_started_by_gateways_and_receive_tasks() -> None:
    catch = node("intermediateCatchEvent", "c", event("message", messageRef="m")) + node("receiveTask", "r", messageRef="m")
    xml = node("eventBasedGateway", "g", instantiate="true") + catch + node("receiveTask", "t", messageRef="m", instantiate="true")
    flows = "".join(flow(*ends) for ends in (("g", "c"), ("g", "r"), ("c", "e"), ("r", "e"), ("t", "e")))
    process = process_of(file(xml + node("endEvent", "e") + flows, '<message id="m" name="answered"/>'))
    assert [start.id for start in process.start_events] == ["c", "r", "t"] and process.scopes["p"].starts == ()
