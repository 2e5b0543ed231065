"""Diagrams as short as the behaviour they are about: XML by a few words."""

from __future__ import annotations

from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.reader import read
from engine.core.problems import Problem

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' id="file" targetNamespace="http://example.org">\n'
)
LIBRARY = Known(frozenset({"known_form"}), frozenset({"known_decision"}), frozenset({"known_process"}))
MESSAGE = '<message id="m" name="answered"><extensionElements><zeebe:subscription correlationKey="=key"/></extensionElements></message>'


def file(process: str, roots: str = "", executable: str = 'isExecutable="true"') -> bytes:
    """A file with one process `p` and root elements beside it."""
    return f'{_HEAD}<process id="p" {executable}>\n{process}\n</process>\n{roots}\n</definitions>'.encode()


def node(tag: str, id: str, inner: str = "", **attributes: str) -> str:
    words = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<{tag} id="{id}"{words}>{inner}</{tag}>\n'


def flow(source: str, target: str, condition: str | None = None, id: str | None = None) -> str:
    inner = "" if condition is None else f"<conditionExpression>{condition}</conditionExpression>"
    return node("sequenceFlow", id or f"{source}_{target}", inner, sourceRef=source, targetRef=target)


def zeebe(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


def prop(name: str, value: str) -> str:
    return zeebe(f'<zeebe:properties><zeebe:property name="{name}" value="{value}"/></zeebe:properties>')


def loop(inner: str = "", attributes: str = "", more: str = "") -> str:
    """Multi-instance with `zeebe:loopCharacteristics` of these attributes."""
    items = zeebe(f"<zeebe:loopCharacteristics {attributes}/>") if attributes else ""
    return f"<multiInstanceLoopCharacteristics {more}>{items}{inner}</multiInstanceLoopCharacteristics>"


def event(kind: str, inner: str = "", **attributes: str) -> str:
    words = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{kind}EventDefinition{words}>{inner}</{kind}EventDefinition>"


def timer(kind: str, text: str) -> str:
    return event("timer", f"<time{kind}>{text}</time{kind}>")


def through(xml: str, id: str = "a") -> str:
    """start → the node `id` → end."""
    return node("startEvent", "start") + xml + node("endEvent", "end") + flow("start", id) + flow(id, "end")


def beside(xml: str) -> str:
    """start → task → end, and something else in the same process."""
    return through(node("task", "a")) + xml


def problems(content: bytes) -> list[Problem]:
    """What reading and checking find together."""
    diagram, found = read(content, "x.bpmn")
    return found + (check(diagram, LIBRARY) if diagram else [])


def errors(content: bytes) -> list[tuple[str, str | None]]:
    """Code and element of every error."""
    return [(problem.code, problem.element) for problem in problems(content) if problem.severity == "error"]
