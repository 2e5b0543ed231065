from __future__ import annotations

import pytest

from engine.core.dmn.failure import DecisionFailed
from engine.core.dmn.vocabulary import NAMESPACES
from tests.dmn.builders import TABLES, codes, decide, decision, document, literal, model, table, value


def needs(*hrefs: str) -> str:
    return "".join(f'<informationRequirement><requiredDecision href="#{href}"/></informationRequirement>' for href in hrefs)


def needs_input(*hrefs: str) -> str:
    return "".join(f'<informationRequirement><requiredInput href="#{href}"/></informationRequirement>' for href in hrefs)


def knows(*hrefs: str) -> str:
    return "".join(f'<knowledgeRequirement><requiredKnowledge href="#{href}"/></knowledgeRequirement>' for href in hrefs)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_version_of_the_standard_is_read(namespace: str) -> None:
    assert value(document(decision(literal("a + 1")), namespace), a=1) == 2


def test_a_required_decision_is_seen_under_variable_name_and_id() -> None:
    base = '<decision id="base_fee" name="基本 费用"><variable name="费用"/>' + literal("amount * 2") + "</decision>"
    content = document(base + decision(literal("费用 + base_fee + 基本 费用"), before=needs("base_fee")))

    result = decide(content, amount=5)

    assert result.json == 30
    assert [each.decision_id for each in result.evaluations] == ["base_fee", "d"]


def test_a_decision_needed_twice_is_made_once() -> None:
    content = document(
        decision(literal("n + 1"), "a", "a")
        + decision(literal("a * 2"), "b", "b", needs("a"))
        + decision(literal("a * 3"), "c", "c", needs("a"))
        + decision(literal("b + c"), "d", "d", needs("b", "c"))
    )

    result = decide(content, n=1)

    assert result.json == 10
    assert [each.decision_id for each in result.evaluations] == ["a", "b", "c", "d"]


def test_a_long_chain_of_decisions_needs_no_recursion() -> None:
    chain = decision(literal("1"), "d0", "d0") + "".join(
        decision(literal(f"d{n - 1} + 1"), f"d{n}", f"d{n}", needs(f"d{n - 1}")) for n in range(1, 400)
    )

    assert value(document(chain), "d399") == 400


def test_only_what_is_required_is_seen_of_other_decisions() -> None:
    content = document(decision(literal("1"), "a", "a") + decision(literal("a")))

    result = decide(content)

    assert result.json is None
    assert result.warnings[0].decision_id == "d"


def test_input_data_become_values_of_their_type() -> None:
    due = '<inputData id="i" name="到期日"><variable name="到期日" typeRef="date"/></inputData>'
    content = document(due + decision(literal('到期日 + duration("P1D")'), before=needs_input("i")))

    assert value(content, 到期日="2026-02-28") == "2026-03-01"
    with pytest.raises(DecisionFailed) as failed:
        value(content, 到期日="28.2.2026")
    assert (failed.value.code, failed.value.facts["column"]) == ("variable_type", "到期日")


