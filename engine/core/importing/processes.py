"""The process element: who may start it, its version, how long its history is kept, whether it runs; and extension properties."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.core.bpmn.names import RESERVED_NAMES, is_variable
from engine.core.bpmn.timers import is_duration
from engine.core.bpmn.vocabulary import ZEEBE, Element, bpmn_children
from engine.core.importing import forms
from engine.core.importing.draft import Draft
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.templates import has_expression, listed

_STARTER = re.compile(r"(?<![\w.\"])(?:initiator|INITIATOR)(?![\w\"(])")


def convert_process(draft: Draft, process: Element) -> None:
    if process.get("isExecutable") is None and draft.lenient:
        process.set("isExecutable", "true")
        draft.say("converted", "executable", process)
    draft.move(process, "versionTag", "versionTag", "value", str.strip)
    _convert_property(draft, process, "candidateStarterGroups", "candidateStarterGroups", listed)
    _convert_property(draft, process, "historyTimeToLive", "timeToLive", days)


def days(text: str) -> str:
    """A number of days, or an ISO 8601 duration. Raises NotConvertible."""
    duration = f"P{text}D" if text.isascii() and text.isdigit() else text
    if has_expression(text) or not is_duration(duration):
        raise NotConvertible("duration", text=text)
    return duration


def _convert_property(draft: Draft, process: Element, name: str, target: str, convert: Callable[[str], str]) -> None:
    text = draft.get(process, name)
    if text is None:
        return
    try:
        value = convert(text)
    except NotConvertible as reason:
        draft.undecided(process, draft.written(process, name), reason)
        draft.keep(process, name)
        return
    draft.property(process, target, value)
    draft.became(process, draft.written(process, name), f"{target} = {value}")
    draft.remove_attribute(process, name)


def convert_start_event(draft: Draft, event: Element) -> None:
    """The start form, and the variable that holds who started the instance."""
    forms.convert_form(draft, event)
    initiator = draft.get(event, "initiator")
    if initiator is None:
        return
    with_events = any(one.tag.endswith("EventDefinition") for one in bpmn_children(event))
    if with_events or not is_variable(initiator) or initiator in RESERVED_NAMES:
        draft.decide(event, "initiator", old=initiator)
        draft.keep(event, "initiator")
        return
    draft.add(event, "ioMapping", "output", source="=started_by.id", target=initiator)
    draft.became(event, draft.written(event, "initiator"), f"output {initiator} =started_by.id")
    draft.remove_attribute(event, "initiator")


def report_unknown_starter(draft: Draft) -> None:
    """Applications around Flowable set `initiator` themselves as they start a process; here a start event must."""
    for process in bpmn_children(draft.root, "process"):
        values = [value for one in process.iter("{*}*") for value in map(str, one.attrib.values()) if value.startswith("=")]
        set_here = {one.get("target") for one in process.iter(f"{{{ZEEBE}}}output")}
        for name in sorted({match[0] for value in values for match in _STARTER.finditer(value)} - set_here):
            draft.decide(process, "starter_unset", name=name)


def convert_properties(draft: Draft, element: Element) -> None:
    """`camunda:properties` as `zeebe:properties`, name by name."""
    for holder in draft.vendor_children(element, "properties"):
        for entry in draft.vendor_children(holder, "property"):
            name = (entry.get("name") or "").strip()
            if name:
                draft.property(element, name, entry.get("value") or "")
                draft.became(element, f"property {name}", f"property {name}")
            draft.remove(entry)
        draft.remove(holder)
