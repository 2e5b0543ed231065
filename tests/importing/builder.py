"""Small diagrams of the old engines, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from engine.core.bpmn.reader import read
from engine.core.dmn.reader import read as read_model
from engine.core.importing.conversion import Imported, convert
from engine.core.library import InMemory
from engine.core.trial import Trial

NAMESPACES = {
    "camunda": "http://camunda.org/schema/1.0/bpmn",
    "flowable": "http://flowable.org/bpmn",
    "activiti": "http://activiti.org/bpmn",
}
DOER = 'v:candidateGroups="staff"'
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"


def old(process: str, roots: str = "", vendor: str = "camunda", attributes: str = 'isExecutable="true"') -> bytes:
    """A file of an old engine with one process `p`; in `process`, `v:` stands for the vendor's prefix."""
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{BPMN}" xmlns:{vendor}="{NAMESPACES[vendor]}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="file" targetNamespace="http://example.org">\n'
    )
    body = f'  <process id="p" {attributes}>\n{process}\n  </process>\n{roots}\n</definitions>\n'
    return (head + body.replace("v:", f"{vendor}:")).encode()


def through(task: str, id: str = "a") -> str:
    """start → the node `id` → end."""
    return (
        f'<startEvent id="start"/>{task}<endEvent id="end"/>'
        f'<sequenceFlow id="f1" sourceRef="start" targetRef="{id}"/><sequenceFlow id="f2" sourceRef="{id}" targetRef="end"/>'
    )


def extended(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


@dataclass
class Result:
    """A converted file, with ways to look into it."""

    imported: Imported

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.imported.content)

    def node(self, id: str) -> etree._Element:
        found = [one for one in self.root.iter() if one.get("id") == id]
        return found[0]

    def zeebe(self, id: str, name: str) -> list[dict[str, str]]:
        """The attributes of every zeebe element of this name inside the element `id`."""
        return [dict(one.attrib) for one in self.node(id).iter(f"{{{ZEEBE}}}{name}")]

    def text(self, name: str) -> str:
        """The text of the first BPMN element of this name."""
        return next(self.root.iter(f"{{{BPMN}}}{name}")).text or ""

    def codes(self, grade: str) -> list[str]:
        return [finding.code for finding in self.imported.findings if finding.grade == grade]

    def said(self, code: str) -> str:
        return next(finding.in_words("zh") for finding in self.imported.findings if finding.code == code)


def converted(process: str, roots: str = "", vendor: str = "camunda", attributes: str = 'isExecutable="true"') -> Result:
    return Result(convert(old(process, roots, vendor, attributes), "old.bpmn"))


def tried(result: Result, decisions: bytes | None = None) -> Trial:
    """The converted process in memory, ready to be started."""
    diagram, problems = read(result.imported.content, "new.bpmn")
    assert diagram is not None and not [problem for problem in problems if problem.severity == "error"]
    models = [model for model in [read_model(decisions, "new.dmn")[0] if decisions else None] if model]
    return Trial(InMemory(diagram.processes, models), diagram.processes[0].id)
