"""One installation: its data folder, its database, where it listens. Read from the environment by the commands."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(32), "ascii")
        return file.read_text("ascii").strip()

    def keep(self, name: str, content: bytes) -> None:
        """Put a file into the archive: whole and on the disk when this returns, or not at all."""
        file = self.home / "archive" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)

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
