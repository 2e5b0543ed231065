"""Call activities: the called process, its version, and the variables that go in and come out."""

from __future__ import annotations

from engine.core.bpmn.names import RESERVED_NAMES, is_variable
from engine.core.bpmn.vocabulary import Element
from engine.core.importing.draft import Draft
from engine.core.importing.jobs import convert_binding
from engine.core.importing.mappings import convert_variable
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.templates import formula


def convert_call(draft: Draft, node: Element) -> None:
    """`zeebe:calledElement` and `zeebe:ioMapping`. Nothing goes in or out there unless it is said, and so it is written here."""
    called = (node.get("calledElement") or "").strip()
    if not called:
        return
    if draft.get(node, "calledElementType") == "id":
        draft.decide(node, "called_by_id", old=called)
        draft.keep(node, "calledElementType")
    else:
        draft.remove_attribute(node, "calledElementType")
    try:
        process = formula(called)
    except NotConvertible as reason:
        draft.undecided(node, called, reason)
        return
    draft.put(node, "calledElement", processId=process)
    if draft.get(node, "sameDeployment") == "true":
        draft.put(node, "calledElement", bindingType="deployment")
        draft.remove_attribute(node, "sameDeployment", "calledElementBinding")
    else:
        convert_binding(draft, node, "calledElement", "calledElement")
        draft.remove_attribute(node, "sameDeployment")
    del node.attrib["calledElement"]
    draft.became(node, f'calledElement="{called}"', f'calledElement processId="{process}"')
    all_in = _convert_entries(draft, node, "in") | (draft.get(node, "inheritVariables") == "true")
    all_out = _convert_entries(draft, node, "out")
    draft.put(
        node, "calledElement", propagateAllParentVariables=_word(all_in), propagateAllChildVariables=_word(all_out)
    )  # fmt: skip
    draft.remove_attribute(node, "inheritVariables")
    _convert_key(draft, node)


def _convert_key(draft: Draft, node: Element) -> None:
    key = draft.get(node, "businessKey")
    if key is None and draft.get(node, "inheritBusinessKey") != "true":
        draft.remove_attribute(node, "inheritBusinessKey")
        return
    try:
        source = formula(key) if key else "=business_key"
    except NotConvertible as reason:
        draft.undecided(node, draft.written(node, "businessKey"), reason)
        draft.keep(node, "businessKey", "inheritBusinessKey")
        return
    draft.add(node, "ioMapping", "input", source=source, target="business_key")
    draft.became(node, key or "inheritBusinessKey", f"input business_key {source}")
    draft.remove_attribute(node, "businessKey", "inheritBusinessKey")


def _convert_entries(draft: Draft, node: Element, name: str) -> bool:
    """The `in` or `out` elements; whether all variables pass. What could not be said is left for a person."""
    direction = "input" if name == "in" else "output"
    everything, mapped = False, 0
    for entry in draft.vendor_children(node, name):
        old = f"{name} " + " ".join(f'{key}="{value}"' for key, value in entry.attrib.items())
        if entry.get("local") == "true":
            draft.decide(node, "local_variables", old=old)
            draft.keep(entry)
        elif entry.get("variables") == "all":
            everything = True
            draft.became(node, old, f"propagateAll{'Parent' if name == 'in' else 'Child'}Variables")
            draft.remove(entry)
        elif _convert_entry(draft, node, entry, direction, old):
            mapped += 1
    if everything and mapped and name == "out":
        draft.decide(node, "outputs_only")
    return everything


def _convert_entry(draft: Draft, node: Element, entry: Element, direction: str, old: str) -> bool:
    key = entry.get("businessKey")
    target = "business_key" if key else (entry.get("target") or "").strip()
    computed = key or entry.get("sourceExpression")
    try:
        if not is_variable(target) or target in RESERVED_NAMES:
            raise NotConvertible("name", name=target or "—")
        source = formula(computed) if computed else convert_variable(entry.get("source") or "")
    except NotConvertible as reason:
        draft.undecided(node, old, reason)
        draft.keep(entry)
        return False
    draft.add(node, "ioMapping", direction, source=source, target=target)
    draft.became(node, old, f"{direction} {target} {source}")
    draft.remove(entry)
    return True


def _word(flag: bool) -> str:
    return "true" if flag else "false"
