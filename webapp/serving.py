"""The running server: web pages by processes that share one port, and the worker as one more beside them (SQLite) or elsewhere."""

from __future__ import annotations

import errno
import logging
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from time import monotonic, sleep

import waitress

from engine.tables.store import Store
from engine.verbs import library, people
from engine.verbs.worker import run_forever
from webapp import anchors, processes
from webapp.app import create_app
from webapp.installation import Installation
from webapp.settings import Settings, SettingsRefused, from_environment

THREADS = 8  # of each process
WAITING = 1_024  # connections that may wait to be accepted
PATIENCE = 10.0  # seconds for which the port may still be held by a server that was killed


class StartRefused(Exception):
    """A server that would be unsafe, or has no port, does not start: `code` and `facts` of the sentence that says why."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


def serve(installation: Installation, announce: Callable[[str], None], number: int | None = None) -> int:
    """Serve by so many processes (one for each core) until SIGINT or SIGTERM. Raises StartRefused."""
    number = max(1, number or processes.cores())
    settings = _settings(installation)
    store = installation.store()
    with store.reading() as session:
        if settings.production and people.has_demonstrations(session):
            store.close()
            raise StartRefused("cli.demonstration_in_production")
        library.warm(session)  # what is read here, all processes have in common
    store.close()  # no process may use a connection of another
    signal.signal(signal.SIGTERM, processes.leave)  # until there are processes to tell
    listening = _listen(installation.host, installation.port)
    announce(f"http://{installation.host}:{listening.getsockname()[1]}/")
    web: list[processes.Task] = [lambda: _answer(installation.reopened(), settings, listening)] * number
    processes.run([*web, lambda: _work(installation.reopened(), installation)] if store.is_sqlite else web)
    listening.close()
    return 0


def _answer(store: Store, settings: Settings, listening: socket.socket) -> None:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it would say at every request that there are more than threads
    server = waitress.create_server(create_app(store, settings), sockets=[listening], threads=THREADS)
    try:
        server.run()
    finally:
        server.close()
        store.close()


def _listen(host: str, port: int) -> socket.socket:
    """The socket that all processes accept from. Raises StartRefused, OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    until = monotonic() + PATIENCE
    while True:
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(WAITING)
            return listening
        except OSError as failure:
            listening.close()
            if failure.errno != errno.EADDRINUSE:
                raise
            if monotonic() > until:
                raise StartRefused("cli.port_in_use", port=port) from None
            sleep(0.1)


def work(installation: Installation) -> int:
    """Be a worker until SIGINT or SIGTERM; the job in hand is finished."""
    _work(installation.store(), installation)
    return 0


def _work(store: Store, installation: Installation) -> None:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_forever(store, stop, keep=installation.keep, daily=lambda store, now: anchors.drop_daily(store, installation.anchors, now))
    store.close()


def _settings(installation: Installation) -> Settings:
    try:
        settings = from_environment()
    except SettingsRefused as refused:
        raise StartRefused(f"cli.{refused.code}") from None
    return settings if settings.production else replace(settings, secret=installation.secret())
