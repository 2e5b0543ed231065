"""The load bench drives the real server: people sign in, read, complete tasks and start cases, and nothing goes wrong."""

from __future__ import annotations

import pytest

from webapp.bench import loading


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_people_read_and_work_at_once_without_an_error(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "WARM_UP", 0.2)
    monkeypatch.setattr(loading, "WRITES", 0.5)

    lines = list(loading.on(database, people=4, seconds=2, scale=0.02))

    summary = lines[-1]
    assert summary.facts["errors"] == 0
    assert {line.what for line in lines} >= {"/inbox", "/instances", "search", "complete", "start"}
