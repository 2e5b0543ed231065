"""`zhuqi import`: which files are read and written, and what is said."""

from __future__ import annotations

import json

import pytest

from tests.importing.builder import DOER, extended, old, through
from tests.importing.whole import WHOLE
from webapp.importing import run


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "refund.bpmn").write_bytes(WHOLE)
    return tmp_path


def test_the_result_stands_beside_the_original_with_its_forms(folder, capsys):
    code = run([str(folder / "refund.bpmn")], None, "zh", False)
    assert code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["refund.bpmn", "refund.zhuqi.bpmn", "refund_approve.form"]
    assert (folder / "refund.bpmn").read_bytes() == WHOLE
    assert "已写出" in capsys.readouterr().out


def test_a_folder_is_read_without_earlier_results_and_written_elsewhere(folder):
    run([str(folder)], None, "zh", False)
    assert run([str(folder)], str(folder / "new"), "en", False) == 0
    assert sorted(path.name for path in (folder / "new").iterdir()) == ["refund.bpmn", "refund_approve.form"]


def test_activiti_s_file_name(tmp_path):
    (tmp_path / "leave.bpmn20.xml").write_bytes(old(through(f'<userTask id="a" {DOER}/>'), vendor="activiti"))
    assert run([str(tmp_path)], None, "zh", False) == 0
    assert (tmp_path / "leave.zhuqi.bpmn").exists()


def test_no_file_is_ever_replaced(folder, capsys):
    (folder / "refund.zhuqi.bpmn").write_text("my own work")
    assert run([str(folder / "refund.bpmn")], None, "zh", False) == 1
    assert (folder / "refund.zhuqi.bpmn").read_text() == "my own work"
    assert "没有覆盖" in capsys.readouterr().out


def test_an_output_folder_that_is_the_input_s_own(folder):
    assert run([str(folder / "refund.bpmn")], str(folder), "zh", False) == 0
    assert (folder / "refund.bpmn").read_bytes() == WHOLE
    assert (folder / "refund.zhuqi.bpmn").exists()


def test_running_it_again_is_well(folder):
    run([str(folder)], None, "zh", False)
    assert run([str(folder)], None, "zh", False) == 0


def test_what_a_person_must_decide_sets_the_exit_code(tmp_path, capsys):
    listener = extended('<v:taskListener class="com.X" event="create"/>')
    (tmp_path / "a.bpmn").write_bytes(old(through(f'<userTask id="a" {DOER}>{listener}</userTask>')))
    assert run([str(tmp_path)], None, "zh", True) == 1
    report, = json.loads(capsys.readouterr().out)
    decide, = [finding for finding in report["findings"] if finding["grade"] == "decide"]
    assert (decide["code"], decide["line"], decide["element"]) == ("listener", 4, "a")
    assert report["written"] == [(tmp_path / "a.zhuqi.bpmn").as_posix()]


def test_a_diagram_of_ours_is_left_alone(tmp_path, capsys):
    (tmp_path / "a.bpmn").write_bytes(b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>')
    assert run([str(tmp_path)], None, "en", False) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.bpmn"]
    assert "Nothing to convert" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_reported(tmp_path, capsys):
    (tmp_path / "a.bpmn").write_bytes(b"nonsense")
    assert run([str(tmp_path)], None, "zh", False) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.bpmn"]


def test_a_missing_file_and_no_file(tmp_path, capsys):
    with pytest.raises(FileNotFoundError):
        run([str(tmp_path / "none.bpmn")], None, "zh", False)
    assert run([], None, "zh", False) == 2
