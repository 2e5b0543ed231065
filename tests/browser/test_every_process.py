"""Every process, driven once from its start to its end by the people who would do it, in real browsers.

The main path is the first scenario of a process's file, unless `OTHERWISE` names another one.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import waitress
from sqlalchemy import text

from engine.core import scenario_files
from engine.core.scenario_model import Scenario
from engine.tables.store import Store
from engine.verbs import history
from tests.browser.conftest import Site
from tests.browser.playing import town
from tests.browser.playing.play import Play
from tests.verbs.running import Clock
from webapp.app import create_app
from webapp.settings import Settings

pytestmark = pytest.mark.browser
OTHERWISE = {
    "enterprise_deregistration": "公示期内有异议，转普通注销",  # the first one ends with an enterprise that stays
}
FOUNDED = datetime(2026, 8, 31, 16, 0, tzinfo=UTC)  # before every scenario


def main_paths() -> list[object]:
    found = []
    for path in town.scenario_files():
        file, problems = scenario_files.read(path.read_bytes(), path.name)
        assert file is not None, [str(problem) for problem in problems]
        wanted = OTHERWISE.get(file.process, file.scenarios[0].name)
        scenario = next(scenario for scenario in file.scenarios if scenario.name == wanted)
        found.append(pytest.param(scenario, file.process, id=file.process))
    return found


@pytest.fixture(scope="module")
def founded(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every process deployed, made once and copied for each test."""
    file = tmp_path_factory.mktemp("town") / "founded.sqlite"
    shutil.copy(empty_database, file)
    store = Store(f"sqlite:///{file}")
    town.found(store, FOUNDED)
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    store.close()
    return file


@pytest.fixture
def site(founded: Path, tmp_path: Path) -> Iterator[Site]:
    """A server over a copy of the founded town."""
    file = tmp_path / "town.sqlite"
    shutil.copy(founded, file)
    store, clock = Store(f"sqlite:///{file}"), Clock(FOUNDED)
    app = create_app(store, Settings(secret="s" * 32, refused_sign_ins=1_000), clock)
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    live = Site(f"http://127.0.0.1:{server.effective_port}", store, clock)
    yield live
    server.close()
    thread.join(5)
    store.close()
    assert not live.complaints


@pytest.mark.parametrize(("scenario", "key"), main_paths())
def test_a_process_goes_from_its_start_to_its_end_by_the_people_who_do_it(site, sit_down, scenario: Scenario, key: str):
    site.clock.now = scenario.at.astimezone(UTC)
    town.settle(site.store, scenario, site.clock.now)
    play = Play(site, sit_down, scenario, town.shipped().processes[key])
    for move in (scenario.start, *scenario.steps):
        play.do(move)
    play.judge(scenario.expect)
    assert not play.flaws
    with site.store.reading() as session:
        assert history.verify(session) == []
