"""Many people with browsers in one thread: each asks, reads the whole answer, and asks again. Made to cost as little as it can,
because it often shares its processor with the server that it measures.
"""

from __future__ import annotations

import random
import re
import selectors
import socket
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic, perf_counter
from urllib.parse import urlencode

from webapp.bench.diagrams import ENTRANCE

INBOX = ("/inbox?box=groups", "/inbox?box=mine", "/inbox?box=overdue")
PAGES = (*INBOX, "/instances", "/inbox?box=groups&q=SQ20260001")
TIMEOUT = 60.0  # seconds without any answer
STARTS = 0.2  # of what people write begins a case: four tasks are completed meanwhile
LATE = 409  # somebody else was faster: an answer, not an error
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_TASK = re.compile(rb'class="main-link" href="(/tasks/[^"/]+)"')
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: ([^;\r]+)", re.IGNORECASE)


@dataclass
class Visitor:
    """One person. `times`: kind of request → seconds of each answer; `errors`: what came instead, how often."""

    username: str
    password: str
    port: int
    writes: float  # share of requests that complete a task or start a case
    pages: Sequence[str] = PAGES
    times: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    late: int = 0
    cookie: bytes = b""

    def __post_init__(self) -> None:
        self._is_here = False
        self._chance = random.Random(self.username)
        self._answer = bytearray()
        self._kind, self._begun = "", 0.0

    def sign_in(self) -> None:
        """Before the clock runs: hashing a password is meant to take its time."""
        self._connect()
        page, _ = self._at_once(self._request("GET", "/sign-in"))
        fields = {"username": self.username, "password": self.password, "csrf_token": _token(page)}
        _, status = self._at_once(self._request("POST", "/sign-in", fields))
        if status != 303:
            self.errors[f"sign-in {status}"] += 1
        self.connection.close()
        self._is_here = False

    def _connect(self) -> None:
        self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._is_here = True

    def forget(self) -> None:
        """What was measured so far does not count; an answer still on its way is heard first."""
        while self._read() is None:
            continue
        self.times.clear()
        self.errors.clear()
        self.late = 0

    def ask(self) -> None:
        """Send the first request. Connections that come while others are answered are shared among the server's processes."""
        if not self._is_here:
            self._connect()
        self._day = self._living()
        self._send(next(self._day))

    def hear(self) -> None:
        """Bytes have come; once the answer is whole, note it and ask again."""
        whole = self._read()
        if whole is None:
            return
        body, status = whole
        self.times.setdefault(self._kind, []).append(perf_counter() - self._begun)
        if status == LATE:
            self.late += 1
        elif status not in (200, 303):
            self.errors[f"{self._kind} {status}"] += 1
        self._send(self._day.send(body))

    def _living(self) -> Generator[tuple[str, bytes], bytes, None]:
        """Kind and bytes of one request after another; it is sent the body of each answer."""
        while True:
            if self._chance.random() >= self.writes:
                path = self._chance.choice(self.pages)
                yield "search" if "q=" in path else path.partition("?")[0], self._request("GET", path)
                continue
            if self._chance.random() < STARTS:
                path = f"/start/{ENTRANCE}"
                page = yield "start page", self._request("GET", path)
                yield "start", self._request("POST", path, {"csrf_token": _token(page)})
                continue
            page = yield "/inbox", self._request("GET", "/inbox?box=groups")
            if tasks := _TASK.findall(page):
                path = self._chance.choice(tasks).decode() + "/complete"
                yield "complete", self._request("POST", path, {"csrf_token": _token(page)})

    def _request(self, method: str, path: str, fields: dict[str, str] | None = None) -> bytes:
        body = urlencode(fields).encode() if fields else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        if fields:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"Cookie: " + self.cookie + b"\r\n\r\n" + body

    def _send(self, request: tuple[str, bytes]) -> None:
        self._kind, text = request
        self._begun = perf_counter()
        self.connection.sendall(text)

    def _read(self) -> tuple[bytes, int] | None:
        """Body and status, as soon as both are here."""
        part = self.connection.recv(262_144)
        if not part:
            raise ConnectionError("closed")
        self._answer += part
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._answer[: end + 2])
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(self._answer) < end + 4 + size:
            return None
        body = bytes(self._answer[end + 4 : end + 4 + size])
        self._answer.clear()
        if cookie := _COOKIE.search(head):
            self.cookie = cookie[1]
        return body, int(head[9:12])

    def _at_once(self, request: bytes) -> tuple[bytes, int]:
        self.connection.sendall(request)
        while (whole := self._read()) is None:
            continue
        return whole


def live(visitors: Iterable[Visitor], seconds: float) -> float:
    """Let all of them ask and hear until the time is over; how many seconds it really took."""
    begun = monotonic()
    with selectors.DefaultSelector() as selector:
        for visitor in visitors:
            visitor.ask()
            selector.register(visitor.connection, selectors.EVENT_READ, visitor)
        while monotonic() - begun < seconds and selector.get_map():
            for key, _ in selector.select(timeout=1):
                visitor = key.data
                try:
                    visitor.hear()
                except OSError as failure:
                    visitor.errors[type(failure).__name__] += 1
                    selector.unregister(visitor.connection)
    return monotonic() - begun


def _token(page: bytes) -> str:
    found = _TOKEN.search(page)
    return found[1].decode() if found else ""
