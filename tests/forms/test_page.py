"""A form as a page: every control is labelled and described, and what a browser would send back is what the form takes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forms.actions import act
from engine.core.forms.kinds import OPTIONS
from engine.core.forms.model import Attachment
from engine.core.forms.reader import read
from engine.core.forms.sources import seeks
from engine.core.forms.submission import submit
from engine.core.forms.view import dependencies, view

from .conftest import EVERY, NOW, choices, drawing, field, form_of

VARIABLES = {
    "submitter": "张三",
    "company": {"name": "甲公司", "code": "91110000600037341L", "size": 3},
    "known_departments": ["科技局", "工信局"],
    "districts": [{"name": "涧西区", "code": "jx"}, {"name": "老城区", "code": "lc"}],
    "history": [{"number": f"S-{n}", "title": f"诉求{n}"} for n in range(3)],
}
FILLED = {
    "contact": "王五",
    "phone": "13800000000",
    "category": "money",
    "amount": 12.5,
    "detail": "\n第一行 <b>\n第二行",
    "urgency": 2,
    "channels": ["sms"],
    "departments": ["工信局"],
    "due": "2026-03-09",
    "meeting": "2026-03-05T10:00+08:00",
    "call_at": "09:30",
    "items": [{"name": "甲", "count": 1}, {"name": "乙", "count": 20, "reason": "批量"}],
    "total": 21,
    "address": {"street": "某路 1 号", "district": "jx"},
    "papers": [{"id": "f1", "name": "执照.pdf", "size": 2048, "mediaType": "application/pdf"}],
    "agree": True,
}
FILES = {"f1": Attachment("f1", "执照.pdf", 2048, "application/pdf")}


def browser_sends(page):
    """The successful controls of the form, as HTML Standard §4.10.22.4 has a browser send them."""
    raw: dict[str, list[str]] = {}
    for control in page.xpath("//input|//select|//textarea"):
        name, kind = control.get("name"), control.get("type")
        if not name or control.get("disabled") is not None or control.xpath("ancestor::fieldset[@disabled]") or kind == "file":
            continue
        if kind in ("checkbox", "radio") and control.get("checked") is None:
            continue
        if control.tag == "select":
            texts = control.xpath("option[@selected]/@value") or control.xpath("option[1]/@value")
        elif control.tag == "textarea":
            texts = [(control.text or "").removeprefix("\n")]
        else:
            texts = [control.get("value", "")]
        raw.setdefault(name, []).extend(str(text) for text in texts)
    return raw


def check_page(page):
    """What must hold of every page: ids are unique, each control has a name people hear, each reference leads somewhere."""
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for control in page.xpath("//input[not(@type='hidden')]|//select|//textarea"):
        assert page.xpath("//label[@for=$id]", id=control.get("id")), control.get("name")
    for described in page.xpath("//@aria-describedby"):
        assert set(described.split()) <= set(ids)
    for invalid in page.xpath("//*[@aria-invalid='true']"):
        holder = invalid if invalid.get("aria-describedby") else invalid.xpath("ancestor::fieldset[@aria-describedby][1]")[0]
        assert any(page.xpath("//*[@id=$id][contains(@class, 'fault')]", id=one) for one in holder.get("aria-describedby").split())
    for fieldset in page.xpath("//fieldset"):
        assert fieldset.xpath("legend[normalize-space()]")
    for link in page.xpath("//*[@data-fault-summary]//a/@href"):
        assert link.removeprefix("#") in ids
    for button in page.xpath("//button"):
        assert button.text_content().strip() or button.get("aria-label") or button.get("aria-hidden") == "true"
    assert not page.xpath("//*[@style]|//script|//*[starts-with(name(@*), 'on')]")


def test_a_page_of_every_component_is_sound_empty_filled_read_and_with_errors(every, draw):
    raw = {"contact": [""], "category": ["money"], "amount": ["abc"], "urgency": [""], "items": [""], "items[0]": [""], "agree": [""], "papers": [""]}
    errors = submit(every, raw, VARIABLES, now=NOW).errors
    for shown in (
        view(every, VARIABLES, now=NOW),
        view(every, VARIABLES | FILLED, now=NOW),
        view(every, VARIABLES | FILLED, now=NOW, read_only=True),
        view(every, VARIABLES, raw, now=NOW, errors=errors),
    ):
        check_page(draw(shown))


def test_what_variables_hold_comes_back_from_the_browser_unchanged(every, draw):
    page = draw(view(every, VARIABLES | FILLED, now=NOW))
    submission = submit(every, browser_sends(page), VARIABLES | FILLED, now=NOW, attachments=FILES)
    assert submission.errors == {}
    assert submission.values == FILLED | {"company": VARIABLES["company"]}


def test_what_was_typed_is_drawn_exactly_as_typed(every, draw):
    raw = {
        "contact": ["  x"], "phone": ["abc"], "category": ["money"], "amount": ["１2,"], "detail": ["\n\n 空行开头 </textarea><script>"],
        "urgency": ["", "3"], "channels": ["", "sms", "visit"], "departments": [""], "due": ["2026-02-30"], "meeting": [""], "call_at": [""],
        "items": [""], "items[0]": [""], "items[0].name": ['"><b>'], "items[0].count": ["many"], "address.street": [""], "address.district": ["lc"],
        "company.code": ["?"], "papers": [""], "agree": ["", "true"],
    }  # fmt: skip
    page = draw(view(every, VARIABLES, raw, now=NOW))
    assert browser_sends(page) == raw


def test_a_read_page_has_the_words_and_no_controls(every, draw):
    page = draw(view(every, VARIABLES | FILLED, now=NOW, read_only=True))
    assert not page.xpath("//input|//select|//textarea|//button")
    words = " ".join(page.text_content().split())
    for expected in ("较急", "¥12.5万元", "短信", "2026-03-05 10:00", "涧西区", "执照.pdf", "批量"):
        assert expected in words


def test_required_fields_say_so_in_words(draw):
    page = draw(view(form_of(field(validate={"required": True}), field(key="b")), {}, now=NOW))
    assert page.xpath("//label[@for='f-a']")[0].text_content() == "A（必填）"
    assert page.xpath("//*[@id='f-a']/@aria-required") == ["true"]
    assert page.xpath("//label[@for='f-b']")[0].text_content() == "B"


def test_errors_stand_in_a_summary_in_the_order_of_the_form(every, draw):
    raw = {"category": ["money"], "zzz": ["1"]}
    page = draw(view(every, VARIABLES, raw, now=NOW, errors=submit(every, raw, VARIABLES, now=NOW).errors))
    links = page.xpath("//*[@data-fault-summary]//li/a/@href")
    assert links == ["#f-contact", "#f-phone", "#f-amount", "#f-detail", "#f-urgency", "#f-items-0-name", "#f-agree"]
    assert "zzz" in page.xpath("//*[@data-fault-summary]//li")[-1].text_content()
    assert page.xpath("//*[@data-fault-summary]/@role") == ["alert"]


def test_errors_stay_until_they_are_mended(draw):
    form = form_of(*CONDITION, field(key="c", validate={"required": True}), field(key="d", validate={"required": True}))
    raw = {"kind": ["y"], "c": [""], "d": [""]}
    page = draw(view(form, {}, raw, now=NOW, errors=submit(form, raw, {}, now=NOW).errors))
    page = draw(view(form, {}, browser_sends(page) | {"kind": ["x"], "c": ["好"]}, now=NOW))
    assert page.xpath("//*[@data-fault-summary]//a/@href") == ["#f-d"]
    assert not page.xpath("//*[@role='alert']")
    page = draw(view(form, {}, browser_sends(page) | {"d": ["好"]}, now=NOW))
    assert not page.xpath("//*[@data-fault-summary]")
    assert submit(form, browser_sends(page), {}, now=NOW).values == {"kind": "x", "a": None, "c": "好", "d": "好"}


def test_enter_presses_a_plain_submit_button(every, draw):
    first = draw(view(every, VARIABLES | FILLED, now=NOW)).xpath("//button")[0]
    assert first.get("name") is None


def test_what_people_typed_stays_text_on_every_page(draw):
    form = form_of(
        field(label="{{evil}}", description="{{evil}}"),
        {"type": "text", "id": "t", "text": "你好 {{evil}}"},
        {"type": "table", "id": "tab", "label": "表", "dataSource": "=[{a: evil}]", "columns": [{"key": "a", "label": "A"}]},
    )
    evil = "<script>alert(1)</script>[x](javascript:alert(1)) ![y](https://evil.example/p.png) # h\n\n# 标题"
    page = draw(view(form, {"evil": evil, "a": evil}, now=NOW))
    assert not page.xpath("//script|//a|//img|//h1|//h2|//b")
    assert "javascript:alert(1)" in page.xpath("//*[@class='form-text']")[0].text_content()


def test_markdown_of_the_owner_is_safe_and_below_the_page_title(draw):
    text = "# 一\n\n<b>原文</b> [坏](javascript:x) [好](https://example.cn) [内](/a) [外](//evil.example) ![图](https://e.example/x.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    page = draw(view(form_of({"type": "text", "id": "t", "text": text}), {}, now=NOW))
    assert [heading.text for heading in page.xpath("//h2")] == ["一"]
    assert page.xpath("//a/@href") == ["https://example.cn", "/a", "https://e.example/x.png"]  # a picture is only linked to
    assert page.xpath("//a/@rel") == ["noopener noreferrer"] * 3
    assert not page.xpath("//b|//img")
    assert page.xpath("//td")


def test_templates_know_conditions_and_loops(draw):
    text = "{{#if urgent}}急{{/if}}{{#loop people}}{{name}}{{#if this.lead}}（组长）{{/if}}；{{/loop}}{{missing}}"
    variables = {"urgent": True, "people": [{"name": "甲", "lead": True}, {"name": "乙"}]}
    page = draw(view(form_of({"type": "text", "id": "t", "text": text}), variables, now=NOW))
    assert page.text_content().split() == ["急甲（组长）；乙；"]


CONDITION = (field("select", "kind", values=choices("x", "y")), field(conditional={"hide": '=kind != "x"'}))


def test_only_fields_that_others_depend_on_ask_the_server(draw):
    form = form_of(*CONDITION)
    page = draw(view(form, {}, now=NOW))
    assert dependencies(form) == {"kind"}
    assert [one.xpath(".//select/@name")[0] for one in page.xpath("//*[@hx-post and starts-with(@hx-trigger, 'change')]")] == ["kind"]
    assert page.xpath("//*[@data-without-script]//button/@name") == ["_update"]
    assert not draw(view(form_of(field()), {}, now=NOW)).xpath("//*[@data-without-script]|//*[@hx-post]")


def test_fields_in_rows_that_matter_are_found(every):
    assert dependencies(every) >= {"category", "items[].count", "items"}
    assert not dependencies(every) & {"contact", "detail"}


def test_what_was_typed_into_a_field_comes_back_when_it_does(draw):
    form = form_of(*CONDITION)
    shown = draw(view(form, {}, {"kind": ["x"], "a": ["手写"]}, now=NOW))
    hidden = draw(view(form, {}, browser_sends(shown) | {"kind": ["y"]}, now=NOW))
    again = draw(view(form, {}, browser_sends(hidden) | {"kind": ["x"]}, now=NOW))
    assert not hidden.xpath("//*[@id='f-a']")
    assert again.xpath("//*[@id='f-a']/@value") == ["手写"]
    assert submit(form, browser_sends(hidden), {}, now=NOW).values == {"kind": "y"}


def test_rows_of_a_hidden_list_come_back_too(draw):
    rows = {"type": "dynamiclist", "id": "l", "path": "items", "label": "明细", "components": [field(key="name")], "conditional": {"hide": '=kind != "x"'}}
    form = form_of(CONDITION[0], rows)
    raw = {"kind": ["y"], "items": [""], "items[0]": [""], "items[0].name": ["甲"], "items[4]": [""], "items[4].name": ["乙"]}
    hidden = browser_sends(draw(view(form, {}, raw, now=NOW)))
    again = draw(view(form, {}, hidden | {"kind": ["x"]}, now=NOW))
    assert again.xpath("//input[@type='text']/@value") == ["甲", "乙"]


def press(page, label):
    button = page.xpath("//button[normalize-space()=$label or @aria-label=$label]", label=label)[0]
    return act(browser_sends(page) | {button.get("name"): [button.get("value")]})


def test_rows_are_added_and_removed_by_plain_buttons(draw):
    inner = [field(key="name"), field("number", "count", defaultValue=1)]
    form = form_of({"type": "dynamiclist", "id": "l", "path": "items", "label": "明细", "components": inner})
    page = draw(view(form, {}, {"items": [""], "items[0]": [""], "items[0].name": ["甲"]}, now=NOW))
    page = draw(view(form, {}, press(page, "添加一项明细"), now=NOW))
    assert page.xpath("//input[@type='text']/@value") == ["甲", "1", "", "1"]
    page = draw(view(form, {}, press(page, "删除第 1 项明细"), now=NOW))
    assert page.xpath("//input[@type='text']/@name") == ["items[0].name", "items[0].count"]
    page = draw(view(form, {}, press(page, "删除第 1 项明细"), now=NOW))
    assert "还没有内容。" in page.text_content()
    assert submit(form, browser_sends(page), {}, now=NOW).values == {"items": []}


def test_a_stored_file_is_shown_and_can_be_removed(draw):
    form = form_of(field("filepicker", multiple=True))
    page = draw(view(form, {}, {"a": ["", "f1", "stranger"]}, now=NOW, attachments=FILES))
    assert page.xpath("//input[@type='hidden' and @name='a']/@value") == ["", "f1"]
    assert press(page, "移除文件 执照.pdf") == {"a": [""]}


@pytest.mark.parametrize("raw", [{"_add": ["]["]}, {"_remove": ["items"]}, {"_remove": ["items[0].name"]}, {"_add": [""]}, {"_update": ["1"]}])
def test_odd_buttons_change_nothing_and_submit_nothing(raw):
    assert act(raw | {"a": ["x"]}) == {"a": ["x"]}


def test_a_plain_submission_is_no_row_button():
    assert act({"a": ["x"]}) is None


def test_long_lists_and_tables_are_folded(every, draw):
    items = [{"name": f"第{n}", "count": 1} for n in range(8)]
    page = draw(view(every, VARIABLES | {"items": items}, now=NOW, read_only=True))
    folded = page.xpath("//details/summary")
    assert [summary.text_content() for summary in folded] == ["展开其余 3 项", "展开其余 1 行"]


def test_rows_that_are_to_be_filled_in_are_never_folded(every, draw):
    items = [{"name": f"第{n}", "count": 1} for n in range(8)]
    page = draw(view(every, VARIABLES | {"items": items}, now=NOW))
    assert not page.xpath("//details//*[@name='items[7].name']")
    assert [summary.text_content() for summary in page.xpath("//details/summary")] == ["展开其余 1 行"]


def test_the_layout_shares_sixteen_columns(every):
    spans = {part.name: part.span for line in view(every, VARIABLES, now=NOW).lines for part in line.parts}
    assert (spans["company.name"], spans["company.code"], spans["contact"], spans["phone"], spans["detail"]) == (10, 6, 8, 8, 16)


def test_moments_are_shown_in_local_time_whatever_their_zone(draw):
    form = form_of(field("datetime", subtype="datetime"), field("datetime", "b", subtype="time"))
    page = draw(view(form, {"a": "2026-03-04T23:30Z", "b": "01:30Z"}, now=NOW))
    assert page.xpath("//*[@id='f-a']/@value") == ["2026-03-05T07:30"]
    assert page.xpath("//*[@id='f-b']/@value") == ["09:30"]


@pytest.mark.parametrize("value", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-01:00"])
def test_a_moment_at_the_end_of_the_calendar_is_shown_as_it_is(draw, value):
    page = draw(view(form_of(field("datetime", subtype="datetime")), {"a": value}, now=NOW))
    assert page.xpath("//*[@id='f-a']/@value") == [value]


def test_a_number_that_no_page_can_write_out_is_shown_as_its_text(draw):
    page = draw(view(form_of(field("number")), {"a": "1e999999999"}, now=NOW))
    assert page.xpath("//*[@id='f-a']/@value") == ["1e999999999"]


def test_a_limit_beyond_all_lengths_is_none(draw):
    form = form_of(field(validate={"maxLength": "=b"}))
    assert draw(view(form, {"b": Decimal("9e6144")}, now=NOW)).xpath("//*[@id='f-a']/@data-limit") == []


def test_a_date_field_may_carry_the_labels_of_its_halves(draw):
    form = form_of({"type": "datetime", "id": "a", "key": "a", "subtype": "datetime", "dateLabel": "日期", "timeLabel": "时间"})
    assert draw(view(form, {}, now=NOW)).xpath("//label")[0].text_content() == "日期 时间"


def test_chinese_keys_make_sound_pages(draw):
    form = form_of({**field(key="企业.名称"), "id": "x"})
    page = draw(view(form, {"企业": {"名称": "甲"}}, now=NOW))
    check_page(page)
    assert submit(form, browser_sends(page), {}, now=NOW).values == {"企业": {"名称": "甲"}}


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6) | st.sampled_from(["2026-03-05", "f1", "money"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "count", "id", "street", "code", "label", "value"]), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted({*VARIABLES, *FILLED})
EVERY_FORM = read(EVERY.read_bytes(), EVERY.name)[0]
DRAW = drawing()


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), ANY, max_size=8), st.dictionaries(st.sampled_from(NAMES), st.lists(st.text(max_size=5), max_size=2), max_size=5))
def test_whatever_variables_hold_the_form_is_drawn_and_judged(variables, raw):
    page = DRAW(view(EVERY_FORM, variables, now=NOW))
    check_page(page)
    check_page(DRAW(view(EVERY_FORM, variables, raw, now=NOW, errors=submit(EVERY_FORM, raw, variables, now=NOW).errors)))
    view(EVERY_FORM, variables, now=NOW, read_only=True)
    json.dumps(submit(EVERY_FORM, browser_sends(page), variables, now=NOW).values)


MANY = {"firms": [{"label": f"第{number}家企业", "value": f"firm-{number}"} for number in range(OPTIONS + 5)]}


def test_of_very_many_choices_a_page_shows_some_and_finds_the_others(draw):
    form = form_of(field("select", "firm", valuesKey="firms"))
    last = f"第{OPTIONS + 4}家"

    page = draw(view(form, MANY, now=NOW))
    found = draw(view(form, MANY, {"firm": ["firm-7"], "_kept._find.firm": [last]}, now=NOW))

    assert len(page.xpath("//option")) == OPTIONS + 1 and "共 2005 项" in page.text_content()
    assert found.xpath("//option/@value") == ["", "firm-7", f"firm-{OPTIONS + 4}"]
    assert found.xpath("//option[@selected]/@value") == ["firm-7"]
    assert submit(form, {**browser_sends(found), "firm": [f"firm-{OPTIONS + 4}"]}, MANY, now=NOW).values == {"firm": f"firm-{OPTIONS + 4}"}


def test_enter_in_the_box_that_finds_choices_submits_nothing():
    as_drawn = {"_kept._find.firm": ["甲"], "_kept._found.firm": ["甲"]}
    assert not seeks(as_drawn) and not seeks({"firm": ["firm-7"]})
    assert seeks({**as_drawn, "_kept._find.firm": ["乙"]})
