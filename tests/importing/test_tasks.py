"""User tasks, forms, start events and the process itself."""

from __future__ import annotations

import json

import pytest

from engine.core.forms.reader import read as read_form
from tests.importing.builder import DOER, NAMESPACES, converted, extended, through, tried

VENDORS = pytest.mark.parametrize("vendor", ["camunda", "flowable", "activiti"])


@VENDORS
def test_who_does_a_task_and_by_when(vendor):
    result = converted(
        through(
            '<userTask id="a" name="审批" v:assignee="${boss}" v:candidateUsers="kim, lee" v:candidateGroups="staff, ${dept}"'
            ' v:dueDate="2026-05-01T09:00:00+08:00" v:priority="70"/>'
        ),
        vendor=vendor,
    )
    assert result.zeebe("a", "assignmentDefinition") == [
        {"assignee": "=boss", "candidateUsers": "kim, lee", "candidateGroups": '=["staff", dept]'}
    ]
    assert result.zeebe("a", "taskSchedule") == [{"dueDate": "2026-05-01T09:00:00+08:00"}]
    assert result.zeebe("a", "priorityDefinition") == [{"priority": "70"}]
    assert result.zeebe("a", "userTask") == [{}]
    assert result.imported.undecided == ()
    assert NAMESPACES[vendor].encode() not in result.imported.content


def test_a_duration_counts_from_the_moment_the_task_is_made():
    result = converted(through(f'<userTask id="a" {DOER} v:dueDate="P3D" v:followUpDate="${{dateTime().plusDays(1).toDate()}}"/>'))
    assert result.zeebe("a", "taskSchedule") == [{"dueDate": '=now() + duration("P3D")', "followUpDate": '=now() + duration("P1D")'}]


@pytest.mark.parametrize("attribute", ['v:dueDate="tomorrow"', 'v:priority="500"', 'v:assignee="${service.boss(x)}"'])
def test_what_has_no_counterpart_stays_and_is_listed(attribute):
    result = converted(through(f'<userTask id="a" name="审批" {DOER} {attribute}/>'))
    assert result.codes("decide") == ["expression"]
    assert attribute.replace("v:", "camunda:").encode() in result.imported.content
    assert result.said("expression").startswith("old.bpmn:4: a: “审批”")


def test_the_standard_s_owners_become_assignee_and_candidates():
    owner = (
        "<{tag}><resourceAssignmentExpression><formalExpression>{text}</formalExpression></resourceAssignmentExpression></{tag}>"
    ).format
    result = converted(
        through(
            '<userTask id="a">' + owner(tag="humanPerformer", text="kim")
            + owner(tag="potentialOwner", text="user(lee), group(staff), bosses") + "</userTask>"
        )
    )
    assert result.zeebe("a", "assignmentDefinition") == [{"assignee": "kim", "candidateUsers": "lee", "candidateGroups": "staff, bosses"}]
    assert result.imported.undecided == ()


@pytest.mark.parametrize(
    ("attributes", "form", "binding"),
    [
        ('v:formKey="leave"', "leave", "latest"),
        ('v:formKey="camunda-forms:deployment:forms/leave.form"', "leave", "deployment"),
        ('v:formRef="leave" v:formRefBinding="deployment"', "leave", "deployment"),
        ('v:formRef="leave" v:formRefBinding="latest"', "leave", "latest"),
    ],
)
def test_a_form_is_referred_to_by_its_id(attributes, form, binding):
    result = converted(through(f'<userTask id="a" {DOER} {attributes}/>'))
    assert result.zeebe("a", "formDefinition") == [{"formId": form, "bindingType": binding}]
    assert result.imported.undecided == ()


@pytest.mark.parametrize("key", ["embedded:app:forms/a.html", "app:a.jsp", "${form}", "forms/a.html"])
def test_a_form_of_another_kind_is_for_a_person(key):
    result = converted(through(f'<userTask id="a" {DOER} v:formKey="{key}"/>'))
    assert result.codes("decide") == ["form_key"]
    assert result.zeebe("a", "formDefinition") == []


CAMUNDA_FIELDS = """
<v:formData>
  <v:formField id="title" label="标题" type="string" defaultValue="无"><v:validation>
    <v:constraint name="required"/><v:constraint name="maxlength" config="20"/></v:validation></v:formField>
  <v:formField id="amount" label="金额" type="long" defaultValue="5"><v:validation>
    <v:constraint name="min" config="1"/><v:constraint name="max" config="9"/></v:validation></v:formField>
  <v:formField id="urgent" label="加急" type="boolean" defaultValue="true"/>
  <v:formField id="day" label="日期" type="date" defaultValue="24/12/2025"/>
  <v:formField id="kind" label="类别" type="enum" defaultValue="b"><v:value id="a" name="甲"/><v:value id="b" name="乙"/></v:formField>
  <v:formField id="seen" label="只读" type="string"><v:validation><v:constraint name="readonly"/></v:validation></v:formField>
</v:formData>"""


def test_fields_in_the_diagram_become_a_form():
    result = converted(through(f'<userTask id="a" {DOER}>{extended(CAMUNDA_FIELDS)}</userTask>'))

    (file, content), = result.imported.forms.items()
    form, problems = read_form(content, file)
    components = {component["key"]: component for component in json.loads(content)["components"]}
    assert form is not None and problems == []
    assert (file, result.zeebe("a", "formDefinition")) == ("p_a.form", [{"formId": "p_a", "bindingType": "deployment"}])
    assert [component["type"] for component in components.values()] == ["textfield", "number", "checkbox", "datetime", "select", "textfield"]
    assert components["title"]["validate"] == {"required": True, "maxLength": 20}
    assert components["amount"]["validate"] == {"min": 1, "max": 9}
    assert components["amount"]["defaultValue"] == 5 and components["urgent"]["defaultValue"] is True
    assert components["day"]["defaultValue"] == "2025-12-24"
    assert components["kind"]["values"] == [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]
    assert components["seen"]["readonly"] is True
    assert result.imported.undecided == ()


