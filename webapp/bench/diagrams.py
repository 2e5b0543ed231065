"""The diagrams that are measured, made by code in two dialects: ours, and the one that SpiffWorkflow's stock parser reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Dialect = Literal["zhuqi", "stock"]
GROUP = "bench"
ENTRANCE = "bench_entrance"
_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="http://bpmn.io/schema/bpmn">'
)
_COUNT = '<zeebe:ioMapping><zeebe:output source="=round + 1" target="round"/></zeebe:ioMapping>'
_OFFER = f'<bpmn:extensionElements><zeebe:assignmentDefinition candidateGroups="{GROUP}"/></bpmn:extensionElements>'


def ring(dialect: Dialect, *, with_form: bool = False) -> str:
    """A user task, a question and the way back: one completion is a task, a value, a condition and the next task, at any age.

    `with_form`: the value comes from a form and is held to it; else it is counted up by an expression of the task.
    """
    again = "=round &lt; last" if dialect == "zhuqi" else "round &lt; last"
    extra = '<zeebe:formDefinition formId="bench_review"/>' if with_form else _COUNT
    review = _user("review", "审核", dialect, extra, ("begun", "again"), "reviewed")
    gateway = (
        '<bpmn:exclusiveGateway id="is_again" name="继续吗？" default="enough"><bpmn:incoming>reviewed</bpmn:incoming>'
        "<bpmn:outgoing>again</bpmn:outgoing><bpmn:outgoing>enough</bpmn:outgoing></bpmn:exclusiveGateway>"
    )
    flows = [
        _flow("begun", "begin", "review"), _flow("reviewed", "review", "is_again"), _flow("again", "is_again", "review", again),
        _flow("enough", "is_again", "done"),
    ]  # fmt: skip
    return _process("bench_form" if with_form else "bench_ring", [_start("begun"), review, gateway, _end("enough"), *flows])


def items(dialect: Dialect, *, with_outputs: bool = False) -> str:
    """One user task for each of `people`, all at once; `with_outputs` they are collected."""
    outputs = ' outputCollection="done" outputElement="=person"' if with_outputs else ""
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=people" '
        f'inputElement="person"{outputs}/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'
        if dialect == "zhuqi"
        else "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>count</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    )
    review = _user("review", "会签", dialect, "", ("begun",), "reviewed", loop)
    return _process("bench_collect" if with_outputs else "bench_items", [_start("begun"), review, _end("reviewed"), _flow("begun", "begin", "review"), _flow("reviewed", "review", "done")])


def entrance(*starters: str) -> str:
    """One user task, started by hand by these candidate groups, without a form."""
    review = _user("review", "审核", "zhuqi", "", ("begun",), "reviewed")
    parts = [_start("begun"), review, _end("reviewed"), _flow("begun", "begin", "review"), _flow("reviewed", "review", "done")]
    groups = f'<zeebe:properties><zeebe:property name="candidateStarterGroups" value="{", ".join(starters)}"/></zeebe:properties>'
    return _process(ENTRANCE, [f"<bpmn:extensionElements>{groups}</bpmn:extensionElements>", *parts])


def timers(due: str) -> str:
    """A user task with a non-interrupting timer that falls due at the moment given, an ISO date and time."""
    review = _user("review", "审核", "zhuqi", "", ("begun",), "reviewed")
    boundary = (
        '<bpmn:boundaryEvent id="is_late" name="到期" cancelActivity="false" attachedToRef="review"><bpmn:outgoing>late</bpmn:outgoing>'
        f'<bpmn:timerEventDefinition id="late_timer"><bpmn:timeDate xsi:type="bpmn:tFormalExpression">{due}</bpmn:timeDate>'
        "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    ends = [_end("reviewed"), _node("endEvent", "reminded", "已提醒", ("late",), ())]
    flows = [_flow("begun", "begin", "review"), _flow("reviewed", "review", "done"), _flow("late", "is_late", "reminded")]
    return _process("bench_timers", [_start("begun"), review, boundary, *ends, *flows])


def scripts(dialect: Dialect, count: int) -> str:
    """`count` script tasks in a row, each adding one to `total`."""
    nodes = [
        _node("scriptTask", f"add_{i}", f"加{i}", (f"to_{i}",), (f"to_{i + 1}",), _script(dialect)) for i in range(count)
    ]  # fmt: skip
    ends = [_start("to_0"), _end(f"to_{count}")]
    names = ["begin", *(f"add_{i}" for i in range(count)), "done"]
    return _process("bench_scripts", [*ends, *nodes, *_chain(names)])


def long(dialect: Dialect, count: int) -> str:
    """`count` nodes: user tasks and questions in turn, for reading and checking."""
    names, parts = ["begin"], [_start("to_0")]
    for i in range((count - 2) // 2):
        names += [f"do_{i}", f"is_{i}"]
        task, question = 2 * i, 2 * i + 1
        parts.append(_user(f"do_{i}", f"办理{i}", dialect, "", (f"to_{task}",), f"to_{question}"))
        parts.append(_node("exclusiveGateway", f"is_{i}", f"问题{i}？", (f"to_{question}",), (f"to_{question + 1}",)))
    names.append("done")
    return _process("bench_long", [*parts, _end(f"to_{len(names) - 2}"), *_chain(names)])


def form() -> str:
    """The form of the user task `review`: a number and an opinion."""
    return (
        '{"type":"default","id":"bench_review","schemaVersion":19,"components":['
        '{"type":"number","key":"round","label":"第几轮","id":"f1","decimalDigits":0},'
        '{"type":"textarea","key":"opinion","label":"意见","id":"f2","validate":{"maxLength":500}}]}'
    )


def _script(dialect: Dialect) -> str:
    if dialect == "zhuqi":
        return '<bpmn:extensionElements><zeebe:script expression="=total + 1" resultVariable="total"/></bpmn:extensionElements>'
    return "<bpmn:script>total = total + 1</bpmn:script>"


def _chain(names: list[str]) -> Iterable[str]:
    return (_flow(f"to_{i}", names[i], names[i + 1]) for i in range(len(names) - 1))


def _user(id: str, name: str, dialect: Dialect, extra: str, incoming: Iterable[str], outgoing: str, loop: str = "") -> str:
    offer = _OFFER.replace("<zeebe:", "<zeebe:userTask/>" + extra + "<zeebe:", 1) if dialect == "zhuqi" else ""
    return _node("userTask", id, name, incoming, (outgoing,), offer, loop)


def _node(tag: str, id: str, name: str, incoming: Iterable[str], outgoing: Iterable[str], first: str = "", last: str = "") -> str:
    ways = "".join(f"<bpmn:incoming>{way}</bpmn:incoming>" for way in incoming)
    ways += "".join(f"<bpmn:outgoing>{way}</bpmn:outgoing>" for way in outgoing)
    # A script stands after the flows, extension elements before them.
    before, after = (first, last) if first.startswith("<bpmn:extension") else ("", first + last)
    return f'<bpmn:{tag} id="{id}" name="{name}">{before}{ways}{after}</bpmn:{tag}>'


def _start(outgoing: str) -> str:
    return _node("startEvent", "begin", "开始", (), (outgoing,))


def _end(incoming: str) -> str:
    return _node("endEvent", "done", "结束", (incoming,), ())


def _flow(id: str, source: str, target: str, condition: str = "") -> str:
    inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>' if condition else ""
    return f'<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'


def _process(id: str, parts: Iterable[str]) -> str:
    return f'{_HEAD}<bpmn:process id="{id}" name="测量" isExecutable="true">{"".join(parts)}</bpmn:process></bpmn:definitions>'
