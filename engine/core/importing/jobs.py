"""Service, send and business rule tasks: external topics and Java delegates become job types, decisions are called by id."""

from __future__ import annotations

import re

from engine.core.bpmn.names import RESERVED_NAMES, is_variable
from engine.core.bpmn.reading import shorten
from engine.core.bpmn.vocabulary import Element, bpmn_children, local
from engine.core.importing.draft import Draft, content, prefixed
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.scripts import as_script_task
from engine.core.importing.templates import formula, has_expression

_CODE = ("delegateExpression", "class", "expression")
_BEAN = re.compile(r"\s*[$#]\{\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*(?:\(.*\))?\s*\}\s*", re.DOTALL)
_CLASS = re.compile(r"[\w$]+(?:\.[\w$]+)*")
_RETRIES = re.compile(r"R(\d{1,2})/\S+", re.ASCII)
_RESULT = "decisionResult"  # what Camunda 7 calls the result of a decision where nobody named it
_BINDINGS = frozenset({"latest", "deployment"})


def convert_job(draft: Draft, holder: Element, node: Element) -> bool:
    """What a task (or the message definition of a throw event) has done by code outside: a job type on `node`. Whether there is one."""
    kind = draft.get(holder, "type")
    if kind in ("external", "external-worker"):
        return _convert_topic(draft, holder, node)
    if kind is not None:
        fields = draft.vendor_children(node, "field")
        names = [draft.written(holder, name) for name in ("type", "topic", "resultVariable", "resultVariableName") if draft.get(holder, name)]
        names += [f"{prefixed(field.tag)} {field.get('name')}" for field in fields]
        draft.decide(node, "service_type", type=kind, names=shorten(", ".join(names), 300))
        draft.keep(holder, "type", "topic", "resultVariable", "resultVariableName")
        draft.settled.update((field, "field") for field in fields)
        return False
    name = next((name for name in _CODE if draft.get(holder, name)), None)
    if name is None:
        return False
    if name == "expression" and local(holder) == "serviceTask" and as_script_task(draft, holder, name):
        return True
    old = draft.get(holder, name) or ""
    type_ = job_type(name, old) or node.get("id") or "job"
    draft.put(node, "taskDefinition", type=type_)
    draft.decide(node, "delegate", old=draft.written(holder, name), type=type_)
    draft.add(node, "taskHeaders", "header", key=name, value=old)
    draft.remove_attribute(holder, name)
    _convert_result(draft, holder, node)
    _convert_fields(draft, holder, node)
    _convert_retries(draft, node)
    return True


def job_type(name: str, text: str) -> str | None:
    """A job type that people find again in the old code: the bean, its method, or the class without its package."""
    if name == "class":
        bare = text.rpartition(".")[2] if _CLASS.fullmatch(text) else ""
        return bare[:1].lower() + bare[1:] or None
    found = _BEAN.fullmatch(text)
    return found[1] if found else None


def _convert_topic(draft: Draft, holder: Element, node: Element) -> bool:
    topic = draft.get(holder, "topic")
    if topic is None:
        draft.decide(node, "topic_missing")
        draft.keep(holder, "type")
        return False
    if draft.move(holder, "topic", "taskDefinition", "type", on=node) is None:
        draft.keep(holder, "type")
        return False
    draft.remove_attribute(holder, "type")
    _convert_fields(draft, holder, node)
    _convert_retries(draft, node)
    return True


def _convert_result(draft: Draft, holder: Element, node: Element) -> None:
    for name in ("resultVariable", "resultVariableName"):
        result = draft.get(holder, name)
        if result is not None:
            draft.decide(node, "job_result", result=result)
            draft.add(node, "taskHeaders", "header", key="resultVariable", value=result)
            draft.remove_attribute(holder, name)


