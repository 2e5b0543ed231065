"""Forms that offer rows of a reference table."""

import json

from engine.core.forms.reader import read
from engine.core.reference import FUNCTION_NAME
from engine.verbs import filling, reference
from engine.verbs.access import SYSTEM
from engine.verbs.errors import FormInvalid

import pytest

FORM = {
    "id": "choose", "type": "default", "schemaVersion": 16,
    "components": [
        {
            "type": "select", "id": "F1", "key": "fee", "label": "收费项目",
            "valuesExpression": '=for fee in reference("fees")[kind = "a"] return {label: fee.name, value: fee.id}',
        },
        {"type": "textfield", "id": "F2", "key": "why", "label": "说明", "conditional": {"hide": '=count(reference("fees")) > 9'}},
    ],
}  # fmt: skip


@pytest.fixture
def shown(store, clock):
    """The form with everything around it, as on a page."""
    form, problems = read(json.dumps(FORM, ensure_ascii=False).encode(), "choose.form")
    assert form is not None and problems == []
    with store.writing() as session:
        reference.load(session, {"fees.csv": "id,name,kind\n1,工本费,a\n2,检测费,b\n".encode()}, SYSTEM, clock.now)
        return filling.filled(session, form, {}, SYSTEM, "x", {})


def test_the_rows_are_the_choices(store, clock, shown):
    with store.writing() as session:
        assert filling.judged_json(session, shown, {"fee": "1", "why": "x"}, SYSTEM, clock.now) == {"fee": "1", "why": "x"}
        with pytest.raises(FormInvalid):
            filling.judged_json(session, shown, {"fee": "2"}, SYSTEM, clock.now)


def test_the_function_is_no_value_of_the_submission(store, clock, shown):
    with store.writing() as session:
        found = filling.judged(session, shown, {"fee": ["1"], "why": [""]}, SYSTEM, clock.now)
    assert FUNCTION_NAME in shown.variables and FUNCTION_NAME not in found
