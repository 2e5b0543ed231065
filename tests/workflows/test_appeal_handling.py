"""The appeal process as its owners ship it: every scenario, every clause, every name."""

import csv
import json

import pytest

from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.model import CalledDecision, Job, Kind, MultiInstance, Script, UserTask
from engine.core.calendar import FUNCTION_NAMES, standard
from engine.core.dmn.evaluation import evaluate
from engine.core.forms.checks import names_of
from engine.core.forms.kinds import KINDS
from engine.core.scenario_play import Play
from engine.core.scenarios import coverage, run
from engine.core.trial import EPOCH
from tests.workflows import shipped

WORLD = shipped.everything()
SCENARIOS = {scenario.name: scenario for scenario in shipped.scenarios().scenarios}
CLAUSES = ("5.3.3", *(f"7.2.1{letter}" for letter in "abcdef"), *(f"6.{letter}" for letter in "abcde"))
# Set by the engine: reserved variables, the local deadline, who acts; the lists that forms offer, and the members of their items,
# which a filter may name.
GIVEN = {
    "business_key", "started_by", "started_at", "enterprise_id", "enterprise_name", "deadline", "actor", "loopCounter",
    "departments", "department_people", "my_enterprises", "label", "value", "department",
}  # fmt: skip


def play(name):
    return run(WORLD.library, shipped.process(), SCENARIOS[name], WORLD.forms)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_comes_out_as_its_owner_expects(name):
    outcome = play(name)
    assert outcome.ok, "\n".join(failure.sentence() for failure in outcome.failures)


def test_the_scenarios_go_through_every_node_and_every_flow():
    covered = coverage(shipped.process(), [play(name) for name in SCENARIOS])
    assert (covered.missed_nodes, covered.missed_flows) == ((), ())


def test_no_expression_of_the_process_gives_null_by_accident():
    warnings = set()
    for scenario in SCENARIOS.values():
        played = Play(WORLD.library, shipped.process(), scenario, WORLD.forms)
        for move in (scenario.start, *scenario.steps):
            played.do(move)
        warnings |= {(entry.node, str(entry.facts)) for entry in played.trial.history if entry.kind == "warning"}
    assert warnings == set()


def test_all_files_are_deployable_without_a_remark():
    known = Known(frozenset(shipped.forms()), frozenset(shipped.decisions()), frozenset(WORLD.processes))
    shipped.scenarios()
    assert [str(problem) for problem in (*shipped.PROBLEMS, *check(shipped.diagram(), known))] == []


def test_every_clause_of_the_appeal_mechanism_is_carried_and_tried():
    carried = {clause for node in shipped.process().nodes.values() for clause in node.properties.get("clause", "").split()}
    tried = {clause for scenario in SCENARIOS.values() for clause in scenario.clauses}
    assert set(CLAUSES) <= carried
    assert set(CLAUSES) <= tried
    assert carried - set(CLAUSES) == {"4.3"}


def test_every_form_is_used_and_every_action_names_one():
    nodes = shipped.process().nodes.values()
    named = {node.detail.form_id for node in nodes if isinstance(node.detail, UserTask)}
    named |= {node.properties["actionForm"] for node in nodes if "action" in node.properties}
    named |= {shipped.process().properties["startForm"]}
    assert named == set(shipped.forms())


def test_what_the_process_reads_is_set_somewhere():
    known = _sets() | GIVEN | set(FUNCTION_NAMES)
    assert {reader: names - known for reader, names in _reads().items() if names - known} == {}


def test_tasks_with_outputs_hand_over_every_field_of_their_form():
    """A field that an output forgets is lost without a word, so a new field must not be forgotten."""
    for node in shipped.process().nodes.values():
        form_id = node.detail.form_id if isinstance(node.detail, UserTask) else node.properties.get("actionForm")
        if form_id and node.outputs:
            handed = {name for mapping in node.outputs for name in _names(mapping.source)}
            fields = {name for name, component in _fields(form_id) if component.settings.get("readonly") is None}
            assert fields <= handed, node.id


def test_every_department_that_a_table_names_exists():
    with (shipped.ROOT / "workflows" / "reference" / "departments.csv").open(encoding="utf-8") as rows:
        known = {row["id"] for row in csv.DictReader(rows)}
    routing = shipped.decisions()["appeal_routing"].decisions["appeal_routing"].logic
    named = {rule.outputs[0].constant[0] for rule in routing.rules}
    assert named <= known and "appeal_team" in known


