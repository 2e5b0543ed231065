"""Service tasks, scripts, decisions, calls, loops and their variables."""

from __future__ import annotations

import pytest

from tests.importing.builder import converted, extended, through, tried


def test_an_external_task_is_a_job_of_its_topic():
    result = converted(through('<serviceTask id="a" v:type="external" v:topic="pay" v:taskPriority="5"/>'))
    assert result.zeebe("a", "taskDefinition") == [{"type": "pay"}]
    assert result.codes("decide") == [] and result.codes("dropped") == ["not_needed"]


def test_flowable_s_external_worker_is_a_job_of_its_topic():
    result = converted(through('<serviceTask id="a" v:type="external-worker" v:topic="${topic}"/>'), vendor="flowable")
    assert result.zeebe("a", "taskDefinition") == [{"type": "=topic"}]
    assert result.imported.undecided == ()


@pytest.mark.parametrize(
    ("attribute", "type_"),
    [
        ('v:class="com.example.SendMail"', "sendMail"),
        ('v:delegateExpression="${mailSender}"', "mailSender"),
        ('v:expression="${mails.send(execution, x)}"', "mails.send"),
        ('v:class="${className}"', "a"),
    ],
)
def test_java_code_becomes_a_job_that_someone_must_provide(attribute, type_):
    result = converted(through(f'<serviceTask id="a" {attribute}/>'))
    header = attribute.removeprefix("v:").partition("=")
    assert result.zeebe("a", "taskDefinition") == [{"type": type_}]
    assert result.zeebe("a", "header") == [{"key": header[0], "value": header[2].strip('"')}]
    assert result.codes("decide") == ["delegate"]


def test_injected_fields_become_headers_and_inputs():
    fields = (
        '<v:field name="to" stringValue="boss"/><v:field name="subject"><v:expression>${title}</v:expression></v:field>'
        "<v:field name='body'><v:string>text</v:string></v:field>"
    )
    result = converted(through(f'<serviceTask id="a" v:class="com.X">{extended(fields)}</serviceTask>'))
    assert {one["key"]: one["value"] for one in result.zeebe("a", "header")} == {"class": "com.X", "to": "boss", "body": "text"}
    assert result.zeebe("a", "input") == [{"source": "=title", "target": "subject"}]


def test_a_retry_cycle_gives_the_number_of_retries():
    inner = extended("<v:failedJobRetryTimeCycle>R5/PT10M</v:failedJobRetryTimeCycle>")
    result = converted(through(f'<serviceTask id="a" v:type="external" v:topic="x" v:asyncBefore="true">{inner}</serviceTask>'))
    assert result.zeebe("a", "taskDefinition") == [{"type": "x", "retries": "5"}]
    assert result.imported.undecided == ()


def test_a_service_task_that_only_computes_is_a_script_task():
    result = converted(through('<serviceTask id="a" v:expression="${price * 2}" v:resultVariable="total"/>'))
    assert tried(result).start(price=21).variables["total"] == 42
    assert result.imported.undecided == ()


@pytest.mark.parametrize(
    ("task", "code"),
    [
        ('<serviceTask id="a" v:type="mail"/>', "service_type"),
        ('<serviceTask id="a" v:type="http"><extensionElements><v:field name="requestUrl" stringValue="x"/></extensionElements></serviceTask>', "service_type"),
        ('<serviceTask id="a"><extensionElements><v:connector><v:connectorId>http</v:connectorId></v:connector></extensionElements></serviceTask>', "connector"),
        ('<serviceTask id="a" v:type="external"/>', "topic_missing"),
    ],
)
def test_what_the_old_engine_did_itself_is_for_a_person(task, code):
    result = converted(through(task))
    assert result.codes("decide") == [code]


@pytest.mark.parametrize(
    ("format_", "script", "result", "expected"),
    [
        ("javascript", "x + 1;", "y", 4),
        ("groovy", "return x > 2 ? 'big' : 'small'", "y", "big"),
        ("groovy", "execution.setVariable('y', x * 2)", None, 6),
        ("juel", "${x - 1}", "y", 2),
        ("feel", "x ** 2", "y", 9),
    ],
)
def test_a_script_of_one_expression_is_computed(format_, script, result, expected):
    name = f'v:resultVariable="{result}"' if result else ""
    found = converted(through(f'<scriptTask id="a" scriptFormat="{format_}" {name}><script><![CDATA[{script}]]></script></scriptTask>'))
    assert found.imported.undecided == ()
    assert tried(found).start(x=3).variables["y"] == expected


