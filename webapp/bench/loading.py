"""Many people at once against the real server over HTTP, for a given time: `zhuqi bench load`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import process_time, sleep

from engine.tables.store import Store
from engine.verbs import definitions
from engine.verbs.access import SYSTEM, Kind
from webapp import processes
from webapp.bench import diagrams
from webapp.bench.measure import Line, line
from webapp.bench.seeding import seed
from webapp.bench.townspeople import PASSWORD, PEOPLE
from webapp.bench.visitors import INBOX, PAGES, Visitor, live
from webapp.bench.worlds import has_postgresql, stores

LONGEST, MOST = 600, 200  # seconds, people
WRITES = 0.1  # of all requests complete a task or start a case
WARM_UP = 3.0  # seconds that are not counted: templates are compiled, statements prepared
TASKS, EVENTS = 5_000, 50_000


def load(people: int, seconds: int, scale: float = 1) -> Iterator[Line]:
    """So many people for so many seconds on each kind of database."""
    for database in ("sqlite", "postgresql"):
        if database == "sqlite" or has_postgresql():
            yield from on(database, max(1, min(people, MOST, PEOPLE)), max(1, min(seconds, LONGEST)), scale)


def on(database: str, people: int, seconds: int, scale: float) -> Iterator[Line]:
    """Against a server of its own: people read only their inboxes, then lists of all kinds, then complete tasks and start cases besides."""
    names = [f"bench-{1 + number * (PEOPLE // people) % (PEOPLE - 1)}" for number in range(people)]
    ways = (("inbox", INBOX, 0.0), ("reading", PAGES, 0.0), (f"{WRITES:.0%} writing", PAGES, WRITES))
    with stores(database) as store, _server(store, scale) as server:
        for way, pages, writes in ways:
            visitors = [Visitor(name, PASSWORD, server.port, writes, pages) for name in names]
            yield from _measured(server, database, f"{people} people, {way}", visitors, seconds)


def _measured(server: _Server, database: str, what: str, visitors: list[Visitor], seconds: int) -> Iterator[Line]:
    for visitor in visitors:
        visitor.sign_in()
    live(visitors, WARM_UP)
    for visitor in visitors:
        visitor.forget()
    own, theirs = process_time(), server.cpu()
    took = live(visitors, seconds)
    own, theirs = process_time() - own, server.cpu() - theirs
    for visitor in visitors:
        visitor.connection.close()
    by_kind: dict[str, list[float]] = {}
    for visitor in visitors:
        for kind, times in visitor.times.items():
            by_kind.setdefault(kind, []).extend(1_000 * time for time in times)
    for kind, times in sorted(by_kind.items()):
        yield line("load", kind, times, database=database, unit="request", rate=f"{len(times) / took:.0f}/s")
    every = [time for times in by_kind.values() for time in times]
    yield line(
        "load", what, every, database=database, unit="request", rate=f"{len(every) / took:.0f}/s",
        each_core_second=f"{len(every) / theirs:.0f}" if theirs else "—", client_share=f"{own / (own + theirs):.0%}" if theirs else "—",
        late=sum(visitor.late for visitor in visitors), errors=dict(sum((visitor.errors for visitor in visitors), Counter())) or 0,
    )  # fmt: skip


class _Server:
    """A running server and the port it answers on."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def cpu(self) -> float:
        """Seconds of processor time that its processes have used, PostgreSQL's not among them; 0 where nobody tells."""
        return sum(_cpu(process) for process in (str(self.process.pid), *processes.children(self.process.pid)))


def _cpu(process: str) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _server(store: Store, scale: float) -> Iterator[_Server]:
    store.migrate()
    now = datetime.now(UTC)
    seed(store, int(TASKS * scale), int(EVENTS * scale), now)
    with store.writing() as session:
        entrance = diagrams.entrance(Kind.CADRE, Kind.DEPARTMENT, Kind.SUPERVISOR)
        definitions.deploy(session, {"bench_entrance.bpmn": entrance.encode()}, SYSTEM, now, source="api")
    store.close()
    with tempfile.TemporaryDirectory(prefix="zhuqi-load-") as folder:
        port = _free_port()
        address = store.url.render_as_string(hide_password=False)
        environment = {"ZHUQI_HOME": folder, "ZHUQI_DATABASE": address, "HOST": "127.0.0.1", "PORT": str(port)}
        command = [sys.executable, "-c", "from webapp.cli import run; run()", "serve"]
        server = subprocess.Popen(command, env=_with(environment), stdout=subprocess.DEVNULL)
        try:
            _wait(port)
            yield _Server(server, port)
        finally:
            server.terminate()
            server.wait(timeout=60)


def _with(own: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ZHUQI_")} | own


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            sleep(0.1)
    raise TimeoutError("the server did not start")
