"""Conditions, timers, messages, signals, errors, and what the old engine noted for itself."""

from __future__ import annotations

import pytest

from engine.core.importing.conversion import convert
from engine.core.importing.vendors import ADVICE, NOT_NEEDED
from engine.texts import catalogue
from tests.importing.builder import converted, extended, through, tried

CHOICE = (
    '<startEvent id="start"/><exclusiveGateway id="g" {default}/><endEvent id="yes"/><endEvent id="no"/>'
    '<sequenceFlow id="f1" sourceRef="start" targetRef="g"/>'
    '<sequenceFlow id="f2" sourceRef="g" targetRef="yes"><conditionExpression {type}>{condition}</conditionExpression></sequenceFlow>'
    '<sequenceFlow id="f3" sourceRef="g" targetRef="no">{other}</sequenceFlow>'
)
FORMAL = 'xsi:type="tFormalExpression"'


def choice(condition: str, default: str = 'default="f3"', other: str = "", type: str = FORMAL) -> str:
    return CHOICE.format(condition=condition, default=default, other=other, type=type)


def test_a_condition_takes_the_same_way():
    result = converted(choice("${amount &gt; 5 &amp;&amp; !refused}"))
    assert result.text("conditionExpression") == "=amount > 5 and refused != true"
    assert [tried(result).start(amount=amount).ends for amount in (6, 5)] == [["yes"], ["no"]]


def test_a_condition_in_a_script_language():
    result = converted(choice("amount === 6", type=f'{FORMAL} language="javascript"'))
    assert result.text("conditionExpression") == "=amount = 6"
    assert result.imported.undecided == ()


@pytest.mark.parametrize(
    ("condition", "type_"),
    [("${bean.ok()}", FORMAL), ("yes", FORMAL), ("x = 1; x", f'{FORMAL} language="groovy"'), ("", f'{FORMAL} language="groovy" v:resource="x"')],
)
def test_a_condition_that_calls_code_stays_for_a_person(condition, type_):
    result = converted(choice(condition, type=type_))
    assert result.codes("decide") == ["expression"]
    assert result.text("conditionExpression") == condition


def test_a_gateway_without_a_default_is_listed():
    result = converted(choice("${a}", default="", other="<conditionExpression>${b}</conditionExpression>"))
    assert [(finding.element, finding.facts["code"]) for finding in result.imported.undecided] == [("g", "gateway_without_default")]


def catching(definition: str) -> str:
    return through(f'<intermediateCatchEvent id="a">{definition}</intermediateCatchEvent>')


def boundary(definition: str) -> str:
    return (
        through('<userTask id="a" v:assignee="kim"/>')
        + f'<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">{definition}</boundaryEvent><endEvent id="late"/>'
        '<sequenceFlow id="f3" sourceRef="b" targetRef="late"/>'
    )


@pytest.mark.parametrize(
    ("kind", "text", "new"),
    [
        ("timeDuration", "PT5M", "PT5M"),
        ("timeDuration", "${wait}", "=wait"),
        ("timeDate", "2026-05-01T09:00:00", "2026-05-01T09:00:00"),
        ("timeDate", "#{due}", "=due"),
        ("timeDuration", "P${days}D", '="P" + string(days) + "D"'),
    ],
)
def test_a_timer_keeps_iso_and_converts_expressions(kind, text, new):
    result = converted(catching(f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"))
    assert result.text(kind) == new
    assert result.imported.undecided == ()


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("R3/PT10H", "R3/PT10H"),
        ("0 0/5 * * * ?", "0 0/5 * * * ?"),
        ("0 0 9 ? * 2-6", "0 0 9 ? * MON-FRI"),
        ("0 0 9 ? * 1,7 *", "0 0 9 ? * SUN,SAT"),
        ("0 0 9 ? * 6#3", "0 0 9 ? * FRI#3"),
        ("0 0 9 ? * 6L", "0 0 9 ? * 5L"),
        ("0 0 9 ? * L", "0 0 9 ? * SAT"),
        ("0 0 9 ? * 2-6/2", "0 0 9 ? * MON-FRI/2"),
        ("0 0 9 ? * MON-FRI", "0 0 9 ? * MON-FRI"),
    ],
)
def test_a_cycle_keeps_its_days(text, new):
    result = converted(boundary(f"<timerEventDefinition><timeCycle>{text}</timeCycle></timerEventDefinition>"))
    assert result.text("timeCycle") == new
    assert result.imported.undecided == ()


@pytest.mark.parametrize(
    "timer",
    [
        "<timeDuration>soon</timeDuration>", "<timeCycle>0 0 9 1 * 2</timeCycle>", "<timeCycle>0 0 9 1 1 ? 2026</timeCycle>",
        "<timeCycle>0 0 9 ? * 2/2</timeCycle>", "<timeCycle>0 0 9 ? * 6-2</timeCycle>",
        '<timeCycle v:endDate="2026-01-01">R/PT1H</timeCycle>', "<timeDate>${calendar.next()}</timeDate>",
    ],
)  # fmt: skip
def test_a_timer_that_is_not_understood_is_for_a_person(timer):
    result = converted(boundary(f"<timerEventDefinition>{timer}</timerEventDefinition>"))
    assert len(result.codes("decide")) == 1