@pytest.mark.parametrize(
    "task",
    [
        '<scriptTask id="a" scriptFormat="groovy" v:resultVariable="y"><script>def a = 1\nreturn a</script></scriptTask>',
        '<scriptTask id="a" scriptFormat="python" v:resultVariable="y"><script>x</script></scriptTask>',
        '<scriptTask id="a" scriptFormat="groovy"><script>x + 1</script></scriptTask>',
        '<scriptTask id="a" scriptFormat="groovy" v:resultVariable="y" v:resource="x.groovy"/>',
    ],
)
def test_a_program_stays_for_a_person(task):
    result = converted(through(task))
    assert result.codes("decide") == ["expression"]


DECISION = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<decision id="limit" name="limit"><variable name="limit"/><literalExpression><text>amount * 2</text></literalExpression></decision></definitions>"""


def test_a_decision_is_called_by_its_id_in_its_latest_version():
    result = converted(
        through('<businessRuleTask id="a" v:decisionRef="limit" v:resultVariable="granted" v:mapDecisionResult="singleEntry"/>')
    )
    assert result.zeebe("a", "calledDecision") == [{"decisionId": "limit", "bindingType": "latest", "resultVariable": "granted"}]
    assert result.imported.undecided == ()
    assert tried(result, DECISION).start(amount=4).variables["granted"] == 8


def test_the_shape_of_a_decision_s_result_is_for_a_person():
    result = converted(through('<businessRuleTask id="a" v:decisionRef="limit" v:decisionRefBinding="version" v:decisionRefVersion="3"/>'))
    assert result.zeebe("a", "calledDecision") == [{"decisionId": "limit", "bindingType": "latest", "resultVariable": "decisionResult"}]
    assert sorted(result.codes("decide")) == ["decision_result", "version"]


def test_parameters_are_mapped_in_order():
    parameters = """<v:inputOutput>
      <v:inputParameter name="fixed">text</v:inputParameter><v:inputParameter name="computed">${x + 1}</v:inputParameter>
      <v:inputParameter name="nothing"/>
      <v:inputParameter name="list"><v:list><v:value>a</v:value><v:value>${x}</v:value></v:list></v:inputParameter>
      <v:inputParameter name="map"><v:map><v:entry key="a b">${x}</v:entry><v:entry key="c"><v:list><v:value>1</v:value></v:list></v:entry></v:map></v:inputParameter>
      <v:inputParameter name="scripted"><v:script scriptFormat="javascript">x * 2</v:script></v:inputParameter>
      <v:outputParameter name="out">${scripted}</v:outputParameter></v:inputOutput>"""
    result = converted(through(f'<manualTask id="a">{extended(parameters)}</manualTask>'))
    assert [(one["target"], one["source"]) for one in result.zeebe("a", "input")] == [
        ("fixed", "text"), ("computed", "=x + 1"), ("nothing", "=null"), ("list", '=["a", x]'),
        ("map", '={"a b": x, "c": ["1"]}'), ("scripted", "=x * 2"),
    ]  # fmt: skip
    assert result.imported.undecided == ()
    assert tried(result).start(x=4).variables["out"] == 8


def test_a_script_s_result_still_comes_out_beside_the_outputs():
    parameters = extended('<v:inputOutput><v:outputParameter name="twice">${y * 2}</v:outputParameter></v:inputOutput>')
    script = f'<scriptTask id="a" scriptFormat="juel" v:resultVariable="y">{parameters}<script>${{x + 1}}</script></scriptTask>'
    trial = tried(converted(through(script))).start(x=1)
    assert (trial.variables["y"], trial.variables["twice"]) == (2, 4)


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        ('<v:inputParameter name="a b">x</v:inputParameter>', "parameter_name"),
        ('<v:inputParameter name="x">${bean.get()}</v:inputParameter>', "expression"),
        ('<v:inputParameter name="x"><v:script scriptFormat="python">x</v:script></v:inputParameter>', "expression"),
        ('<v:outputParameter name="x">${y}</v:outputParameter>', "outputs_only"),
    ],
)
def test_parameters_that_need_a_person(parameter, code):
    inner = extended(f"<v:inputOutput>{parameter}</v:inputOutput>")
    result = converted(through(f'<serviceTask id="a" v:type="external" v:topic="x">{inner}</serviceTask>'))
    assert result.codes("decide") == [code]


def test_a_call_passes_what_it_says_and_nothing_else():
    inner = extended(
        '<v:in source="x" target="y"/><v:in sourceExpression="${x + 1}" target="z"/><v:in businessKey="#{execution.processBusinessKey}"/>'
        '<v:out source="r" target="result"/>'
    )
    result = converted(through(f'<callActivity id="a" calledElement="sub">{inner}</callActivity>'))
    assert result.zeebe("a", "calledElement") == [
        {"processId": "sub", "bindingType": "latest", "propagateAllParentVariables": "false", "propagateAllChildVariables": "false"}
    ]
    assert result.zeebe("a", "input") == [
        {"source": "=x", "target": "y"}, {"source": "=x + 1", "target": "z"}, {"source": "=business_key", "target": "business_key"},
    ]  # fmt: skip
    assert result.zeebe("a", "output") == [{"source": "=r", "target": "result"}]
    assert result.node("a").get("calledElement") is None
    assert result.imported.undecided == ()


def test_a_call_may_pass_everything():
    inner = extended('<v:in variables="all"/><v:out variables="all"/>')
    result = converted(through(f'<callActivity id="a" calledElement="${{which}}" v:calledElementBinding="deployment">{inner}</callActivity>'))
    assert result.zeebe("a", "calledElement") == [
        {"processId": "=which", "bindingType": "deployment", "propagateAllParentVariables": "true", "propagateAllChildVariables": "true"}
    ]


def test_flowable_s_way_to_pass_everything():
    result = converted(
        through('<callActivity id="a" calledElement="sub" v:inheritVariables="true" v:inheritBusinessKey="true" v:sameDeployment="true"/>'),
        vendor="flowable",
    )
    called = result.zeebe("a", "calledElement")[0]
    assert (called["propagateAllParentVariables"], called["bindingType"]) == ("true", "deployment")
    assert result.zeebe("a", "input") == [{"source": "=business_key", "target": "business_key"}]
    assert result.imported.undecided == ()


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ('<v:in variables="all" local="true"/>', "local_variables"),
        ('<v:in sourceExpression="${bean.x()}" target="y"/>', "expression"),
        ('<v:out variables="all"/><v:out source="a" target="b"/>', "outputs_only"),
    ],
)
def test_calls_that_need_a_person(inner, code):
    result = converted(through(f'<callActivity id="a" calledElement="sub">{extended(inner)}</callActivity>'))
    assert result.codes("decide") == [code]


def test_a_loop_over_a_collection_until_enough_are_done():
    loop = (
        '<multiInstanceLoopCharacteristics v:collection="people" v:elementVariable="person"><completionCondition>'
        "${nrOfCompletedInstances/nrOfInstances >= 0.5}</completionCondition></multiInstanceLoopCharacteristics>"
    )
    result = converted(through(f'<userTask id="a" v:assignee="${{person}}">{loop}</userTask>'))
    trial = tried(result).start(people=["kim", "lee"])
    assert [wait.assignee for wait in trial.waits("user")] == ["kim", "lee"]
    assert trial.complete("a").status == "completed"
    assert result.imported.undecided == ()


def test_activiti_s_way_to_name_a_collection():
    loop = (
        '<multiInstanceLoopCharacteristics isSequential="true"><loopDataInputRef>people</loopDataInputRef>'
        '<inputDataItem name="person"/></multiInstanceLoopCharacteristics>'
    )
    result = converted(through(f'<userTask id="a" v:assignee="${{person}}">{loop}</userTask>'), vendor="activiti")
    trial = tried(result).start(people=["kim", "lee"]).complete("a")
    assert [wait.assignee for wait in trial.waits("user")] == ["lee"]


def test_a_loop_of_a_number_of_rounds_counts_as_before():
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>${n}</loopCardinality></multiInstanceLoopCharacteristics>"
    result = converted(through(f'<userTask id="a" v:assignee="nr${{loopCounter}}">{loop}</userTask>'))
    assert [wait.assignee for wait in tried(result).start(n=2).waits("user")] == ["nr0", "nr1"]


def test_flowable_s_index_variable_counts_from_0():
    loop = '<multiInstanceLoopCharacteristics v:collection="${people}" v:elementIndexVariable="i"/>'
    result = converted(through(f'<userTask id="a" v:assignee="nr${{i}}">{loop}</userTask>'), vendor="flowable")
    assert [wait.assignee for wait in tried(result).start(people=["x", "y"]).waits("user")] == ["nr0", "nr1"]


def test_collection_and_cardinality_are_for_a_person():
    loop = '<multiInstanceLoopCharacteristics v:collection="x"><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>'
    result = converted(through(f'<userTask id="a" v:assignee="kim">{loop}</userTask>'))
    assert result.codes("decide") == ["two_counts"]
