"""Which BPMN elements the runtime executes: one table, used by the checks at deployment and written out for process owners.

An element that is not in it is refused with `not_supported`; so adding a construct to the runtime ends with a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from engine.core.bpmn.model import Job, Kind, Node, Process
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
    Kind.TRANSACTION: True,
    Kind.AD_HOC_SUB_PROCESS: True,
    Kind.EXCLUSIVE_GATEWAY: True,
    Kind.PARALLEL_GATEWAY: True,
    Kind.INCLUSIVE_GATEWAY: True,
    Kind.EVENT_BASED_GATEWAY: True,
    Kind.COMPLEX_GATEWAY: True,
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
    "process_start": frozenset({"none", "message", "timer", "signal", "conditional"}),
    "sub_process_start": frozenset({"none"}),
    "event_sub_process_start": frozenset({"message", "timer", "signal", "error", "escalation", "conditional", "compensation"}),
    "catch": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "throw": frozenset({"none", "message", "signal", "escalation", "link", "compensation"}),
    "boundary": frozenset({"message", "timer", "signal", "error", "escalation", "conditional", "compensation", "cancel"}),
    "end": frozenset({"none", "message", "signal", "error", "escalation", "terminate", "compensation", "cancel"}),
}
ONLY_INTERRUPTING = frozenset({"error", "cancel"})  # BPMN 2.0.2 §10.5.4, Table 10.90
WAITED_FOR = frozenset({"message", "timer", "signal", "conditional"})  # what comes from outside, in time
_THROWS = frozenset({Kind.INTERMEDIATE_THROW_EVENT, Kind.END_EVENT})
# Details of supported elements that are refused, by the key of their name.
REFUSED: dict[str, Callable[[Node], bool]] = {
    "event_sub_process_loop": lambda node: node.kind is Kind.EVENT_SUB_PROCESS and node.loop is not None,
    "parallel_multiple_event": lambda node: node.parallel_multiple and any(event.kind not in WAITED_FOR for event in node.events),
    "mixed_event": lambda node: len(node.events) > 1
    and any(event.kind == "link" or (event.kind == "compensation" and node.kind not in _THROWS) for event in node.events),
    "parallel_event_gateway": lambda node: node.parallel and not node.instantiate,
    "instantiating_loop": lambda node: node.instantiate and node.loop is not None,
    "job_on_event": lambda node: isinstance(node.detail, Job)
    and place_of(node) is not None
    and [event.kind for event in node.events] != ["message"],
}
# The same where the surroundings decide.
REFUSED_IN_PLACE: dict[str, Callable[[Process, Node], bool]] = {
    "boundary_on_handler": lambda process, node: node.kind is Kind.BOUNDARY_EVENT
    and (host := process.nodes.get(node.attached_to or "")) is not None
    and host.for_compensation,
}
_BY_SURVEY = ("form_key", "start_form_binding", "listener_kinds", "called_business_id", "retry_counter")  # refused where the file is read
# How particular constructs are executed, for the page.
DETAILS = (
    "loops multi_instance multiple mapped_start data listeners task_listeners ad_hoc complex compensation transaction instantiate quantity global_tasks cron"
    " conditional_start parallel_multiple_start"
).split()
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
    for key, holds_in_place in REFUSED_IN_PLACE.items():
        if holds_in_place(process, node):
            yield Words(f"bpmn.feature.{key}")
    place = place_of(node, process)
    if place is not None:
        for kind in dict.fromkeys(event.kind for event in node.events) or ("none",):
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

    def say(key: str) -> str:
        return text(f"bpmn.page.{key}", language)

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
    lines += [f"- {text(f'bpmn.feature.{key}', language)}" for key in (*REFUSED, *REFUSED_IN_PLACE, *_BY_SURVEY)]
    lines += ["", f"## {say('details')}", ""]
    lines += [f"- {text(f'bpmn.detail.{key}', language)}" for key in DETAILS]
    lines += ["", f"## {say('drawn')}", "", say("drawn_note"), ""]
    lines += [f"- {text(f'bpmn.element.{name}', language)} `{name}`" for name in DRAWN_ONLY]
    return "\n".join(lines) + "\n"
