"""One installation: its data folder, its database, where it listens. Read from the environment by the commands."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from engine.tables.store import Store
from engine.verbs import worker

PROJECT = Path(__file__).parent.parent
FOLDERS = ("workflows", "forms")


@dataclass(frozen=True)
class Installation:
    """`home` holds everything that must be kept; `database` is an SQLAlchemy URL, by default one SQLite file in `home`."""

    home: Path
    database: str
    host: str
    port: int

    def store(self) -> Store:
        """The database, created and brought up to date."""
        self.home.mkdir(parents=True, exist_ok=True)
        store = self.reopened()
        store.migrate()
        return store

    def reopened(self) -> Store:
        """The same for one more process, when `store` has been called before."""
        return Store(self.database, worker.follow_up)

    def secret(self) -> str:
        """What signs the session cookies outside production: made once, so that a restart signs nobody out."""
        self.home.mkdir(parents=True, exist_ok=True)
        file = self.home / "secret"
        if not file.exists():
            with _written(file, secrets.token_hex(32).encode()) as finished, suppress(FileExistsError):
                os.link(finished, file)  # fails if another first process was faster: then its secret is the one
        return file.read_text("ascii").strip()

    def keep(self, name: str, content: bytes) -> None:
        """Put a file into the archive: whole and on the disk when this returns, or not at all."""
        file = self.home / "archive" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with _written(file, content) as finished:
            finished.replace(file)

    @property
    def anchors(self) -> Path:
        """The folder that anchors of the record are added to."""
        return self.home / "anchors"


def from_environment(environment: Mapping[str, str] = os.environ) -> Installation:
    """ZHUQI_HOME (default `data` in the project), ZHUQI_DATABASE, HOST, PORT."""
    home = Path(environment.get("ZHUQI_HOME") or PROJECT / "data").absolute()
    return Installation(
        home=home,
        database=environment.get("ZHUQI_DATABASE") or f"sqlite:///{home / 'zhuqi.sqlite'}",
        host=environment.get("HOST") or "127.0.0.1",
        port=int(environment.get("PORT") or 8000),
    )


@contextmanager
def _written(file: Path, content: bytes) -> Iterator[Path]:
    """The content under another name beside `file`, on the disk, for whoever gives it its name; so is the name when this ends."""
    with NamedTemporaryFile(dir=file.parent, prefix=f"{file.name}.", suffix=".part", delete=False) as out:
        unnamed = Path(out.name)
        try:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
            yield unnamed
        finally:
            unnamed.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
