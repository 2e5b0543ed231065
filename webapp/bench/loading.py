"""Many people at once against the real server over HTTP, for a given time: `zhuqi bench load`."""

from __future__ import annotations

import http.client
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from time import monotonic, perf_counter_ns, sleep
from urllib.parse import urlencode

from engine.tables.store import Store
from webapp.bench.measure import Line, line
from webapp.bench.seeding import PASSWORD, PEOPLE, seed

LONGEST, MOST = 600, 200  # seconds, people
PAGES = ("/inbox?box=groups", "/inbox?box=mine", "/inbox?box=overdue", "/instances", "/inbox?box=groups&q=SQ20260001")
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Visitor:
    """One person with a browser: a connection that stays open, a cookie, and what each answer took."""

    number: int
    port: int
    times: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    cookie: str = ""

    def visit(self, until: float) -> None:
        """Sign in, then read pages one after another until the time is over."""
        chance, connection = random.Random(self.number), http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            self._sign_in(connection)
            while monotonic() < until:
                path = chance.choice(PAGES)
                started = perf_counter_ns()
                status = self._ask(connection, "GET", path)[0]
                self._note(path.partition("?")[0], (perf_counter_ns() - started) / 1e6, status)
        except (OSError, http.client.HTTPException) as failure:
            self.errors[type(failure).__name__] = self.errors.get(type(failure).__name__, 0) + 1
        finally:
            connection.close()

    def _note(self, path: str, taken: float, status: int) -> None:
        self.times.setdefault(path, []).append(taken)
        if status != 200:
            self.errors[str(status)] = self.errors.get(str(status), 0) + 1

    def _sign_in(self, connection: http.client.HTTPConnection) -> None:
        _, page = self._ask(connection, "GET", "/sign-in")
        token = _TOKEN.search(page)
        fields = {"username": f"bench-{self.number}", "password": PASSWORD, "csrf_token": token.group(1) if token else ""}
        status, _ = self._ask(connection, "POST", "/sign-in", urlencode(fields))
        if status != 303 and status != 302:
            self.errors[f"sign-in {status}"] = 1

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        if cookie := answer.getheader("Set-Cookie"):
            self.cookie = cookie.partition(";")[0]
        return answer.status, answer.read().decode("utf-8", "replace")


def load(people: int, seconds: int, scale: float = 1) -> Iterator[Line]:
    """So many people for so many seconds, against a server of its own with a seeded database; both are gone afterwards."""
    people, seconds = max(1, min(people, MOST, PEOPLE)), max(1, min(seconds, LONGEST))
    with _server(scale) as port:
        until = monotonic() + seconds
        visitors = [Visitor(1 + number * (PEOPLE // people) % (PEOPLE - 1), port) for number in range(people)]
        threads = [Thread(target=visitor.visit, args=(until,), daemon=True) for visitor in visitors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=seconds + 60)
    errors: dict[str, int] = {}
    for visitor in visitors:
        for name, count in visitor.errors.items():
            errors[name] = errors.get(name, 0) + count
    for path in sorted({path for visitor in visitors for path in visitor.times}):
        own = [taken for visitor in visitors for taken in visitor.times.get(path, [])]
        yield line("load", path, own, database="sqlite", unit="page", rate=f"{len(own) / seconds:.0f}/s")
    yield line(
        "load", f"{people} people, {seconds} s", [taken for visitor in visitors for times in visitor.times.values() for taken in times],
        database="sqlite", unit="page", rate=f"{sum(len(times) for visitor in visitors for times in visitor.times.values()) / seconds:.0f}/s",
        errors=errors or 0,
    )  # fmt: skip


@contextmanager
def _server(scale: float) -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="zhuqi-load-") as folder:
        store = Store(f"sqlite:///{Path(folder) / 'zhuqi.sqlite'}")
        store.migrate()
        seed(store, int(5_000 * scale), int(50_000 * scale), datetime.now(UTC))
        store.close()
        port = _free_port()
        environment = {"ZHUQI_HOME": folder, "HOST": "127.0.0.1", "PORT": str(port)}
        server = subprocess.Popen([sys.executable, "-c", "from webapp.cli import run; run()", "serve"], env=_with(environment), stdout=subprocess.DEVNULL)
        try:
            _wait(port)
            yield port
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
