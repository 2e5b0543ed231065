"""One case from filing to its end, as people click through it."""

from __future__ import annotations


def test_a_request_goes_from_filing_to_its_end(visit, file_request, open_task):
    instance = file_request("zhao")
    li, zhao = visit("li"), visit("zhao")

    assert "厂区排水" in li.text("/inbox?box=groups")
    task = open_task(instance)
    assert "办理结果" in li.text(f"/tasks/{task}")
    assert li.post(f"/tasks/{task}/claim").status_code == 303
    done = li.post(f"/tasks/{task}/complete", {"result": "已疏通", "settled": "yes"}, follow_redirects=True)
    assert "“承办”已办结" in done.get_data(as_text=True)

    page = zhao.text(f"/enterprise/cases/{instance}")
    assert "承办" in page and "李慧" in page and "反馈" in page
    assert "已疏通" not in page  # how offices put it among themselves
    assert "已疏通" in visit("zhou").text(f"/instances/{instance}")
    answer = zhao.post(f"/tasks/{open_task(instance)}/complete")
    assert answer.location == f"/enterprise/cases/{instance}"
    assert "已办结" in zhao.text(f"/enterprise/cases/{instance}")
