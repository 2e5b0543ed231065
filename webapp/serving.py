"""The running server: web pages by waitress, the worker as a thread beside them (SQLite), or workers as processes of their own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread

import structlog
import waitress

from engine.tables.store import Store
from engine.verbs import people
from engine.verbs.worker import run_forever
from webapp.app import create_app
from webapp.installation import Installation
from webapp.settings import Settings, SettingsRefused, from_environment

THREADS = 8
log = structlog.get_logger(__name__)


class StartRefused(Exception):
    """A production server that would be unsafe does not start: `code` of the sentence that says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def serve(installation: Installation, announce: Callable[[str], None]) -> int:
    """Serve until SIGINT or SIGTERM. Raises StartRefused."""
    settings = _settings(installation)
    store = installation.store()
    if settings.production:
        with store.reading() as session:
            if people.has_demonstrations(session):
                store.close()
                raise StartRefused("cli.demonstration_in_production")
    server = waitress.create_server(create_app(store, settings), host=installation.host, port=installation.port, threads=THREADS)
    stop = Event()
    worker = Thread(target=run_forever, args=(store, stop), kwargs={"keep": installation.keep}, name="worker", daemon=True) if store.is_sqlite else None
    signal.signal(signal.SIGTERM, _interrupt)
    if worker:
        worker.start()
    announce(f"http://{installation.host}:{server.effective_port}/")
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        log.info("stopping")
    finally:
        stop.set()
        server.close()
        if worker:
            worker.join(timeout=30)
        store.close()
    return 0


def work(installation: Installation) -> int:
    """Be a worker until SIGINT or SIGTERM; the job in hand is finished."""
    store: Store = installation.store()
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_forever(store, stop, keep=installation.keep)
    store.close()
    return 0


def _settings(installation: Installation) -> Settings:
    try:
        settings = from_environment()
    except SettingsRefused as refused:
        raise StartRefused(f"cli.{refused.code}") from None
    return settings if settings.production else replace(settings, secret=installation.secret())


def _interrupt(*_: object) -> None:
    sys.exit(0)