def test_every_category_of_the_forms_has_a_department_and_a_limit():
    choice = next(component for name, component in _fields("appeal_classification") if name == "category")
    for option in choice.options:
        department = _decide("appeal_routing", category=option.value)
        for urgency in ("normal", "high", "urgent"):
            terms = _decide("appeal_limit", category=option.value, urgency=urgency)
            assert department and terms["limit_days"] >= 1 and terms["sign_days"] >= 0
        assert option.value == "other" or department != "appeal_team"


@pytest.mark.parametrize(
    ("words", "category", "urgency"),
    [
        ("工程款拖欠半年", "debt", "normal"),
        ("供电不稳导致停产", "utilities", "urgent"),
        ("招聘不到技工，影响生产", "workforce", "high"),
        ("环评批复迟迟不下来", "environment", "normal"),
        ("退税流程不清楚", "tax", "normal"),
        ("不知道该找谁", "other", "normal"),
    ],
)
def test_a_category_and_an_urgency_are_suggested_from_the_words(words, category, urgency):
    assert _decide("appeal_category", appeal_type="unknown", appeal_text=words) == {"category": category, "urgency": urgency}


def test_the_category_that_the_enterprise_chose_is_the_suggestion():
    assert _decide("appeal_category", appeal_type="finance", appeal_text="货款拖欠，贷款又到期")["category"] == "finance"


def test_after_arbitration_returning_is_no_longer_offered():
    text = (shipped.ROOT / "workflows" / "appeal_handling" / "appeal_handling.scenarios.json").read_text("utf-8")
    case = next(row for row in json.loads(text)["scenarios"] if row["name"].startswith("退回后裁定一次"))
    number = [step.get("complete") for step in case["steps"]].index("职责争议裁定") + 1
    case["steps"][number]["with"] = {"sign_choice": "return", "return_reason": "仍然不是我们的职责。"}
    changed = {**json.loads(text), "scenarios": [case]}

    outcome = run(WORLD.library, shipped.process(), _read(changed), WORLD.forms)

    assert [(failure.step, failure.code) for failure in outcome.failures] == [(number + 1, "form_refused")]


def test_the_unpublished_year_is_left_to_the_owner_s_table():
    assert standard().known_until is not None and standard().known_until.year == 2026
    lines = (shipped.ROOT / "workflows" / "reference" / "holidays.csv").read_text("utf-8").splitlines()
    assert lines == ["day,is_workday,name"]


# ------------------------------------------------------------------------------------------------------------- looking


def _read(whole):
    from engine.core.scenario_files import read

    found, problems = read(json.dumps(whole, ensure_ascii=False).encode(), "changed.json")
    assert problems == [] and found is not None
    return found.scenarios[0]


def _decide(decision, **variables):
    return evaluate(shipped.decisions()[decision], decision, variables, now=EPOCH).value


def _names(formula):
    return set(formula.expression.names) if formula is not None and formula.expression is not None else set()


def _fields(form_id):
    return [(c.path[0], c) for c in shipped.forms()[form_id].walk() if c.path and KINDS[c.kind].keyed]


def _sets():
    found = {name for form_id in shipped.forms() for name, _ in _fields(form_id)}
    for node in shipped.process().nodes.values():
        found |= {mapping.target for mapping in (*node.inputs, *node.outputs)}
        if isinstance(node.detail, CalledDecision | Script):
            found.add(node.detail.result_variable)
        if isinstance(node.loop, MultiInstance):
            found |= {node.loop.element, node.loop.output_collection}
    return found


def _reads():
    """Names by who reads them: nodes, flows, forms and decisions."""
    process = shipped.process()
    found = {f"flow {flow.id}": _names(flow.condition) for flow in process.flows.values()}
    for node in process.nodes.values():
        formulas = [mapping.source for mapping in (*node.inputs, *node.outputs)]
        formulas += [event.value for event in node.events] + [event.correlation_key for event in node.events]
        match node.detail:
            case UserTask() as task:
                formulas += [task.assignee, task.candidate_groups]
            case Script() as script:
                formulas.append(script.expression)
            case Job() as job:
                formulas.append(job.type)
        if isinstance(node.loop, MultiInstance):
            formulas += [node.loop.collection, node.loop.output_element]
        found[f"node {node.id}"] = set().union(*map(_names, formulas))
    for form in shipped.forms().values():
        found[f"form {form.id}"] = set().union(*(names_of(component) for component in form.walk()))
    for id_, model in shipped.decisions().items():
        logic = model.decisions[id_].logic
        for column in getattr(logic, "inputs", ()):
            found.setdefault(f"decision {id_}", set()).update(column.expression.expression.names)
    assert Kind.USER_TASK in {node.kind for node in process.nodes.values()}
    return found
