"""How what came of a scenario differs from what its owner expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.runtime.step import Json, Status, Variables
from engine.core.scenario_model import Expectation, Place, Rule, Sent, Stuck, moment_words
from engine.core.scenario_stage import Stage
from engine.core.trial import Trial

Difference = tuple[str, dict[str, object]]


def differences(stage: Stage, expected: Expectation) -> Iterator[Difference]:
    """Each point in which things are not as expected."""
    try:
        yield from _state_differences(stage, expected)
        yield from _path_differences(stage, expected)
        yield from _sent_differences(stage, expected)
    except Stuck as stuck:
        yield stuck.code, dict(stuck.facts)


def visited(stage: Stage) -> tuple[Place, ...]:
    """Flow nodes in the order they were activated, of every process that took part."""
    found = [(process_of(entry.definition_id), entry.node) for entry in stage.world.history if entry.kind == "activated" and entry.node]
    stage.places.met(process_id for process_id, _ in found)
    return tuple(place for place in found if stage.places.node(place) is not None)


def taken(stage: Stage) -> frozenset[Place]:
    return frozenset((process_of(entry.definition_id), entry.node) for entry in stage.world.history if entry.kind == "flow_taken" and entry.node)


def rules(stage: Stage) -> frozenset[Rule]:
    """The rules of decision tables that have matched."""
    found = set()
    for entry in stage.world.history:
        matched = entry.facts.get("rules") if entry.kind == "decision_evaluated" else None
        for rule in matched if isinstance(matched, list) else ():
            found.add((str(entry.facts["decision"]), int(rule["index"])))  # type: ignore[call-overload, index, arg-type]
    return frozenset(found)


def variables(stage: Stage, trial: Trial | None = None) -> Variables:
    """The variables of an instance, by default the scenario's own; after its end the last values they had."""
    trial = trial or stage.main
    if trial.is_started and trial.status is Status.ACTIVE:
        return trial.variables
    last: Variables = {}
    for entry in trial.history:
        known = entry.facts.get("variables")
        if entry.kind in ("variables_set", "instance_started") and isinstance(known, dict) and not entry.facts.get("local"):
            last.update(known)
    return last


def open_words(stage: Stage) -> str:
    return "、".join(sorted(_open_names(stage))) or "—"


def process_of(definition_id: str) -> str:
    """Files that are not deployed have no versions: a definition's id is its process's."""
    return definition_id


def _open_names(stage: Stage) -> list[str]:
    return [stage.places.name((wait.process_id, wait.node)) for _, wait in stage.waits("user")]


def _state_differences(stage: Stage, expected: Expectation) -> Iterator[Difference]:
    status = str(stage.main.status)
    if expected.status is not None and status != expected.status:
        yield "status_differs", {"expected": expected.status, "found": status, "open": open_words(stage)}
    if expected.open is not None:
        wanted = sorted(stage.places.name(min(stage.places.find(name))) for name in expected.open)
        if wanted != sorted(_open_names(stage)):
            yield "open_differs", {"expected": "、".join(wanted) or "—", "found": open_words(stage)}
    for name, moment in expected.due.items():
        tasks = [wait for _, wait in stage.waits("user") if (wait.process_id, wait.node) in stage.places.find(name)]
        if not tasks:
            yield "task_not_open", {"task": name, "open": open_words(stage)}
        elif tasks[0].due_at != moment:
            yield "due_differs", {"task": name, "expected": moment_words(moment), "found": moment_words(tasks[0].due_at)}
    for path, value in expected.variables.items():
        found = _value(stage, path)
        if found != value:
            yield "variable_differs", {"name": path, "expected": _words(value), "found": _words(found)}


def _value(stage: Stage, path: str) -> Json:
    """`closing.result`, or `appeal_handling/category` of an instance that a message has started."""
    process_id, slash, rest = path.partition("/")
    if not slash:
        return _dig(variables(stage), path)
    trial = next((trial for trial in reversed(stage.world.instances[1:]) if trial.process_id == process_id), None)
    return _dig(variables(stage, trial), rest) if trial else None


def _path_differences(stage: Stage, expected: Expectation) -> Iterator[Difference]:
    seen = visited(stage)
    at = 0
    for name in expected.path:
        wanted = stage.places.find(name)
        later = next((index for index in range(at, len(seen)) if seen[index] in wanted), None)
        if later is None:
            yield "path_differs", {"element": name, "visited": " → ".join(map(stage.places.name, seen))}
            break
        at = later + 1
    for name in expected.avoids:
        if stage.places.find(name) & set(seen):
            yield "path_avoids", {"element": name}
    if expected.end is not None:
        wanted = stage.places.find(expected.end)
        among = {process_id for process_id, _ in wanted}
        ends = [place for place in _ends(stage) if place[0] in among]
        if not ends or ends[-1] not in wanted:
            yield "end_differs", {"expected": expected.end, "found": stage.places.name(ends[-1]) if ends else "—"}


def _ends(stage: Stage) -> list[Place]:
    return [
        (process_of(entry.definition_id), entry.node)
        for entry in stage.world.history
        if entry.kind == "completed" and entry.node_kind == "endEvent" and entry.node
    ]


def _sent_differences(stage: Stage, expected: Expectation) -> Iterator[Difference]:
    if expected.sent is None:
        return
    if not expected.sent and stage.sent:
        yield "sent_nothing", {"found": _sent_words(stage.sent)}
    for wanted in expected.sent:
        named = [sent for sent in stage.sent if sent.message == wanted.message]
        if not named:
            yield "not_sent", {"message": wanted.message, "found": _sent_words(stage.sent)}
        elif not any(_holds(sent.values, wanted.values) for sent in named):
            name, value = next((name, value) for name, value in wanted.values.items() if _dig(named[-1].values, name) != value)
            found = _words(_dig(named[-1].values, name))
            yield "sent_differs", {"message": wanted.message, "name": name, "expected": _words(value), "found": found}


def _holds(values: Variables, wanted: Mapping[str, Json]) -> bool:
    return all(_dig(values, name) == value for name, value in wanted.items())


def _sent_words(sent: list[Sent]) -> str:
    return "、".join(each.message for each in sent) or "—"


def _dig(value: Json, path: str) -> Json:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _words(value: Json) -> str:
    return str(value) if value is not None else "—"
