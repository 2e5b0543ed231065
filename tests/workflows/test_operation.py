"""Services for running, building, upgrading and closing an enterprise: what their tables and expressions decide."""

import json

import pytest

from engine.core import scenario_files
from engine.core.bpmn.model import CalledProcess
from engine.core.dmn.evaluation import evaluate
from engine.core.dmn.reader import read as read_decisions
from engine.core.library import InMemory
from engine.core.scenarios import run
from engine.core.trial import EPOCH
from tests.workflows import shipped

OURS = (
    "policy_service", "legal_publicity", "workforce_service", "exchange_event", "exchange_invitation", "transformation_upgrade",
    "enterprise_deregistration", "project_construction", "service_closing",
)  # fmt: skip
HINDRANCES = ("is_abnormal", "is_pledged", "has_investment", "is_sued", "is_revoked", "has_fine", "has_debt", "lacks_promise")


def rows(table):
    return next(found for found in shipped.tables() if found.name == table).rows


def decide(decision, **variables):
    models = [file.model for file in shipped.everything().reading.files if file.model]
    model = next(model for model in models if decision in model.decisions)
    return evaluate(model, decision, {**shipped.everything().library.functions, **variables}, now=EPOCH).value


def matches(scale="中型", industry="装备制造", met=()):
    found = decide("policy_match", scale=scale, industry=industry, conditions_met=list(met)) or []
    return {policy["id"]: policy for policy in found}


def every_condition():
    return [condition for row in rows("policies") if row["conditions"] for condition in row["conditions"].split(";")]


# ----------------------------------------------------------------------------------------------------------- policies


def test_a_policy_is_offered_when_industry_scale_and_conditions_fit():
    assert matches(met=["高新技术企业"])["ZC003"]["grade"] == "可享受"
    assert "ZC003" not in matches(industry="服务业", met=["高新技术企业"])
    assert "ZC002" not in matches(scale="大型", met=["财务核算健全"])


def test_a_small_enterprise_also_hears_of_what_it_narrowly_misses_and_why():
    near = matches(scale="小型", met=["足额缴纳失业保险满一年"])["ZC008"]
    assert near["grade"] == "接近条件" and near["missing"] == ["裁员率不高于控制目标"]
    assert "ZC008" not in matches(scale="中型", met=["足额缴纳失业保险满一年"])


def test_what_is_fully_met_comes_first_and_what_has_expired_never():
    found = list(matches(scale="小型", met=every_condition()[:6]).values())
    assert [policy["rank"] for policy in found] == sorted(policy["rank"] for policy in found)
    assert {policy["rank"] for policy in found} == {1, 2}
    assert "ZC015" not in matches(scale="小型", met=every_condition())


def test_every_kind_of_policy_has_an_office_and_a_list_of_materials():
    kinds = {row["kind"]: row["id"] for row in rows("policies")}
    chosen = [{"id": id_, "title": kind, "kind": kind} for kind, id_ in kinds.items()]
    departments, lists = {row["id"] for row in rows("departments")}, {row["list"] for row in rows("materials")}
    for application in decide("policy_applications", chosen=chosen):
        assert application["department_id"] in departments and application["material_list"] in lists and application["limit_days"] > 0


def test_every_topic_that_the_table_recommends_is_in_the_library():
    known = {row["id"] for row in rows("legal_topics")}
    recommended = decide("legal_topic_ids", industry="食品加工", concern_text="发票、欠款、股东")
    assert {"food_law", "tax_law", "debt_law", "company_law"} <= set(recommended) <= known


# -------------------------------------------------------------------------------------------------- staff and upgrading


@pytest.mark.parametrize(
    ("age", "clear", "claim", "limit"),
    [(30, True, "on_time", 15), (30, False, "on_time", 60), (31, True, "late", 60), (365, False, "late", 60), (366, True, "expired", 0)],
)
def test_an_injury_is_claimed_within_thirty_days_and_by_the_worker_within_a_year(age, clear, claim, limit):
    found = decide("injury_claim", injury_age=age, injury_clear=clear)
    assert (found["claim"], found["limit_days"]) == (claim, limit)


@pytest.mark.parametrize(
    ("above_scale", "legal_form", "revenue", "step"),
    [(False, "limited", 1500, "up_to_scale"), (False, "limited", 1499, "none"), (True, "limited", 5000, "to_joint_stock"),
     (True, "joint_stock", 100, "to_listed"), (True, "other", 9000, "none")],
)  # fmt: skip
def test_an_enterprise_stands_on_one_step_of_the_growth_ladder(above_scale, legal_form, revenue, step):
    assert decide("growth_ladder", above_scale=above_scale, legal_form=legal_form, revenue=revenue)["step"] == step


# ------------------------------------------------------------------------------------------------------- deregistration


def facts(*true):
    return dict.fromkeys((*HINDRANCES, "is_individual"), False) | dict.fromkeys(true, True)


@pytest.mark.parametrize("hindrance", HINDRANCES)
def test_each_hindrance_leads_to_the_ordinary_path_and_says_why(hindrance):
    found = decide("deregistration_path", **facts(hindrance))
    assert found["path"] == "ordinary" and found["notice_limit"] is None and found["reason"]


