"""What people meet when things do not go straight: slips, second clicks, colleagues who were faster, bad files."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import func, select, update

from engine.tables.instances import ProcessInstance
from engine.tables.tasks import Attachment, UserTask
from engine.verbs import instances, recording
from engine.verbs.access import SYSTEM
from tests.verbs.running import work
from tests.webapp.town import NAMES

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


def request_key(page: str) -> str:
    return re.search(r'name="_request_key" value="(\w+)"', page).group(1)


def count_cases(store) -> int:
    with store.reading() as session:
        return len(session.execute(instances.list_instances(SYSTEM)).all())


def test_a_slip_keeps_what_was_typed_and_says_what_to_mend(visit, file_request, open_task):
    task, li = open_task(file_request()), visit("li")
    li.get(f"/tasks/{task}")
    answer = li.post(f"/tasks/{task}/complete", {"result": "已经联系排水公司", "settled": ""})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "已经联系排水公司" in page and "是否解决" in page and "fault-summary" in page


def test_a_second_person_reads_who_was_faster_and_keeps_their_words(visit, file_request, open_task):
    task, li, ma = open_task(file_request()), visit("li"), visit("ma")
    ma.get(f"/tasks/{task}")
    li.get(f"/tasks/{task}")
    li.post(f"/tasks/{task}/complete", {"result": "李慧办的", "settled": "yes"})

    answer = ma.post(f"/tasks/{task}/complete", {"result": "马超写了很久的内容", "settled": "no"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "李慧" in page and "09:00" in page and "马超写了很久的内容" in page
    assert "李慧办的" in ma.text(f"/tasks/{task}") and "马超写了很久的内容" not in ma.text(f"/tasks/{task}")


def test_a_colleague_cannot_complete_what_another_has_claimed(visit, file_request, open_task):
    task, li, ma = open_task(file_request()), visit("li"), visit("ma")
    li.get(f"/tasks/{task}")
    ma.get(f"/tasks/{task}")
    li.post(f"/tasks/{task}/claim")
    answer = ma.post(f"/tasks/{task}/complete", {"result": "抢着办", "settled": "yes"})
    assert answer.status_code == 409 and "李慧" in answer.get_data(as_text=True) and "抢着办" in answer.get_data(as_text=True)


def test_submitting_twice_completes_once_and_says_so(visit, file_request, open_task):
    task, li = open_task(file_request()), visit("li")
    li.get(f"/tasks/{task}")
    first, second = (li.post(f"/tasks/{task}/complete", {"result": "好", "settled": "yes"}) for _ in range(2))
    assert first.status_code == 303
    assert second.status_code == 409 and "您已于" in second.get_data(as_text=True)


def test_filing_twice_with_one_click_makes_one_case(visit, town):
    zhao = visit("zhao")
    key = request_key(zhao.text("/start/request"))
    fields = {"_request_key": key, "subject": "厂区排水", "urgent": "", "papers": ""}
    first, second = zhao.post("/start/request", fields), zhao.post("/start/request", fields)
    assert first.location == second.location
    assert count_cases(town) == 1


def test_a_draft_is_there_again_and_gone_after_the_submit(visit, file_request, open_task):
    instance = file_request()
    task, li = open_task(instance), visit("li")
    li.get(f"/tasks/{task}")
    assert li.post(f"/tasks/{task}/draft", {"result": "写到一半"}).get_data(as_text=True) == "已保存 09:00"
    page = li.text(f"/tasks/{task}")
    assert "写到一半" in page and "已载入您" in page
    assert "写到一半" not in visit("ma").text(f"/tasks/{task}")


def test_a_start_form_keeps_its_draft_until_it_is_filed(visit):
    zhao = visit("zhao")
    page = zhao.text("/start/request")
    zhao.post("/start/request/draft", {"subject": "写到一半的诉求", "urgent": "", "papers": ""})
    assert "写到一半的诉求" in zhao.text("/start/request")
    fields = {"_request_key": request_key(page), "subject": "写到一半的诉求", "urgent": "", "papers": ""}
    assert zhao.post("/start/request", fields).status_code == 303
    assert "写到一半的诉求" not in zhao.text("/start/request")


def test_a_field_that_others_depend_on_redraws_the_form(visit):
    zhao = visit("zhao")
    page = zhao.text("/start/request")
    assert "紧急原因" not in page
    fields = {"_request_key": request_key(page), "subject": "停电", "urgent": "true", "papers": ""}
    redrawn = zhao.post("/start/request/refresh", fields, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "紧急原因" in redrawn and "停电" in redrawn and "<html" not in redrawn
    without_script = zhao.post("/start/request", {**fields, "_update": "1"})
    assert without_script.status_code == 200 and "紧急原因" in without_script.get_data(as_text=True)


@pytest.mark.parametrize("path", ["", "/refresh"])
def test_nothing_is_kept_of_who_may_not_start(visit, town, path):
    li = visit("li")

    refused = li.post(f"/start/request{path}", {"_request_key": "made-up", "subject": "排水", "papers": (io.BytesIO(PDF), "现场.pdf")})

    assert refused.status_code == 403
    with town.reading() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 0


def test_looking_for_choices_files_nothing(visit):
    zhao = visit("zhao")
    fields = {"_request_key": request_key(zhao.text("/start/request")), "subject": "停电", "urgent": "", "papers": ""}
    looking = {**fields, "_kept._find.subject": "永昌", "_kept._found.subject": ""}
    assert zhao.post("/start/request", looking).status_code == 200
    assert zhao.post("/start/request", {**looking, "_kept._found.subject": "永昌"}).status_code == 303


def test_an_upload_is_kept_while_a_slip_is_mended_and_can_be_fetched(visit, town):
    zhao = visit("zhao")
    key = request_key(zhao.text("/start/request"))
    slip = zhao.post("/start/request", {"_request_key": key, "subject": "", "urgent": "", "papers": (io.BytesIO(PDF), "现场.pdf")})
    page = slip.get_data(as_text=True)
    assert slip.status_code == 422 and "现场.pdf" in page
    file_id = re.search(r'name="papers" value="(\w+)"', page).group(1)

    filed = zhao.post("/start/request", {"_request_key": key, "subject": "排水", "urgent": "", "papers": ["", file_id]})

    case = filed.location.rpartition("/")[2]
    assert "现场.pdf" in zhao.text(f"/enterprise/cases/{case}")
    fetched = zhao.get(f"/attachments/{file_id}")
    assert fetched.data == PDF and fetched.headers["Content-Disposition"].startswith("attachment")
    assert visit("qian").get(f"/attachments/{file_id}").status_code == 404


@pytest.mark.parametrize("name, content", [
    ("坏人.html", b"<script>alert(1)</script>"), ("program.exe", b"MZ\x90\x00" + b"\x00" * 64), ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("空.pdf", b""),
])  # fmt: skip
def test_a_harmful_or_empty_file_is_refused_beside_its_field(visit, town, name, content):
    zhao = visit("zhao")
    key = request_key(zhao.text("/start/request"))
    answer = zhao.post("/start/request", {"_request_key": key, "subject": "排水", "urgent": "", "papers": (io.BytesIO(content), name)})
    page = answer.get_data(as_text=True)
    assert name in page and "排水" in page and "fault" in page
    assert count_cases(town) == 0


def test_too_large_an_upload_gets_a_plain_page(visit):
    zhao = visit("zhao")
    key = request_key(zhao.text("/start/request"))
    huge = (io.BytesIO(b"x" * (31 * 1024 * 1024)), "大.pdf")
    answer = zhao.post("/start/request", {"_request_key": key, "subject": "排水", "papers": huge})
    assert answer.status_code == 413 and "太大" in answer.get_data(as_text=True)


def test_an_enterprise_withdraws_by_the_action_its_diagram_offers(visit, file_request, town, clock):
    case = file_request()
    zhao = visit("zhao")
    page = zhao.text(f"/enterprise/cases/{case}")
    path = re.search(r'href="(/instances/[^"]+/actions/[^"]+)">撤回请求', page).group(1)
    zhao.get(path)
    assert zhao.post(path, {"withdrawal_reason": ""}).status_code == 422
    assert zhao.post(path, {"withdrawal_reason": "已自行解决"}).status_code == 303
    work(town, clock)
    page = zhao.text(f"/enterprise/cases/{case}")
    assert "已撤回" in page and "撤回请求" in page and "/actions/" not in page


def test_a_supervisor_mends_an_incident(visit, file_request, open_task):
    case = file_request(subject="故障")
    li, zhou = visit("li"), visit("zhou")
    li.get("/inbox")
    li.post(f"/tasks/{open_task(case)}/complete", {"result": "好", "settled": "yes"})
    page = zhou.text(f"/instances/{case}")
    assert "mark-incident" in page and "候选人" in page
    assert case in zhou.text("/instances?incident=1")
    path = re.search(r'action="(/instances/[^"]+/retry)"', page).group(1)

    zhou.post(path, {"name": "subject", "value": "修好了"})

    assert "mark-incident" not in zhou.text(f"/instances/{case}")
    assert case not in zhou.text("/instances?incident=1")


def test_a_supervisor_gives_a_task_to_somebody_else(visit, file_request, open_task):
    task, li, zhou, sun = open_task(file_request()), visit("li"), visit("zhou"), visit("sun")
    page = zhou.text(f"/tasks/{task}")
    person = re.search(rf'<option value="([^"]+)">{NAMES["sun"]}</option>', page).group(1)
    assert "金融工作局" in page and "转派" not in li.text(f"/tasks/{task}")

    zhou.post(f"/tasks/{task}/assign", {"person": person})

    assert "提交办结" in sun.text(f"/tasks/{task}") and "提交办结" not in li.text(f"/tasks/{task}")
    assert "指派办理人" in zhou.text(f"/tasks/{task}")
    assert li.post(f"/tasks/{task}/assign", {"person": person}).status_code == 403


def test_a_supervisor_ends_a_case_only_with_a_reason(visit, file_request):
    case, zhou = file_request(), visit("zhou")
    zhou.get(f"/instances/{case}")
    assert "请写明原因" in zhou.post(f"/instances/{case}/terminate", {"reason": " "}, follow_redirects=True).get_data(as_text=True)
    page = zhou.post(f"/instances/{case}/terminate", {"reason": "重复提交"}, follow_redirects=True).get_data(as_text=True)
    assert "已终止" in page and "重复提交" in page


def test_lists_are_searched_narrowed_and_paged(visit, file_request, clock):
    for number in range(22):
        file_request("qian" if number % 2 else "zhao", subject=f"事项{number:02}")
    zhou, li = visit("zhou"), visit("li")
    assert zhou.text("/instances").count('class="main-link"') == 20
    assert zhou.text("/instances?page=2").count('class="main-link"') == 2
    found = zhou.text("/instances?q=事项07")
    assert found.count('class="main-link"') == 1 and "兴泰化工" in found
    assert zhou.text("/instances?department=finance").count('class="main-link"') == 0
    assert zhou.text("/instances?department=environment&status=active").count('class="main-link"') == 20
    assert li.text("/inbox?box=groups&page=99").count('class="main-link"') == 2
    assert "没有找到" in li.text("/inbox?box=groups&q=%25")
    clock.now = clock.now.replace(day=20)
    assert "超期 11 个工作日" in li.text("/inbox?box=overdue")


def test_english_is_one_button_away(visit):
    li = visit("li")
    li.get("/inbox")
    back = li.post("/language", {"language": "en", "next": "/inbox?box=groups"})
    assert back.location == "/inbox?box=groups"
    page = li.text("/inbox")
    assert '<html lang="en">' in page and "Nothing is waiting for you" in page


@pytest.mark.parametrize("path, status", [("/nope", 404), ("/tasks/nope", 404), ("/instances/nope", 404), ("/definitions", 403), ("/start/nope", 404)])
def test_a_failed_request_says_what_to_do(visit, path, status):
    answer = visit("li").get(path)
    page = answer.get_data(as_text=True)
    assert answer.status_code == status and "回到首页" in page and "Traceback" not in page


def test_an_unexpected_error_has_a_number_and_no_details(app, visit):
    def broken() -> str:
        raise RuntimeError("secret detail")

    broken.mark = app.view_functions["inbox.show"].mark
    app.add_url_rule("/broken", "broken", broken)
    answer = visit("li").get("/broken")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500 and re.search(r"故障编号 <strong>[0-9A-F]{8}</strong>", page) and "secret detail" not in page


def test_the_server_says_that_it_is_alive_and_ready(stranger):
    assert stranger.get("/healthz").get_json() == {"status": "ok"}
    assert stranger.get("/readyz").get_json() == {"status": "ok", "kept": {"held": 0, "waiting": 0}}


def test_a_designer_sees_versions_and_the_diagram(visit):
    page = visit("wu").text("/definitions/request:1")
    assert "<svg" in page and 'data-element="handle"' in page and "第 1 版" in page


def test_an_enterprise_reads_who_serves_it_and_how_they_keep_in_touch(town, visit, clock):
    with town.writing() as session:
        recording.record(session, "enterprise", "xinyuan", {"channel_note": "企业微信群“鑫源服务”"}, clock(), instance_id="i")
    page = visit("zhao").text("/enterprise")
    assert "您的助企干部：王建国" in page and "商定的联系渠道：企业微信群“鑫源服务”" in page
    assert "助企干部：" not in visit("qian").text("/enterprise")


def test_cases_past_their_retention_time_are_counted_for_supervisors(visit, town, clock, file_request):
    case = file_request()
    over = {"ended_at": clock.now, "expires_at": clock.now, "status": "completed"}
    with town.writing() as session:
        session.execute(update(ProcessInstance).where(ProcessInstance.id == case).values(over))

    assert "等待归档" in visit("zhou").text("/instances")
    assert "等待归档" not in visit("li").text("/instances")
    assert visit("zhou").get("/readyz").get_json()["kept"] == {"held": 0, "waiting": 1}


@pytest.mark.parametrize("given", [{"priority": "9" * 30}, {"due": "0001-01-01T00:00"}])
def test_numbers_and_moments_beyond_all_bounds_are_refused_in_words(visit, file_request, open_task, given):
    task, zhou = open_task(file_request()), visit("zhou")
    zhou.text(f"/tasks/{task}")

    answer = zhou.post(f"/tasks/{task}/change", {"due": "2026-03-20T17:30", "priority": "50", "reason": "急", **given}, follow_redirects=True)

    assert answer.status_code == 200 and "任务已调整" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("value", ["[" * 900 + "]" * 900, "[" * 200 + "]" * 200, "[" * 100_000, "9" * 5_000])
def test_a_correction_nested_without_end_breaks_no_page(visit, file_request, open_task, value):
    case = file_request(subject="故障")
    visit("li").post(f"/tasks/{open_task(case)}/complete", {"result": "…", "settled": "yes"})
    zhou = visit("zhou")
    retry = re.search(r'action="(/instances/[^"]+/retry)"', zhou.text(f"/instances/{case}")).group(1)

    answer = zhou.post(retry, {"name": "extra", "value": value})

    assert answer.status_code in (303, 400)
    assert zhou.get(f"/instances/{case}").status_code == 200


def test_a_supervisor_keeps_a_case_beyond_its_time_for_a_reason(visit, file_request):
    case, zhou = file_request(), visit("zhou")
    zhou.text(f"/instances/{case}")
    assert "请写明原因" in zhou.post(f"/instances/{case}/hold", {"reason": " "}, follow_redirects=True).text
    assert "继续保留中" not in zhou.text(f"/instances/{case}")

    zhou.post(f"/instances/{case}/hold", {"reason": "复议期间"})

    assert "继续保留中：复议期间" in zhou.text(f"/instances/{case}")
    zhou.post(f"/instances/{case}/unhold")
    assert "复议期间" not in zhou.text(f"/instances/{case}")


def test_a_supervisor_changes_limit_priority_and_department_with_a_reason(visit, town, file_request, open_task):
    case = file_request()
    task, zhou = open_task(case), visit("zhou")
    zhou.get(f"/tasks/{task}")
    given = {"due": "2026-03-20T17:30", "priority": "80", "department": "finance"}

    assert "请写明原因" in zhou.post(f"/tasks/{task}/change", {**given, "reason": " "}, follow_redirects=True).text
    assert "任务已调整" in zhou.post(f"/tasks/{task}/change", {**given, "reason": "材料由金融局补齐"}, follow_redirects=True).text

    assert "3月20日 17:30" in zhou.text(f"/tasks/{task}") and "材料由金融局补齐" in zhou.text(f"/instances/{case}")
    with town.reading() as session:
        row = session.execute(select(UserTask.priority, UserTask.due_at).where(UserTask.id == task)).one()
    assert (row.priority, row.due_at.isoformat()) == (80, "2026-03-20T09:30:00+00:00")
    assert "厂区排水" in visit("sun").text("/inbox?box=groups") and "厂区排水" not in visit("li").text("/inbox?box=groups")


def test_an_enterprise_does_not_read_what_offices_say_among_themselves(visit, file_request, open_task):
    case, zhou, zhao = file_request(), visit("zhou"), visit("zhao")
    task = open_task(case)
    zhou.text(f"/tasks/{task}")
    zhou.post(f"/tasks/{task}/change", {"due": "2026-03-20T17:30", "priority": "50", "reason": "窗口人手不足"})

    theirs, offices = zhao.text(f"/enterprise/cases/{case}"), zhou.text(f"/instances/{case}")

    assert "窗口人手不足" in offices and "窗口人手不足" not in theirs



def test_a_change_that_changes_nothing_or_does_not_fit_is_told(visit, file_request, open_task):
    task, zhou = open_task(file_request()), visit("zhou")
    page = zhou.text(f"/tasks/{task}")
    due = re.search(r'name="due" value="([^"]+)"', page).group(1)
    same = {"due": due, "priority": "50", "department": "", "reason": "看看"}
    assert "没有改动任何内容" in zhou.post(f"/tasks/{task}/change", same, follow_redirects=True).text
    assert "不符合任务的要求" in zhou.post(f"/tasks/{task}/change", {**same, "priority": "101"}, follow_redirects=True).text
    assert "不符合任务的要求" in zhou.post(f"/tasks/{task}/change", {**same, "due": "下周"}, follow_redirects=True).text
    assert "没有改动任何内容" in zhou.post(f"/tasks/{task}/change", same, follow_redirects=True).text


def test_only_supervisors_are_offered_the_change(visit, file_request, open_task):
    task = open_task(file_request())
    assert "调整期限" in visit("zhou").text(f"/tasks/{task}") and "调整期限" not in visit("li").text(f"/tasks/{task}")
