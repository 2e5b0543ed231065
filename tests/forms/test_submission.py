"""What is submitted is judged against the form: right values come out ready for JSON, everything else is an error by name."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forms.model import Attachment
from engine.core.forms.reader import read
from engine.core.forms.submission import submit, submit_json
from engine.core.forms.view import view
from engine.texts import text

from .conftest import EVERY, NOW, choices, field, form_of, problems_of

PDF = Attachment("f1", "执照.PDF", 2048, "application/pdf")
PICTURE = Attachment("f2", "现场.png", 1024, "image/png")
FILES = {"f1": PDF, "f2": PICTURE}


def sent(component, *texts, variables=None):
    submission = submit(form_of(component), {"a": list(texts)}, variables or {}, now=NOW, attachments=FILES)
    return submission.errors["a"].code if submission.errors else submission.values["a"]


def given_json(component, value, variables=None):
    submission = submit_json(form_of(component), {"a": value}, variables or {}, now=NOW, attachments=FILES)
    return submission.errors["a"].code if submission.errors else submission.values["a"]


REQUIRED = {"required": True}
DAY = field("datetime", subtype="date")
TIME = field("datetime", subtype="time", timeSerializingFormat="utc_offset")
BOTH = field("datetime", subtype="datetime", timeSerializingFormat="utc_offset")


@pytest.mark.parametrize(
    ("component", "texts", "expected"),
    [
        (field(), ["  张三 "], "张三"),
        (field(), [""], None),
        (field(), [], None),
        (field(), ["a", "b"], "form.given_twice"),
        (field(), ["a\nb"], "form.one_line"),
        (field(), ["a\x00b"], "form.control_character"),
        (field(), ["a\u202eb"], "form.control_character"),
        (field(), ["\ud800"], "form.control_character"),
        (field(), ["长" * 1001], "form.too_long"),
        (field(validate=REQUIRED), ["   "], "form.required"),
        (field(validate={"maxLength": 3}), ["𠮷𠮷𠮷"], "𠮷𠮷𠮷"),  # one character each, two UTF-16 units
        (field(validate={"maxLength": 3}), ["四个汉字"], "form.too_long"),
        (field(validate={"minLength": 2}), ["一"], "form.too_short"),
        (field(validate={"minLength": 2}), [""], None),
        (field(validate={"pattern": r"^[\u4e00-\u9fa5]{2,4}$"}), ["张三"], "张三"),
        (field(validate={"pattern": r"^[\u4e00-\u9fa5]{2,4}$"}), ["Zhang"], "form.pattern"),
        (field(validate={"pattern": "^x$", "patternErrorMessage": "只能填 x"}), ["y"], "form.pattern_message"),
        (field(validate={"validationType": "email"}), ["a@example.cn"], "a@example.cn"),
        (field(validate={"validationType": "email"}), ["a@b"], "form.not_an_email"),
        (field(validate={"validationType": "phone"}), ["13800000000"], "13800000000"),
        (field(validate={"validationType": "phone"}), ["0379-65912345"], "0379-65912345"),
        (field(validate={"validationType": "phone"}), ["+4930664040900"], "+4930664040900"),
        (field(validate={"validationType": "phone"}), ["123"], "form.not_a_phone"),
        (field(validate={"validationType": "phone"}), ["1380000000٣"], "form.not_a_phone"),
        (field(properties={"format": "uscc"}), ["91110000600037341L"], "91110000600037341L"),
        (field(properties={"format": "uscc"}), ["91110000600037341A"], "form.not_a_uscc"),
        (field("textarea"), ["第一行\r\n第二行 "], "第一行\n第二行 "),
        (field("textarea"), [" \n "], None),
        (field("textarea"), ["长" * 20_001], "form.too_long"),
        (field("number"), ["12"], 12),
        (field("number"), ["12.50"], 12.5),
        (field("number"), ["１２．５"], 12.5),
        (field("number"), ["1,234,567.8"], 1234567.8),
        (field("number"), ["1,23"], "form.not_a_number"),
        (field("number"), ["−3"], -3),
        (field("number"), ["1e5"], "form.not_a_number"),
        (field("number"), ["NaN"], "form.not_a_number"),
        (field("number"), ["Infinity"], "form.not_a_number"),
        (field("number"), ["٣"], "form.not_a_number"),
        (field("number"), ["0.1234567890123456"], "form.too_many_digits"),
        (field("number", serializeToString=True), ["0.1234567890123456"], "0.1234567890123456"),
        (field("number", decimalDigits=2), ["1.005"], "form.too_many_decimals"),
        (field("number", decimalDigits=2), ["1.500"], 1.5),
        (field("number", decimalDigits=0), ["1.5"], "form.not_an_integer"),
        (field("number", increment=0.1), ["0.3"], 0.3),
        (field("number", increment="0.25"), ["0.3"], "form.not_a_step"),
        (field("number", increment=1), ["1" * 40 + ".5"], "form.not_a_step"),
        (field("number", increment=1, serializeToString=True), ["1" * 40], "1" * 40),
        (field("number", decimalDigits=1, serializeToString=True), ["1" * 40 + ".55"], "form.too_many_decimals"),
        (field("number", validate={"min": 1, "max": 5}), ["6"], "form.out_of_range"),
        (field("number", validate={"min": 0.1}), ["0"], "form.too_small"),
        (field("number", validate={"max": 5}), ["5.01"], "form.too_large"),
        (field("number", validate={"min": 0, "required": True}), ["0"], 0),
        (DAY, ["2026-03-05"], "2026-03-05"),
        (DAY, ["2026-02-29"], "form.not_a_date"),
        (DAY, ["2026-3-5"], "form.not_a_date"),
        (DAY, ["2026-03-05T10:00"], "form.not_a_date"),
        (DAY, ["0001-01-01"], "form.date_unlikely"),
        (DAY | {"disallowPassedDates": True}, ["2026-03-01"], "form.date_passed"),
        (DAY | {"disallowPassedDates": True}, ["2026-03-02"], "2026-03-02"),
        (TIME, ["09:30"], "09:30+08:00"),
        (TIME, ["25:00"], "form.not_a_time"),
        (TIME | {"timeSerializingFormat": "utc_normalized"}, ["09:30"], "01:30Z"),
        (TIME | {"timeSerializingFormat": "no_timezone"}, ["09:30"], "09:30"),
        (TIME | {"timeInterval": 15}, ["09:20"], "form.not_a_time_step"),
        (BOTH, ["2026-03-05T09:30"], "2026-03-05T09:30+08:00"),
        (BOTH | {"timeSerializingFormat": "utc_normalized"}, ["2026-03-05T07:30"], "2026-03-04T23:30Z"),
        (BOTH, ["2026-03-05"], "form.not_a_time"),
        (field("checkbox"), [""], False),
        (field("checkbox"), ["", "true"], True),
        (field("checkbox"), ["", "yes"], "form.not_a_choice"),
        (field("checkbox", validate=REQUIRED), [""], "form.required_tick"),
        (field("radio", values=choices(1, 2)), ["", "2"], 2),
        (field("radio", values=choices(True, False), validate=REQUIRED), ["false"], False),
        (field("select", values=choices("x")), ["y"], "form.not_a_choice"),
        (field("select", values=choices("x"), validate=REQUIRED), [""], "form.required_choice"),
        (field("checklist", values=choices("x", "y")), ["", "y", "x", "y"], ["y", "x"]),
        (field("checklist", values=choices("x", "y")), ["", "z"], "form.not_a_choice"),
        (field("taglist", values=choices("x"), validate=REQUIRED), [""], "form.required_choice"),
        (field("filepicker"), ["", "gone"], "form.file_missing"),
        (field("filepicker", validate=REQUIRED), [""], "form.required_file"),
        (field("filepicker", accept=".pdf"), ["", "f2"], "form.file_type"),
        (field("filepicker", accept="image/*"), ["", "f2"], [{"id": "f2", "name": "现场.png", "size": 1024, "mediaType": "image/png"}]),
    ],
)
def test_texts_of_a_page_become_values_or_an_error(component, texts, expected):
    assert sent(component, *texts) == expected


@pytest.mark.parametrize(
    ("component", "value", "expected"),
    [
        (field(), "张三", "张三"),
        (field(), 5, "form.wrong_type"),
        (field("textarea"), ["x"], "form.wrong_type"),
        (field("number"), 1.5, 1.5),
        (field("number"), "1.5", "form.not_a_number"),
        (field("number"), True, "form.not_a_number"),
        (field("number"), 10**400, "form.not_a_number"),
        (field("number", serializeToString=True), "1.50", "1.50"),
        (field("checkbox"), 1, "form.wrong_type"),
        (DAY, "2026-03-05", "2026-03-05"),
        (BOTH, "2026-03-05T01:30Z", "2026-03-05T09:30+08:00"),
        (BOTH | {"timeSerializingFormat": "no_timezone"}, "2026-03-05T01:30Z", "form.time_zone_unwanted"),
        (field("select", values=choices(1)), 1, 1),
        (field("select", values=choices(1)), {"value": 1}, "form.not_a_choice"),
        (field("checklist", values=choices("x")), "x", "form.wrong_type"),
        (field("filepicker"), ["f1"], [{"id": "f1", "name": "执照.PDF", "size": 2048, "mediaType": "application/pdf"}]),
        (field("filepicker"), [{"id": "f1", "name": "x.exe"}], [{"id": "f1", "name": "执照.PDF", "size": 2048, "mediaType": "application/pdf"}]),
        (field("filepicker"), [7], "form.file_missing"),
        (field(), None, None),
    ],
)
def test_values_of_a_program_are_held_to_the_same_rules(component, value, expected):
    assert given_json(component, value) == expected


def test_a_single_file_field_keeps_the_newest_and_a_multiple_one_all():
    one = submit(form_of(field("filepicker")), {"a": ["", "f1", "f2"]}, {}, now=NOW, attachments=FILES)
    many = submit(form_of(field("filepicker", multiple=True)), {"a": ["", "f1", "f2"]}, {}, now=NOW, attachments=FILES)
    assert [file["id"] for file in one.values["a"]] == ["f2"]
    assert [file["id"] for file in many.values["a"]] == ["f1", "f2"]


def test_untouched_fields_give_null_so_that_later_steps_find_the_name():
    form = form_of(field(), field("checkbox", "b"), field("checklist", "c", values=choices(1)), field("select", "d", values=choices(1)))
    assert submit(form, {}, {}, now=NOW).values == {"a": None, "b": False, "c": [], "d": None}


def test_variables_come_before_defaults_and_both_are_submitted_untouched():
    form = form_of(field(defaultValue="默认"), field(key="b", defaultValue="默认"))
    assert submit(form, {}, {"b": "已有"}, now=NOW).values == {"a": "默认", "b": "已有"}


def test_unknown_names_are_refused_but_those_of_the_page_are_not():
    raw = {"a": ["x"], "csrf_token": ["t"], "_button": ["1"], "role": ["admin"], "a.b": ["1"], "][": ["1"]}
    submission = submit(form_of(field()), raw, {}, now=NOW)
    assert {name: error.code for name, error in submission.errors.items()} == dict.fromkeys(("role", "a.b", "]["), "form.unknown_field")
    assert submission.values == {}
    assert set(submit_json(form_of(field()), {"a": "x", "role": {"admin": 1}}, {}, now=NOW).errors) == {"role.admin"}


@pytest.mark.parametrize("lock", [{"readonly": True}, {"disabled": True}, {"readonly": "=status = 2"}])
def test_a_locked_field_takes_no_other_value(lock):
    form = form_of(field(**lock))
    variables = {"a": "旧", "status": 2}
    assert submit(form, {"a": ["新"]}, variables, now=NOW).errors["a"].code == "form.read_only"
    assert submit_json(form, {"a": "新"}, variables, now=NOW).errors["a"].code == "form.read_only"
    assert submit_json(form, {"a": "旧"}, variables, now=NOW).errors == {}
    assert submit(form, {}, variables, now=NOW).values == {}


def test_a_locked_field_is_not_judged_by_rules_nobody_could_follow():
    assert submit(form_of(field(readonly=True, validate=REQUIRED)), {}, {}, now=NOW).errors == {}


HIDES = (field("select", "kind", values=choices("x", "y")), field(conditional={"hide": '=kind != "x"'}, validate=REQUIRED))


def test_a_hidden_field_is_not_required_and_submits_nothing():
    assert submit(form_of(*HIDES), {"kind": ["y"]}, {"a": "旧"}, now=NOW).values == {"kind": "y"}
    assert submit(form_of(*HIDES), {"kind": ["x"]}, {}, now=NOW).errors["a"].code == "form.required"


def test_a_value_for_a_hidden_field_is_dropped_from_a_page_and_refused_from_a_program():
    assert submit(form_of(*HIDES), {"kind": ["y"], "a": ["typed before"]}, {}, now=NOW).values == {"kind": "y"}
    assert submit_json(form_of(*HIDES), {"kind": "y", "a": "z"}, {}, now=NOW).errors["a"].code == "form.hidden"


def test_what_hangs_on_a_hidden_field_sees_null_whatever_the_order():
    form = form_of(
        field(key="c", conditional={"hide": "=b = null"}),
        field(key="b", conditional={"hide": "=a = null"}),
        field(key="a", conditional={"hide": "=start = null"}),
        field(key="start"),
    )
    raw = {"a": ["1"], "b": ["1"], "c": ["1"]}
    assert submit(form, raw | {"start": ["1"]}, {}, now=NOW).values == {"a": "1", "b": "1", "c": "1", "start": "1"}
    assert submit(form, raw | {"start": [""]}, {}, now=NOW).values == {"start": None}


def test_expressions_are_computed_by_the_server_and_cannot_be_sent():
    form = form_of(field("number"), {"type": "expression", "id": "e", "key": "double", "expression": "=a * 2"})
    assert submit(form, {"a": ["21"]}, {}, now=NOW).values == {"a": 21, "double": 42}
    assert submit_json(form, {"a": 21, "double": 1}, {}, now=NOW).errors["double"].code == "form.read_only"
    assert submit_json(form, {"a": 21, "double": 42}, {}, now=NOW).values["double"] == 42


def test_limits_may_be_computed():
    form = form_of(field("number", validate={"max": "=budget / 2"}))
    assert submit(form, {"a": ["51"]}, {"budget": 100}, now=NOW).errors["a"].facts["max"] == "50"
    assert submit(form, {"a": ["50"]}, {"budget": 100}, now=NOW).values == {"a": 50}


def test_choices_may_come_from_a_variable_or_an_expression():
    by_key = form_of(field("select", valuesKey="offered"))
    by_expression = form_of(field("select", valuesExpression="=for d in offered return {label: d.name, value: d.code}"))
    assert submit(by_key, {"a": ["y"]}, {"offered": ["x", {"label": "Y", "value": "y"}, None]}, now=NOW).values == {"a": "y"}
    assert submit(by_key, {"a": ["y"]}, {}, now=NOW).errors["a"].code == "form.not_a_choice"
    assert submit(by_expression, {"a": ["7"]}, {"offered": [{"name": "七", "code": 7}]}, now=NOW).values == {"a": 7}


def test_an_object_variable_keeps_the_members_the_form_does_not_show():
    form = form_of({"type": "group", "id": "g", "path": "company", "label": "企业", "components": [field(key="phone")]})
    variables = {"company": {"name": "甲公司", "phone": "1"}}
    assert submit(form, {"company.phone": ["2"]}, variables, now=NOW).values == {"company": {"name": "甲公司", "phone": "2"}}
    assert variables == {"company": {"name": "甲公司", "phone": "1"}}


def rows_form(**more):
    inner = [field(key="name", validate=REQUIRED), field(key="code", readonly=True), field(key="why", conditional={"hide": "=this.name != \"x\""})]
    return form_of({"type": "dynamiclist", "id": "l", "path": "items", "label": "明细", "components": inner, **more})


def test_rows_follow_their_order_whatever_their_numbers():
    raw = {"items": [""], "items[7]": [""], "items[7].name": ["乙"], "items[2]": [""], "items[2].name": ["甲"]}
    assert submit(rows_form(), raw, {}, now=NOW).values["items"] == [{"name": "甲", "code": None}, {"name": "乙", "code": None}]


def test_a_row_keeps_what_it_had_when_rows_before_it_go():
    variables = {"items": [{"name": "甲", "code": "A", "x": 1}, {"name": "乙", "code": "B", "x": 2}]}
    raw = {"items": [""], "items[1]": ["1"], "items[1].name": ["乙改"], "items[2]": [""], "items[2].name": ["新"]}
    assert submit(rows_form(), raw, variables, now=NOW).values["items"] == [{"name": "乙改", "code": "B", "x": 2}, {"name": "新", "code": None}]


def test_a_row_cannot_claim_the_origin_of_another():
    raw = {"items": [""], "items[0]": ["0"], "items[0].name": ["甲"], "items[1]": ["0"], "items[1].name": ["甲"], "items[2]": ["99"], "items[2].name": ["x"]}
    rows = submit(rows_form(), raw, {"items": [{"name": "甲", "code": "A"}]}, now=NOW).values["items"]
    assert [row["code"] for row in rows] == ["A", None, None]


def test_an_emptied_list_is_empty_and_an_unseen_one_stays():
    variables = {"items": [{"name": "甲"}]}
    assert submit(rows_form(), {"items": [""]}, variables, now=NOW).values["items"] == []
    assert submit(rows_form(), {}, variables, now=NOW).values["items"] == [{"name": "甲", "code": None}]


def test_conditions_and_errors_are_those_of_each_row():
    raw = {"items": [""], "items[0]": [""], "items[0].name": ["x"], "items[0].why": ["因"], "items[1]": [""], "items[1].name": [""], "items[1].why": ["因"]}
    submission = submit(rows_form(), raw, {}, now=NOW)
    assert list(submission.errors) == ["items[1].name"]
    assert text(submission.errors["items[1].name"].code, "zh", **submission.errors["items[1].name"].facts) == "请填写“明细 2 · NAME”。"
    raw["items[1].name"] = ["y"]
    assert submit(rows_form(), raw, {}, now=NOW).values["items"] == [{"name": "x", "code": None, "why": "因"}, {"name": "y", "code": None}]


def test_a_list_of_fixed_length_takes_no_more_and_no_fewer_rows():
    form = rows_form(allowAddRemove=False, defaultRepetitions=2)
    assert submit_json(form, {"items": [{"name": "甲"}]}, {}, now=NOW).errors["items"].code == "form.rows_fixed"
    assert submit(form, {"items[0].name": ["甲"], "items[1].name": ["乙"]}, {}, now=NOW).values["items"][1]["name"] == "乙"
    assert "items[2].name" in submit(form, {"items[2].name": ["丙"]}, {}, now=NOW).errors


def test_rows_of_a_program_are_held_to_the_form():
    form = rows_form()
    assert submit_json(form, {"items": "x"}, {}, now=NOW).errors["items"].code == "form.not_a_list"
    assert submit_json(form, {"items": [{"name": "甲", "role": 1}]}, {}, now=NOW).errors["items[0].role"].code == "form.unknown_field"
    assert submit_json(form, {"items": [{"name": "甲", "code": "A"}]}, {}, now=NOW).errors["items[0].code"].code == "form.read_only"
    assert submit_json(form, {"items": [{}] * 201}, {}, now=NOW).errors["items"].code == "form.too_many_rows"


def test_lists_nest():
    inner = {"type": "dynamiclist", "id": "i", "path": "people", "label": "人员", "components": [field(key="name")]}
    form = form_of({"type": "dynamiclist", "id": "o", "path": "teams", "label": "小组", "components": [inner]})
    raw = {"teams": [""], "teams[0]": [""], "teams[0].people": [""], "teams[0].people[3]": [""], "teams[0].people[3].name": ["甲"]}
    assert submit(form, raw, {}, now=NOW).values == {"teams": [{"people": [{"name": "甲"}]}]}


@pytest.mark.parametrize(
    "raw",
    [
        {"a": ["x" * 1_000_001]},
        {"a": [""] * 5_001},
        {f"n{n}": [""] for n in range(6_000)},
    ],
)
def test_too_much_is_refused_at_once(raw):
    assert submit(form_of(field()), raw, {}, now=NOW).errors[""].code == "form.too_much"


def test_hostile_names_and_depths_cost_little():
    deep: object = 1
    for _ in range(900):
        deep = {"a": deep}
    names = {"a" + ".a" * 100_000: ["1"], "a" + "[0]" * 100_000: ["1"]}
    started = time.perf_counter()
    assert all(error.code == "form.unknown_field" for error in submit(form_of(field()), names, {}, now=NOW).errors.values())
    assert submit_json(form_of(field()), {"a": deep}, {}, now=NOW).errors[""].code == "form.not_json"
    assert submit_json(form_of(field()), {"a": float("nan")}, {}, now=NOW).errors[""].code == "form.not_json"
    assert time.perf_counter() - started < 1


def test_a_pattern_cannot_be_made_to_hang():
    started = time.perf_counter()
    assert sent(field(validate={"pattern": "^(a+)+$"}), "a" * 999 + "b") == "form.pattern"
    assert time.perf_counter() - started < 0.5


def test_an_expression_that_eats_too_much_counts_as_null():
    form = form_of({"type": "expression", "id": "e", "key": "e", "expression": "=count(for i in 1..100000000 return i)"})
    assert submit(form, {}, {}, now=NOW).values == {"e": None}


EVERY_FORM = read(EVERY.read_bytes(), "every")[0]
FIELD_NAMES = sorted(
    {"contact", "phone", "category", "amount", "detail", "urgency", "channels", "due", "meeting", "call_at", "items", "items[0]", "items[0].name",
     "items[0].count", "address.street", "papers", "agree", "company.name", "company", "total", "x", "items[0].z"}
)  # fmt: skip
TEXTS = st.sampled_from(["", "1", "true", "x", "money", "2026-03-05", "\x00", "f1", "9" * 50, "张三"])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELD_NAMES), st.lists(TEXTS, max_size=3), max_size=12))
def test_whatever_a_page_sends_gives_json_or_errors_with_sentences(raw):
    submission = submit(EVERY_FORM, raw, {}, now=NOW, attachments=FILES)
    json.dumps(submission.values, allow_nan=False)
    for error in submission.errors.values():
        assert not text(error.code, "zh", **error.facts).startswith("form.")
        assert "—" not in text(error.code, "en", **error.facts)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(FIELD_NAMES + ["items", "address"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "count", "street", "z"]), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=8,
    )
)
def test_whatever_a_program_sends_gives_json_or_errors_with_sentences(given):
    submission = submit_json(EVERY_FORM, given, {}, now=NOW, attachments=FILES)
    json.dumps(submission.values, allow_nan=False)
    for error in submission.errors.values():
        assert not text(error.code, "zh", **error.facts).startswith("form.")


@pytest.mark.parametrize(("rows", "code"), [([], "form.too_few_rows"), ([{"cell": "甲"}], None)])
def test_a_list_may_need_a_row(rows, code):
    form = form_of({"type": "dynamiclist", "id": "list", "path": "rows", "label": "分工", "properties": {"minRows": "1"}, "components": [field(key="cell")]})
    found = submit_json(form, {"rows": rows}, {}, now=NOW)

    assert [error.code for error in found.errors.values()] == ([code] if code else [])
    assert view(form, {}, now=NOW).lines[0].parts[0].required


@pytest.mark.parametrize(
    "component",
    [
        field(properties={"minRows": "1"}), {"type": "dynamiclist", "id": "l", "path": "r", "properties": {"minRows": "0"}, "components": []},
        {"type": "dynamiclist", "id": "l", "path": "r", "allowAddRemove": False, "properties": {"minRows": "1"}, "components": []},
    ],
)  # fmt: skip
def test_a_number_of_rows_is_asked_only_of_lists_that_can_grow(component):
    assert [problem.code for problem in problems_of(component)] == ["form_min_rows"]


def test_what_a_file_field_takes_is_said_in_words():
    form = form_of(field("filepicker", "papers", accept=".pdf,.doc,.docx,image/*,.dwg"))
    (hint,) = view(form, {}, now=NOW).lines[0].parts[0].hints
    assert text(hint.code, "zh", **hint.facts) == "可以上传PDF、Word 文档、图片（JPG、PNG 等）、.dwg，每个文件不超过 20 MB。"
    assert text(hint.code, "en", **hint.facts).startswith("You may upload PDF, Word documents, pictures")