def test_without_hindrance_the_notice_is_twenty_days_and_ten_for_an_individual_business():
    assert decide("deregistration_path", **facts())["notice_limit"] == "20 days"
    assert decide("deregistration_path", **facts("is_individual"))["notice_limit"] == "10 days"
    assert decide("deregistration_path", **facts("is_individual", "has_fine"))["path"] == "ordinary"


# ---------------------------------------------------------------------------------------------------------------- build


def phases(**project):
    known = {"needs_approval": False, "is_low_risk": False, "land_source": "granted", **project}
    approvals = decide("project_approvals", **known)
    chosen = [approval["service_id"] for approval in approvals]
    found = decide("project_phases", approvals=approvals, chosen_ids=chosen)
    return {phase["name"]: [approval["id"] for approval in phase["approvals"]] for phase in found}


def test_approvals_are_grouped_into_phases_in_the_order_of_the_law():
    assert phases() == {
        "立项": ["project_filing"], "用地、规划与环评": ["environment_assessment", "land_planning", "construction_planning"],
        "施工许可": ["construction_permit"],
    }  # fmt: skip


def test_a_rented_hall_of_low_risk_needs_filing_and_permit_only():
    needed = {approval for approvals in phases(land_source="leased", is_low_risk=True).values() for approval in approvals}
    assert needed == {"project_filing", "construction_permit"}


def test_every_approval_that_a_table_names_is_a_public_service():
    known = {row["id"] for row in rows("public_services")}
    for land in ("granted", "allocated", "owned", "leased"):
        for flag in (True, False):
            named = decide("project_approvals", needs_approval=flag, is_low_risk=flag, land_source=land)
            assert {approval["service_id"] for approval in named} <= known


# ----------------------------------------------------------------------------------------------------------- all of them


def test_each_call_of_the_agency_has_a_key_of_its_own():
    """Else ending one matter, which is announced by its business key, would end the whole service."""
    for id_ in OURS:
        for node in shipped.everything().processes[id_].nodes.values():
            if isinstance(node.detail, CalledProcess) and node.detail.process_id.text == "agency_service":
                (key,) = [mapping.source.text for mapping in node.inputs if mapping.target == "business_key"]
                assert key.strip("= ").startswith("business_key + "), (id_, node.id)


@pytest.mark.parametrize("folder", sorted({id_ for id_ in OURS if id_ != "exchange_invitation"}))
def test_every_limit_of_a_settings_table_is_read(folder):
    files = [*(shipped.ROOT / "workflows" / folder).glob("*.bpmn"), *(shipped.ROOT / "forms").glob("*.form")]
    text = "".join(file.read_text("utf-8") for file in files)
    terms = [
        output.name
        for file in shipped.everything().reading.files
        if file.model and file.name.startswith(f"workflows/{folder}/")
        for id_, decision in file.model.decisions.items()
        if id_.endswith("_terms")
        for output in decision.logic.outputs
    ]
    assert terms and [name for name in terms if f"rules.{name}" not in text] == []


def test_every_material_list_that_a_diagram_names_exists():
    known = {row["list"] for row in rows("materials")}
    for id_ in OURS:
        for node in shipped.everything().processes[id_].nodes.values():
            for mapping in node.inputs:
                if mapping.target == "material_list" and mapping.source.expression and not mapping.source.expression.names:
                    assert mapping.source.expression.evaluate({}, now=EPOCH).value in known, (id_, node.id)


@pytest.mark.parametrize("days", [7, 90])
def test_the_period_of_progress_reports_is_the_number_in_the_table(days):
    world = shipped.everything()
    settings = (shipped.ROOT / "workflows" / "project_construction" / "project_settings.dmn").read_text("utf-8")
    changed, _ = read_decisions(settings.replace("<text>30</text>", f"<text>{days}</text>", 1).encode(), "project_settings.dmn")
    others = [file.model for file in world.reading.files if file.model and "project_rules" not in file.model.decisions]
    library = InMemory(world.processes.values(), [*others, changed], tables=shipped.tables())
    steps = [
        {"wait": f"{days * 24 - 1} hours", "expect": {"open": ["报告开工"]}},
        {"wait": "2 hours", "expect": {"open": ["报告开工", "填报建设进展"]}},
    ]

    outcome = run(library, world.processes["project_construction"], case("审批未通过：调整方案", steps), world.forms)

    assert [failure.sentence() for failure in outcome.failures] == []


def case(name, more_steps):
    """A scenario of the construction project, continued."""
    text = (shipped.ROOT / "workflows" / "project_construction" / "project_construction.scenarios.json").read_text("utf-8")
    whole = json.loads(text)
    found = next(row for row in whole["scenarios"] if row["name"] == name)
    whole["scenarios"] = [{**found, "steps": [*found["steps"], *more_steps]}]
    file, problems = scenario_files.read(json.dumps(whole, ensure_ascii=False).encode(), "continued.json")
    assert problems == [] and file is not None
    return file.scenarios[0]