def test_a_knowledge_model_is_a_function() -> None:
    fee = (
        '<businessKnowledgeModel id="fee" name="service fee"><encapsulatedLogic><formalParameter name="base amount" typeRef="number"/>'
        '<formalParameter name="rate"/>' + literal("base amount * rate") + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    content = document(fee + decision(literal("service fee(100, 2) + service fee(rate: 3, base amount: 10)"), before=knows("fee")))

    assert value(content) == 230


def test_a_knowledge_model_may_be_a_table_and_call_another() -> None:
    half = (
        '<businessKnowledgeModel id="half" name="half"><encapsulatedLogic><formalParameter name="x"/>'
        + literal("x / 2")
        + ("</encapsulatedLogic></businessKnowledgeModel>")
    )
    grade = (
        '<businessKnowledgeModel id="grade" name="grade"><encapsulatedLogic><formalParameter name="points"/>'
        + table([("half(points)", "number")], [("g", "string")], [(">= 5", '"high"'), ("< 5", '"low"')])
        + "</encapsulatedLogic>"
        + knows("half")
        + "</businessKnowledgeModel>"
    )
    content = document(half + grade + decision(literal("for p in [2, 20] return grade(p)"), before=knows("grade")))

    result = decide(content)

    assert result.json == ["low", "high"]
    assert [each.decision_id for each in result.evaluations] == ["grade", "grade", "d"]


def test_an_invocation_binds_its_parameters() -> None:
    model = (
        '<businessKnowledgeModel id="k" name="loan payment"><encapsulatedLogic><formalParameter name="annual rate"/>'
        '<formalParameter name="term"/>' + literal("annual rate * term") + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    call = (
        f"<invocation>{literal('loan payment')}<binding><parameter name='term'/>{literal('years * 12')}</binding>"
        f"<binding><parameter name='annual rate'/>{literal('0.5')}</binding></invocation>"
    )

    assert value(document(model + decision(call, before=knows("k"))), years=2) == 12


def test_a_context_computes_line_by_line() -> None:
    context = (
        f"<context><contextEntry><variable name='net price'/>{literal('amount * 2')}</contextEntry>"
        f"<contextEntry><variable name='tax'/>{literal('net price * 0.1')}</contextEntry>"
    )

    assert value(document(decision(context + "</context>")), amount=5) == {"net price": 10, "tax": 1}
    result = f"<contextEntry>{literal('net price + tax')}</contextEntry></context>"
    assert value(document(decision(context + result)), amount=5) == 11


def test_a_context_may_define_a_function() -> None:
    function = f"<functionDefinition><formalParameter name='x'/>{literal('x * factor')}</functionDefinition>"
    context = (
        f"<context><contextEntry><variable name='factor'/>{literal('3')}</contextEntry>"
        f"<contextEntry><variable name='times'/>{function}</contextEntry><contextEntry>{literal('times(4)')}</contextEntry></context>"
    )

    assert value(document(decision(context))) == 12


def test_lists_and_relations_hold_values() -> None:
    relation = (
        f"<relation><column name='name'/><column name='days'/><row>{literal(chr(34) + 'a' + chr(34))}{literal('n')}</row>"
        f"<row>{literal(chr(34) + 'b' + chr(34))}{literal('n + 1')}</row></relation>"
    )

    assert value(document(decision(relation)), n=1) == [{"name": "a", "days": 1}, {"name": "b", "days": 2}]
    assert value(document(decision(f"<list>{literal('n')}{literal('[2]')}</list>")), n=1) == [1, [2]]


def test_the_boxed_expressions_of_dmn_1_4() -> None:
    conditional = f"<conditional><if>{literal('n > 1')}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>"
    loop = f"<for iteratorVariable='x'><in>{literal('[1..n]')}</in><return>{literal('x * x + count(partial)')}</return></for>"
    some = f"<some iteratorVariable='x'><in>{literal('[1, n]')}</in><satisfies>{literal('x > 5')}</satisfies></some>"
    every = f"<every iteratorVariable='x'><in>{literal('[1, n]')}</in><satisfies>{literal('x > 5')}</satisfies></every>"
    chosen = f"<filter><in>{literal('rows')}</in><match>{literal('days > 1 and item.days > n')}</match></filter>"

    assert [value(document(decision(conditional)), n=n) for n in (1, 2, None)] == [2, 1, 2]
    assert value(document(decision(loop)), n=3) == [1, 5, 11]
    assert [value(document(decision(some)), n=n) for n in (9, 2, None)] == [True, False, None]
    assert value(document(decision(every)), n=9) is False
    assert value(document(decision(chosen)), n=2, rows=[{"days": 1}, {"days": 3}]) == [{"days": 3}]


SERVICE = (
    '<inputData id="i" name="n"/>'
    + decision(literal("100"), "base", "base")
    + decision(literal("base + n"), "inner", "inner", needs("base") + needs_input("i"))
    + decision(literal("inner * 2"), "outer", "outer", needs("inner"))
    + '<decisionService id="s" name="my service"><outputDecision href="#outer"/><encapsulatedDecision href="#inner"/>'
    '<inputDecision href="#base"/><inputData href="#i"/></decisionService>'
)


def test_a_decision_service_is_called_by_id_with_process_variables() -> None:
    assert value(document(SERVICE), "s", n=1, base=5) == 12


def test_a_decision_service_is_a_function_of_input_data_then_input_decisions() -> None:
    calls = "my service(1, 5) + my service(base: 1, n: 1)"

    assert value(document(SERVICE + decision(literal(calls), before=knows("s")))) == 16


def test_item_definitions_are_types() -> None:
    types = (
        '<itemDefinition name="level"><typeRef>string</typeRef><allowedValues><text>"a","b"</text></allowedValues></itemDefinition>'
        '<itemDefinition name="person"><itemComponent name="birth day"><typeRef>date</typeRef></itemComponent>'
        '<itemComponent name="level"><typeRef>level</typeRef></itemComponent></itemDefinition>'
        '<itemDefinition name="people" isCollection="true"><typeRef>person</typeRef></itemDefinition>'
        '<inputData id="i" name="staff"><variable name="staff" typeRef="people"/></inputData>'
    )
    content = document(types + decision(literal("staff[1].birth day.year"), before=needs_input("i")))

    assert value(content, staff=[{"birth day": "1990-05-01", "level": "a"}]) == 1990
    assert value(content, staff={"birth day": "1990-05-01", "level": None}) == 1990
    for bad, code, path in (
        ({"birth day": "yesterday"}, "variable_type", "staff.1.birth day"),
        ({"birth day": None, "level": "c"}, "variable_not_allowed", "staff.1.level"),
    ):
        with pytest.raises(DecisionFailed) as failed:
            value(content, staff=[bad])
        assert (failed.value.code, failed.value.facts["column"]) == (code, path)


def test_results_are_held_to_the_type_of_the_decision() -> None:
    content = document('<decision id="d" name="d"><variable name="d" typeRef="number"/>' + literal("a") + "</decision>")

    assert value(content, a=1) == 1
    with pytest.raises(DecisionFailed) as failed:
        value(content, a="1")
    assert failed.value.code == "value_type"


def test_boxed_logic_is_held_to_its_own_type() -> None:
    typed = f"<list typeRef='numbers'>{literal('a')}</list>"
    tabled = table([("a", "")], [("x", "")], [("-", "a")]).replace("<decisionTable", "<decisionTable typeRef='number'")
    types = '<itemDefinition name="numbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
    for content, good in ((document(types + decision(typed)), [1]), (document(decision(tabled)), 1)):
        assert value(content, a=1) == good
        with pytest.raises(DecisionFailed) as failed:
            value(content, a="x")
        assert failed.value.code == "value_type"


def test_endless_calls_and_endless_work_are_stopped() -> None:
    forever = (
        '<businessKnowledgeModel id="k" name="call"><encapsulatedLogic><formalParameter name="f"/>'
        + literal("f(f)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    one = (
        '<businessKnowledgeModel id="k" name="one"><encapsulatedLogic><formalParameter name="x"/>'
        + literal("x + 1")
        + ("</encapsulatedLogic></businessKnowledgeModel>")
    )
    for content, code in (
        (document(forever + decision(literal("call(call)"), before=knows("k"))), "too_deep"),
        (document(one + decision(literal("for x in 1..100000 return one(x)"), before=knows("k"))), "budget_exceeded"),
        (document(decision(literal("count(for x in 1..100000000 return x)"))), "budget_exceeded"),
    ):
        with pytest.raises(DecisionFailed) as failed:
            value(content)
        assert failed.value.code == code
        assert "{" not in failed.value.sentence("zh") + failed.value.sentence("en")


def test_an_unknown_decision_names_those_there_are() -> None:
    with pytest.raises(DecisionFailed) as failed:
        value(document(decision(literal("1"))), "other")

    assert (failed.value.code, failed.value.facts["known"]) == ("unknown_decision", "d")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (decision(literal("1"), before=needs("nowhere")), "dmn_reference_to_nothing"),
        (decision(literal("1"), before=needs("i")) + '<inputData id="i" name="i"/>', "dmn_wrong_reference"),
        (
            decision(literal("1"), before='<informationRequirement><requiredDecision href="http://x#y"/></informationRequirement>'),
            "dmn_other_file",
        ),
        (decision(literal("1"), before=needs("d")), "dmn_circle"),
        (decision(literal("1"), "a", "a", needs("b")) + decision(literal("1"), "b", "b", needs("a")), "dmn_circle"),
        (decision(""), "dmn_no_logic"),
        (decision(literal("1") + literal("2")), "dmn_several_logics"),
        (decision(literal("")), "dmn_empty_expression"),
        (decision(literal("1 +")), "dmn_feel_syntax"),
        (decision(literal("1")) + decision(literal("1")), "dmn_duplicate_id"),
        (decision(literal("1"), name=""), "dmn_no_name"),
        (2 * ('<decision name="x">' + literal("1") + "</decision>"), "dmn_no_id"),
        (decision(literal("1", "unheard")), "dmn_unknown_type"),
        (decision('<literalExpression expressionLanguage="juel"><text>1</text></literalExpression>'), "dmn_expression_language"),
        (decision(f"<functionDefinition kind='Java'>{literal('1')}</functionDefinition>"), "dmn_function_kind"),
        (decision(f"<functionDefinition kind='PMML'>{literal('1')}</functionDefinition>"), "dmn_function_kind"),
        (decision(literal("1")) + '<import name="x" namespace="y" importType="z"/>', "dmn_import"),
        (decision(literal("1")) + "<mystery/>", "dmn_unknown_element"),
        (decision(literal("1") + "<mystery/>"), "dmn_unknown_element"),
        (decision(table([("a", "")], [("x", "")], [("-", "1")]).replace("hitPolicy", "hitpolicy")), "dmn_unknown_attribute"),
        ("", "dmn_no_decision"),
        (decision("<relation><column name='a'/><row/></relation>"), "dmn_row_length"),
        (decision(f"<conditional><if>{literal('1')}</if></conditional>"), "dmn_part_missing"),
        (decision(f"<for><in>{literal('1')}</in><return>{literal('1')}</return></for>"), "dmn_no_name"),
        (
            decision(f"<context><contextEntry>{literal('1')}</contextEntry><contextEntry>{literal('1')}</contextEntry></context>"),
            "dmn_context_result",
        ),
        (decision("<list>" * 40 + literal("1") + "</list>" * 40), "dmn_too_deep"),
        (decision(literal("1")) + '<decisionService id="s" name="s"/>', "dmn_service_without_output"),
        (
            '<itemDefinition name="a"><typeRef>b</typeRef></itemDefinition><itemDefinition name="b"><typeRef>a</typeRef></itemDefinition>'
            + decision(literal("1")),
            "dmn_type_circle",
        ),
        (
            '<inputData id="i" name="x"/><inputData id="j" name="x"/>' + decision(literal("x"), before=needs_input("i", "j")),
            "dmn_duplicate_name",
        ),
    ],
)
def test_what_cannot_be_right_is_refused(body: str, code: str) -> None:
    assert code in codes(document(body))


def test_everything_wrong_is_found_at_once() -> None:
    body = decision(literal("1 +"), "a", "a", needs("nowhere")) + decision(literal("1", "unheard"), "b", "b") + "<mystery/>"

    assert {"dmn_feel_syntax", "dmn_reference_to_nothing", "dmn_unknown_type", "dmn_unknown_element"} <= set(codes(document(body)))


def test_other_languages_for_the_whole_file_are_refused() -> None:
    content = document(decision(literal("1")), attributes='expressionLanguage="http://www.w3.org/1999/XPath"')

    assert codes(content) == ["dmn_expression_language"]


def test_foreign_extensions_are_named_once() -> None:
    content = document(decision(literal("1")), attributes='xmlns:x="http://other.tool/1" x:a="1"')

    assert codes(content) == ["dmn_foreign"]


def test_a_whole_file_runs_from_input_to_limit() -> None:
    content = (TABLES / "graph.dmn").read_bytes()

    urgent, ordinary = decide(content, "appeal_limit", 诉求类别="停产"), decide(content, "appeal_limit", 诉求类别="用工")

    assert (urgent.json, ordinary.json) == ("1 workdays", "5 workdays")
    assert [each.name for each in urgent.evaluations] == ["紧急程度", "办理时限"]
    assert model(content).decisions["appeal_limit"].version_tag == "2026"
    assert codes(content) == []


def test_an_element_in_the_wrong_place_is_no_target() -> None:
    hidden = '<decision id="d" name="d"><variable name="d"><decision id="x" name="x"/></variable>' + needs("x") + literal("1") + "</decision>"

    assert codes(document(hidden)) == ["dmn_unknown_element", "dmn_wrong_reference"]


TYPES = (
    '<itemDefinition name="numbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
    '<itemDefinition name="small"><typeRef>number</typeRef><allowedValues><text>[0..9]</text></allowedValues></itemDefinition>'
    '<itemDefinition name="a person"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="age"><typeRef>number</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="gives numbers"><functionItem outputTypeRef="numbers"/></itemDefinition>'
    '<itemDefinition name="nothing"><typeRef>null</typeRef></itemDefinition>'
)


def typed(logic: str, kind: str, before: str = "") -> str:
    return f'<decision id="d" name="d"><variable name="d" typeRef="{kind}"/>{before}{logic}</decision>'


def knowledge(logic: str, parameters: str = "", kind: str = "", result: str = "") -> str:
    return (
        f'<businessKnowledgeModel id="k" name="k"><variable name="k" typeRef="{kind}"/>'
        f'<encapsulatedLogic typeRef="{result}">{parameters}{logic}</encapsulatedLogic></businessKnowledgeModel>'
    )


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("5", "numbers", [5]),
        ('["a"]', "string", "a"),
        ("date(2026, 3, 1)", "date and time", "2026-03-01T00:00:00Z"),
        ('{name: "甲", age: 1, more: true}', "a person", {"name": "甲", "age": 1, "more": True}),
        ("null", "numbers", None),
        ("null", "nothing", None),
    ],
)
def test_a_value_is_brought_to_its_type(text: str, kind: str, expected: object) -> None:
    assert value(document(TYPES + typed(literal(text), kind))) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1 + 1", "string"), ('[1, "a"]', "numbers"), ('"a"', "numbers"), ('["a"]', "number"), ('{name: "甲"}', "a person"), ("12", "small"), ("1", "nothing")],
)
def test_a_value_of_another_type_is_null_for_dmn_and_a_failure_for_a_process(text: str, kind: str) -> None:
    result = decide(document(TYPES + typed(literal(text), kind)))

    assert result.value is None and len(result.warnings) == 1
    assert result.warnings[0].sentence("en").endswith(".") and "{" not in result.warnings[0].sentence("zh")
    with pytest.raises(DecisionFailed):
        result.trusted()


