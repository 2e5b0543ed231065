"""The town of a scenario: its enterprises, its people with their places, the processes of the project, and who answers service tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from stdnum.cn import uscc

from engine.core.bpmn.model import Job, Process
from engine.core.files import read
from engine.core.library import InMemory
from engine.core.runtime.step import Json, Variables
from engine.core.scenario_model import Person, Scenario
from engine.core.scenario_places import one_line
from engine.tables.store import Store
from engine.verbs import definitions, people, records, reference
from engine.verbs.access import DEPARTMENT, SERVING_CADRES, SYSTEM, Kind
from engine.verbs.handlers import HANDLERS, BpmnError, Context, Handler
from engine.verbs.jobs import JobFacts
from tests.browser.city import PASSWORD, ROOT, deployable
from tests.workflows.shipped import tables

ZONE = "zone"
PLACELESS = frozenset({*Kind, SERVING_CADRES})  # groups that follow from what somebody is


@dataclass(frozen=True)
class Shipped:
    """Everything that is deployed, read once to find elements by their names."""

    library: InMemory
    processes: Mapping[str, Process]


@cache
def shipped() -> Shipped:
    diagrams = [file.diagram for file in read(deployable()).files if file.diagram]
    processes = {process.id: process for diagram in diagrams for process in diagram.processes}
    return Shipped(InMemory(processes.values(), tables=tables()), processes)


def found(store: Store, now: datetime) -> None:
    """Departments and other reference tables, and every process deployed; nobody lives here yet."""
    with store.writing() as session:
        records.put_zone(session, "产业功能区", SYSTEM, now, id=ZONE)
        files = {file.name: file.read_bytes() for file in sorted((ROOT / "workflows" / "reference").glob("*.csv"))}
        reference.load(session, files, SYSTEM, now)
        definitions.deploy(session, deployable(), SYSTEM, now, source="files")


def settle(store: Store, scenario: Scenario, now: datetime) -> None:
    """Everybody whom the scenario names moves in. Their ids are the names and ids that the scenario uses."""
    companies, helpers = enterprises(scenario), {person.name: person for person in _people(scenario)}
    with store.writing() as session:
        for number, (id_, name) in enumerate(companies.items()):
            code = f"91410500MA3X{number:05}"
            records.create_enterprise(
                session, uscc=code + uscc.calc_check_digit(code), name=name, actor=SYSTEM, now=now, zone_id=ZONE, id=id_
            )
        for person in helpers.values():
            is_enterprise = person.kind == Kind.ENTERPRISE
            people.create(
                session, username=person.name, name=person.name, kind=person.kind, password=PASSWORD, actor=SYSTEM, now=now,
                id=person.name, zone_id=None if is_enterprise else ZONE,
                enterprise_id=str(person.facts.get("enterprise_id") or next(iter(companies))) if is_enterprise else None,
                department_id=_department(person), groups=sorted(_memberships(person)),
            )  # fmt: skip
        for person in helpers.values():
            for enterprise_id in companies if SERVING_CADRES in person.groups else ():
                records.assign_cadre(session, enterprise_id, person.name, SYSTEM, now)


def enterprises(scenario: Scenario) -> dict[str, str]:
    """Every enterprise that the scenario speaks of: id and name."""
    given = [*(person.facts for person in scenario.people.values()), scenario.start.values]
    found_ = {str(facts["enterprise_id"]): str(facts.get("enterprise_name") or "") for facts in given if facts.get("enterprise_id")}
    listed = {value: label for label, value in _listed(scenario, "my_enterprises")}
    named = {id_: listed.get(id_) or name or f"企业 {id_}" for id_, name in {**listed, **found_}.items()}
    return named or {"hengtong": "恒通机械有限公司"}


def _people(scenario: Scenario) -> Iterator[Person]:
    """Those who act, and those whom a list offers to be chosen."""
    items = scenario.lists.get("department_people")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield Person(str(item["value"]), Kind.DEPARTMENT, frozenset({DEPARTMENT + str(item["department"])}))
    yield from scenario.people.values()


def _listed(scenario: Scenario, name: str) -> list[tuple[str, str]]:
    items = scenario.lists.get(name)
    return [(str(item["label"]), str(item["value"])) for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _department(person: Person) -> str | None:
    named = [group.removeprefix(DEPARTMENT) for group in sorted(person.groups) if group.startswith(DEPARTMENT)]
    fact = person.facts.get("department")
    return named[0] if named else str(fact) if fact else None


def _memberships(person: Person) -> frozenset[str]:
    return frozenset(group for group in person.groups - PLACELESS if not group.startswith(DEPARTMENT))


# -------------------------------------------------------------------------------------------------------- service tasks


def handlers(scenario: Scenario) -> dict[str, Handler]:
    """What does the service tasks: the scenario where it says what they bring, else what is built in, else nothing."""

    def answer(job: JobFacts, context: Context) -> Variables:
        given = _given(scenario, job)
        if given is None:
            built_in = HANDLERS.get(job.type)
            return built_in(job, context) if built_in else {}
        if isinstance(code := given.get("error"), str):
            raise BpmnError(code, "", {name: value for name, value in given.items() if name != "error"})
        return dict(given)

    return dict.fromkeys({*HANDLERS, *_job_types()}, answer)


def _given(scenario: Scenario, job: JobFacts) -> Mapping[str, Json] | None:
    name = one_line(shipped().processes[job.process_key].nodes[job.node].name)
    return scenario.services.get(job.node, scenario.services.get(name))


def _job_types() -> Iterator[str]:
    for process in shipped().processes.values():
        for node in process.nodes.values():
            jobs = [node.detail] if isinstance(node.detail, Job) else []
            for job in (*jobs, *(listener.job for listener in node.listeners)):
                if job.type.expression is None:
                    yield job.type.text


def scenario_files() -> list[Path]:
    """The owners' scenario files, one a process."""
    return sorted((ROOT / "workflows").glob("*/*.scenarios.json"))
