"""The files of anchors, in a folder of their own that is only added to: copied elsewhere, they tell whether the database was rewritten.

`anchors.txt` has a line for each anchor, chained: time, number of ends, digest of their text, digest of this line and all before it. The
ends themselves are in a file named after the time. A copy of `anchors.txt` on another machine vouches for everything else.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from engine.core.calendar import CHINA
from engine.tables.store import Store
from engine.verbs import anchors
from engine.verbs.anchors import Anchor
from engine.verbs.history import Broken

LINES = "anchors.txt"


def drop(store: Store, folder: Path, now: datetime) -> Anchor:
    """Add an anchor; when this returns it is on the disk. Raises ValueError if the last line is none."""
    with _alone(folder) as lines:
        return _add(store, folder, lines, now)


def drop_daily(store: Store, folder: Path, now: datetime) -> Anchor | None:
    """An anchor, unless there is one of this day already (in China)."""
    with _alone(folder) as lines:
        before = _last(lines)
        if before is not None and before.at.astimezone(CHINA).date() == now.astimezone(CHINA).date():
            return None
        return _add(store, folder, lines, now)


def count(folder: Path) -> int:
    """How many anchors there are."""
    file = folder / LINES
    return len(file.read_text("ascii").splitlines()) if file.exists() else 0


def check(store: Store, folder: Path) -> list[Broken]:
    """Where the record or the files are not what the anchors say. `seq` of a broken file: the line of `anchors.txt`, which must exist."""
    found: list[Broken] = []
    before: Anchor | None = None
    for number, line in enumerate((folder / LINES).read_text("ascii").splitlines(), 1):
        try:
            anchor = Anchor.read(line)
        except ValueError:
            return [*found, Broken(LINES, number, "anchor_line")]
        if not anchor.follows(before):
            found.append(Broken(LINES, number, "anchor_line"))
        found += _check_ends(store, folder, anchor)
        before = anchor
    return found


def _check_ends(store: Store, folder: Path, anchor: Anchor) -> list[Broken]:
    file = _ends_file(folder, anchor.at)
    ends = file.read_bytes() if file.exists() else b""
    if hashlib.sha256(ends).hexdigest() != anchor.digest:
        return [Broken(file.name, None, "anchor_file")]
    with store.reading() as session:
        return list(anchors.check(session, ends.decode("ascii")))


@contextmanager
def _alone(folder: Path) -> Iterator[TextIO]:
    """The open file of lines; workers that share the folder take turns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LINES).open("a+", encoding="ascii") as lines:
        fcntl.flock(lines, fcntl.LOCK_EX)
        yield lines


def _add(store: Store, folder: Path, lines: TextIO, now: datetime) -> Anchor:
    before, now = _last(lines), now.replace(microsecond=0)
    with store.reading() as session:
        ends = anchors.ends(session, before.at if before else None)
    anchor = Anchor.after(before, now, ends)
    # The ends first: a line always has its file. What a crash leaves behind without a line is written anew.
    with _ends_file(folder, now).open("w", encoding="ascii") as file:
        _save(file, ends)
    _save(lines, anchor.line())
    with store.writing() as session:
        anchors.note(session, anchor)
    return anchor


def _save(file: TextIO, text: str) -> None:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())


def _last(lines: TextIO) -> Anchor | None:
    lines.seek(0)
    found = lines.read().splitlines()
    return Anchor.read(found[-1]) if found else None


def _ends_file(folder: Path, at: datetime) -> Path:
    return folder / f"{at:%Y%m%dT%H%M%SZ}.txt"
