"""The elements that a scenario may name: those of its own process, of the processes it calls, and of those it follows messages to.

A name without more means an element of the scenario's own process if that has one of this name, else one of the other processes.
`agency_service/归档` means the element of that process, whichever other process has one too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.core.bpmn.model import CalledProcess, Node, Process
from engine.core.library import Library
from engine.core.scenario_model import Place, Stuck


class Places:
    def __init__(self, library: Library, process: Process, follows: Sequence[str] = ()) -> None:
        self._library = library
        self.own = process
        self._processes: dict[str, Process] = {}
        for found in (process, *_existing(library, follows)):
            self._add(found)

    def _add(self, process: Process) -> None:
        if process.id in self._processes:
            return
        self._processes[process.id] = process
        for called in called_processes(self._library, process):
            self._add(called)

    def process(self, process_id: str) -> Process | None:
        """A process that takes part. One whose id is computed while running is known from then on."""
        if process_id not in self._processes:
            for found in _existing(self._library, [process_id]):
                self._add(found)
        return self._processes.get(process_id)

    def met(self, process_ids: Iterable[str]) -> None:
        """These processes run: their elements can be named from now on."""
        for process_id in process_ids:
            self.process(process_id)

    def find(self, name: str, *, everywhere: bool = False) -> set[Place]:
        """Elements with this name or id. Raises Stuck. `everywhere`: in other processes too although the own one has the name."""
        own = set(_named(self.own, name))
        others = {place for process in self._processes.values() if process is not self.own for place in _named(process, name)}
        found = (own | others) if everywhere else (own or others)
        if not found:
            prefix, _, rest = name.partition("/")
            process = next((each for each in self._processes.values() if prefix in (each.id, each.name)), None)
            found = set(_named(process, rest)) if process else set()
        if not found:
            raise Stuck("element_unknown", element=name)
        return found

    def node(self, place: Place) -> Node | None:
        process = self.process(place[0])
        return process.nodes.get(place[1]) if process else None

    def name(self, place: Place) -> str:
        node = self.node(place)
        return one_line(node.name) or place[1] if node else place[1]

    def with_action(self, label: str) -> set[Place]:
        """The elements whose `action` is this button."""
        return {
            (process.id, id_)
            for process in self._processes.values()
            for id_, node in process.nodes.items()
            if node.properties.get("action") == label
        }


def called_processes(library: Library, process: Process) -> Iterator[Process]:
    """The processes that call activities name, where the name is not computed."""
    for node in process.nodes.values():
        called = node.detail
        if isinstance(called, CalledProcess) and called.process_id.expression is None:
            found = library.called_process(called.process_id.text, called.binding, called.version_tag, process.id)
            if found is not None:
                yield library.process(found)


def _existing(library: Library, process_ids: Iterable[str]) -> Iterator[Process]:
    for process_id in process_ids:
        try:
            yield library.process(process_id)
        except KeyError:
            continue  # whoever needs it asks with `process`


def _named(process: Process, name: str) -> Iterator[Place]:
    return ((process.id, id_) for id_, node in process.nodes.items() if id_ == name or one_line(node.name) == name)


def one_line(name: str) -> str:
    """A name as people write it: without the line breaks that only the drawing needs."""
    return "".join(name.split("\n")).strip()
