"""Repetition of an activity: standard loops and multi-instance, by the zeebe element or by the standard's own (BPMN 2.0.2 §10.3.8)."""

from __future__ import annotations

from typing import cast

from engine.core.bpmn.data import Data, variable
from engine.core.bpmn.events import read_event, text_of
from engine.core.bpmn.model import Behavior, EventDefinition, Formula, MultiInstance, StandardLoop
from engine.core.bpmn.reading import Reading
from engine.core.bpmn.vocabulary import EVENT_DEFINITIONS, Element, bpmn_children, local, zeebe_children

_DATA = ("dataInput", "dataOutput", "dataObject", "dataObjectReference", "dataStoreReference", "property")


def read_loop(reading: Reading, node: Element, data: Data) -> MultiInstance | StandardLoop | None:
    """How often the activity is done; None: once. `data` are its own data inputs and outputs, which a loop may be about."""
    for loop in bpmn_children(node, "multiInstanceLoopCharacteristics"):
        return _read_multi_instance(reading, loop, data)
    for loop in bpmn_children(node, "standardLoopCharacteristics"):
        maximum = reading.number(loop, "loopMaximum", -1)
        return StandardLoop(
            loop.sourceline or 0,
            reading.flag(loop, "testBefore", False),
            None if maximum < 0 else maximum,
            text_of(reading, loop, "loopCondition"),
        )
    return None


def _read_multi_instance(reading: Reading, loop: Element, data: Data) -> MultiInstance:
    zeebe = zeebe_children(loop, "loopCharacteristics")
    items = zeebe[0] if zeebe else None
    behavior = _behavior(reading, loop)
    return MultiInstance(
        sequential=reading.flag(loop, "isSequential", False),
        line=loop.sourceline or 0,
        collection=_collection(reading, loop, data) if items is None else reading.formula(items, items.get("inputCollection")),
        element=_item(loop, "inputDataItem") if items is None else _name(items, "inputElement"),
        output_collection=_output(reading, loop, data) if items is None else _name(items, "outputCollection"),
        output_element=_output_item(reading, loop) if items is None else reading.formula(items, items.get("outputElement")),
        cardinality=text_of(reading, loop, "loopCardinality"),
        completion_condition=text_of(reading, loop, "completionCondition"),
        behavior=behavior,
        behavior_event=_behavior_event(reading, loop, behavior),
        complex_behavior=tuple(_complex_behavior(reading, loop)),
    )


def _collection(reading: Reading, loop: Element, data: Data) -> Formula | None:
    """`loopDataInputRef`: a data input of the activity stands for what its association brings, anything else for its variable."""
    for reference in bpmn_children(loop, "loopDataInputRef"):
        found = reading.resolve_text(reference, *_DATA)
        if found is not None:
            name = variable(reading, found)
            return data.sources.pop(name, None) or reading.formula(reference, f"={name}")
    return None


def _output(reading: Reading, loop: Element, data: Data) -> str | None:
    for reference in bpmn_children(loop, "loopDataOutputRef"):
        found = reading.resolve_text(reference, *_DATA)
        if found is not None:
            name = variable(reading, found)
            return data.targets.pop(name, (None, name))[1]
    return None


def _output_item(reading: Reading, loop: Element) -> Formula | None:
    name = _item(loop, "outputDataItem")
    return reading.formula(loop, f"={name}") if name else None


def _item(loop: Element, tag: str) -> str | None:
    found = bpmn_children(loop, tag)
    return (found[0].get("name") or found[0].get("id") or "").strip() or None if found else None


def _behavior(reading: Reading, loop: Element) -> Behavior:
    text = (loop.get("behavior") or "All").strip()
    if text not in ("None", "One", "All", "Complex"):
        reading.report("unknown_value", loop, attribute="behavior", text=text, allowed="None, One, All, Complex")
        return "All"
    return cast(Behavior, text)


def _behavior_event(reading: Reading, loop: Element, behavior: Behavior) -> EventDefinition | None:
    if behavior not in ("None", "One"):
        return None
    found = reading.resolve(loop, f"{behavior.lower()}BehaviorEventRef", *EVENT_DEFINITIONS)
    return None if found is None else read_event(reading, found)


def _complex_behavior(reading: Reading, loop: Element) -> list[tuple[Formula, EventDefinition]]:
    found = []
    for definition in bpmn_children(loop, "complexBehaviorDefinition"):
        condition = text_of(reading, definition, "condition")
        for event in bpmn_children(definition, "event"):
            for child in bpmn_children(event, *EVENT_DEFINITIONS, "eventDefinitionRef"):
                thrown = reading.resolve_text(child, *EVENT_DEFINITIONS) if local(child) == "eventDefinitionRef" else child
                if condition is not None and thrown is not None:
                    found.append((condition, read_event(reading, thrown)))
    return found


def _name(element: Element, attribute: str) -> str | None:
    return (element.get(attribute) or "").strip() or None
