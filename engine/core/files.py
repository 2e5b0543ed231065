"""A set of files, read and judged together: what is in them, and everything that is wrong with them.

    reading = read({"leave.bpmn": content, "rules.dmn": …})
    problems = judge(reading)          # all of them, in files sorted by name and each file by line
    world = World(reading.library())   # engine.core.world: try them out
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.core.bpmn import checks
from engine.core.bpmn import reader as bpmn
from engine.core.bpmn.checks import Known
from engine.core.bpmn.dataflow import check_calls
from engine.core.bpmn.model import Diagram, Formula, Job, Kind, Node, Process
from engine.core.bpmn.style import check_style
from engine.core.calendar import Calendar
from engine.core.dmn import reader as dmn
from engine.core.dmn.model import DecisionModel
from engine.core.forms import reader as forms
from engine.core.forms.model import Form
from engine.core.library import InMemory
from engine.core.problems import Problem
from engine.core.reference import Table, tables_named

_SENDING = frozenset({Kind.SEND_TASK, Kind.INTERMEDIATE_THROW_EVENT, Kind.END_EVENT})


@dataclass(frozen=True)
class File:
    """One file and what was found in it; nothing if it could not be read."""

    name: str
    content: bytes
    sha256: str
    diagram: Diagram | None = None
    model: DecisionModel | None = None
    form: Form | None = None

    @property
    def things(self) -> tuple[tuple[str, str], ...]:
        """(kind, id) of every definition in it: process, decision, form."""
        found = [("process", process.id) for process in self.diagram.processes] if self.diagram else []
        if self.model:
            found += [("decision", id_) for id_ in (*self.model.decisions, *self.model.services)]
        if self.form and self.form.id:
            found.append(("form", self.form.id))
        return tuple(found)

    @property
    def tags(self) -> frozenset[tuple[str, str, str]]:
        """(kind, id, version tag) of every definition in it that has one."""
        found = [("process", process.id, process.version_tag) for process in self.diagram.processes] if self.diagram else []
        if self.model:
            found += [("decision", decision.id, decision.version_tag) for decision in self.model.decisions.values()]
        if self.form:
            found.append(("form", self.form.id, self.form.version_tag))
        return frozenset((kind, id_, tag) for kind, id_, tag in found if tag)


@dataclass
class Reading:
    """All files of a set with the problems of each."""

    files: list[File] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def known(self, before: Known) -> Known:
        """What may be referred to: what is deployed already, and what is in these files."""
        ids: dict[str, set[str]] = {"process": set(before.processes), "decision": set(before.decisions), "form": set(before.forms)}
        for file in self.files:
            for kind, id_ in file.things:
                ids[kind].add(id_)
        return replace(
            before, forms=frozenset(ids["form"]), decisions=frozenset(ids["decision"]), processes=frozenset(ids["process"]),
            tags=before.tags.union(*(file.tags for file in self.files)),
        )  # fmt: skip

    @property
    def processes(self) -> dict[str, Process]:
        return {process.id: process for file in self.files if file.diagram for process in file.diagram.processes}

    @property
    def forms(self) -> dict[str, Form]:
        return {file.form.id: file.form for file in self.files if file.form and file.form.id}

    def library(self, calendar: Calendar | None = None, tables: Iterable[Table] = ()) -> InMemory:
        """What is in the files, ready to run in memory."""
        return InMemory(self.processes.values(), [file.model for file in self.files if file.model], calendar, tables)


def read(files: Mapping[str, bytes]) -> Reading:
    """Read every file, whatever is in it."""
    reading = Reading()
    for name in sorted(files):
        content = files[name]
        sha256 = hashlib.sha256(content).hexdigest()
        match name.rpartition(".")[2].lower():
            case "bpmn":
                diagram, problems = bpmn.read(content, name)
                reading.files.append(File(name, content, sha256, diagram=diagram))
            case "dmn":
                model, problems = dmn.read(content, name)
                reading.files.append(File(name, content, sha256, model=model))
            case "form":
                form, problems = forms.read(content, name)
                reading.files.append(File(name, content, sha256, form=form))
            case _:
                problems = [Problem("file_type_unknown", name)]
        reading.problems += problems
    return reading


def judge(reading: Reading, before: Known = Known()) -> list[Problem]:
    """Everything that is wrong, in files sorted by name and each file by line. `before`: what there is besides these files."""
    known = reading.known(before)
    problems = [*reading.problems, *_doubles(reading)]
    for file in reading.files:
        problems += _tables(file, known)
        if file.diagram is not None:
            problems += checks.check(file.diagram, known)
            for process in file.diagram.processes:
                problems += [*_jobs(process, before), *_records(process, before), *check_calls(process, reading.processes)]
    return sorted(problems, key=lambda problem: (problem.file, problem.line or 0))


def judge_style(reading: Reading) -> list[Problem]:
    """What does not keep to the modelling guide in the diagrams below a folder `workflows`: those are ours, others only pass through."""
    return check_style(file.diagram for file in reading.files if file.diagram is not None and "workflows" in file.name.split("/")[:-1])


def _tables(file: File, known: Known) -> Iterator[Problem]:
    """A reference table that does not exist gives null, and may yet be loaded: worth a word."""
    for line, name in tables_named(file.content) if known.tables is not None else ():
        if name not in known.tables:
            facts = {"table": name, "known": "、".join(sorted(known.tables))}
            yield Problem("reference_table_unknown", file.name, line, facts=facts, severity="warning")


def _doubles(reading: Reading) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for file in reading.files:
        for kind, id_ in file.things:
            other = first.setdefault((kind, id_), file.name)
            if other != file.name:
                yield Problem(f"{kind}_in_two_files", file.name, None, id_, {"id": id_, "other": other})


def _jobs(process: Process, known: Known) -> Iterator[Problem]:
    """A job type that no handler here knows waits for a worker outside: worth a word, since it may be a slip of the pen."""
    if known.job_types is None:
        return
    for place, type_ in _job_types(process):
        if type_.expression is None and type_.text not in known.job_types:
            facts = {"node": place.name or place.id, "type": type_.text, "known": "、".join(sorted(known.job_types))}
            yield Problem("job_type_without_handler", process.file, place.line, place.id, facts, "warning")


def _job_types(process: Process) -> Iterator[tuple[Process | Node, Formula]]:
    """The types of tasks and listeners, each with what it stands at."""
    yield from ((process, listener.job.type) for listener in process.listeners)
    for node in process.nodes.values():
        if isinstance(node.detail, Job) and not (node.detail.sends_message and node.kind in _SENDING):
            yield node, node.detail.type
        yield from ((node, listener.job.type) for listener in node.listeners)


def _records(process: Process, known: Known) -> Iterator[Problem]:
    """A task of type `record` says by literal headers what it writes, and takes every field from an input of its own."""
    for node in process.nodes.values() if known.records is not None else ():
        if not isinstance(node.detail, Job) or node.detail.type.text != "record":
            continue
        facts: dict[str, object] = {"node": node.name or node.id}
        allowed = known.records.get(node.detail.headers.get("record", ""))
        fields = words_of(node.detail.headers.get("fields", ""))
        if allowed is None:
            facts |= {"record": node.detail.headers.get("record", ""), "known": "、".join(sorted(known.records))}
            yield Problem("record_unknown", process.file, node.line, node.id, facts)
        elif not fields or not allowed.issuperset(fields):
            facts |= {"fields": "、".join(sorted(set(fields) - allowed)) or "—", "known": "、".join(sorted(allowed))}
            yield Problem("record_fields_unknown", process.file, node.line, node.id, facts)
        elif missing := sorted(set(fields) - {mapping.target for mapping in node.inputs}):
            yield Problem("record_field_without_input", process.file, node.line, node.id, facts | {"fields": "、".join(missing)})


def words_of(text: str) -> list[str]:
    """The words of a header that holds several, with commas between."""
    return [word.strip() for word in text.split(",") if word.strip()]