def test_a_knowledge_model_called_with_an_argument_of_another_type_gives_null() -> None:
    known = knowledge(literal("x = null"), '<formalParameter name="x" typeRef="a person"/>')
    content = document(TYPES + known + decision(literal('[k({name: "甲"}), k({name: "甲", age: 1})]'), before=knows("k")))

    assert decide(content).json == [None, False]


@pytest.mark.parametrize(("kind", "result"), [("gives numbers", ""), ("numbers", ""), ("", "numbers"), ("", "gives numbers")])
def test_a_knowledge_model_gives_what_its_type_says(kind: str, result: str) -> None:
    content = document(TYPES + knowledge(literal("x"), '<formalParameter name="x"/>', kind, result) + decision(literal("k(1)"), before=knows("k")))

    assert value(content) == [1]
    assert value(content, "k", x=2) == [2]


def test_a_service_gives_what_its_type_says() -> None:
    service = '<decisionService id="s" name="s"><variable name="s" typeRef="gives numbers"/><outputDecision href="#d"/></decisionService>'

    assert value(document(TYPES + decision(literal("7")) + service), "s") == [7]
    assert decide(document(TYPES + decision(literal('"x"')) + service), "s").value is None


def test_instance_of_knows_the_types_of_the_file() -> None:
    texts = ['{name: "甲", age: 1} instance of a person', '{name: "甲"} instance of a person', "12 instance of small", '["a"] instance of numbers']

    assert [value(document(TYPES + decision(literal(text)))) for text in texts] == [True, False, True, False]


def test_a_binding_may_be_for_a_parameter_with_a_dot() -> None:
    binding = f'<binding><parameter name="企业.名称"/>{literal("企业.名称")}</binding>'
    called = f"<invocation><literalExpression><text>k</text></literalExpression>{binding}</invocation>"
    content = document(knowledge(literal('企业.名称 + "！"'), '<formalParameter name="企业.名称" typeRef="string"/>') + decision(called, before=knows("k")))

    assert value(content, 企业={"名称": "甲"}) == "甲！"


def test_a_decision_without_logic_is_made_elsewhere() -> None:
    content = document(decision("", "given", "意见") + decision(literal('意见 + "。"'), before=needs("given")))

    assert codes(content) == ["dmn_decided_elsewhere"]
    assert value(content, 意见="同意") == "同意。"
    with pytest.raises(DecisionFailed) as failed:
        value(content)
    assert failed.value.code == "value_missing"


def test_a_decision_without_an_id_is_called_by_its_name() -> None:
    assert value(document('<decision name="收费"><variable name="收费"/>' + literal("3") + "</decision>"), "收费") == 3
