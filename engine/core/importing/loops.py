"""Multi-instance activities: the collection, its item, how many, and when enough are done."""

from __future__ import annotations

from engine.core.bpmn.names import RESERVED_NAMES, is_variable
from engine.core.bpmn.vocabulary import Element, bpmn_children
from engine.core.importing import layout
from engine.core.importing.draft import Draft, content
from engine.core.importing.events import convert_text
from engine.core.importing.mappings import convert_variable
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.templates import formula, has_expression


def convert_loop(draft: Draft, loop: Element) -> None:
    """`zeebe:loopCharacteristics`. These engines also read a variable's name from the standard's `loopDataInputRef`."""
    references = [one for one in bpmn_children(loop, "loopDataInputRef") if not _is_data(draft, one)]
    old = draft.get(loop, "collection") or (content(references[0]) if references else None)
    cardinality = bpmn_children(loop, "loopCardinality")
    if old is not None and cardinality and content(cardinality[0]):
        draft.decide(loop, "two_counts", old=old, cardinality=content(cardinality[0]))
        draft.keep(loop, "collection", "elementVariable")
        return
    if old is not None:
        _convert_collection(draft, loop, old, references)
    if (index := draft.get(loop, "elementIndexVariable")) is not None:
        _convert_index(draft, loop, index)
    for found in (*cardinality, *bpmn_children(loop, "completionCondition")):
        convert_text(draft, found)


def _is_data(draft: Draft, reference: Element) -> bool:
    """A reference to a data element of the file, as the standard means it."""
    return content(reference) in draft.ids


def _convert_collection(draft: Draft, loop: Element, old: str, references: list[Element]) -> None:
    items = [one for one in bpmn_children(loop, "inputDataItem") if not draft.get(loop, "elementVariable")] if references else []
    element = draft.get(loop, "elementVariable") or (items[0].get("name") or items[0].get("id") if items else None)
    try:
        collection = formula(old) if has_expression(old) else convert_variable(old)
        if element is not None and (not is_variable(element) or element in RESERVED_NAMES):
            raise NotConvertible("name", name=element)
    except NotConvertible as reason:
        draft.undecided(loop, f"collection {old}", reason)
        draft.keep(loop, "collection", "elementVariable")
        return
    draft.put(loop, "loopCharacteristics", inputCollection=collection, **({"inputElement": element} if element else {}))
    draft.became(loop, f"collection {old}", f"inputCollection {collection}" + (f", inputElement {element}" if element else ""))
    draft.remove_attribute(loop, "collection", "elementVariable")
    for one in (*references, *items):
        layout.remove(one)


def _convert_index(draft: Draft, loop: Element, index: str) -> None:
    activity = loop.getparent()
    if activity is None or not is_variable(index) or index in RESERVED_NAMES:
        draft.decide(loop, "parameter_name", name=index)
        draft.keep(loop, "elementIndexVariable")
        return
    draft.add(activity, "ioMapping", "input", source="=loopCounter - 1", target=index)
    draft.became(loop, draft.written(loop, "elementIndexVariable"), f"input {index} =loopCounter - 1")
    draft.remove_attribute(loop, "elementIndexVariable")
