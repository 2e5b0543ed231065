"""A BPMN 2.0 file as a diagram, or everything that keeps it from being one.

`read` never raises: whatever bytes arrive, the answer is a diagram that can at least be drawn, a list of problems, or both. Nothing in
the file is dropped silently: what is not understood is a problem. Source: BPMN 2.0.2 and the zeebe extension elements.
"""

from __future__ import annotations

from types import MappingProxyType

from engine.core import xml
from engine.core.bpmn.model import Artefact, Diagram, Process
from engine.core.bpmn.nodes import read_global_task, read_process
from engine.core.bpmn.reading import Reading
from engine.core.bpmn.shapes import read_drawing
from engine.core.bpmn.survey import survey
from engine.core.bpmn.vocabulary import BPMN, GLOBAL_TASKS, Element, bpmn_children, local
from engine.core.problems import Problem

_ARTEFACTS = (
    "participant lane textAnnotation association group dataObjectReference dataStoreReference messageFlow"
    " dataInput dataOutput dataInputAssociation dataOutputAssociation"
).split()


def read(content: bytes, file: str) -> tuple[Diagram | None, list[Problem]]:
    """The diagram in `content` and every problem found on the way, sorted by line.

    None if the file is not BPMN at all. `file` is only a name for the problems. A diagram that comes with errors must not be
    executed; it can be drawn, and `checks.check` can say what else is wrong with it.
    """
    root, problems = xml.parse(content, file)
    if root is None:
        return None, problems
    if root.tag != f"{{{BPMN}}}definitions":
        return None, [Problem("not_bpmn", file, root.sourceline, facts={"found": root.tag})]
    reading = Reading(file)
    survey(reading, root)
    diagram = _read_diagram(reading, root)
    return diagram, sorted(reading.problems, key=lambda problem: problem.line or 0)


def _read_diagram(reading: Reading, root: Element) -> Diagram:
    pools = {
        process.get("id"): (pool.get("name") or "").strip()
        for pool in root.iter(f"{{{BPMN}}}participant")
        if (process := reading.resolve(pool, "processRef", "process")) is not None
    }
    executable: list[Process] = []
    others: list[Process] = []
    for element in bpmn_children(root, "process"):
        if not reading.is_known(element):
            continue  # already reported
        name = pools.get(element.get("id"), "")
        if reading.flag(element, "isExecutable", False):
            executable.append(read_process(reading, element, name))
        else:
            # What is only drawn may be as incomplete as a sketch, so its problems are not ours.
            sketch = Reading(reading.file, reading.elements)
            others.append(read_process(sketch, element, name))
            if element.get("isExecutable") is None:
                reading.report("not_executable", element, "warning")
    executable += [
        read_global_task(reading, element)
        for element in bpmn_children(root, *GLOBAL_TASKS)
        if reading.is_known(element)
    ]
    if not executable:
        reading.report("no_executable_process", root)
    shapes, edges = read_drawing(reading, root)
    if not shapes:
        reading.report("no_drawing", root, "warning")
    artefacts = MappingProxyType(_read_artefacts(reading, root))
    return Diagram(reading.file, tuple(executable), shapes, edges, artefacts, tuple(others))


def _read_artefacts(reading: Reading, root: Element) -> dict[str, Artefact]:
    categories = {
        value.get("id"): (value.get("value") or "").strip() for value in root.iter(f"{{{BPMN}}}categoryValue") if value.get("id")
    }
    found: dict[str, Artefact] = {}
    for element in root.iter(*(f"{{{BPMN}}}{name}" for name in _ARTEFACTS)):
        identifier = element.get("id")
        if not identifier:
            continue
        kind = local(element)
        name = (element.get("name") or "").strip()
        if kind == "textAnnotation":
            name = "\n".join("".join(child.itertext()).strip() for child in bpmn_children(element, "text"))
        elif kind == "group":
            name = categories.get((element.get("categoryValueRef") or "").strip(), "")
        found[identifier] = Artefact(identifier, kind, name, element.sourceline or 0)
    return found
