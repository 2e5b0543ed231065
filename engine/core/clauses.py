"""The register of clauses of the standard, and which elements of the diagrams carry them (extension property `clause`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from engine.core.bpmn.finding import finding
from engine.core.bpmn.model import Node, Process
from engine.core.problems import Problem
from engine.core.reference import Row
from engine.core.scenario_model import Place

TABLE = "clauses"  # the reference table that holds the register
PROPERTY = "clause"
OBLIGATORY = "应"


@dataclass(frozen=True)
class Clause:
    """`level` as the standard words it: 应 (shall), 宜 (should) or 可 (may); `text` in our own words."""

    id: str
    level: str
    text: str


@dataclass(frozen=True)
class Carrier:
    """An element that serves a clause; `element` None: the process as a whole."""

    process: Process
    element: str | None
    name: str

    @property
    def place(self) -> Place | None:
        return None if self.element is None else (self.process.id, self.element)


@dataclass(frozen=True)
class Coverage:
    """A clause with the elements that carry it and the names of the scenarios that pass through one of them."""

    clause: Clause
    carriers: tuple[Carrier, ...] = ()
    scenarios: tuple[str, ...] = ()

    @property
    def fault(self) -> str | None:
        """Why the clause is not met: `not_carried`, or `not_tried` for one that is obligatory; None if it is."""
        if not self.carriers:
            return "not_carried"
        return "not_tried" if self.clause.level == OBLIGATORY and not self.scenarios else None


@dataclass
class Trail:
    """A scenario that was played: its name and where it has been."""

    name: str
    visited: Iterable[Place]
    places: frozenset[Place] = field(init=False)
    processes: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.places = frozenset(self.visited)
        self.processes = frozenset(process_id for process_id, _ in self.places)

    def passes(self, carrier: Carrier) -> bool:
        return carrier.process.id in self.processes if carrier.place is None else carrier.place in self.places


def register(rows: Iterable[Row]) -> tuple[Clause, ...]:
    """The clauses in the order of the table."""
    return tuple(Clause(str(row["id"]), str(row["level"]), str(row["text"])) for row in rows)


def named(properties: Mapping[str, str]) -> list[str]:
    """The clauses that an element names."""
    return properties.get(PROPERTY, "").split()


def carriers(processes: Iterable[Process]) -> Iterator[tuple[str, Carrier]]:
    """Every clause id that an element names, with the element, in the order of the files."""
    for process in processes:
        for clause in dict.fromkeys(named(process.properties)):
            yield clause, Carrier(process, None, process.name or process.id)
        for node in process.nodes.values():
            for clause in dict.fromkeys(named(node.properties)):
                yield clause, Carrier(process, node.id, "".join(node.name.split("\n")) or node.id)


def cover(clauses: Iterable[Clause], processes: Iterable[Process], trails: Iterable[Trail] = ()) -> tuple[Coverage, ...]:
    """Each clause with what carries and tries it."""
    carried: dict[str, list[Carrier]] = {}
    for clause_id, carrier in carriers(processes):
        carried.setdefault(clause_id, []).append(carrier)
    played = list(trails)
    return tuple(
        Coverage(
            clause,
            tuple(carried.get(clause.id, ())),
            tuple(trail.name for trail in played if any(trail.passes(carrier) for carrier in carried.get(clause.id, ()))),
        )
        for clause in clauses
    )


def unknown(process: Process, known: frozenset[str]) -> Iterator[Problem]:
    """Every clause id that an element names and the register does not have."""
    places: list[tuple[Node | None, Mapping[str, str]]] = [(None, process.properties)]
    places += [(node, node.properties) for node in process.nodes.values()]
    for node, properties in places:
        for clause in dict.fromkeys(named(properties)):
            if clause not in known:
                close = get_close_matches(clause, sorted(known), n=1, cutoff=0.6)
                code = "clause_unknown_similar" if close else "clause_unknown"
                yield finding(process, node, code, clause=clause, suggestion=close[0] if close else "")
