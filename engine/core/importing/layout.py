"""Elements put into and taken out of a tree so that the file still reads as if a modelling tool had written it."""

from __future__ import annotations

from lxml import etree

from engine.core.bpmn.vocabulary import BPMN, Element

_STEP = "  "


def append(parent: Element, tag: str) -> Element:
    return insert(parent, len(parent), tag)


def insert(parent: Element, index: int, tag: str) -> Element:
    """A new, empty child, indented like its neighbours."""
    child = etree.Element(tag, nsmap=parent.nsmap)
    outer = _indentation(parent)
    if index > 0:
        before = parent[index - 1]
        child.tail = before.tail if _is_blank(before.tail) else f"\n{outer}"
        before.tail = _as_break(before.tail, f"\n{outer}{_STEP}")
    else:
        child.tail = parent.text if len(parent) and _is_blank(parent.text) else f"\n{outer}{_STEP if len(parent) else ''}"
        parent.text = f"\n{outer}{_STEP}" if _is_blank(parent.text) else parent.text
    parent.insert(index, child)
    return child


def remove(element: Element) -> None:
    """Take an element out of its parent; words that stood behind it stay."""
    parent = element.getparent()
    if parent is None:
        return
    before, tail = element.getprevious(), element.tail
    last = element.getnext() is None
    if not _is_blank(tail):
        if before is None:
            parent.text = (parent.text or "") + (tail or "")
        else:
            before.tail = (before.tail or "") + (tail or "")
    elif last and before is not None:
        before.tail = tail
    elif last:
        parent.text = None
    parent.remove(element)


def with_prefixes(root: Element, wanted: dict[str, str], unwanted: frozenset[str]) -> Element:
    """The root with these namespace prefixes declared, and without those no longer used; the document around it stays."""
    prefixes = {prefix: uri for prefix, uri in root.nsmap.items() if uri not in unwanted or _is_used(root, uri)}
    missing = {prefix: uri for prefix, uri in wanted.items() if uri not in prefixes.values() and prefix not in prefixes}
    new = etree.Element(root.tag, attrib=dict(root.attrib), nsmap={**prefixes, **missing})
    new.text = root.text
    for child in list(root):
        new.append(child)
    for sibling in reversed(list(root.itersiblings(preceding=True))):
        new.addprevious(sibling)
    for sibling in reversed(list(root.itersiblings())):
        new.addnext(sibling)
    if unwanted:
        # Further down, where a tool has declared them again. Prefixes may stand in values too, so only these go.
        kept = {prefix for one in new.iter("{*}*") for prefix, uri in one.nsmap.items() if prefix and uri not in unwanted}
        etree.cleanup_namespaces(new, keep_ns_prefixes=sorted(kept))
    return new


def _is_used(root: Element, uri: str) -> bool:
    start = f"{{{uri}}}"
    return any(
        isinstance(element.tag, str) and (element.tag.startswith(start) or any(str(name).startswith(start) for name in element.attrib))
        for element in root.iter()
    )


def _indentation(element: Element) -> str:
    """The white space before an element on its line."""
    before = element.getprevious()
    parent = element.getparent()
    text = before.tail if before is not None else parent.text if parent is not None else ""
    if text and "\n" in text and _is_blank(text):
        return text.rpartition("\n")[2]
    return _indentation(parent) + _STEP if parent is not None and parent.tag.startswith(f"{{{BPMN}}}") else ""


def _is_blank(text: str | None) -> bool:
    return not (text or "").strip()


def _as_break(text: str | None, line: str) -> str | None:
    return line if _is_blank(text) else text
