"""A diagram while it is being converted: the tree, what has been said about it, and the one way to write zeebe elements into it.

Converters take the old attributes and elements away as they write the new ones. What they leave stays in the file, so that nothing
can get lost; `leftovers` says of the rest whether it is for a person or not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from engine.core.bpmn.reading import place, shorten
from engine.core.bpmn.vocabulary import BPMN, ZEEBE, Element, local, namespace
from engine.core.bpmn.words import Words
from engine.core.importing import layout
from engine.core.importing.findings import Finding, Grade
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.templates import formula
from engine.core.importing.vendors import VENDORS


@dataclass
class Draft:
    """`settled` are old names left in the file on purpose: (element, name) of which a person has been told. `converted_before`: the
    file is a result of ours that still waits for a person. `lenient`: it comes from Flowable or Activiti, which fill in what is missing."""

    file: str
    root: Element
    lines: dict[Element, int]
    converted_before: bool = False
    lenient: bool = False
    findings: list[Finding] = field(default_factory=list)
    forms: dict[str, bytes] = field(default_factory=dict)  # file name → form
    settled: set[tuple[Element, str]] = field(default_factory=set)

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id in the file as it came."""
        return frozenset(identifier for one in self.lines if (identifier := one.get("id")))

    # ------------------------------------------------------------------------------------------------------------- saying

    def say(self, grade: Grade, code: str, element: Element, /, **facts: object) -> None:
        """Add a finding at an element, with its name (or id) as the fact `node`."""
        line = next((self.lines[one] for one in (element, *element.iterancestors()) if one in self.lines), None)
        identifier = place(element)
        named = next((one for one in (element, *element.iterancestors()) if one.get("id") == identifier), None)
        name = " ".join((named.get("name") or "").split()) if named is not None else ""
        self.findings.append(Finding(grade, code, self.file, line, identifier, {"node": name or identifier or local(element), **facts}))

    def became(self, element: Element, old: str, new: str) -> None:
        """The ordinary case: this became that."""
        self.say("converted", "became", element, old=shorten(old, 120), new=shorten(new, 160))

    def decide(self, element: Element, code: str, /, **facts: object) -> None:
        self.say("decide", code, element, **facts)

    def undecided(self, element: Element, old: str, reason: NotConvertible) -> None:
        """An expression that has no FEEL."""
        self.decide(element, "expression", old=shorten(old, 160), reason=Words(f"import.reason.{reason.code}", **reason.facts))

    # ------------------------------------------------------------------------------------------------------------ reading

    def get(self, element: Element, name: str) -> str | None:
        """An attribute in one of the vendors' namespaces; None if it is absent or blank."""
        key = self.key(element, name)
        return (element.get(key) or "").strip() or None if key else None

    def key(self, element: Element, name: str) -> str | None:
        return next((key for space in VENDORS if (key := f"{{{space}}}{name}") in element.attrib), None)

    def written(self, element: Element, name: str) -> str:
        """The attribute as the file has it: `camunda:assignee="kim"`."""
        key = self.key(element, name)
        return f'{prefixed(key)}="{element.get(key)}"' if key else name

    def vendor_children(self, element: Element, *names: str) -> list[Element]:
        """Vendor elements with one of these local names: in the extension elements of a BPMN element, or directly in a vendor element."""
        holders = self.holders(element) if namespace(element.tag) == BPMN else [element]
        found = [child for holder in holders for child in elements(holder) if namespace(child.tag) in VENDORS]
        return [child for child in found if not names or local(child) in names]

    def holders(self, element: Element) -> list[Element]:
        return [child for child in elements(element) if child.tag == f"{{{BPMN}}}extensionElements"]

    # ------------------------------------------------------------------------------------------------------------ writing

    def remove_attribute(self, element: Element, *names: str) -> None:
        for name in names:
            key = self.key(element, name)
            if key:
                del element.attrib[key]

    def remove(self, element: Element) -> None:
        """Take an element out, and the extension elements around it if nothing is left in them."""
        parent = element.getparent()
        layout.remove(element)
        if parent is not None and parent.tag == f"{{{BPMN}}}extensionElements" and not len(parent):
            layout.remove(parent)

    def keep(self, element: Element, *names: str) -> None:
        """Leave attributes (or, without names, the element itself) as they are: a person has been told."""
        self.settled.update((element, name) for name in names or (local(element),))

    def put(self, element: Element, name: str, /, **attributes: str) -> Element:
        """The zeebe extension element of this name with these attributes added; one element of a name is enough."""
        holder = self._holder(element)
        found = next((child for child in elements(holder) if child.tag == f"{{{ZEEBE}}}{name}"), None)
        if found is None:
            found = layout.append(holder, f"{{{ZEEBE}}}{name}")
        for attribute, value in attributes.items():
            found.set(attribute, value)
        return found

    def add(self, element: Element, group: str, name: str, /, **attributes: str) -> None:
        """A further entry in a zeebe list such as `ioMapping` or `taskHeaders`."""
        entry = layout.append(self.put(element, group), f"{{{ZEEBE}}}{name}")
        for attribute, value in attributes.items():
            entry.set(attribute, value)

    def property(self, element: Element, name: str, value: str) -> None:
        self.add(element, "properties", "property", name=name, value=value)

    def _holder(self, element: Element) -> Element:
        holders = self.holders(element)
        if holders:
            return holders[0]
        documentation = [child for child in elements(element) if child.tag == f"{{{BPMN}}}documentation"]
        index = element.index(documentation[-1]) + 1 if documentation else 0
        return layout.insert(element, index, f"{{{BPMN}}}extensionElements")

    # ------------------------------------------------------------------------------------------------------------ shapes

    def move(
        self, element: Element, name: str, target: str, attribute: str, convert: Callable[[str], str] = formula, on: Element | None = None
    ) -> str | None:
        """Turn one vendor attribute into one attribute of a zeebe element (of `on`); the new value, or None if there is none to have."""
        text = self.get(element, name)
        if text is None:
            return None
        try:
            value = convert(text)
        except NotConvertible as reason:
            self.undecided(element, self.written(element, name), reason)
            self.keep(element, name)
            return None
        self.became(element, self.written(element, name), f'{target} {attribute}="{value}"')
        self.put(element if on is None else on, target, **{attribute: value})
        self.remove_attribute(element, name)
        return value


def elements(element: Element) -> list[Element]:
    """The children that are elements, neither comments nor processing instructions."""
    return [child for child in element if isinstance(child.tag, str)]


def content(element: Element) -> str:
    """The text directly in an element, comments apart."""
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def prefixed(name: str) -> str:
    """`{http://camunda.org/…}assignee` as `camunda:assignee`."""
    prefix = VENDORS.get(namespace(name))
    bare = name.rpartition("}")[2]
    return f"{prefix}:{bare}" if prefix else bare
