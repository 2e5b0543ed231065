"""A `.form` file is read with every finding at once, each at its line, or refused; reading never raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forms.kinds import KINDS
from engine.core.forms.reader import read

from .conftest import EVERY, choices, field, form_of, problems_of, source


def codes(*components: dict[str, object], **more: object) -> list[str]:
    return [problem.code for problem in problems_of(*components, **more)]


def test_a_form_with_every_component_is_read_without_a_finding(every):
    assert {component.kind for component in every.walk()} == set(KINDS)
    assert every.id == "every_component"


def test_a_finding_stands_at_the_line_of_its_value():
    text = '{"type": "default", "id": "x", "components": [\n  {"type": "textfield", "id": "a", "key": "a",\n   "label": "A",\n   "colour": "red"}\n]}'
    [problem] = read(text.encode(), "x.form")[1]
    assert (problem.code, problem.line, problem.element) == ("form_unknown_property", 4, "a")
    assert problem.facts["pointer"] == "/components/0/colour"
    assert str(problem).startswith("x.form:4: a: ")


def test_all_findings_come_at_once_in_order_of_their_lines():
    problems = problems_of({"type": "html", "id": "a"}, {"type": "slider", "id": "b"}, field(key="if"))
    assert [problem.code for problem in problems] == ["form_refused_html", "form_unknown_type", "form_key_reserved"]
    assert sorted(problem.line for problem in problems) == [problem.line for problem in problems]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "form_json_value", 1),
        ("[]", "form_not_an_object", 1),
        ('{"a": 1}\n}', "form_json_trailing", 2),
        ('{\n"a": 1,\n}', "form_json_key", 3),
        ('{"a" 1}', "form_json_colon", 1),
        ('{"a": 1 "b": 2}', "form_json_comma", 1),
        ('{"a": "b', "form_json_string", 1),
        ('{"a": NaN}', "form_json_value", 1),
        ('{"a": 1e999}', "form_json_value", 1),
        ("[" * 50, "form_json_too_deep", 1),
        ("[" * 100_000, "form_json_too_deep", 1),
    ],
)
def test_text_that_is_not_json_is_refused_with_its_place(text, code, line):
    form, [problem] = read(text.encode(), "x.form")
    assert form is None
    assert (problem.code, problem.line) == (code, line)


def test_other_encodings_and_oversize_are_refused():
    assert read("表单".encode("gbk"), "x.form")[1][0].code == "form_not_utf8"
    assert read(b" " * 1_000_001, "x.form")[1][0].code == "form_too_large"


def test_a_byte_order_mark_is_no_error():
    assert read(b"\xef\xbb\xbf" + source(field()), "x.form")[0] is not None


def test_a_member_twice_in_one_object_is_refused():
    text = '{"type": "default", "id": "x",\n"id": "y", "components": []}'
    [twice] = read(text.encode(), "x.form")[1]
    assert (twice.code, twice.line, twice.facts["key"]) == ("form_duplicate_member", 2, "id")


def test_a_form_without_components_is_only_a_warning():
    [empty] = problems_of()
    assert (empty.code, empty.severity) == ("form_empty", "warning")


def test_a_feel_error_tells_the_column():
    [problem] = problems_of(field(conditional={"hide": "=a > "}))
    assert problem.code == "form_feel"
    assert problem.facts["column"] >= 5
    assert "{" not in problem.sentence("zh")
    assert "{" not in problem.sentence("en")


@pytest.mark.parametrize(
    ("component", "code"),
    [
        ({"type": "iframe", "id": "a", "url": "https://example.cn"}, "form_refused_iframe"),
        ({"type": "documentPreview", "id": "a"}, "form_refused_documentpreview"),
        ({"id": "a"}, "form_unknown_type"),
        ({"type": "textfield", "key": "a", "label": "A"}, "form_component_id"),
        ({"type": "textfield", "id": "a b", "key": "a", "label": "A"}, "form_component_id"),
        ({"type": "textfield", "id": "a", "label": "A"}, "form_key_missing"),
        ({"type": "textfield", "id": "a", "key": "a"}, "form_label_missing"),
        ({"type": "dynamiclist", "id": "a", "label": "A", "components": []}, "form_path_missing"),
        ({"type": "group", "id": "a"}, "form_components_missing"),
        (field(key="1a"), "form_key_invalid"),
        (field(key="a..b"), "form_key_invalid"),
        (field(key="a-b"), "form_key_invalid"),
        (field(key="_x"), "form_key_reserved"),
        (field(key="a.this"), "form_key_reserved"),
        (field(components=[]), "form_unknown_property"),
        (field(path="b"), "form_unknown_property"),
        (field(values=choices(1)), "form_unknown_property"),
        (field(validate={"max": 3}), "form_unknown_property"),
        (field(validate=[]), "form_expected_object"),
        (field(validate={"required": "yes"}), "form_expected_flag"),
        (field(validate={"minLength": 5, "maxLength": 3}), "form_limits_crossed"),
        (field(validate={"minLength": -1}), "form_property_out_of_range"),
        (field(validate={"minLength": 1.5}), "form_expected_integer"),
        (field(validate={"pattern": "("}), "form_pattern_invalid"),
        (field(validate={"pattern": "(?=a)b"}), "form_pattern_invalid"),
        (field(validate={"validationType": "postcode"}), "form_expected_choice"),
        (field(label="{{a"), None),
        (field(label="{{#if a}}x"), "form_template_open"),
        (field(label="x{{/if}}"), "form_template_closing"),
        (field(label="{{#each a}}x{{/each}}"), "form_template_unknown_tag"),
        (field(label=5), "form_expected_template"),
        (field(defaultValue=5), "form_default_invalid"),
        (field(conditional={"hide": "a"}), "form_condition_not_feel"),
        (field(conditional={"show": "=a"}), "form_condition_invalid"),
        (field(conditional={"hide": "=a = 1"}), "form_circle"),
        (field(layout={"row": "r", "columns": 17}), "form_layout_invalid"),
        (field(layout={"row": "r", "width": 3}), "form_layout_invalid"),
        (field(appearance={"colour": "red"}), "form_unknown_property"),
        (field("number", decimalDigits=-1), "form_property_out_of_range"),
        (field("number", validate={"min": 3, "max": 2}), "form_limits_crossed"),
        (field("number", increment="x"), "form_expected_number"),
        (field("number", defaultValue="many"), "form_default_invalid"),
        (field("datetime", subtype="month"), "form_expected_choice"),
        (field("checkbox", defaultValue="true"), "form_default_invalid"),
        (field("select"), "form_options_missing"),
        (field("select", values=[]), "form_options_missing"),
        (field("select", valuesKey=""), "form_options_missing"),
        (field("select", values=choices(1), valuesKey="x"), "form_options_ambiguous"),
        (field("select", values=[{"label": "空"}]), "form_option_invalid"),
        (field("select", values=choices(1, "1")), "form_option_twice"),
        (field("select", values=choices(1), defaultValue=2), "form_default_invalid"),
        (field("checklist", values=choices(1), defaultValue=[1, 2]), "form_default_invalid"),
        (field("select", valuesExpression="x"), "form_expected_feel"),
        ({"type": "expression", "id": "a", "key": "a"}, "form_expression_missing"),
        ({"type": "expression", "id": "a", "key": "a", "expression": "=a + 1"}, "form_circle"),
        ({"type": "table", "id": "a", "dataSource": "=x"}, "form_table_columns"),
        ({"type": "table", "id": "a", "dataSource": "=x", "columns": [{"label": "A"}]}, "form_table_columns"),
        ({"type": "table", "id": "a", "columns": [{"key": "a"}]}, "form_table_source"),
        ({"type": "image", "id": "a", "alt": "a", "source": "https://example.cn/a.png"}, "form_image_source"),
        ({"type": "image", "id": "a", "source": "data:image/png;base64,AA"}, "form_image_alt"),
    ],
)
def test_a_component_that_would_not_do_as_written_is_refused(component, code):
    found = codes(component)
    assert code in found if code else not found


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (field(key="a"), field(key="a"), True),
        (field(key="a"), {**field(key="a.b"), "id": "other"}, True),
        (field(key="a.b"), {**field(key="a"), "id": "other"}, True),
        (field(key="a.b"), field(key="a.c"), False),
        (field(key="items"), {"type": "dynamiclist", "id": "l", "path": "items", "label": "L", "components": []}, True),
        ({"type": "group", "id": "g", "path": "a", "components": [field(key="b")]}, field(key="a.b"), True),
        ({"type": "dynamiclist", "id": "l", "path": "l", "label": "L", "components": [field(key="a")]}, {**field(key="a"), "id": "o"}, False),
    ],
)
def test_two_fields_never_share_a_variable(first, second, clash):
    found = codes(first, second)
    assert ("form_binding_taken" in found) == clash


def test_conditions_in_a_circle_are_refused_with_the_path():
    problems = problems_of(field(key="a", conditional={"hide": "=b"}), field(key="b", conditional={"hide": "=a"}))
    assert [problem.facts["path"] for problem in problems] == ["a → b → a", "b → a → b"]


def test_too_many_and_too_deep_components_are_refused():
    nested: dict[str, object] = field()
    for level in range(12):
        nested = {"type": "group", "id": f"g{level}", "components": [nested]}
    assert codes(nested) == ["form_nested_too_deep"]
    assert codes(*[{"type": "separator", "id": f"s{n}"} for n in range(600)]) == ["form_too_many_components"]


def test_a_newer_schema_is_only_a_warning():
    [problem] = problems_of(field(), schemaVersion=25)
    assert (problem.code, problem.severity) == ("form_newer_schema", "warning")
    assert read(source(field(), schemaVersion=25), "x.form")[0] is not None


def test_keys_may_be_chinese_and_own_properties_are_kept():
    form = form_of({**field(key="企业.名称"), "id": "name", "properties": {"personal": True}})
    assert form.components[0].path == ("企业", "名称")
    assert form.components[0].properties == {"personal": True}


def test_every_sentence_of_a_finding_exists_in_both_languages():
    for problem in problems_of({"type": "html", "id": "a"}, field(key="if"), field("select"), field(validate={"pattern": "("})):
        for language in ("zh", "en"):
            assert not problem.sentence(language).startswith("problem.")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_file_makes_reading_raise(data):
    content = bytearray(EVERY.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    form, problems = read(bytes(content), "x.form")
    assert form is not None or problems


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_no_value_of_a_property_makes_reading_raise(kind, data):
    names = sorted({*KINDS[kind].properties, "validate", "conditional", "layout", "appearance", "values", "components", "key", "path", "id"})
    component = {"type": kind, "id": "a", **{name: data.draw(json_values) for name in data.draw(st.lists(st.sampled_from(names), max_size=4))}}
    form, problems = read(json.dumps({"type": "default", "id": "x", "components": [component]}).encode(), "x.form")
    assert form is not None or problems


def test_a_form_may_carry_a_version_tag() -> None:
    text = '{"type": "default", "id": "f", "versionTag": %s, "components": [{"type": "text", "id": "t", "text": "x"}]}'
    form, problems = read((text % '" v1 "').encode(), "f.form")
    assert form is not None and form.version_tag == "v1" and problems == []
    _, problems = read((text % "1").encode(), "f.form")
    assert [problem.code for problem in problems] == ["form_version_tag_invalid"]
