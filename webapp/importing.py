"""`zhuqi import`: diagrams of Camunda 7, Flowable and Activiti converted into files beside them, with a report of what became of what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.core.importing.conversion import Imported, convert
from engine.core.importing.findings import GRADES, Finding
from engine.texts import text
from webapp import files

DIAGRAMS = (".bpmn", ".bpmn20.xml")
OURS = ".zhuqi.bpmn"


@dataclass
class Report:
    """One file: what came out of it, which files were written, and which were in the way."""

    file: str
    imported: Imported
    unchanged: bool
    written: list[str] = field(default_factory=list)
    in_the_way: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return not self.imported.undecided and not self.in_the_way


def run(paths: Sequence[str], out: str | None, language: str, as_json: bool) -> int:
    """Convert every diagram at `paths`, into `out` or beside the originals; the exit code: 1 if a person has something to decide.

    No existing file is ever replaced. Raises FileNotFoundError.
    """
    if not paths:
        print(text("import.cli.no_paths", language))
        return 2
    found = {name: content for path in paths for name, content in _diagrams(Path(path)).items()}
    reports = [_import(Path(name), content, Path(out) if out else None) for name, content in found.items()]
    if as_json:
        print(json.dumps([_as_json(report, language) for report in reports], ensure_ascii=False, indent=2))
    else:
        for report in reports:
            _print(report, language)
        undecided = sum(len(report.imported.undecided) for report in reports)
        print(text("import.cli.summary", language, files=len(reports), undecided=undecided))
    return 0 if all(report.done for report in reports) else 1


def _diagrams(path: Path) -> dict[str, bytes]:
    """The diagrams at or below a path by their path, results of earlier imports apart."""
    if not path.exists():
        raise FileNotFoundError(path)
    wanted = [path] if path.is_file() else sorted(path.rglob("*"))
    found = {}
    for file in wanted:
        if file.is_file() and (file == path or (file.name.endswith(DIAGRAMS) and not file.name.endswith(OURS))):
            with file.open("rb") as opened:
                found[str(file)] = opened.read(files.LARGEST)
    return found


def _import(source: Path, content: bytes, out: Path | None) -> Report:
    imported = convert(content, source.as_posix())
    report = Report(source.as_posix(), imported, imported.content == content)
    if report.unchanged:
        return report
    target = _target(source, out)
    target.parent.mkdir(parents=True, exist_ok=True)
    for file, made in ((target, imported.content), *((target.parent / name, form) for name, form in imported.forms.items())):
        _write(report, file, made)
    return report


def _target(source: Path, out: Path | None) -> Path:
    ending = next((ending for ending in DIAGRAMS if source.name.endswith(ending)), source.suffix)
    stem = source.name.removesuffix(ending)
    if out is None:
        return source.with_name(stem + OURS)
    plain = out / f"{stem}.bpmn"
    return plain if plain.resolve() != source.resolve() else out / (stem + OURS)


def _write(report: Report, file: Path, content: bytes) -> None:
    try:
        with file.open("xb") as opened:
            opened.write(content)
    except FileExistsError:
        # Someone may have gone on working in it.
        if not file.is_file() or file.read_bytes() != content:
            report.in_the_way.append(file.as_posix())
            return
    report.written.append(file.as_posix())


def _print(report: Report, language: str) -> None:
    print(text("import.cli.file", language, file=report.file))
    for grade in GRADES:
        findings = [finding for finding in report.imported.findings if finding.grade == grade]
        if findings:
            print(text(f"import.grade.{grade}", language, count=len(findings)))
        for finding in findings:
            print("  " + finding.in_words(language))
    if report.unchanged:
        code = "import.cli.unreadable" if report.imported.findings else "import.cli.nothing"
        print(text(code, language))
    for file in report.written:
        print(text("import.cli.written", language, file=file))
    for file in report.in_the_way:
        print(text("import.cli.in_the_way", language, file=file))


def _as_json(report: Report, language: str) -> dict[str, object]:
    return {
        "file": report.file, "written": report.written, "in_the_way": report.in_the_way,
        "findings": [_finding(finding, language) for finding in report.imported.findings],
    }  # fmt: skip


def _finding(finding: Finding, language: str) -> dict[str, object]:
    return {
        "grade": finding.grade, "code": finding.code, "line": finding.line, "element": finding.element,
        "message": finding.sentence(language),
    }  # fmt: skip