def test_flowable_s_form_properties_become_a_form():
    fields = (
        '<v:formProperty id="x" name="数量" type="long" required="true" variable="quantity"/>'
        '<v:formProperty id="y" name="说明" writable="false"/><v:formProperty id="z" readable="false"/>'
    )
    result = converted(through(f'<userTask id="a" {DOER}>{extended(fields)}</userTask>'), vendor="flowable")
    components = json.loads(result.imported.forms["p_a.form"])["components"]
    assert [(one["key"], one["label"]) for one in components] == [("quantity", "数量"), ("y", "说明")]
    assert components[1]["readonly"] is True
    assert result.codes("dropped") == ["hidden_field"]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ('<v:formField id="a" label="x" type="money"/>', "field_type"),
        ('<v:formField id="a b" label="x" type="string"/>', "field_name"),
        ('<v:formField id="a" label="x" type="string" defaultValue="${y}"/>', "field_default"),
        ('<v:formField id="a" label="x" type="date" defaultValue="soon"/>', "field_default"),
        ('<v:formField id="a" label="${x}" type="string"/>', "field_label"),
        (
            '<v:formField id="a" label="x" type="string"><v:validation><v:constraint name="validator" config="com.X"/></v:validation></v:formField>',
            "field_constraint",
        ),
    ],
)
def test_what_a_form_cannot_say_is_for_a_person(field, code):
    result = converted(through(f'<userTask id="a" {DOER}>{extended(f"<v:formData>{field}</v:formData>")}</userTask>'))
    form, problems = read_form(result.imported.forms["p_a.form"], "p_a.form")
    assert result.codes("decide") == [code]
    assert form is not None and problems == []


def test_a_start_form_and_the_person_who_starts():
    start = (
        '<startEvent id="start" v:initiator="starter" v:formKey="leave"/><userTask id="a" v:assignee="${starter}"/><endEvent id="end"/>'
        '<sequenceFlow id="f1" sourceRef="start" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="end"/>'
    )
    result = converted(start)
    trial = tried(result).start(started_by={"id": "kim", "name": "金"}, days=3)
    assert result.zeebe("p", "property")[0] == {"name": "startForm", "value": "leave"}
    assert trial.wait("user", "a").assignee == "kim"
    assert trial.variables["days"] == 3


def test_the_process_s_own_facts():
    result = converted(
        through('<manualTask id="a"/>'),
        attributes='isExecutable="true" v:versionTag="1.2" v:historyTimeToLive="180" v:candidateStarterGroups="staff, bosses"',
    )
    assert result.zeebe("p", "versionTag") == [{"value": "1.2"}]
    assert {one["name"]: one["value"] for one in result.zeebe("p", "property")} == {
        "timeToLive": "P180D", "candidateStarterGroups": "staff, bosses",
    }
    assert result.imported.undecided == ()


def test_starting_users_are_for_a_person():
    result = converted(through('<manualTask id="a"/>'), attributes='isExecutable="true" v:candidateStarterUsers="kim"')
    assert result.codes("decide") == ["starter_users"]


def test_flowable_s_processes_are_executable_unless_they_say_no():
    result = converted(through('<manualTask id="a"/>'), vendor="flowable", attributes="")
    assert result.node("p").get("isExecutable") == "true"
    assert "executable" in result.codes("converted")


def test_camunda_s_processes_are_executable_only_if_they_say_so():
    result = converted(through('<manualTask id="a"/>'), attributes="")
    assert [finding.facts["code"] for finding in result.imported.undecided] == ["no_executable_process"]


def test_extension_properties_keep_their_names():
    inner = extended('<v:properties><v:property name="clause" value="5.1"/></v:properties>')
    result = converted(through(f'<manualTask id="a">{inner}</manualTask>'))
    assert result.zeebe("a", "property") == [{"name": "clause", "value": "5.1"}]


def test_a_starter_whom_an_application_used_to_set_is_for_a_person():
    result = converted(through('<userTask id="a" v:assignee="${initiator}" v:dataType="INITIATOR" v:text="发起人"/>'), vendor="flowable")
    assert result.codes("decide") == ["starter_unset"]
    assert result.codes("dropped") == ["not_needed"]


def test_blank_attributes_are_left_out():
    result = converted(through(f'<userTask id="a" {DOER} v:formKey="" v:assignee=" "/>'), vendor="flowable")
    assert result.codes("decide") == [] and "empty" not in result.codes("dropped")
    assert result.zeebe("a", "assignmentDefinition") == [{"candidateGroups": "staff"}]


def test_a_namespace_may_be_declared_where_it_is_used():
    task = '<userTask xmlns:f="http://flowable.org/bpmn" id="a" f:assignee="kim"/>'
    result = converted(through(task), vendor="activiti", attributes="")
    assert result.zeebe("a", "assignmentDefinition") == [{"assignee": "kim"}]
    assert b"flowable" not in result.imported.content and result.node("p").get("isExecutable") == "true"


def test_operaton_writes_as_camunda_does():
    task = '<userTask xmlns:operaton="http://operaton.org/schema/1.0/bpmn" id="a" operaton:assignee="kim"/>'
    assert converted(through(task)).zeebe("a", "assignmentDefinition") == [{"assignee": "kim"}]
