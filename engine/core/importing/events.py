"""Events and conditions: texts of the standard's own elements that hold expressions, timers, messages and errors."""

from __future__ import annotations

import re

from engine.core.bpmn.cron import is_cron
from engine.core.bpmn.timers import is_cycle, is_date, is_duration
from engine.core.bpmn.vocabulary import BPMN, Element, bpmn_children, local
from engine.core.importing import layout
from engine.core.importing.draft import Draft, content
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.scripts import script_expression
from engine.core.importing.templates import formula, has_expression

_TIMERS = {"timeDate": is_date, "timeDuration": is_duration, "timeCycle": is_cycle}
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAY = re.compile(r"(?<![\w#/])([1-7])(?![\w])", re.ASCII)
_LAST_DAY = re.compile(r"([1-7])L", re.ASCII)
_CORRELATION = "=business_key"


def convert_text(draft: Draft, holder: Element, *, condition: bool = False) -> None:
    """An expression that is the text of a standard element: `${…}` becomes FEEL in its place.

    What cannot be converted stays as it is, and is refused at deployment until a person has replaced it.
    """
    text = content(holder)
    language = (holder.get("language") or "").strip()
    if not text or text.startswith("="):
        return
    try:
        if language and language.lower() not in ("juel", "feel") and not language.lower().startswith("http"):
            value = "=" + script_expression(language, text, draft.get(holder, "resource"))
        else:
            value = formula(text)
        if condition and not value.startswith("="):
            if value not in ("true", "false"):
                raise NotConvertible("fixed_condition")
            value = f"={value}"
    except NotConvertible as reason:
        draft.undecided(holder, text, reason)
        draft.keep(holder, "resource")
        return
    if value != text or language:
        draft.became(holder, text, value)
        replace_text(holder, value)
        holder.attrib.pop("language", None)


def replace_text(holder: Element, text: str) -> None:
    """The text of an element; comments in it stay behind it."""
    for child in holder:
        child.tail = None
    holder.text = text


def convert_condition(draft: Draft, flow: Element) -> None:
    for condition in bpmn_children(flow, "conditionExpression"):
        if draft.get(condition, "resource"):
            draft.undecided(condition, draft.written(condition, "resource"), NotConvertible("resource", resource=draft.get(condition, "resource")))
            draft.keep(condition, "resource")
        else:
            convert_text(draft, condition, condition=True)


def convert_timer(draft: Draft, definition: Element) -> None:
    """ISO texts stay, expressions become FEEL, cron is rewritten to the usual names of days."""
    for timer in bpmn_children(definition, *_TIMERS):
        for holder in (timer, definition):
            if draft.get(holder, "endDate"):
                draft.decide(timer, "timer_end", old=draft.written(holder, "endDate"))
                draft.keep(holder, "endDate")
        text = content(timer)
        if not text or text.startswith("="):
            continue
        if has_expression(text):
            convert_text(draft, timer)
        elif local(timer) == "timeCycle" and " " in text:
            _convert_cron(draft, timer, text)
        elif not _TIMERS[local(timer)](text):
            draft.decide(timer, "timer", old=text)


def _convert_cron(draft: Draft, timer: Element, text: str) -> None:
    cron = text if draft.converted_before else from_quartz(text)
    if cron is None or not is_cron(cron):
        draft.decide(timer, "timer", old=text)
    elif cron != text:
        draft.say("converted", "cron", timer, old=text, new=cron)
        replace_text(timer, cron)


def from_quartz(text: str) -> str | None:
    """A cron text of Quartz, which counts days of the week from 1 = Sunday to 7 and may name a year; None if it cannot be said."""
    fields = text.split()
    if len(fields) == 7 and fields[6] in ("*", "?"):
        fields.pop()
    if len(fields) != 6 or not (fields[3][0] in "*?" or fields[5][0] in "*?"):
        return None  # Quartz has never said what a day of the month together with a day of the week would mean
    days = []
    for item in fields[5].split(","):
        if "/" in item and "-" not in item and item[0] not in "*?":
            return None  # from a day to the end of the week, which ends on another day here
        item = "SAT" if item == "L" else item
        last = _LAST_DAY.fullmatch(item)
        days.append(f"{int(last[1]) - 1}L" if last else _DAY.sub(lambda match: _DAYS[int(match[1]) - 1], item))
    return " ".join([*fields[:5], ",".join(days)])


def convert_messages(draft: Draft) -> None:
    """Message names, and a correlation key for every message that a running instance waits for."""
    awaited = {reference for one in draft.root.iter("{*}*") if (reference := _awaited(one))}
    for message in bpmn_children(draft.root, "message"):
        _convert_name(draft, message, "name")
        keyed = any(one.tag.endswith("}subscription") for holder in draft.holders(message) for one in holder if isinstance(one.tag, str))
        if message.get("id") in awaited and not keyed:
            draft.put(message, "subscription", correlationKey=_CORRELATION)
            draft.decide(message, "correlation_key", message=message.get("name") or message.get("id"), key=_CORRELATION)
    for signal in bpmn_children(draft.root, "signal"):
        _convert_name(draft, signal, "name")
    for escalation in bpmn_children(draft.root, "escalation"):
        _convert_name(draft, escalation, "escalationCode")
    _convert_errors(draft)


def _awaited(element: Element) -> str | None:
    """The message that a node waits for in a running instance."""
    if not element.tag.startswith(f"{{{BPMN}}}"):
        return None
    if local(element) == "receiveTask":
        return None if element.get("instantiate") == "true" else element.get("messageRef")
    event = element.getparent()
    if local(element) != "messageEventDefinition" or event is None:
        return None
    if local(event) == "startEvent":
        around = event.getparent()
        return None if around is None or local(around) == "process" else element.get("messageRef")
    return element.get("messageRef") if local(event) in ("intermediateCatchEvent", "boundaryEvent") else None


def _convert_name(draft: Draft, element: Element, attribute: str) -> None:
    text = element.get(attribute) or ""
    if not has_expression(text):
        return
    try:
        value = formula(text)
    except NotConvertible as reason:
        draft.undecided(element, text, reason)
        return
    draft.became(element, text, value)
    element.set(attribute, value)


def _convert_errors(draft: Draft) -> None:
    """Activiti and Flowable take an error's id for a missing code, and a reference to no error for the code itself."""
    errors = {error.get("id"): error for error in bpmn_children(draft.root, "error")}
    for error in errors.values():
        _convert_name(draft, error, "errorCode")
    if not draft.lenient:
        return
    for error in errors.values():
        if not (error.get("errorCode") or "").strip() and error.get("id"):
            error.set("errorCode", error.get("id") or "")
            draft.say("converted", "error_code", error, code=error.get("id"))
    for definition in list(draft.root.iter(f"{{{BPMN}}}errorEventDefinition")):
        reference = (definition.get("errorRef") or "").strip()
        if not reference or reference in errors or reference in draft.ids:
            continue  # where something else has that id, the checks will say so
        first = bpmn_children(draft.root, "process")
        index = draft.root.index(first[0]) if first else 0
        error = layout.insert(draft.root, index, f"{{{BPMN}}}error")
        error.set("id", reference)
        error.set("errorCode", reference)
        errors[reference] = error
        draft.say("converted", "error_code", definition, code=reference)


def convert_conditional(draft: Draft, definition: Element) -> None:
    for condition in bpmn_children(definition, "condition"):
        convert_text(draft, condition, condition=True)
