"""The commands. `zhuqi --help` lists them; every one opens its own transactions and sets the exit code: 0 well, 1 problems, 2 misuse.

What a command needs is imported when it runs: `zhuqi check` shall not wait for a web server.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from engine.core.problems import Problem, Refused, has_errors
from engine.texts import LANGUAGES, add_catalogue, text
from webapp import files
from webapp.installation import from_environment

if TYPE_CHECKING:
    from engine.core.bpmn.checks import Known


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the process's exit code."""
    add_catalogue(Path(__file__).parent / "texts")
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except FileNotFoundError as missing:
        return _complain(chosen, "cli.file_missing", file=missing.filename or missing.args[0])
    except KeyboardInterrupt:
        return 130


# ---------------------------------------------------------------------------------------------------------------- commands


def check(chosen: argparse.Namespace) -> int:
    from engine.verbs import deploying, reference

    found = files.find(chosen.paths)
    tables = {name: found.pop(name) for name in list(found) if name.endswith(files.REFERENCE)} | _tables(chosen.paths)
    known = reference.known(tables, _deployed() if chosen.paths else deploying.Known())
    problems = [*reference.check(tables), *deploying.check(found, known)]
    if chosen.json:
        print(json.dumps([_as_json(problem, chosen.language) for problem in problems], ensure_ascii=False, indent=2))
    else:
        _print_problems(problems, chosen.language)
        _say(chosen, "cli.checked", files=len(found) + len(tables), errors=_count(problems, "error"), warnings=_count(problems, "warning"))
    return 1 if has_errors(problems) else 0


def deploy(chosen: argparse.Namespace) -> int:
    from engine.verbs import deploying, reference
    from engine.verbs.access import SYSTEM

    tables = _tables(chosen.paths)
    found = {name: content for name, content in files.find(chosen.paths).items() if name not in tables}
    store = from_environment().store()
    try:
        with store.writing() as session:
            # Tables first: start timers are reckoned at deployment and may read them.
            loaded = reference.load(session, tables, SYSTEM, _now())
            outcome = deploying.deploy(session, found, SYSTEM, _now(), source="files")
    except Refused as refused:
        _print_problems(refused.problems, chosen.language)
        return _complain(chosen, "cli.refused", errors=_count(refused.problems, "error"))
    finally:
        store.close()
    _print_problems(outcome.warnings, chosen.language)
    for name in [*(name for name, _ in outcome.skipped), *loaded.skipped]:
        _say(chosen, "cli.skipped", file=name)
    _say(chosen, "cli.deployed", new=", ".join(outcome.new) or "0", unchanged=len(outcome.unchanged), rows=loaded.changed)
    return 0


def scenarios(chosen: argparse.Namespace) -> int:
    from webapp import scenario_runs

    return scenario_runs.run(chosen.paths, chosen.language, as_json=chosen.json, coverage=chosen.coverage)


def import_(chosen: argparse.Namespace) -> int:
    from webapp import importing

    return importing.run(chosen.paths, chosen.out, chosen.language, chosen.json)


def clauses(chosen: argparse.Namespace) -> int:
    from webapp import clauses as register

    return register.run(chosen.paths, chosen.language, as_json=chosen.json, as_chapter=chosen.markdown)


def decide(chosen: argparse.Namespace) -> int:
    from engine.core.dmn.evaluation import DecisionFailed, evaluate
    from engine.core.dmn.reader import read
    from engine.core.library import InMemory
    from engine.tables.types import decode_exactly, readable
    from webapp import scenario_runs

    ((name, content),) = files.find([chosen.file]).items()
    model, problems = read(content, name)
    if model is None or has_errors(problems):
        _print_problems(problems, chosen.language)
        return 1
    try:
        given = decode_exactly(chosen.input)
        if not isinstance(given, dict):
            raise ValueError(chosen.input)
        functions = InMemory((), tables=scenario_runs.reference_tables()).functions
        result = evaluate(model, chosen.decision, given, now=_now(), functions=functions)
    except ValueError:
        return _complain(chosen, "cli.input_not_json")
    except DecisionFailed as failed:
        print(failed.sentence(chosen.language), file=sys.stderr)
        return 1
    made = [evaluation.as_json() for evaluation in result.evaluations]
    warnings = [remark.sentence(chosen.language) for remark in result.warnings]
    print(readable({"result": result.shown, "warnings": warnings, "evaluations": made}))
    return 0