def test_the_days_of_a_cycle_are_converted_only_once():
    timer = '<timerEventDefinition v:businessCalendarName="x"><timeCycle>0 0 9 ? * 6L</timeCycle></timerEventDefinition>'
    once = converted(boundary(timer)).imported.content
    assert b"5L" in once and convert(once, "new.bpmn").content == once


def test_a_message_gets_a_key_that_a_person_confirms_once():
    caught = (
        catching('<messageEventDefinition messageRef="m"/>')
        + '<receiveTask id="r" messageRef="m"/><sequenceFlow id="f3" sourceRef="a" targetRef="r"/>'
    )
    result = converted(caught, '<message id="m" name="answer"/>')
    assert result.zeebe("m", "subscription") == [{"correlationKey": "=business_key"}]
    assert result.codes("decide") == ["correlation_key"]


def test_a_message_that_only_starts_needs_no_key():
    start = (
        '<startEvent id="start"><messageEventDefinition messageRef="m"/></startEvent><endEvent id="end"/>'
        '<sequenceFlow id="f1" sourceRef="start" targetRef="end"/>'
    )
    result = converted(start, '<message id="m" name="go"/>')
    assert result.zeebe("m", "subscription") == []
    assert result.imported.undecided == ()


def throwing(attributes: str) -> str:
    return through(f'<intermediateThrowEvent id="a"><messageEventDefinition messageRef="m" {attributes}/></intermediateThrowEvent>')


def test_a_message_thrown_by_a_worker_is_a_job():
    result = converted(throwing('v:type="external" v:topic="send"'), '<message id="m" name="go"/>')
    assert result.zeebe("a", "taskDefinition") == [{"type": "send"}]
    assert result.imported.undecided == ()


def test_a_message_thrown_by_nothing_would_be_sent_here():
    assert converted(throwing(""), '<message id="m" name="go"/>').codes("decide") == ["message_sent"]


def test_names_may_be_computed():
    result = converted(catching('<signalEventDefinition signalRef="s"/>'), '<signal id="s" name="go-${region}"/>')
    assert result.node("s").get("name") == '="go-" + string(region)'


def test_a_conditional_event():
    result = converted(catching('<conditionalEventDefinition v:variableName="x"><condition>${x == 1}</condition></conditionalEventDefinition>'))
    assert tried(result).start(x=0).set_variables(x=1).ends == ["end"]
    assert result.codes("dropped") == ["not_needed"]


@pytest.mark.parametrize("roots", ["", '<error id="wrong"/>'])
def test_activiti_takes_a_reference_for_a_code(roots):
    caught = (
        through('<serviceTask id="a" v:type="external" v:topic="x"/>')
        + '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition errorRef="wrong"/></boundaryEvent><endEvent id="bad"/>'
        '<sequenceFlow id="f3" sourceRef="b" targetRef="bad"/>'
    )
    result = converted(caught, roots, vendor="activiti")
    assert tried(result).start().throw_error("a", "wrong").ends == ["bad"]
    assert result.codes("converted").count("error_code") == 1


def test_variables_of_a_caught_error_are_for_a_person():
    caught = (
        through('<serviceTask id="a" v:type="external" v:topic="x"/>')
        + '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition v:errorCodeVariable="c"/></boundaryEvent><endEvent id="bad"/>'
        '<sequenceFlow id="f3" sourceRef="b" targetRef="bad"/>'
    )
    assert converted(caught).codes("decide") == ["event_variable"]


@pytest.mark.parametrize(
    "inner",
    [
        '<v:executionListener class="com.X" event="start"/>', '<v:taskListener expression="${x.y()}" event="create"/>',
        '<v:executionListener event="end"><v:script scriptFormat="groovy">x</v:script></v:executionListener>',
    ],
)  # fmt: skip
def test_listeners_stay_and_are_listed(inner):
    result = converted(through(f'<userTask id="a" v:assignee="kim">{extended(inner)}</userTask>'))
    assert result.codes("decide") == ["listener"]
    assert b"istener" in result.imported.content


def test_an_unknown_extension_stays_and_is_listed():
    result = converted(through(f'<manualTask id="a" v:colour="red">{extended("<v:sauce>hot</v:sauce>")}</manualTask>'))
    assert result.codes("decide") == ["unknown"]
    assert 'camunda:colour="red", camunda:sauce: hot' in result.said("unknown")
    assert b"<camunda:sauce>hot</camunda:sauce>" in result.imported.content


def test_notes_of_design_tools_are_left_out_and_listed():
    note = '<m:initiator-can-complete xmlns:m="http://flowable.org/modeler">false</m:initiator-can-complete>'
    result = converted(through(f'<userTask id="a" v:assignee="kim" v:formFieldValidation="true">{extended(note)}</userTask>'), vendor="flowable")
    assert result.codes("dropped") == ["not_needed", "not_needed"]
    assert b"initiator-can-complete" not in result.imported.content


def test_every_reason_and_advice_has_its_sentence():
    codes = {f"import.why.{why}" for why in NOT_NEEDED.values()} | {f"import.decide.{code}" for code in ADVICE.values()}
    assert not codes - catalogue("zh").keys()
