"""Which BPMN elements the runtime executes: one table, used by the checks at deployment and written out for process owners.

An element that is not in it is refused with `not_supported`; so adding a construct to the runtime ends with a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from engine.core.bpmn.model import CalledDecision, CalledProcess, Job, Kind, Node, Process, StandardLoop, UserTask
from engine.core.bpmn.words import Words
from engine.texts import text

Place = Literal["process_start", "event_sub_process_start", "sub_process_start", "catch", "throw", "boundary", "end"]

KINDS: dict[Kind, bool] = {
    Kind.TASK: True,
    Kind.MANUAL_TASK: True,
    Kind.USER_TASK: True,
    Kind.SERVICE_TASK: True,
    Kind.SEND_TASK: True,
    Kind.RECEIVE_TASK: True,
    Kind.SCRIPT_TASK: True,
    Kind.BUSINESS_RULE_TASK: True,
    Kind.CALL_ACTIVITY: True,
    Kind.SUB_PROCESS: True,
    Kind.EVENT_SUB_PROCESS: True,
    Kind.TRANSACTION: False,
    Kind.AD_HOC_SUB_PROCESS: False,
    Kind.EXCLUSIVE_GATEWAY: True,
    Kind.PARALLEL_GATEWAY: True,
    Kind.INCLUSIVE_GATEWAY: True,
    Kind.EVENT_BASED_GATEWAY: True,
    Kind.COMPLEX_GATEWAY: False,
    Kind.START_EVENT: True,
    Kind.INTERMEDIATE_CATCH_EVENT: True,
    Kind.INTERMEDIATE_THROW_EVENT: True,
    Kind.BOUNDARY_EVENT: True,
    Kind.END_EVENT: True,
}
EVENT_KINDS = (
    "none", "message", "timer", "signal", "conditional", "error", "escalation", "link", "terminate", "compensation", "cancel",
)  # fmt: skip
EVENTS: dict[Place, frozenset[str]] = {
    "process_start": frozenset({"none", "message", "timer", "signal"}),
    "sub_process_start": frozenset({"none"}),
    "event_sub_process_start": frozenset({"message", "timer", "signal", "error", "escalation", "conditional"}),
    "catch": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "throw": frozenset({"none", "message", "signal", "escalation", "link"}),
    "boundary": frozenset({"message", "timer", "signal", "error", "escalation", "conditional"}),
    "end": frozenset({"none", "message", "signal", "error", "escalation", "terminate"}),
}
ONLY_INTERRUPTING = frozenset({"error"})  # BPMN 2.0.2 §10.5.4, Table 10.90
# Details of supported elements that are refused, by the key of their name.
REFUSED: dict[str, Callable[[Node], bool]] = {
    "standard_loop": lambda node: isinstance(node.loop, StandardLoop),
    "event_sub_process_loop": lambda node: node.kind is Kind.EVENT_SUB_PROCESS and node.loop is not None,
    "multiple_event": lambda node: len(node.events) > 1 and not node.parallel_multiple,
    "parallel_multiple_event": lambda node: node.parallel_multiple,
    "compensation_activity": lambda node: node.for_compensation,
    "quantity": lambda node: (node.start_quantity, node.completion_quantity) != (1, 1),
    "instantiate": lambda node: node.instantiate,
    "version_tag_binding": lambda node: _binding(node) == "versionTag",
    "job_on_event": lambda node: isinstance(node.detail, Job)
    and place_of(node) is not None
    and (node.event is None or node.event.kind != "message"),
    "job_on_script": lambda node: isinstance(node.detail, Job) and node.kind is Kind.SCRIPT_TASK,
}
# The same, where the file must be looked at: element and attribute → the only value that is executed (`survey` does it).
ONLY_VALUES: dict[tuple[str, str], tuple[str, str]] = {
    ("eventBasedGateway", "eventGatewayType"): ("Exclusive", "parallel_event_gateway"),
    ("multiInstanceLoopCharacteristics", "behavior"): ("All", "loop_behavior"),
}
# Drawn, never executed.
DRAWN_ONLY = (
    "participant lane messageFlow textAnnotation association group dataObjectReference dataStoreReference"
).split()  # fmt: skip


def unsupported(process: Process, node: Node) -> Iterator[Words]:
    """What keeps `node` from being executed, in words; nothing if it can be."""
    if not KINDS[node.kind]:
        yield Words(f"bpmn.element.{node.kind}")
        return
    for key, holds in REFUSED.items():
        if holds(node):
            yield Words(f"bpmn.feature.{key}")
    place = place_of(node, process)
    if place is not None and len(node.events) <= 1:
        kind = node.event.kind if node.event else "none"
        if kind not in EVENTS[place]:
            yield event_words(place, kind)


def place_of(node: Node, process: Process | None = None) -> Place | None:
    """In which of the seven roles an event stands; None for other nodes."""
    match node.kind:
        case Kind.INTERMEDIATE_CATCH_EVENT:
            return "catch"
        case Kind.INTERMEDIATE_THROW_EVENT:
            return "throw"
        case Kind.BOUNDARY_EVENT:
            return "boundary"
        case Kind.END_EVENT:
            return "end"
        case Kind.START_EVENT:
            around = process.nodes.get(node.scope) if process else None
            if around is None:
                return "process_start"
            return "event_sub_process_start" if around.kind is Kind.EVENT_SUB_PROCESS else "sub_process_start"
        case _:
            return None


def event_words(place: Place, kind: str) -> Words:
    return Words("bpmn.event", event=Words(f"bpmn.event.{kind}"), place=Words(f"bpmn.place.{place}"))


def document(language: str = "zh") -> str:
    """The page for process owners, in Markdown: every element, with yes or no."""
    say = lambda key: text(f"bpmn.page.{key}", language)  # noqa: E731
    yes, no = say("yes"), say("no")
    lines = [f"# {say('title')}", "", say("intro"), "", f"## {say('elements')}", "", f"| {say('element')} | XML | {say('runs')} |", "|---|---|---|"]
    for kind, runs in KINDS.items():
        lines.append(f"| {text(f'bpmn.element.{kind}', language)} | `{kind}` | {yes if runs else no} |")
    lines += ["", f"## {say('events')}", "", say("events_note"), ""]
    places = list(EVENTS)
    lines.append(f"| {say('event')} | " + " | ".join(text(f"bpmn.place.{place}", language) for place in places) + " |")
    lines.append("|---" * (len(places) + 1) + "|")
    for event in EVENT_KINDS:
        cells = [yes if event in EVENTS[place] else no for place in places]
        lines.append(f"| {text(f'bpmn.event.{event}', language)} | " + " | ".join(cells) + " |")
    lines += ["", f"## {say('refused')}", ""]
    features = [*REFUSED, *(key for _, key in ONLY_VALUES.values()), "form_key"]
    lines += [f"- {text(f'bpmn.feature.{key}', language)}" for key in features]
    lines += ["", f"## {say('drawn')}", "", say("drawn_note"), ""]
    lines += [f"- {text(f'bpmn.element.{name}', language)} `{name}`" for name in DRAWN_ONLY]
    return "\n".join(lines) + "\n"


def _binding(node: Node) -> str:
    match node.detail:
        case UserTask(form_binding=binding) | CalledDecision(binding=binding) | CalledProcess(binding=binding):
            return binding
        case _:
            return ""
