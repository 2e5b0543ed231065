"""`zhuqi clauses`: for each clause of the register the elements that carry it and the scenarios that pass through them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from engine.core import reference
from engine.core.bpmn.model import Process
from engine.core.clauses import TABLE, Clause, Coverage, Trail, cover, register, unknown
from engine.core.files import read
from engine.core.problems import Problem, has_errors
from engine.texts import text
from webapp import files, scenario_runs

SHOWN = 3  # names of scenarios in one line; the JSON holds all


def run(paths: Sequence[str], language: str, *, as_json: bool = False, as_chapter: bool = False) -> int:
    """Print the register with what serves each clause; the exit code: 1 if a clause has no element, an element names an unknown clause,
    or an obligatory clause has no scenario.
    """
    if as_chapter:
        print(shipped_chapter(), end="")
        return 0
    clauses = _register(paths)
    if not clauses:
        print(text("clauses.no_register", language))
        return 1
    played = scenario_runs.play(paths)
    if has_errors(played.problems):
        for problem in played.problems:
            print(problem.in_words(language))
        return 1
    processes = _among(played.processes, paths)
    trails = [Trail(result.outcome.scenario, result.outcome.visited) for result in played.results if result.outcome.ok]
    covered = cover(clauses, processes, trails)
    known = frozenset(clause.id for clause in clauses)
    problems = [problem for process in processes for problem in unknown(process, known)]
    if as_json:
        print(json.dumps(_as_json(covered, problems, language), ensure_ascii=False, indent=2))
    else:
        _report(covered, problems, language)
    return 1 if problems or any(found.fault for found in covered) else 0


def chapter(covered: Sequence[Coverage]) -> str:
    """docs/clauses.md: each clause with the elements that carry it."""
    lines = [text("clauses.chapter", "zh"), "", "| 条款 | 程度 | 内容 | 落实的元素 |", "| --- | --- | --- | --- |"]
    for found in covered:
        elements = "；".join(_by_process(found)) or text(f"clauses.{found.fault}", "zh")
        lines.append(f"| {found.clause.id} | {found.clause.level} | {found.clause.text} | {elements} |")
    return "\n".join(lines) + "\n"


def shipped_chapter() -> str:
    """The chapter as the files on disk make it; no scenario is played."""
    processes = read(files.find([])).processes.values()
    return chapter(cover(_register([]), sorted(processes, key=lambda process: process.file)))


def _register(paths: Sequence[str]) -> tuple[Clause, ...]:
    found = {**files.find([], files.REFERENCE), **files.find(paths, files.REFERENCE)}
    for name, content in found.items():
        if reference.table_name(name) == TABLE:
            table, problems = reference.read(content, name)
            return register(table.rows) if not has_errors(problems) else ()
    return ()


def _among(processes: Mapping[str, Process], paths: Sequence[str]) -> list[Process]:
    wanted = files.find(paths)
    return sorted((process for process in processes.values() if process.file in wanted), key=lambda process: process.file)


def _by_process(found: Coverage) -> Iterator[str]:
    """“企业诉求办理：签收、办理诉求”, one for each process."""
    names: dict[str, list[str]] = {}
    for carrier in found.carriers:
        own = names.setdefault(carrier.process.name or carrier.process.id, [])
        if carrier.element is not None:
            own.append(carrier.name)
    for process, elements in names.items():
        yield f"{process}：{'、'.join(dict.fromkeys(elements))}" if elements else process


def _report(covered: Sequence[Coverage], problems: Sequence[Problem], language: str) -> None:
    for found in covered:
        clause = found.clause
        print(text("clauses.line", language, id=clause.id, level=clause.level, text=clause.text))
        if found.carriers:
            print("    " + text("clauses.carried", language, names="；".join(_by_process(found))))
        if found.scenarios:
            names = "、".join(found.scenarios[:SHOWN]) + ("…" if len(found.scenarios) > SHOWN else "")
            print("    " + text("clauses.tried", language, count=len(found.scenarios), names=names))
        if found.fault:
            print("    " + text(f"clauses.{found.fault}", language))
    for problem in problems:
        print(problem.in_words(language))
    print(text("clauses.summary", language, count=len(covered), faults=sum(found.fault is not None for found in covered)))


def _as_json(covered: Sequence[Coverage], problems: Sequence[Problem], language: str) -> dict[str, object]:
    return {
        "clauses": [
            {
                "id": found.clause.id, "level": found.clause.level, "text": found.clause.text, "fault": found.fault,
                "elements": [
                    {"process": carrier.process.id, "element": carrier.element, "name": carrier.name} for carrier in found.carriers
                ],
                "scenarios": list(found.scenarios),
            }
            for found in covered
        ],
        "unknown": [
            {"file": problem.file, "line": problem.line, "element": problem.element, "message": problem.sentence(language)}
            for problem in problems
        ],
    }  # fmt: skip
