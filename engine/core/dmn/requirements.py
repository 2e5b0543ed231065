"""The requirement graph of a file: references that lead somewhere, and no decision that needs itself. Source: DMN 1.4 §6.3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from engine.core.dmn.source import Source, shorten
from engine.core.dmn.vocabulary import Element, local


def target(source: Source, reference: Element, kinds: Sequence[str]) -> Element | None:
    """The element that a `href="#id"` means; a reference to nothing, to another file or to the wrong kind is reported."""
    href = (reference.get("href") or "").strip()
    place, mark, identifier = href.rpartition("#")
    own = source_namespace(reference)
    if place and place != own:
        source.report("other_file", reference, "error", href=shorten(href))
        return None
    found = source.elements.get(identifier if mark else href)
    if found is None:
        source.report("reference_to_nothing", reference, "error", href=shorten(href or "—"), kinds=" / ".join(kinds))
        return None
    # An element of the right name in the wrong place is no part of the model.
    if local(found) not in kinds or found.getparent() is not found.getroottree().getroot():
        source.report("wrong_reference", reference, "error", href=shorten(href), found=local(found), kinds=" / ".join(kinds))
        return None
    return found


def source_namespace(element: Element) -> str | None:
    """The model's own namespace, which some tools write before the `#`."""
    return cast("str | None", element.getroottree().getroot().get("namespace"))


def check(source: Source, root: Element) -> None:
    """Report every circle of decisions and knowledge models once, at its first element."""
    edges = {
        element.get("id", ""): _required(source, element)
        for element in source.children(root, "decision", "businessKnowledgeModel", "decisionService")
    }
    for circle in _circles(edges):
        element = source.elements[circle[0]]
        source.report("circle", element, "error", path=" → ".join([*circle, circle[0]]))


def _required(source: Source, element: Element) -> list[str]:
    names = ("requiredDecision", "requiredKnowledge")
    if local(element) == "decisionService":
        names = ("outputDecision", "encapsulatedDecision")
    return [(reference.get("href") or "").rpartition("#")[2] for name in names for reference in element.iter(f"{{{source.dmn}}}{name}")]


def _circles(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Depth-first without recursion: a file may hold a chain of any length."""
    circles: list[list[str]] = []
    done: set[str] = set()
    for start in edges:
        path: dict[str, None] = {}  # in order, and quick to search
        stack = [(start, False)]
        while stack:
            current, is_left = stack.pop()
            if is_left:
                path.popitem()
                done.add(current)
            elif current in path:
                open_ids = list(path)
                circles.append(open_ids[open_ids.index(current) :])
            elif current not in done and current in edges:
                path[current] = None
                stack.append((current, True))
                stack.extend((required, False) for required in reversed(edges[current]))
    return circles
