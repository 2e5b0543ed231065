"""Forms of user tasks and start events: references become form ids, fields in the diagram become a form-js form beside it.

A start event's form becomes the process property `startForm`.
"""

from __future__ import annotations

import json
import re

from engine.core.bpmn.vocabulary import Element, local
from engine.core.bpmn.words import Words
from engine.core.forms import reader
from engine.core.forms.checks import is_identifier
from engine.core.importing.draft import Draft
from engine.core.importing.form_fields import Field, component, read_fields
from engine.core.importing.templates import has_expression

_DEPLOYED = re.compile(r"(?:camunda|operaton)-forms:(deployment|app):(?:.*/)?([^/]+?)\.form", re.ASCII)


def convert_form(draft: Draft, element: Element) -> list[Field]:
    """The form of a user task or start event; returns the fields if one was made from the diagram."""
    fields = read_fields(draft, element)
    keyed = draft.get(element, "formKey") or draft.get(element, "formRef")
    if fields and keyed:
        draft.decide(element, "two_forms", old=keyed)
        draft.keep(element, "formKey", "formRef", "formRefBinding", "formRefVersion", "formData", "formProperty")
        return []
    if fields:
        _make_form(draft, element, fields)
    elif keyed:
        _convert_reference(draft, element, keyed)
    return fields


def _convert_reference(draft: Draft, element: Element, key: str) -> None:
    attribute = "formKey" if draft.get(element, "formKey") else "formRef"
    binding = draft.get(element, "formRefBinding") or "latest"
    deployed = _DEPLOYED.fullmatch(key)
    form = deployed[2] if deployed else key.removesuffix(".form")
    old = draft.written(element, attribute)
    if has_expression(key) or not is_identifier(form):
        draft.decide(element, "form_key", old=old)
        draft.keep(element, attribute, "formRefBinding", "formRefVersion")
        return
    if binding not in ("latest", "deployment") or draft.get(element, "formRefVersion"):
        draft.decide(element, "form_version", old=old)
        draft.keep(element, "formRefBinding", "formRefVersion")
        binding = "latest"
    binding = "deployment" if deployed and deployed[1] == "deployment" else binding
    draft.say("converted", "form_reference", element, old=old, form=form)
    draft.remove_attribute(element, attribute)
    if (element, "formRefBinding") not in draft.settled:
        draft.remove_attribute(element, "formRefBinding")
    _refer(draft, element, form, binding)


def _make_form(draft: Draft, element: Element, fields: list[Field]) -> None:
    process = next(one for one in element.iterancestors() if local(one) == "process")
    identifier = re.sub(r"\W", "_", f"{process.get('id')}_{element.get('id')}")
    source = {
        "type": "default",
        "id": identifier,
        "schemaVersion": 19,
        "executionPlatform": "Camunda Cloud",
        "executionPlatformVersion": "8.8.0",
        "components": [component(field, identifier, index) for index, field in enumerate(fields, 1)],
    }
    content = (json.dumps(source, ensure_ascii=False, indent=2) + "\n").encode()
    file = f"{identifier}.form"
    draft.forms[file] = content
    _, problems = reader.read(content, file)
    for problem in problems:
        draft.decide(element, "form_problem", form=file, problem=Words(f"problem.{problem.code}", **problem.facts))
    draft.say("converted", "form_made", element, form=file, count=len(fields))
    for holder in draft.vendor_children(element, "formData", "formProperty"):
        draft.remove(holder)
    _refer(draft, element, identifier, "deployment")


def _refer(draft: Draft, element: Element, form: str, binding: str) -> None:
    if local(element) != "startEvent":
        draft.put(element, "formDefinition", formId=form, bindingType=binding)
        return
    process = element.getparent()
    if process is not None and local(process) == "process":
        draft.property(process, "startForm", form)
