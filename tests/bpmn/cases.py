"""One wrong diagram per problem: (code, element, file). Together they provoke every sentence of the catalogue."""

from __future__ import annotations

from tests.bpmn.builder import MESSAGE, beside, event, file, flow, loop, node, prop, through, timer, zeebe

Case = tuple[str, str | None, bytes]
_SHAPE = '<di:BPMNDiagram id="d"><di:BPMNPlane id="pl" bpmnElement="p">{}</di:BPMNPlane></di:BPMNDiagram>'
_CATCH = node("intermediateCatchEvent", "a", timer("Duration", "P1D"))
_RECEIVE = node("receiveTask", "a", messageRef="m")
_PEOPLE = '<zeebe:assignmentDefinition candidateGroups="window"/>'


def _task(inner: str) -> str:
    return through(node("userTask", "a", zeebe(_PEOPLE + inner)))


def _gateway(tag: str, default: str = "", first: str | None = "=x", second: str | None = "=y", more: str = "") -> str:
    attributes = {"default": default} if default else {}
    return (
        node("startEvent", "start") + node(tag, "g", **attributes) + node("endEvent", "e") + node("endEvent", "f")
        + flow("start", "g") + flow("g", "e", first) + flow("g", "f", second) + more
    )  # fmt: skip


def _event_gateway(first: str, second: str = "", more: str = "") -> str:
    return (
        node("startEvent", "start") + node("eventBasedGateway", "g") + first + second + node("endEvent", "end")
        + flow("start", "g") + flow("g", "a") + flow("a", "end") + more
    )  # fmt: skip


def _inside(inner: str, **attributes: str) -> str:
    return through(node("subProcess", "a", inner, **attributes))


def _boundary(definition: str, host: str = "a", **attributes: str) -> str:
    return beside(node("boundaryEvent", "b", definition, attachedToRef=host, **attributes) + node("endEvent", "e") + flow("b", "e"))


def _event_sub_process(inner: str, **attributes: str) -> str:
    return beside(node("subProcess", "s", inner, triggeredByEvent="true", **attributes))


def _link(tag: str, id: str, name: str = "A") -> str:
    return node(tag, id, event("link", name=name) if name else event("link"))


def _undone(more: str = "", **attributes: str) -> str:
    """start → a → end, where `h` undoes `a` through the boundary event `b`."""
    boundary = node("boundaryEvent", "b", event("compensate"), attachedToRef="a")
    association = '<association id="as" sourceRef="b" targetRef="h"/>'
    return beside(boundary + node("task", "h", isForCompensation="true", **attributes) + association + more)


def _transaction(inner: str, more: str = "") -> str:
    return through(node("transaction", "a", node("startEvent", "s2") + inner)) + more


_THROW, _CAUGHT = "intermediateThrowEvent", "intermediateCatchEvent"
_ENDS, _BOTH = node("endEvent", "e") + node("endEvent", "f"), node("task", "e") + node("task", "f")
_JOINED = node("parallelGateway", "j") + node("endEvent", "z") + flow("e", "j") + flow("f", "j") + flow("j", "z")

