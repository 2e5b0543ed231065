from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select

from engine.core.forms.model import Component, Form
from engine.tables.instances import ProcessInstance, Variable
from engine.tables.people import Enterprise
from engine.tables.tasks import Draft
from engine.verbs import filling, starting
from engine.verbs.errors import FormInvalid
from engine.verbs.filling import TaskForm
from tests.access.world import World


def variables(world: World, instance_id: str) -> dict[str, object]:
    with world.store.reading() as session:
        query = select(Variable.name, Variable.value).where(Variable.instance_id == instance_id, Variable.scope == instance_id)
        return {name: value for name, value in session.execute(query)}


def instances(world: World) -> int:
    with world.store.reading() as session:
        return session.scalar(select(func.count()).select_from(ProcessInstance)) or 0


def test_a_double_click_starts_once(any_world: World) -> None:
    key = uuid4().hex

    first = any_world.start(request_key=key)
    again = any_world.start(request_key=key, topic="")

    assert again.id == first.id and again.started_again and not first.started_again
    assert instances(any_world) == 1


def test_a_request_key_of_another_person_is_another_request(world: World) -> None:
    key = uuid4().hex

    assert world.start("acme_boss", request_key=key).id != world.start("bolt_boss", request_key=key).id


def test_an_enterprise_files_for_itself_whatever_it_leaves_out(world: World) -> None:
    for raw in ({}, {"enterprise_id": ""}, {"enterprise_id": "acme"}):
        case = world.start("acme_boss", **raw)
        found = variables(world, case.id)

        assert (case.enterprise_id, found["enterprise_id"], found["enterprise_name"]) == ("acme", "acme", "acme")
        assert found["started_by"] == {"id": "acme_boss", "name": "acme_boss"}


@pytest.mark.parametrize("who", ["acme_boss", "cadre_of_acme", "housing_one"])
def test_nobody_files_for_an_enterprise_that_is_not_theirs(world: World, who: str) -> None:
    with pytest.raises(FormInvalid) as refused:
        world.start(who, enterprise_id="bolt")
    assert list(refused.value.submission.errors) == ["enterprise_id"]

    with world.store.writing() as session, pytest.raises(FormInvalid):
        starting.start_json(session, "case", {"topic": "x", "enterprise_id": "bolt"}, world.actor(who), world.clock.now)


def test_whose_case_it_is_is_judged_even_where_the_form_offers_any_text(world: World) -> None:
    open_field = Form("free", "free.form", (Component("textfield", "enterprise", 1, ("enterprise_id",)),))

    with world.store.reading() as session:
        for who, chosen, allowed in (("cadre_of_acme", "acme", True), ("cadre_of_acme", "bolt", False), ("acme_boss", "bolt", False)):
            try:
                filling.judged(session, TaskForm(open_field), {"enterprise_id": [chosen]}, world.actor(who), world.clock.now)
                assert allowed
            except FormInvalid:
                assert not allowed


def test_a_cadre_s_choice_brings_the_name_along(world: World) -> None:
    case = world.start("cadre_of_acme", enterprise_id="acme")

    assert case.enterprise_name == "acme" and variables(world, case.id)["enterprise_name"] == "acme"


def test_what_is_wrong_with_a_start_starts_nothing_and_may_be_mended(world: World) -> None:
    key = uuid4().hex

    with pytest.raises(FormInvalid):
        world.start(topic="", request_key=key)

    assert instances(world) == 0
    assert not world.start(request_key=key).started_again


def test_a_start_form_keeps_its_draft_until_it_is_sent(world: World) -> None:
    boss, now = world.actor("acme_boss"), world.clock.now
    with world.store.writing() as session:
        starting.save_draft(session, "case", {"topic": ["写了一半"]}, boss, now)

    with world.store.reading() as session:
        assert starting.start_form(session, "case", boss, now).draft == {"topic": ["写了一半"]}
        assert starting.start_form(session, "case", world.actor("acme_clerk"), now).draft is None
    world.start("acme_boss")
    with world.store.reading() as session:
        assert session.scalars(select(Draft.subject)).all() == []


def test_a_start_form_offers_the_actor_s_own_enterprises(world: World) -> None:
    for who, expected in (("acme_boss", ["acme"]), ("cadre_of_bolt", ["bolt"]), ("cadre_once_of_acme", [])):
        with world.store.reading() as session:
            shown = starting.start_form(session, "case", world.actor(who), world.clock.now)
        assert [item["value"] for item in shown.variables["my_enterprises"]] == expected  # type: ignore[index,union-attr]


def test_none_of_very_many_enterprises_is_left_out(world: World) -> None:
    with world.store.writing() as session:
        firms = [{"id": f"firm-{n}", "uscc": f"{n:018}", "name": f"第{n}家", "zone_id": "east"} for n in range(2_100)]
        session.execute(insert(Enterprise), [{**firm, "created_at": world.clock.now} for firm in firms])

    with world.store.reading() as session:
        shown = starting.start_form(session, "case", world.actor("housing_one"), world.clock.now)
    started = world.start("housing_one", enterprise_id="firm-2099")

    assert {firm["id"] for firm in firms} < {item["value"] for item in shown.variables["my_enterprises"]}  # type: ignore[index,union-attr]
    assert variables(world, started.id)["enterprise_name"] == "第2099家"