def demo(chosen: argparse.Namespace) -> int:
    from webapp import demonstration

    store = from_environment().store()
    try:
        made = demonstration.prepare(store, _now())
        lines = list(demonstration.accounts(store, chosen.language))
    except Refused as refused:
        _print_problems(refused.problems, chosen.language)
        return _complain(chosen, "cli.refused", errors=_count(refused.problems, "error"))
    finally:
        store.close()
    _say(chosen, "cli.demo_made" if made else "cli.demo_kept", instances=made)
    for line in lines:
        print("  " + line)
    return 0


def serve(chosen: argparse.Namespace) -> int:
    from webapp import serving

    installation = from_environment()
    try:
        return serving.serve(installation, lambda address: _say(chosen, "cli.serving", address=address), chosen.processes)
    except serving.StartRefused as refused:
        return _complain(chosen, refused.code, **refused.facts)


def worker(chosen: argparse.Namespace) -> int:
    from webapp import serving

    _say(chosen, "cli.working")
    return serving.work(from_environment())


def person(chosen: argparse.Namespace) -> int:
    import getpass

    from engine.verbs import people
    from engine.verbs.access import SYSTEM
    from engine.verbs.errors import EngineError

    password = getpass.getpass(text("cli.password", chosen.language)) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    store = from_environment().store()
    try:
        with store.writing() as session:
            people.create(
                session, username=chosen.username, name=chosen.name, kind=chosen.kind, password=password, actor=SYSTEM, now=_now()
            )
    except EngineError as error:
        print(error.sentence(chosen.language), file=sys.stderr)
        return 1
    finally:
        store.close()
    _say(chosen, "cli.person_made", username=chosen.username)
    return 0


def verify_log(chosen: argparse.Namespace) -> int:
    from engine.verbs import history
    from webapp import anchors

    installation = from_environment()
    store = installation.store()
    with store.reading() as session:
        broken = history.verify(session)
    known = anchors.count(installation.anchors) if chosen.anchors else 0
    broken += anchors.check(store, installation.anchors) if known else ()
    store.close()
    for fault in broken:
        print(text("cli.log_broken", chosen.language, stream=fault.stream, seq=fault.seq, why=text(f"history.broken.{fault.why}", chosen.language)))
    if broken:
        return _complain(chosen, "cli.log_bad", count=len(broken))
    _say(chosen, "cli.log_good")
    if chosen.anchors and not known:
        return _complain(chosen, "cli.no_anchors", folder=installation.anchors)
    if chosen.anchors:
        _say(chosen, "cli.anchors_good", count=known)
    return 0


def anchor(chosen: argparse.Namespace) -> int:
    from webapp import anchors

    installation = from_environment()
    store = installation.store()
    made = anchors.drop(store, installation.anchors, _now())
    store.close()
    _say(chosen, "cli.anchored", count=made.count, chain=made.chain, file=installation.anchors / anchors.LINES)
    return 0


def bench(chosen: argparse.Namespace) -> int:
    from webapp.bench import running

    return running.run(
        chosen.names, chosen.language, as_json=chosen.json, scale=chosen.scale, people=chosen.people, seconds=chosen.seconds
    )


def seed(chosen: argparse.Namespace) -> int:
    from webapp.bench import seeding, townspeople

    store = from_environment().store()
    try:
        if not seeding.is_empty(store):
            return _complain(chosen, "cli.seed_refused")
        made = seeding.seed(store, chosen.tasks, chosen.history, _now(), services=True)
    finally:
        store.close()
    _say(chosen, "cli.seeded", tasks=chosen.tasks, instances=made["process_instance"], events=made["event"], password=townspeople.PASSWORD)
    return 0


