"""`zhuqi scenarios`: the owners' test cases played over the files on disk, reported in their words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.core import reference, scenario_files, scenarios
from engine.core.bpmn.model import Process
from engine.core.files import read
from engine.core.library import InMemory
from engine.core.problems import Problem, has_errors
from engine.core.scenario_files import ScenarioFile
from engine.core.scenario_model import Coverage, Outcome
from engine.core.scenario_places import one_line
from engine.texts import text
from webapp import files


@dataclass(frozen=True)
class Result:
    file: ScenarioFile
    outcome: Outcome


@dataclass(frozen=True)
class Played:
    """Everything on disk that scenarios need, and what came of those that were played."""

    library: InMemory
    processes: dict[str, Process]
    results: list[Result]
    problems: list[Problem]


def run(paths: Sequence[str], language: str, *, as_json: bool = False, coverage: bool = False) -> int:
    """Play every scenario file at `paths` (default: all); the exit code: 1 if one fails, a file has errors, or, with `coverage`,
    something that is shipped has not been reached.
    """
    played = play(paths)
    if has_errors(played.problems):
        for problem in played.problems:
            print(problem.in_words(language))
        return 1
    for result in played.results:
        if result.file.process not in played.processes:
            print(text("cli.scenario_process_unknown", language, file=result.file.file, process=result.file.process))
            return 1
    covered = _coverage(played, everything=not paths) if coverage else {}
    if as_json:
        rows = [_row(result, language) for result in played.results]
        print(json.dumps({"scenarios": rows, "coverage": _as_json(played, covered)} if coverage else rows, ensure_ascii=False, indent=2))
    else:
        _report(played.results, language)
        for process, found in covered.items():
            _print_coverage(played, process, found, language)
    well = all(result.outcome.ok for result in played.results) and all(found.whole for found in covered.values())
    return 0 if well else 1


def play(paths: Sequence[str]) -> Played:
    """Every scenario of the files at `paths`, over all definitions on disk. With errors in a file nothing is played."""
    definitions = {**files.find([]), **files.find(paths)}
    reading = read({name: content for name, content in definitions.items() if name.endswith(files.DEFINITIONS)})
    wanted, problems = _scenario_files(paths)
    problems = [problem for problem in reading.problems if problem.severity == "error"] + problems
    processes, forms = reading.processes, reading.forms
    library = reading.library(tables=reference_tables())
    results = []
    for file in wanted if not has_errors(problems) else ():
        if file.process in processes:
            results += [Result(file, scenarios.run(library, processes[file.process], scenario, forms)) for scenario in file.scenarios]
        else:
            results.append(Result(file, Outcome("")))
    return Played(library, processes, results, problems)


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


def _coverage(played: Played, *, everything: bool) -> dict[str, Coverage]:
    """By process id, for the processes of the files that were played, or for every process there is."""
    outcomes = [result.outcome for result in played.results]
    wanted = {result.file.process for result in played.results}
    return {
        process.id: scenarios.coverage(process, outcomes, played.library)
        for process in played.processes.values()
        if everything or process.id in wanted
    }


def _row(result: Result, language: str) -> dict[str, object]:
    failures = [failure.sentence(language) for failure in result.outcome.failures]
    return {"file": result.file.file, "scenario": result.outcome.scenario, "ok": result.outcome.ok, "failures": failures}


def _report(results: Sequence[Result], language: str) -> None:
    for result in results:
        code = "cli.scenario_ok" if result.outcome.ok else "cli.scenario_failed"
        print(text(code, language, name=result.outcome.scenario, file=result.file.file))
        for failure in result.outcome.failures:
            print("    " + failure.sentence(language))
    failed = sum(not result.outcome.ok for result in results)
    print(text("cli.scenarios", language, count=len(results), failed=failed))


def _print_coverage(played: Played, process_id: str, covered: Coverage, language: str) -> None:
    process = played.processes[process_id]
    print(text("cli.coverage", language, process=process.name or process_id, share=_percent(covered.share)))
    missed = {
        "nodes": [_node_name(process, id_) for id_ in covered.missed_nodes],
        "flows": [_flow_name(process, id_) for id_ in covered.missed_flows],
        "rules": [text("cli.coverage_rule", language, decision=decision, rule=rule) for decision, rule in covered.missed_rules],
    }
    for what, names in missed.items():
        if names:
            print("    " + text(f"cli.coverage_{what}", language, names="、".join(names)))


def _percent(share: float) -> str:
    """Never 100 % unless it is the whole."""
    return f"{int(share * 100)}%"


def _node_name(process: Process, id_: str) -> str:
    return one_line(process.nodes[id_].name) or id_


def _flow_name(process: Process, id_: str) -> str:
    flow = process.flows[id_]
    label = f"（{one_line(flow.name)}）" if flow.name else ""
    return f"{_node_name(process, flow.source)}→{_node_name(process, flow.target)}{label}"


def _as_json(played: Played, covered: Mapping[str, Coverage]) -> list[dict[str, object]]:
    return [
        {
            "process": process_id, "share": found.share, "nodes": found.nodes, "flows": found.flows, "rules": found.rules,
            "missed_nodes": list(found.missed_nodes), "missed_flows": list(found.missed_flows),
            "missed_rules": [{"decision": decision, "rule": rule} for decision, rule in found.missed_rules],
        }
        for process_id, found in covered.items()
    ]  # fmt: skip
