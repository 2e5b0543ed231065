"""The commands as a person at a terminal meets them: what they print, how they exit, what they leave in the data folder."""

import io
import json
import sqlite3
from pathlib import Path

import pytest

from webapp.cli import main

DIAGRAMS = Path(__file__).parent / "diagrams"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUQI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ZHUQI_DATABASE", raising=False)
    monkeypatch.delenv("ZHUQI_PRODUCTION", raising=False)
    return tmp_path / "home"


def broken(folder: Path) -> Path:
    """A diagram with a dangling flow and a bad condition."""
    content = (DIAGRAMS / "exclusive_choice.bpmn").read_text("utf-8").replace("=amount &gt; 100", "=amount &gt; &gt;")
    file = folder / "broken.bpmn"
    file.write_text(content.replace('targetRef="done"', 'targetRef="nowhere"', 1), "utf-8")
    return file


def test_what_is_shipped_has_no_finding_at_all(capsys):
    assert main(["check"]) == 0
    assert "0 个错误，0 个提醒" in capsys.readouterr().out


def test_check_prints_every_problem_with_file_line_element_and_advice(tmp_path, capsys):
    file = broken(tmp_path)

    assert main(["check", str(file)]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 3  # two problems and the summary
    assert all("broken.bpmn:" in line for line in lines[:-1])
    assert any("nowhere" in line for line in lines)


def test_check_speaks_json_and_english(tmp_path, capsys):
    assert main(["--language", "en", "check", "--json", str(broken(tmp_path))]) == 1

    problems = json.loads(capsys.readouterr().out)

    assert {"severity", "code", "file", "line", "element", "message"} == set(problems[0])
    assert all(problem["line"] for problem in problems if problem["severity"] == "error")
    assert all(problem["message"].isascii() or "“" in problem["message"] for problem in problems)


def test_what_is_out_of_style_is_a_remark_on_our_own_diagrams_and_nothing_elsewhere(tmp_path, capsys):
    content = (DIAGRAMS / "sequence.bpmn").read_bytes()
    ours, other = tmp_path / "workflows" / "sequence" / "sequence.bpmn", tmp_path / "brought" / "sequence.bpmn"
    for file in (ours, other):
        file.parent.mkdir(parents=True)
        file.write_bytes(content)

    def codes(file: Path) -> set[str]:
        assert main(["check", "--json", str(file)]) == 0
        return {problem["code"] for problem in json.loads(capsys.readouterr().out)}

    assert {"style_audience_missing", "style_limit_missing"} <= codes(ours)
    assert not {code for code in codes(other) if code.startswith("style_")}


def test_a_path_that_is_not_there_is_said_plainly(capsys):
    assert main(["check", "no/such/folder"]) == 1
    assert "no/such/folder" in capsys.readouterr().err


def test_deploying_twice_makes_nothing_new(capsys):
    assert main(["deploy"]) == 0
    assert "appeal_handling:1" in capsys.readouterr().out

    assert main(["deploy"]) == 0
    assert "新版本：0" in capsys.readouterr().out


def test_a_broken_file_is_refused_and_nothing_is_stored(tmp_path, home, capsys):
    assert main(["deploy", str(broken(tmp_path)), str(DIAGRAMS / "sequence.bpmn")]) == 1

    with sqlite3.connect(home / "zhuqi.sqlite") as database:
        assert database.execute("SELECT count(*) FROM process_definition").fetchone() == (0,)


@pytest.mark.parametrize("size", [11 * 1024 * 1024, 50 * 1024 * 1024])
def test_a_huge_file_is_refused_in_words(tmp_path, capsys, size):
    file = tmp_path / "huge.bpmn"
    file.write_bytes(b"<a>" + b" " * size)

    assert main(["check", str(file)]) == 1
    assert "MB" in capsys.readouterr().out


def test_a_changed_row_of_the_log_is_found(home, capsys):
    main(["deploy"])
    assert main(["verify-log"]) == 0

    with sqlite3.connect(home / "zhuqi.sqlite") as database:
        database.execute("UPDATE event SET facts = replace(facts, 'appeal', 'repeal') WHERE kind = 'deployed'")
    capsys.readouterr()

    assert main(["verify-log"]) == 1
    assert "system" in capsys.readouterr().out


def test_the_first_administrator_is_made_at_the_terminal(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough passphrase\n"))
    assert main(["person", "chief", "张三"]) == 0

    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough passphrase\n"))
    assert main(["person", "chief", "张三"]) == 1
    assert "chief" in capsys.readouterr().err


def test_production_starts_with_neither_a_default_secret_nor_demonstration_accounts(monkeypatch, capsys):
    main(["demo"])
    monkeypatch.setenv("ZHUQI_PRODUCTION", "1")
    monkeypatch.delenv("ZHUQI_SECRET", raising=False)
    assert main(["serve"]) == 1
    assert "ZHUQI_SECRET" in capsys.readouterr().err

    monkeypatch.setenv("ZHUQI_SECRET", "x" * 40)
    assert main(["serve"]) == 1
    assert "演示账号" in capsys.readouterr().err


def test_a_second_demo_keeps_the_data(home, capsys):
    assert main(["demo"]) == 0
    with sqlite3.connect(home / "zhuqi.sqlite") as database:
        cases = database.execute("SELECT count(*), sum(incident_count) FROM process_instance").fetchone()
    assert cases[0] >= 12 and cases[1] == 0

    assert main(["demo"]) == 0

    with sqlite3.connect(home / "zhuqi.sqlite") as database:
        assert database.execute("SELECT count(*), sum(incident_count) FROM process_instance").fetchone() == cases
    assert main(["verify-log"]) == 0