# ------------------------------------------------------------------------------------------------------------------ parser


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zhuqi", description=text("cli.about"))
    parser.add_argument("--language", choices=LANGUAGES, default="zh")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], *, paths: bool = False, as_json: bool = False) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text(f"cli.help.{name}"), description=text(f"cli.help.{name}"))
        sub.set_defaults(run=run)
        if paths:
            sub.add_argument("paths", nargs="*", metavar="PATH", help=text("cli.help.paths"))
        if as_json:
            sub.add_argument("--json", action="store_true", help=text("cli.help.json"))
        return sub

    command("check", check, paths=True, as_json=True)
    command("deploy", deploy, paths=True)
    played = command("scenarios", scenarios, paths=True, as_json=True)
    played.add_argument("--coverage", action="store_true", help=text("cli.help.coverage"))
    brought = command("import", import_, paths=True, as_json=True)
    brought.add_argument("--out", metavar="DIR", help=text("cli.help.out"))
    registered = command("clauses", clauses, paths=True, as_json=True)
    registered.add_argument("--markdown", action="store_true", help=text("cli.help.markdown"))
    decision = command("decide", decide)
    decision.add_argument("file", metavar="FILE")
    decision.add_argument("decision", metavar="DECISION")
    decision.add_argument("--input", default="{}", metavar="JSON", help=text("cli.help.input"))
    served = command("serve", serve)
    served.add_argument("--processes", type=int, metavar="N", help=text("cli.help.processes"))
    command("worker", worker)
    command("demo", demo)
    verified = command("verify-log", verify_log)
    verified.add_argument("--anchors", action="store_true", help=text("cli.help.anchors"))
    command("anchor", anchor)
    measured = command("bench", bench, as_json=True)
    measured.add_argument("names", nargs="*", metavar="NAME", help=text("cli.help.bench_names"))
    measured.add_argument("--scale", type=float, default=1, help=text("cli.help.scale"))
    measured.add_argument("--people", type=int, default=20, help=text("cli.help.people"))
    measured.add_argument("--seconds", type=int, default=20, help=text("cli.help.seconds"))
    filled = command("seed", seed)
    filled.add_argument("--tasks", type=int, default=10_000, help=text("cli.help.tasks"))
    filled.add_argument("--history", type=int, default=100_000, help=text("cli.help.history"))
    account = command("person", person)
    account.add_argument("username")
    account.add_argument("name")
    account.add_argument("--kind", choices=("administrator", "designer", "supervisor"), default="administrator")
    return parser


# ------------------------------------------------------------------------------------------------------------ small change


def _now() -> datetime:
    return datetime.now(UTC)


def _tables(paths: Sequence[str]) -> dict[str, bytes]:
    """The reference tables at these paths."""
    return {name: content for name, content in files.find(paths, files.REFERENCE).items() if name.endswith(files.REFERENCE)}


def _deployed() -> Known:
    """What is deployed in this installation, if there is one: a single file may refer to it."""
    from engine.verbs import deploying

    installation = from_environment()
    if installation.database.startswith("sqlite") and not (installation.home / "zhuqi.sqlite").exists():
        return deploying.Known()
    store = installation.store()
    try:
        with store.reading() as session:
            return deploying.known(session)
    finally:
        store.close()


def _print_problems(problems: Sequence[Problem], language: str) -> None:
    for problem in sorted(problems, key=lambda problem: (problem.file, problem.line or 0)):
        mark = "" if problem.severity == "error" else text("cli.warning", language)
        print(mark + problem.in_words(language))


def _count(problems: Sequence[Problem], severity: str) -> int:
    return sum(problem.severity == severity for problem in problems)


def _as_json(problem: Problem, language: str) -> dict[str, object]:
    return {
        "severity": problem.severity, "code": problem.code, "file": problem.file, "line": problem.line, "element": problem.element,
        "message": problem.sentence(language),
    }  # fmt: skip


def _say(chosen: argparse.Namespace, code: str, **facts: object) -> None:
    print(text(code, chosen.language, **facts), flush=True)


def _complain(chosen: argparse.Namespace, code: str, **facts: object) -> int:
    print(text(code, chosen.language, **facts), file=sys.stderr)
    return 1


def run() -> NoReturn:
    sys.exit(main())
