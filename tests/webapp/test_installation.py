"""The data folder of an installation: one secret, and an archive that is whole or not there."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from webapp.installation import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home", "sqlite://", "127.0.0.1", 8000)


def test_first_processes_that_begin_together_have_one_secret(installation: Installation) -> None:
    together = Barrier(8)

    def begin(_: int) -> str:
        together.wait()
        return installation.secret()

    with ThreadPoolExecutor(8) as first_processes:
        secrets = set(first_processes.map(begin, range(8)))

    assert len(secrets) == 1 and len(secrets.pop()) == 64
    assert [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in installation.home.iterdir()] == [("secret", 0o600)]


def test_a_file_is_kept_whole_also_when_two_workers_keep_it(installation: Installation) -> None:
    content = bytes(100_000)

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda _: installation.keep("case.zip", content), range(32)))

    assert [file.read_bytes() for file in (installation.home / "archive").iterdir()] == [content]
