"""The process owners' files on disk: found, read whole, named by where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from webapp.installation import FOLDERS, PROJECT

DEFINITIONS = (".bpmn", ".dmn", ".form")
SCENARIOS = (".scenarios.json",)
REFERENCE = (".csv",)
LARGEST = 20 * 1024 * 1024  # bytes; more than the readers accept, so that they say why, without filling the memory


def find(paths: Iterable[str], endings: tuple[str, ...] = DEFINITIONS) -> dict[str, bytes]:
    """Files with these endings at and below `paths` (default: workflows/ and forms/), by a name relative to where we are.

    A file named by itself is read whatever its ending. Raises FileNotFoundError.
    """
    found: dict[str, bytes] = {}
    for path in map(Path, list(paths) or default_paths()):
        if not path.exists():
            raise FileNotFoundError(path)
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and (file == path or file.name.endswith(endings)):
                with file.open("rb") as opened:
                    found[name(file)] = opened.read(LARGEST)
    return found


def default_paths() -> list[str]:
    """The folders here, or else those of the project the program is installed from."""
    here = [folder for folder in FOLDERS if Path(folder).is_dir()]
    return here or [str(PROJECT / folder) for folder in FOLDERS]


def name(file: Path) -> str:
    """Relative to the project or to here, with forward slashes: the same file has the same name wherever it is deployed from."""
    full = file.resolve()
    for base in (PROJECT, Path.cwd()):
        if full.is_relative_to(base):
            return full.relative_to(base).as_posix()
    return file.as_posix()