def _convert_fields(draft: Draft, holder: Element, node: Element) -> None:
    """Injected fields: fixed ones are headers of the job, computed ones its local variables."""
    for field in (*draft.vendor_children(holder, "field"), *(draft.vendor_children(node, "field") if node is not holder else ())):
        name = (field.get("name") or "").strip()
        text = field.get("stringValue") or field.get("expression") or " ".join(map(content, draft.vendor_children(field)))
        try:
            value = formula(text)
            if value.startswith("=") and not is_variable(name):
                raise NotConvertible("name", name=name or "—")
        except NotConvertible as reason:
            draft.undecided(node, f"field {name}: {text}", reason)
            draft.keep(field)
            continue
        if value.startswith("=") and has_expression(text):
            draft.add(node, "ioMapping", "input", source=value, target=name)
            draft.became(node, f"field {name}: {text}", f"input {name} {value}")
        else:
            draft.add(node, "taskHeaders", "header", key=name, value=text.strip())
            draft.became(node, f"field {name}: {text}", f"header {name}")
        draft.remove(field)


def _convert_retries(draft: Draft, node: Element) -> None:
    for cycle in draft.vendor_children(node, "failedJobRetryTimeCycle"):
        found = _RETRIES.fullmatch(content(cycle))
        if found and int(found[1]) > 0:
            draft.put(node, "taskDefinition", retries=str(int(found[1])))
            draft.say("converted", "retries", node, old=content(cycle), retries=int(found[1]))
            draft.remove(cycle)


def convert_service_task(draft: Draft, task: Element) -> None:
    """A service or send task. A send task without code sends its message itself."""
    convert_job(draft, task, task)


def convert_rule_task(draft: Draft, task: Element) -> str | None:
    """`zeebe:calledDecision`; returns the result variable if a decision is called."""
    decision = draft.get(task, "decisionRef")
    if decision is None:
        if not convert_job(draft, task, task) and draft.vendor_children(task, "connector") == []:
            _report_rules(draft, task)
        return None
    if draft.move(task, "decisionRef", "calledDecision", "decisionId") is None:
        draft.keep(task, "decisionRefBinding", "decisionRefVersion", "resultVariable", "mapDecisionResult")
        return None
    convert_binding(draft, task, "decisionRef", "calledDecision")
    result = draft.get(task, "resultVariable")
    if result is not None and (not is_variable(result) or result in RESERVED_NAMES):
        draft.decide(task, "parameter_name", name=result)
    result = result or _RESULT
    draft.put(task, "calledDecision", resultVariable=result)
    shape = draft.get(task, "mapDecisionResult") or "resultList"
    if shape == "singleEntry":
        draft.became(task, draft.written(task, "mapDecisionResult"), f"→ {result}")
    else:
        draft.decide(task, "decision_result", shape=shape, result=result)
    draft.remove_attribute(task, "resultVariable", "mapDecisionResult")
    return result


def _report_rules(draft: Draft, task: Element) -> None:
    for name in ("ruleVariablesInput", "rules", "exclude"):
        if draft.get(task, name):
            draft.decide(task, "rules", old=draft.written(task, name))
            draft.keep(task, name)


def convert_binding(draft: Draft, node: Element, prefix: str, target: str) -> None:
    """Which version is meant. Theirs is the latest where nothing is said; ours would be the one deployed together, so it is written out."""
    binding = draft.get(node, f"{prefix}Binding") or "latest"
    tag, number = draft.get(node, f"{prefix}VersionTag"), draft.get(node, f"{prefix}Version")
    if binding == "versionTag" and tag and not has_expression(tag):
        draft.put(node, target, bindingType="versionTag", versionTag=tag)
        draft.became(node, draft.written(node, f"{prefix}VersionTag"), f'{target} versionTag="{tag}"')
    elif binding in _BINDINGS:
        draft.put(node, target, bindingType=binding)
    else:
        draft.decide(node, "version", old=number or tag or binding)
        draft.put(node, target, bindingType="latest")
    draft.remove_attribute(node, *(f"{prefix}{word}" for word in ("Binding", "Version", "VersionTag")))


def convert_throw_event(draft: Draft, event: Element) -> None:
    """A message thrown by code is a job; one thrown by nothing did nothing there, and is really sent here."""
    for definition in bpmn_children(event, "messageEventDefinition"):
        if not convert_job(draft, definition, event) and definition.get("messageRef") and not draft.get(definition, "type"):
            if not draft.get(event, "type"):
                draft.decide(event, "message_sent", message=definition.get("messageRef"))
