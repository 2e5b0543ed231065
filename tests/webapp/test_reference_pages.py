"""Reference tables and clauses as people meet them in the browser."""

import io
import re

import pytest

from engine.verbs import clauses, inboxes


@pytest.fixture
def designer(visit):
    return visit("wu")


def shown(visitor, path="/reference/policies"):
    """The cells of the table on the page, row by row, without the buttons."""
    body = visitor.text(path).split("<tbody")[1].split("</tbody>")[0]
    return [re.findall(r'data-label="[^"]*">([^<]*)<', row) for row in body.split("<tr")[1:]]


def uploaded(content, name="policies.csv"):
    return {"file": (io.BytesIO(content.encode()), name)}


def test_tables_are_listed_with_their_versions(designer):
    page = designer.text("/reference")
    assert "惠企政策库" in page and "标准条款" in page and "随文件部署" in page


def test_rows_are_found_by_any_cell(designer):
    assert [row[:2] for row in shown(designer, "/reference/policies?q=省级")] == [["p2", "技术改造补助"]]
    assert "没有这样的行" in designer.text("/reference/policies?q=nothing")


def test_a_row_is_changed_and_the_version_before_stays_to_be_looked_at(designer):
    page = designer.text('/reference/policies/row?key=["p1"]')
    assert 'value="首次入规奖励"' in page

    answer = designer.post("/reference/policies/row", {
        "_key": '["p1"]', "_version": "1", "cell.id": "p1", "cell.title": "首次入规奖补", "cell.year": "2026", "cell.valid_until": "2028-12-31",
    })  # fmt: skip

    assert answer.status_code == 303
    assert shown(designer)[0][:4] == ["p1", "首次入规奖补", "—", "2026"]
    assert shown(designer, "/reference/policies?version=1")[0][1] == "首次入规奖励"
    assert "只能查看" in designer.text("/reference/policies?version=1") and "吴工" in designer.text("/reference/policies")


@pytest.mark.parametrize("number", ["0", "-1", "7", "2147483648", "9" * 30])
@pytest.mark.parametrize("path", ["/reference/policies", "/reference/policies.csv"])
def test_a_version_that_there_is_not_is_said_to_be_none(designer, path, number):
    answer = designer.get(f"{path}?version={number}")

    assert answer.status_code == 404 and "没有找到" in answer.get_data(as_text=True)


@pytest.mark.parametrize("words", ["9" * 30, "-" + "9" * 30, "9" * 5_000, "x"])
def test_numbers_in_addresses_that_mean_nothing_break_no_page(designer, words):
    assert designer.get(f"/reference/policies?page={words}").status_code == 200
    assert designer.post("/reference/policies/delete", {"_key": '["p1"]', "_version": words}).status_code == 409
    assert designer.get("/reference/policies/row", query_string={"key": "[" * 3_000}).status_code == 200


def test_a_cell_that_does_not_fit_is_explained_beside_it_and_nothing_typed_is_lost(designer):
    answer = designer.post("/reference/policies/row", {"_key": "", "_version": "1", "cell.id": "p3", "cell.title": "", "cell.year": "明年"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "“年份”列的值“明年”不是数字" in page and "“标题”列不能为空" in page and 'value="明年"' in page


def test_who_comes_too_late_is_told(designer, visit):
    designer.post("/reference/policies/row", {"_key": "", "_version": "1", "cell.id": "p3", "cell.title": "稳岗返还"})
    answer = visit("admin").post("/reference/policies/row", {"_key": "", "_version": "1", "cell.id": "p4", "cell.title": "补贴"})
    assert answer.status_code == 409 and "吴工" in answer.get_data(as_text=True)


def test_a_row_is_deleted(designer):
    assert designer.post("/reference/policies/delete", {"_key": '["p2"]', "_version": "1"}).status_code == 303
    assert [row[0] for row in shown(designer)] == ["p1"]


def test_a_downloaded_table_can_be_uploaded_after_a_preview(designer):
    content = designer.get("/reference/policies.csv").get_data(as_text=True)
    assert content.startswith("\ufeffid,title")
    changed = content.replace("首次入规奖励", "首次入规奖补").replace("p2,", "p9,")

    answer = designer.post("/reference/policies/preview", uploaded(changed))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "添加 1 行，修改 1 行，删除 1 行" in page and "首次入规奖励 → 首次入规奖补" in page
    assert shown(designer)[0][1] == "首次入规奖励"  # nothing has been stored yet

    assert designer.post("/reference/policies/replace", {"_version": "1", "content": changed}).status_code == 303
    assert [row[:2] for row in shown(designer)] == [["p1", "首次入规奖补"], ["p9", "技术改造补助"]]


def test_an_upload_with_errors_is_refused_line_by_line(designer):
    answer = designer.post("/reference/policies/preview", uploaded("id,title,year\np1,甲,今年\n"))
    assert answer.status_code == 422 and "policies.csv:2" in answer.get_data(as_text=True)
    assert designer.post("/reference/policies/preview", uploaded("")).status_code == 303


@pytest.mark.parametrize("path", ["/reference/nowhere", "/reference/nowhere.csv", '/reference/policies/row?key=["nobody"]', "/reference/policies?version=99"])
def test_what_is_not_there_is_not_found(designer, path):
    assert designer.get(path).status_code == 404


@pytest.mark.parametrize("key", ["{", "[[1]]", '{"a": 1}', "null", "5"])
def test_hostile_keys_are_answered(designer, key):
    assert designer.get("/reference/policies/row", query_string={"key": key}).status_code in (200, 404)
    assert designer.post("/reference/policies/delete", {"_key": key, "_version": "1"}).status_code in (303, 409)


def test_everyone_sees_which_diagrams_serve_a_clause_and_only_their_own_cases_are_counted(visit, file_request):
    file_request("zhao")
    page = visit("zhao").text("/clauses")
    assert "困难收集办理" in page and "应当" in page and "办理中 1 件，已结束 0 件" in page
    assert "办理中 0 件，已结束 0 件" in visit("qian").text("/clauses")


def test_only_the_newest_of_very_many_cases_are_counted_and_the_page_says_so(visit, file_request, monkeypatch):
    monkeypatch.setattr(clauses, "MOST", 2)
    monkeypatch.setattr(inboxes, "MOST", 2)
    file_request("zhao")
    assert "只统计最近" not in visit("zhao").text("/clauses")
    for _ in range(3):
        file_request("zhao")

    page = visit("zhao").text("/clauses")

    assert "办理中 2 件，已结束 0 件" in page and "只统计最近的 2 件" in page


def test_the_picture_marks_the_elements_of_the_clause(visit):
    page = visit("sun").text("/clauses/processes/request?clause=5.3.3")
    assert "<svg" in page and "标出的环节" in page
    assert visit("sun").get("/clauses/processes/request?clause=9.9").status_code == 404
    assert visit("sun").get("/clauses/processes/nowhere").status_code == 404
