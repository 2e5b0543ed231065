"""The server as a process of its own: it is killed with SIGKILL between requests and loses nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from http.cookiejar import CookieJar

import pytest

from webapp import processes, serving
from webapp.cli import main
from webapp.demonstration import PASSWORD


class Server:
    """`zhuqi serve` on a port of its own, and one person's browser without a screen."""

    def __init__(self, home):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {**os.environ, "ZHUQI_HOME": str(home), "PORT": str(self.port)}
        self.cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.start()

    def start(self):
        command = [sys.executable, "-c", "from webapp.cli import run; run()", "serve"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert str(self.port) in self.process.stdout.readline()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def request(self, path, fields=None):
        """The page at `path` (after redirects), or the answer to a form with these fields."""
        data = urllib.parse.urlencode(fields, doseq=True).encode() if fields is not None else None
        opener = urllib.request.build_opener(self.cookies)
        with opener.open(f"http://127.0.0.1:{self.port}{path}", data, timeout=30) as answer:
            return answer.url, answer.read().decode()

    def post(self, page, path, **fields):
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        return self.request(path, {"csrf_token": token, **fields})


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUQI_HOME", str(tmp_path))
    main(["demo"])
    running = Server(tmp_path)
    yield running
    running.kill()


def test_killed_between_any_two_requests_the_server_goes_on_where_it_was(server):
    def again():
        server.kill()
        server.start()

    _, page = server.request("/sign-in")
    server.post(page, "/sign-in", username="qiye1", password=PASSWORD)
    again()  # the session survives

    _, page = server.request("/start/appeal_handling")
    key = re.search(r'name="_request_key" value="([^"]+)"', page)[1]
    assert 'value="郭明远"' in page and 'value="13800000001"' in page  # prefilled from the enterprise's file
    again()
    fields = {
        "_request_key": key, "contact_name": "郭明远", "contact_phone": "13800000001", "appeal_title": "断电也不丢的诉求",
        "appeal_type": "other", "appeal_content": "提交以后服务器立刻被杀掉，重启后还在。",
    }  # fmt: skip
    server.post(page, "/start/appeal_handling", **fields)
    again()
    server.post(page, "/start/appeal_handling", **fields)  # the impatient second submit
    again()

    _, page = server.request("/enterprise")
    assert page.count("断电也不丢的诉求") == 1


def test_a_process_that_is_killed_is_begun_anew_and_the_others_go_on(server):
    def children():
        return set(processes.children(server.process.pid))

    server.request("/readyz")
    before = children()
    assert len(before) >= 2  # who answers, and the worker
    for child in before:
        os.kill(int(child), signal.SIGKILL)

    deadline = time.monotonic() + 30
    while (children() & before or len(children()) < len(before)) and time.monotonic() < deadline:
        with suppress(OSError):  # one that is just dying may have taken the request; all others wait in the port's queue
            server.request("/readyz")
    assert server.request("/readyz")[1]
    assert len(children()) >= len(before) and not children() & before


def test_a_terminated_server_stops_by_itself(server):
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=30) == 0
    server.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            assert server.request("/readyz")[1]
            return
        except urllib.error.URLError:
            continue
    pytest.fail("not ready")


def test_a_port_that_is_taken_is_said_in_words(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serving, "PATIENCE", 0.0)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("ZHUQI_HOME", str(tmp_path))
        monkeypatch.setenv("PORT", str(port))
        assert main(["serve"]) == 1
    assert f"端口 {port}" in capsys.readouterr().err
