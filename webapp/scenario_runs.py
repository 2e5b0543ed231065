"""`zhuqi scenarios`: the owners' test cases played over the files on disk, reported in their words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core import reference, scenario_files, scenarios
from engine.core.library import InMemory
from engine.core.problems import Problem, has_errors
from engine.core.scenario_files import ScenarioFile
from engine.core.scenario_model import Outcome
from engine.texts import text
from engine.verbs import reading
from webapp import files


@dataclass(frozen=True)
class Result:
    file: ScenarioFile
    outcome: Outcome


def run(paths: Sequence[str], language: str, *, as_json: bool = False, coverage: bool = False) -> int:
    """Play every scenario file at `paths` (default: all); the exit code: 1 if one fails or a file has errors."""
    definitions = {**files.find([]), **files.find(paths)}
    read = reading.read({name: content for name, content in definitions.items() if name.endswith(files.DEFINITIONS)})
    wanted, problems = _scenario_files(paths)
    problems = [problem for problem in read.problems if problem.severity == "error"] + problems
    if has_errors(problems):
        for problem in problems:
            print(problem.in_words(language))
        return 1
    library = InMemory(
        [process for file in read.files if file.diagram for process in file.diagram.processes],
        [file.model for file in read.files if file.model],
        tables=reference_tables(),
    )
    forms = {file.form.id: file.form for file in read.files if file.form and file.form.id}
    results = []
    for file in wanted:
        try:
            process = library.process(file.process)
        except KeyError:
            print(text("cli.scenario_process_unknown", language, file=file.file, process=file.process))
            return 1
        results += [Result(file, scenarios.run(library, process, scenario, forms)) for scenario in file.scenarios]
        if coverage:
            _print_coverage(library, file, results, language)
    _report(results, language, as_json=as_json)
    return 0 if all(result.outcome.ok for result in results) else 1


def reference_tables() -> list[reference.Table]:
    """The reference tables on disk; what is wrong with them is found when they are deployed."""
    return [reference.read(content, name)[0] for name, content in files.find([], files.REFERENCE).items()]


def _scenario_files(paths: Sequence[str]) -> tuple[list[ScenarioFile], list[Problem]]:
    found, problems = [], []
    for name, content in files.find(paths, files.SCENARIOS).items():
        if not name.endswith(files.SCENARIOS):
            continue
        file, wrong = scenario_files.read(content, name)
        problems += wrong
        if file is not None:
            found.append(file)
    return found, problems


def _report(results: Sequence[Result], language: str, *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "file": result.file.file, "scenario": result.outcome.scenario, "ok": result.outcome.ok,
                "failures": [failure.sentence(language) for failure in result.outcome.failures],
            }
            for result in results
        ]  # fmt: skip
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for result in results:
        code = "cli.scenario_ok" if result.outcome.ok else "cli.scenario_failed"
        print(text(code, language, name=result.outcome.scenario, file=result.file.file))
        for failure in result.outcome.failures:
            print("    " + failure.sentence(language))
    failed = sum(not result.outcome.ok for result in results)
    print(text("cli.scenarios", language, count=len(results), failed=failed))


def _print_coverage(library: InMemory, file: ScenarioFile, results: Sequence[Result], language: str) -> None:
    process = library.process(file.process)
    covered = scenarios.coverage(process, [result.outcome for result in results if result.file is file])
    missed = [process.nodes[id_].name.replace("\n", "") or id_ for id_ in covered.missed_nodes]
    print(text("cli.coverage", language, process=process.name, share=f"{covered.share:.0%}", missed="、".join(missed) or "—"))