FILES: list[Case] = [
    ("xml_empty", None, b"  "),
    ("xml_too_large", None, b"<a>" + b" " * 10_000_001 + b"</a>"),
    ("xml_doctype", None, b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'),
    ("xml_malformed", None, b"<a><b></a>"),
    ("not_bpmn", None, b"<a/>"),
    ("no_executable_process", None, file(through(node("task", "a")), executable='isExecutable="false"')),
    ("not_executable", "p", file(through(node("task", "a")), executable="")),
    ("no_drawing", None, file(through(node("task", "a")))),
    ("drawing_broken", None, file(beside(""), _SHAPE.format('<di:BPMNShape id="s" bpmnElement="nothing"/>'))),
    ("id_missing", "p", file(beside("<task/>"))),
    ("id_invalid", "a b", file(through(node("task", "a b"), "a b"))),
    ("duplicate_id", "a", file(beside(node("task", "a")))),
    ("dangling_reference", "a_b", file(beside(flow("a", "b")))),
    ("wrong_reference", "x", file(beside(flow("a", "m", id="x")), MESSAGE)),
    ("reference_missing", "x", file(beside('<sequenceFlow id="x" sourceRef="a"/>'))),
    ("flow_crosses_border", "a_c", file(_inside(through(node("task", "b"), "b").replace("start", "s2").replace("end\"", 'e2"'))
     + node("task", "c") + flow("b", "c", id="a_c"))),
    ("not_a_boolean", "a", file(_inside("", triggeredByEvent="perhaps"))),
    ("not_a_number", "a", file(through(node("task", "a", startQuantity="many")))),
    ("not_a_number", "a", file(through(node("task", "a", completionQuantity="0")))),
    ("unknown_value", "a", file(through(node("transaction", "a", through(node("task", "i"), "i").replace("start", "s2").replace('end"', 'e2"'),
     method="##Image")))),
    ("unknown_value", "a", file(_task('<zeebe:formDefinition formId="known_form" bindingType="newest"/>'))),
    ("unknown_attribute", "a", file(through(node("task", "a", colour="red")))),
    ("unknown_element", "a", file(through(node("task", "a", "<nonsense/>")))),
    ("ignored_element", "a", file(through(node("task", "a", "<auditing/>")))),
    ("foreign_extension", "a", file(through('<task id="a" camunda:asyncBefore="true"/>'))),
    ("zeebe_unknown", "a", file(through(node("task", "a", zeebe("<zeebe:magic/>"))))),
    ("zeebe_misplaced", "a", file(through(node("task", "a", zeebe('<zeebe:script expression="=1" resultVariable="x"/>'))))),
    ("zeebe_twice", "a", file(_task("<zeebe:userTask/><zeebe:userTask/>"))),
    ("property_twice", "a", file(through(node("task", "a", prop("clause", '1"/><zeebe:property name="clause" value="2'))))),
    ("expression_language", "x", file(beside('<sequenceFlow id="x" sourceRef="a" targetRef="end"><conditionExpression language="groovy">=y'
     "</conditionExpression></sequenceFlow>"))),
    ("feel_function_unknown", "a", file(through(node("scriptTask", "a", zeebe('<zeebe:script expression="=twice(2)" resultVariable="x"/>'))))),
    ("feel_gives_null", "a", file(through(node("scriptTask", "a", zeebe('<zeebe:script expression="=sum()" resultVariable="x"/>'))))),
    ("feel_syntax", "a", file(_task('<zeebe:taskSchedule dueDate="=1 +"/>'))),
    ("feel_too_long", "a", file(_task(f'<zeebe:taskSchedule dueDate="={"1+" * 20_000}1"/>'))),
    ("mapping_incomplete", "a", file(through(node("task", "a", zeebe('<zeebe:ioMapping><zeebe:input target="x"/></zeebe:ioMapping>'))))),
    ("timer_needs_one", "a", file(through(node(_CAUGHT, "a", event("timer"))))),
    ("boundary_unattached", "b", file(beside(node("boundaryEvent", "b", timer("Duration", "P1D"))))),
    ("not_supported", "a", file(through(node("userTask", "a", zeebe(_PEOPLE) + "<potentialOwner/>")))),
    ("listener_incomplete", "a", file(through(node("task", "a", zeebe(
     '<zeebe:executionListeners><zeebe:executionListener eventType="start"/></zeebe:executionListeners>'))))),
    ("version_tag_unknown", "a", file(_task('<zeebe:formDefinition formId="known_form" bindingType="versionTag" versionTag="1"/>'))),
    ("start_forms_differ", "start", file(
        prop("startForm", "known_form") + through(node("task", "a")).replace('id="start">', 'id="start">' + zeebe('<zeebe:formDefinition formId="other"/>'), 1))),
    ("version_tag_missing", "a", file(through(node("callActivity", "a", zeebe(
     '<zeebe:calledElement processId="known_process" bindingType="versionTag"/>'))))),
    ("association_incomplete", "a", file(through(node("task", "a", '<property id="q" name="q"/><dataInputAssociation><targetRef>q</targetRef>'
     "<assignment><from>=1</from></assignment></dataInputAssociation>")))),
    ("expression_without_equals", "a", file(through(node("task", "a", '<property id="q" name="q"/><dataInputAssociation><targetRef>q</targetRef>'
     "<transformation>x</transformation></dataInputAssociation>")))),
    ("two_implementations", "a", file(through(node("scriptTask", "a", zeebe(
     '<zeebe:taskDefinition type="x"/><zeebe:script expression="=1" resultVariable="x"/>'))))),
]  # fmt: skip

STRUCTURE: list[Case] = [
    ("process_empty", "p", file("")),
    ("start_missing", "p", file(node("task", "a"))),
    ("start_missing", "a", file(_inside(node("task", "b")))),
    ("start_several", "s2", file(beside(node("startEvent", "s2") + flow("s2", "end")))),
    ("event_sub_process_start", "s", file(_event_sub_process(node("task", "b")))),
    ("event_sub_process_connected", "s", file(_event_sub_process(node("startEvent", "b", event("error"))) + flow("a", "s"))),
    ("incoming_not_allowed", "start", file(beside(flow("a", "start")))),
    ("incoming_not_allowed", "b", file(_boundary(timer("Duration", "P1D")) + flow("a", "b"))),
    ("outgoing_not_allowed", "end", file(beside(flow("end", "a")))),
    ("dead_end", "b", file(beside(node("task", "b") + flow("a", "b")))),
    ("unreachable", "b", file(beside(node("task", "b") + flow("b", "end")))),
    ("boundary_elsewhere", "b", file(_inside(through(node("task", "i"), "i").replace("start", "s2").replace('end"', 'e2"'))
     + node("boundaryEvent", "b", timer("Duration", "P1D"), attachedToRef="i"))),
    ("boundary_on_event_sub_process", "b", file(_event_sub_process(node("startEvent", "c", event("error")))
     + node("boundaryEvent", "b", timer("Duration", "P1D"), attachedToRef="s"))),
    ("ad_hoc_empty", "a", file(through(node("adHocSubProcess", "a", node("intermediateThrowEvent", "t"))))),
    ("ad_hoc_output_incomplete", "a", file(through(node("adHocSubProcess", "a",
        zeebe('<zeebe:adHoc outputCollection="found"/>') + node("task", "t"))))),
    ("ad_hoc_with_ends", "e", file(through(node("adHocSubProcess", "a", node("task", "t") + node("endEvent", "e") + flow("t", "e"))))),
    ("instantiate_inside", "r", file(_inside(node("receiveTask", "r", messageRef="m", instantiate="true")), MESSAGE)),
    ("compensation_connected", "h", file(_undone(flow("h", "end")))),
    ("compensation_connected", "b", file(_undone(flow("b", "end")))),
    ("compensation_unused", "x", file(_undone(node("task", "x", isForCompensation="true")))),
    ("compensation_twice", "c", file(_undone(node("boundaryEvent", "c", event("compensate"), attachedToRef="a")))),
    ("compensation_without_handler", "b", file(beside(node("boundaryEvent", "b", event("compensate"), attachedToRef="a")))),
    ("compensation_elsewhere", "t", file(_inside(through(node("task", "i"), "i").replace("start", "s2").replace('end"', 'e2"'))
     + node(_THROW, "t", event("compensate", activityRef="i")) + flow("a", "t"))),
    ("compensation_start_outside", "b", file(_event_sub_process(node("startEvent", "b", event("compensate"))))),
    ("cancel_without_transaction", "e", file(beside(node("endEvent", "e", event("cancel")) + flow("a", "e")))),
    ("cancel_without_transaction", "b", file(_boundary(event("cancel")))),
    ("cancel_without_boundary", "e", file(_transaction(node("endEvent", "e", event("cancel")) + flow("s2", "e")))),
    ("join_may_wait", "j", file(_gateway("exclusiveGateway", default="g_f", second=None).replace(_ENDS, _BOTH) + _JOINED)),
    ("path_may_double", "z", file(_gateway("parallelGateway", first=None, second=None).replace(_ENDS, _BOTH)
     + _JOINED.replace("parallelGateway", "exclusiveGateway").replace("endEvent", "task"))),
    ("variable_never_set", "a", file(through(node("scriptTask", "a", zeebe('<zeebe:script expression="=x" resultVariable="y"/>'))).replace(
     '<startEvent id="start">', '<startEvent id="start">' + timer("Cycle", "R/P1D")))),
    ("link_without_name", "l", file(beside(_link(_THROW, "l", "") + flow("a", "l")))),
    ("link_without_catch", "l", file(beside(_link(_THROW, "l") + flow("a", "l")))),
    ("link_without_throw", "l", file(beside(_link(_CAUGHT, "l") + flow("l", "end")))),
    ("link_caught_twice", "k", file(beside(_link(_THROW, "l") + _link(_CAUGHT, "k") + _link(_CAUGHT, "j")
     + flow("a", "l") + flow("k", "end") + flow("j", "end")))),
    ("link_connected", "l", file(beside(_link(_THROW, "l") + _link(_CAUGHT, "k") + flow("a", "l") + flow("l", "end") + flow("k", "end")))),
]  # fmt: skip

FLOWS: list[Case] = [
    ("gateway_without_default", "g", file(_gateway("exclusiveGateway"))),
    ("gateway_without_default", "g", file(_gateway("inclusiveGateway"))),
    ("flow_without_condition", "g_f", file(_gateway("exclusiveGateway", second=None))),
    ("activity_without_default", "g", file(_gateway("task"))),
    ("default_with_condition", "g_f", file(_gateway("exclusiveGateway", default="g_f"))),
    ("default_not_outgoing", "g", file(_gateway("exclusiveGateway", default="start_g"))),
    ("condition_not_allowed", "g_e", file(_gateway("parallelGateway", second=None))),
    ("condition_not_allowed", "start_a", file(through(node("task", "a")).replace(flow("start", "a"), flow("start", "a", "=x")))),
    ("condition_without_equals", "g_e", file(_gateway("exclusiveGateway", default="g_f", first="x", second=None))),
    ("activation_condition_missing", "g", file(_gateway("complexGateway", first=None, second=None) + flow("start", "g", id="again"))),
    ("event_gateway_too_few", "g", file(_event_gateway(_CATCH))),
    ("event_gateway_target", "a", file(_event_gateway(node("task", "a")))),
    ("event_gateway_target", "a", file(_event_gateway(node("receiveTask", "a", "<standardLoopCharacteristics/>", messageRef="m")), MESSAGE)),
    ("event_gateway_target_shared", "a", file(_event_gateway(_CATCH, node("task", "b"), flow("g", "b") + flow("b", "a")))),
    ("event_gateway_mixed", "a", file(_event_gateway(_RECEIVE, node("intermediateCatchEvent", "b", event("message", messageRef="m")),
     flow("g", "b") + flow("b", "end")), MESSAGE)),
    ("event_gateway_target_boundary", "a", file(_event_gateway(_RECEIVE, more=node("boundaryEvent", "b", timer("Duration", "P1D"),
     attachedToRef="a")), MESSAGE)),
]  # fmt: skip

EVENTS: list[Case] = [
    ("must_interrupt", "b", file(_boundary(event("error"), cancelActivity="false"))),
    ("message_missing", "a", file(through(node(_CAUGHT, "a", event("message"))))),
    ("message_missing", "a", file(through(node("receiveTask", "a")))),
    ("message_without_name", "a", file(through(node(_THROW, "a", event("message", messageRef="m"))), '<message id="m"/>')),
    ("send_without_message", "a", file(through(node("sendTask", "a")))),
    ("send_without_message", "a", file(through(node("sendTask", "a", zeebe('<zeebe:taskDefinition type="send message"/>'))))),
    ("correlation_key_missing", "a", file(through(node(_CAUGHT, "a", event("message", messageRef="m"))), '<message id="m" name="x"/>')),
    ("correlation_key_without_equals", "a", file(through(_RECEIVE), MESSAGE.replace("=key", "key", 2).replace("Key\"key", 'Key="key'))),
    ("start_name_is_expression", "s2", file(beside(node("startEvent", "s2", event("message", messageRef="m")) + flow("s2", "end")),
     '<message id="m" name="=x"/>')),
    ("signal_missing", "a", file(through(node(_THROW, "a", event("signal"))))),
    ("signal_without_name", "a", file(through(node(_THROW, "a", event("signal", signalRef="s"))), '<signal id="s"/>')),
    ("error_without_code", "e", file(beside(node("endEvent", "e", event("error")) + flow("a", "e")))),
    ("caught_code_is_expression", "b", file(_boundary(event("error", errorRef="x")), '<error id="x" errorCode="=code"/>')),
    ("escalation_without_code", "a", file(through(node(_THROW, "a", event("escalation"))))),
    ("caught_twice", "c", file(_boundary(event("error")) + node("boundaryEvent", "c", event("error"), attachedToRef="a"))),
    ("timer_cycle_not_here", "a", file(through(node(_CAUGHT, "a", timer("Cycle", "R/P1D"))))),
    ("timer_start_variables", "s2", file(beside(node("startEvent", "s2", timer("Date", "=when")) + flow("s2", "end")))),
    ("timer_cycle_invalid", "b", file(_boundary(timer("Cycle", "0 0 9 31 2 ?")))),
    ("catch_up_without_cycle", "b", file(_boundary(prop("catchUp", "all") + timer("Duration", "PT1H")))),
    ("property_invalid", "b", file(_boundary(prop("catchUp", "twice") + timer("Cycle", "R/PT1H")))),
    ("timer_date_invalid", "a", file(through(node(_CAUGHT, "a", timer("Date", "tomorrow"))))),
    ("timer_duration_invalid", "a", file(through(node(_CAUGHT, "a", timer("Duration", "3 days"))))),
    ("timer_cycle_invalid", "b", file(_boundary(timer("Cycle", "R0/PT1H")))),
    ("condition_missing", "a", file(through(node(_CAUGHT, "a", event("conditional"))))),
    ("condition_without_equals", "a", file(through(node(_CAUGHT, "a", event("conditional", "<condition>x</condition>"))))),
]  # fmt: skip

TASKS: list[Case] = [
    ("user_task_without_people", "a", file(through(node("userTask", "a")))),
    ("user_task_without_form", "a", file(_task(""))),
    ("form_unknown", "a", file(_task('<zeebe:formDefinition formId="nowhere"/>'))),
    ("form_unknown", "p", file(prop("startForm", "nowhere") + beside(""))),
    ("priority_invalid", "a", file(_task('<zeebe:priorityDefinition priority="101"/>'))),
    ("date_invalid", "a", file(_task('<zeebe:taskSchedule followUpDate="soon"/>'))),
    ("job_missing", "a", file(through(node("serviceTask", "a")))),
    ("retries_invalid", "a", file(through(node("serviceTask", "a", zeebe('<zeebe:taskDefinition type="x" retries="few"/>'))))),
    ("script_missing", "a", file(through(node("scriptTask", "a")))),
    ("script_without_equals", "a", file(through(node("scriptTask", "a", zeebe('<zeebe:script expression="1" resultVariable="x"/>'))))),
    ("result_variable_missing", "a", file(through(node("scriptTask", "a", zeebe('<zeebe:script expression="=1"/>'))))),
    ("decision_missing", "a", file(through(node("businessRuleTask", "a")))),
    ("decision_unknown", "a", file(through(node("businessRuleTask", "a", zeebe(
     '<zeebe:calledDecision decisionId="nowhere" resultVariable="x"/>'))))),
    ("called_process_missing", "a", file(through(node("callActivity", "a")))),
    ("called_process_unknown", "a", file(through(node("callActivity", "a", zeebe('<zeebe:calledElement processId="nowhere"/>'))))),
    ("loop_without_items", "a", file(through(node("task", "a", loop())))),
    ("loop_without_end", "a", file(through(node("task", "a", "<standardLoopCharacteristics/>")))),
    ("behavior_without_event", "a", file(through(node("task", "a", loop(attributes='inputCollection="=x"', more='behavior="One"'))))),
    ("behavior_event_invalid", "a", file(through(node("task", "a", loop(attributes='inputCollection="=x"',
     more='behavior="One" oneBehaviorEventRef="t"'))), '<terminateEventDefinition id="t"/>')),
    ("loop_with_both", "a", file(through(node("task", "a", loop("<loopCardinality>2</loopCardinality>", 'inputCollection="=x"'))))),
    ("collection_without_equals", "a", file(through(node("task", "a", loop(attributes='inputCollection="x"'))))),
    ("cardinality_invalid", "a", file(through(node("task", "a", loop("<loopCardinality>-1</loopCardinality>"))))),
    ("loop_output_incomplete", "a", file(through(node("task", "a", loop(attributes='inputCollection="=x" outputCollection="y"'))))),
    ("mapping_not_here", "g", file(_gateway("exclusiveGateway", "g_f", second=None).replace('default="g_f">', 'default="g_f">' + zeebe(
     '<zeebe:ioMapping><zeebe:input source="=1" target="x"/></zeebe:ioMapping>')))),
    ("name_invalid", "a", file(through(node("task", "a", zeebe('<zeebe:ioMapping><zeebe:input source="=1" target="a b"/></zeebe:ioMapping>'))))),
    ("name_reserved", "a", file(through(node("task", "a", zeebe(
     '<zeebe:ioMapping><zeebe:input source="=1" target="deadline"/></zeebe:ioMapping>'))))),
    ("property_unknown", "a", file(through(node("task", "a", prop("zzz", "1"))))),
    ("property_unknown_similar", "a", file(through(node("task", "a", prop("limits", "1"))))),
    ("property_misplaced", "a", file(through(node("task", "a", prop("businessKey", "=x"))))),
    ("property_invalid", "a", file(through(node("task", "a", prop("limit", "five days"))))),
    ("feel_syntax", "a", file(through(node("task", "a", prop("limit", "=5 +"))))),
]  # fmt: skip

UNSUPPORTED: list[tuple[str, bytes]] = [
    ("parallel event gateway", file(_event_gateway(_CATCH).replace('"g">', '"g" eventGatewayType="Parallel">'))),
    ("potential owner", file(through(node("userTask", "a", zeebe(_PEOPLE) + "<potentialOwner/>")))),
    ("parallel multiple with an error", file(_boundary(event("error") + timer("Duration", "P1D"), parallelMultiple="true"))),
    ("link among others", file(through(node(_THROW, "a", event("link", name="x") + event("signal", signalRef="s"))), '<signal id="s" name="x"/>')),
    ("loop on a receive task that starts", file(through(node("receiveTask", "a", "<standardLoopCharacteristics/>", messageRef="m",
     instantiate="true")), MESSAGE)),
    ("boundary event on a handler", file(_undone() + node("boundaryEvent", "x", timer("Duration", "P1D"), attachedToRef="h"))),
    ("start form by latest", file(through(node("task", "a")).replace(
        'id="start">', 'id="start">' + zeebe('<zeebe:formDefinition formId="known_form" bindingType="latest"/>'), 1))),
    ("cancel listener", file(_task('<zeebe:executionListeners><zeebe:executionListener eventType="cancel" type="x"/></zeebe:executionListeners>'))),
    ("output collection of an ad-hoc sub-process", file(through(node("adHocSubProcess", "a", zeebe('<zeebe:userTaskForm id="x"/>') + node("task", "i"))))),
    ("choreography", file(beside(""), '<choreography id="c"/>')),
    ("conversation", file(beside(""), '<collaboration id="c"><conversation id="d"/></collaboration>')),
    ("embedded form", file(_task('<zeebe:formDefinition formKey="camunda-forms:bpmn:f"/>'))),
    ("message start of a sub-process", file(_inside(node("startEvent", "s2", event("message", messageRef="m"))), MESSAGE)),
    ("none start of an event sub-process", file(_event_sub_process(node("startEvent", "b")))),
    ("none intermediate catch", file(through(node(_CAUGHT, "a")))),
    ("none boundary", file(_boundary(""))),
    ("terminate throw", file(through(node(_THROW, "a", event("terminate"))))),
    ("link end", file(beside(node("endEvent", "e", event("link", name="x")) + flow("a", "e")))),
    ("job on a signal event", file(through(node(_THROW, "a", zeebe('<zeebe:taskDefinition type="x"/>') + event("signal", signalRef="s"))),
     '<signal id="s" name="x"/>')),
    ("script in another language", file(through(node("scriptTask", "a", zeebe('<zeebe:script expression="=1" resultVariable="x"/>')
     + "<script>print(1)</script>", scriptFormat="python")))),
]  # fmt: skip
CASES = FILES + STRUCTURE + FLOWS + EVENTS + TASKS
