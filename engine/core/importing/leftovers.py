"""What no converter has taken: not needed here and left out with the reason, or kept in the file for a person. Nothing goes silently."""

from __future__ import annotations

from collections import defaultdict

from engine.core.bpmn.reading import shorten
from engine.core.bpmn.vocabulary import BPMN, Element, local, namespace
from engine.core.bpmn.words import Words
from engine.core.importing.draft import Draft, content, elements, prefixed
from engine.core.importing.vendors import ADVICE, ALL, DESIGN, NOT_NEEDED


def report_leftovers(draft: Draft) -> None:
    """One finding for each element and reason; what is not needed is taken out."""
    for element in list(draft.root.iter(f"{{{BPMN}}}*")):
        if local(element) != "extensionElements":
            _look(draft, element)


def _look(draft: Draft, element: Element) -> None:
    dropped: defaultdict[str, list[str]] = defaultdict(list)
    advice: defaultdict[str, list[str]] = defaultdict(list)
    for name in [str(name) for name in element.attrib if namespace(str(name)) in ALL]:
        bare = name.rpartition("}")[2]
        reason = _reason(name) or (None if (element.get(name) or "").strip() else "empty")
        if reason is not None:
            dropped[reason].append(f'{prefixed(name)}="{element.get(name)}"')
            del element.attrib[name]
        elif (element, bare) not in draft.settled:
            advice[ADVICE.get(bare, "unknown")].append(f'{prefixed(name)}="{element.get(name)}"')
    children = [child for holder in (element, *draft.holders(element)) for child in elements(holder) if namespace(child.tag) in ALL]
    for child in children:
        reason = _reason(child.tag) or ("empty" if _is_empty(child) else None)
        if reason is not None:
            dropped[reason].append(_outline(child))
            draft.remove(child)
        elif (child, local(child)) not in draft.settled:
            advice[ADVICE.get(local(child), "unknown")].append(_outline(child))
    for reason, names in dropped.items():
        draft.say("dropped", "not_needed", element, names=shorten(", ".join(names), 300), why=Words(f"import.why.{reason}"))
    for code, names in advice.items():
        draft.decide(element, code, names=shorten(", ".join(names), 300))


def _reason(name: str) -> str | None:
    return "tool" if namespace(name) in DESIGN else NOT_NEEDED.get(name.rpartition("}")[2])


def _is_empty(element: Element) -> bool:
    return not (len(element) or element.attrib or content(element))


def _outline(element: Element) -> str:
    """An element in one line: its name, its attributes, the beginning of its text."""
    parts = [prefixed(element.tag), *(f'{prefixed(str(name))}="{value}"' for name, value in element.attrib.items())]
    text = content(element)
    return " ".join(parts) + (f": {shorten(text, 60)}" if text else "")
