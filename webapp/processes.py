"""Several processes as one program: begun anew when one ends, ended together, and none outlives the one that began them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import sleep
from typing import NoReturn

import structlog

Task = Callable[[], None]
SIGNALS = (signal.SIGINT, signal.SIGTERM)
PAUSE = 1.0  # seconds before a process that ended by itself is begun anew
log = structlog.get_logger(__name__)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def children(process: int) -> list[str]:
    """Ids of the processes that a process has begun; empty where the system does not tell."""
    file = Path(f"/proc/{process}/task/{process}/children")
    return file.read_text().split() if file.is_file() else []


def run(tasks: Sequence[Task]) -> None:
    """Run each task in a process of its own until SIGINT or SIGTERM, which each of them is told.

    Call it while no other thread runs and no connection is open: the processes are copies of this one.
    """
    lifeline, held = os.pipe()  # only this process keeps `held`: when it is gone, however it went, the others read the end
    running: dict[int, Task] = {}
    is_stopping = False

    def stop(*_: object) -> None:
        nonlocal is_stopping
        is_stopping = True
        for process in running:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(process, signal.SIGTERM)

    for number in SIGNALS:
        signal.signal(number, stop)
    waiting = list(tasks)
    while waiting or running:
        while waiting and not is_stopping:
            task = waiting.pop()
            # No signal between the fork and the moment when the new process is known here and has its own handlers.
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
            running[_begin(task, lifeline, held)] = task
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if is_stopping:
            waiting.clear()
        if running:
            process, status = os.wait()
            task = running.pop(process)
            if not is_stopping:
                log.error("process_ended", process=process, status=status)
                sleep(PAUSE)
                waiting.append(task)
    os.close(lifeline)
    os.close(held)


def _begin(task: Task, lifeline: int, held: int) -> int:
    process = os.fork()
    if process:
        return process
    os.close(held)
    _be(task, lifeline)


def _be(task: Task, lifeline: int) -> NoReturn:
    """The whole life of a new process."""
    code = 0
    try:
        for number in SIGNALS:
            signal.signal(number, leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        Thread(target=_watch, args=(lifeline,), name="lifeline", daemon=True).start()
        task()
    except (KeyboardInterrupt, SystemExit):
        pass
    except BaseException:
        log.exception("process_failed")
        code = 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def leave(*_: object) -> None:
    """A signal's handler: end as if all was done."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # what is being finished shall not be interrupted by being told once more
    sys.exit(0)


def _watch(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)
