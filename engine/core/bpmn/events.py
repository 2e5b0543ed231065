"""Event definitions: what an event waits for or throws, with references to messages, signals, errors and escalations resolved."""

from __future__ import annotations

from engine.core.bpmn.model import ACTIVITIES, EventDefinition, EventKind, Formula
from engine.core.bpmn.reading import Reading
from engine.core.bpmn.timers import is_cycle, is_date, is_duration
from engine.core.bpmn.vocabulary import EVENT_DEFINITIONS, Element, bpmn_children, local, zeebe_children

_ENDING = frozenset({"error", "cancel", "terminate"})
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def read_events(reading: Reading, node: Element) -> tuple[EventDefinition, ...]:
    """All event definitions of an event, its own and referred ones, in document order. Source: BPMN 2.0.2 §10.5.5."""
    found = []
    for child in bpmn_children(node, *EVENT_DEFINITIONS, "eventDefinitionRef"):
        by_reference = local(child) == "eventDefinitionRef"
        definition = reading.resolve_text(child, *EVENT_DEFINITIONS) if by_reference else child
        if definition is not None:
            found.append(read_event(reading, definition))
    if local(node) == "endEvent":
        found.sort(key=lambda event: event.kind in _ENDING)  # an end event throws everything, so what ends more than its path comes last
    return tuple(found)


def read_message(reading: Reading, element: Element) -> EventDefinition:
    """What `messageRef` of a message event, send task or receive task means, with the message's correlation key."""
    message = reading.resolve(element, "messageRef", "message")
    reference, name, key = None, None, None
    if message is not None:
        reference = message.get("id")
        name = reading.formula(message, message.get("name"))
        subscriptions = zeebe_children(message, "subscription")
        key = reading.formula(subscriptions[0], subscriptions[0].get("correlationKey")) if subscriptions else None
    return EventDefinition("message", element.sourceline or 0, name, reference, key)


def read_event(reading: Reading, element: Element) -> EventDefinition:
    """One event definition, wherever it stands."""
    kind: EventKind = EVENT_DEFINITIONS[local(element)]  # type: ignore[assignment]
    line = element.sourceline or 0
    match kind:
        case "message":
            return read_message(reading, element)
        case "timer":
            return _read_timer(reading, element)
        case "signal":
            return _read_reference(reading, element, kind, "signalRef", "signal", "name")
        case "error":
            return _read_reference(reading, element, kind, "errorRef", "error", "errorCode")
        case "escalation":
            return _read_reference(reading, element, kind, "escalationRef", "escalation", "escalationCode")
        case "conditional":
            return EventDefinition(kind, line, value=text_of(reading, element, "condition"))
        case "link":
            # A link's name is compared, never evaluated: it must be known before anything runs.
            name = (element.get("name") or "").strip()
            return EventDefinition(kind, line, Formula(name, line) if name else None)
        case "compensation":
            activity = reading.resolve(element, "activityRef", *sorted(kind.value for kind in ACTIVITIES))
            reference = None if activity is None else activity.get("id")
            return EventDefinition(kind, line, reference=reference, wait_for_completion=reading.flag(element, "waitForCompletion", True))
        case _:
            return EventDefinition(kind, line)


def _read_reference(
    reading: Reading, element: Element, kind: EventKind, attribute: str, target: str, value: str
) -> EventDefinition:
    found = reading.resolve(element, attribute, target)
    if found is None:
        return EventDefinition(kind, element.sourceline or 0)
    return EventDefinition(kind, element.sourceline or 0, reading.formula(found, found.get(value)), found.get("id"))


def _read_timer(reading: Reading, element: Element) -> EventDefinition:
    line = element.sourceline or 0
    texts = [child for child in bpmn_children(element, *_TIMERS) if (child.text or "").strip()]
    if len(texts) != 1:
        reading.report("timer_needs_one", element, count=len(texts))
    if not texts:
        return EventDefinition("timer", line)
    timer = _TIMERS[local(texts[0])]
    text = (texts[0].text or "").strip()
    literal = any(is_one(text) for is_one in (is_date, is_duration, is_cycle))  # also where the file's language is FEEL
    value = reading.formula(texts[0], text) if literal else reading.expression(texts[0])
    return EventDefinition("timer", line, timer=timer, value=value)  # type: ignore[arg-type]


def text_of(reading: Reading, element: Element, name: str) -> Formula | None:
    """The expression in the child element of this name."""
    found = bpmn_children(element, name)
    return reading.expression(found[0]) if found else None
