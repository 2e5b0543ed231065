"""A DMN file as a DecisionModel, with everything that is wrong with it. Versions 1.1 to 1.5. Source: DMN 1.4 §6, §7, §12."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.core.dmn import requirements
from engine.core.dmn.logic import LogicReader
from engine.core.dmn.model import Decision, DecisionModel, DecisionService, Given, InputData, KnowledgeModel, Logic, Parameter
from engine.core.dmn.source import Source, shorten
from engine.core.dmn.type_reader import TypeReader, component_names
from engine.core.dmn.types import as_feel
from engine.core.dmn.vocabulary import ATTRIBUTES, CHILDREN, LOGIC, NAMESPACES, SILENT, ZEEBE, Element, is_feel, local, namespace
from engine.core.problems import Problem, has_errors
from engine.core.xml import parse

# What other tools note for themselves. Anything else foreign is named once, because another engine would act on it.
_HARMLESS = (
    "http://bpmn.io/",
    "http://www.w3.org/",
    "http://camunda.org/schema/modeler/",
    ZEEBE,
    "https://www.omg.org/spec/DMN/",
    "http://www.omg.org/spec/D",
)
MAX_DECISIONS = 500


def read(content: bytes, file: str) -> tuple[DecisionModel | None, list[Problem]]:
    """The decisions in `content`, or None if there is any error; and all problems. Never raises, whatever the content."""
    root, problems = parse(content, file)
    if root is None:
        return None, problems
    version = NAMESPACES.get(namespace(root) or "")
    if version is None or local(root) != "definitions":
        facts = {"name": shorten(local(root)), "namespace": shorten(namespace(root) or "—")}
        return None, [*problems, Problem("dmn_not_dmn", file, root.sourceline, None, facts)]
    source = Source(file, namespace(root) or "", problems=problems)
    model = _Reader(source, root).model()
    return (None if has_errors(source.problems) else model), source.problems


class _Reader:
    def __init__(self, source: Source, root: Element) -> None:
        self.source = source
        self.root = root
        self.types = TypeReader(source, root)
        self.logic = LogicReader(source, self.types.of)
        self.inputs: dict[str, InputData] = {}
        self.decisions: dict[str, Decision] = {}
        self.knowledge: dict[str, KnowledgeModel] = {}
        self.services: dict[str, DecisionService] = {}
        self.needed: set[str] = set()  # decisions that others ask for

    def model(self) -> DecisionModel:
        source, root = self.source, self.root
        if not is_feel(root.get("expressionLanguage")):
            source.report("expression_language", root, "error", language=shorten(root.get("expressionLanguage") or ""))
        self.survey()
        source.component_names = component_names(source, root)
        self.types.check()
        source.types = {name: as_feel(self.types.of(root, name)) for name in self.types.definitions if name}
        hrefs = (each.get("href") or "" for name in ("requiredDecision", "inputDecision") for each in root.iter(f"{{{source.dmn}}}{name}"))
        self.needed = {href.rpartition("#")[2] for href in hrefs}
        for element in source.children(root, "inputData"):
            self.inputs[element.get("id", "")] = self.input_data(element)
        for element in source.children(root, "decision", "businessKnowledgeModel", "decisionService"):
            source.place = element.get("id")
            {"decision": self.decision, "businessKnowledgeModel": self.knowledge_model, "decisionService": self.service}[local(element)](
                element
            )
            source.place = None
        if not any(True for _ in source.children(root, "decision")):
            source.report("no_decision", root)
        if len(self.decisions) > MAX_DECISIONS:
            source.report("too_many_decisions", root, "error", limit=MAX_DECISIONS)
        requirements.check(source, root)
        name = (root.get("name") or "").strip()
        return DecisionModel(root.get("id") or name, name, source.file, self.decisions, self.inputs, self.knowledge, self.services)

    def survey(self) -> None:
        """Index elements by id; report duplicate ids, unknown top-level elements, imports and foreign namespaces."""
        foreign: set[str] = set()
        for element in self.root.iter(f"{{{self.source.dmn}}}*"):
            self.index(element)
            known = CHILDREN.get(local(element))
            for child in self.source.children(element):
                if known is not None and local(child) not in known | SILENT:
                    self.source.unknown(child)
            for name in element.attrib:
                if not name.startswith("{") and name not in ATTRIBUTES:
                    self.source.report("unknown_attribute", element, "error", name=shorten(name), parent=local(element))
            foreign |= {name[1:].partition("}")[0] for name in element.attrib if name.startswith("{")}
        for element in self.root.iterfind(f".//{{{self.source.dmn}}}extensionElements/*"):
            foreign.add(namespace(element) or "")
        for name in sorted(foreign):
            if not name.startswith(_HARMLESS):
                self.source.report("foreign", self.root, "warning", namespace=shorten(name or "—"))
        for element in self.source.children(self.root):
            if local(element) == "import":
                self.source.report("import", element, "error", name=shorten(element.get("name") or element.get("namespace") or "import"))
            elif local(element) in ("decision", "inputData", "businessKnowledgeModel", "decisionService"):
                if not element.get("id"):
                    self.identify(element)
                if not (element.get("name") or "").strip():
                    self.source.report("no_name", element, "error", what=local(element))

    def index(self, element: Element) -> None:
        identifier = element.get("id")
        if identifier is None:
            return
        if identifier in self.source.elements:
            first = self.source.elements[identifier].sourceline
            self.source.report("duplicate_id", element, "error", id=shorten(identifier), first=first)
            return
        self.source.elements[identifier] = element

    def identify(self, element: Element) -> None:
        """DMN does not insist on ids: an element without one is called by its name, if nothing else is."""
        name = (element.get("name") or "").strip()
        if name and name not in self.source.elements:
            element.set("id", name)
            self.source.elements[name] = element
        else:
            self.source.report("no_id", element, "error", name=local(element))

    # ------------------------------------------------------------------------------------------------------- elements

    def input_data(self, element: Element) -> InputData:
        return InputData(element.get("id", ""), _name(element), self.variable(element), element.sourceline or 0)

    def variable(self, element: Element) -> Parameter:
        """The name under which others see the element, with its type."""
        variable = self.source.child(element, "variable")
        if variable is None:
            return Parameter(_name(element))
        return Parameter((variable.get("name") or "").strip() or _name(element), self.types.of(variable, variable.get("typeRef")))

    def decision(self, element: Element) -> None:
        required = list(self.required(element))
        knowledge = list(self.known(element))
        self.check_names([*required, *knowledge], element)
        logic: Logic | None = Given()
        if any(local(child) in LOGIC for child in self.source.children(element)):
            logic = self.logic.one(element, self.visible([*required, *knowledge]))
        elif element.get("id") in self.needed:
            self.source.report("decided_elsewhere", element, "warning", name=_name(element))
        else:
            self.source.report("no_logic", element, "error", name=_name(element))
            return
        if logic is None:
            return
        self.decisions[element.get("id", "")] = Decision(
            element.get("id", ""),
            _name(element),
            self.variable(element),
            logic,
            element.sourceline or 0,
            tuple(each.get("id", "") for each in required if local(each) == "inputData"),
            tuple(each.get("id", "") for each in required if local(each) == "decision"),
            tuple(each.get("id", "") for each in knowledge),
            self.version_tag(element),
            self.source.documentation(element),
        )

    def knowledge_model(self, element: Element) -> None:
        body = self.source.child(element, "encapsulatedLogic")
        knowledge = list(self.known(element))
        if body is None:
            self.source.report("no_logic", element, "error", name=_name(element))
            return
        function = self.logic.function(body, self.visible(knowledge))
        if function is None:
            return
        self.knowledge[element.get("id", "")] = KnowledgeModel(
            element.get("id", ""),
            _name(element),
            self.variable(element),
            function,
            element.sourceline or 0,
            tuple(each.get("id", "") for each in knowledge),
        )

    def service(self, element: Element) -> None:
        parts = {
            part: tuple(each.get("id", "") for each in self.targets(self.source.children(element, part), kind))
            for part, kind in (
                ("outputDecision", "decision"),
                ("encapsulatedDecision", "decision"),
                ("inputDecision", "decision"),
                ("inputData", "inputData"),
            )
        }
        if not parts["outputDecision"]:
            self.source.report("service_without_output", element, "error", name=_name(element))
        self.services[element.get("id", "")] = DecisionService(
            element.get("id", ""),
            _name(element),
            self.variable(element),
            element.sourceline or 0,
            parts["outputDecision"],
            parts["encapsulatedDecision"],
            parts["inputDecision"],
            parts["inputData"],
        )

    # ----------------------------------------------------------------------------------------------------- references

    def required(self, element: Element) -> Iterator[Element]:
        """The decisions and input data that a decision requires."""
        for requirement in self.source.children(element, "informationRequirement"):
            yield from self.targets(self.source.children(requirement, "requiredDecision"), "decision")
            yield from self.targets(self.source.children(requirement, "requiredInput"), "inputData")

    def known(self, element: Element) -> Iterator[Element]:
        """The functions that a decision or knowledge model may call."""
        for requirement in self.source.children(element, "knowledgeRequirement"):
            yield from self.targets(self.source.children(requirement, "requiredKnowledge"), "businessKnowledgeModel", "decisionService")

    def targets(self, references: Iterable[Element], *kinds: str) -> Iterator[Element]:
        for reference in references:
            target = requirements.target(self.source, reference, kinds)
            if target is not None:
                yield target

    def visible(self, required: Iterable[Element]) -> tuple[str, ...]:
        """The names of what is required. A service or function is seen under its name, the parts of it are not."""
        names = []
        for element in required:
            variable = self.source.child(element, "variable")
            names += [_name(element), element.get("id", ""), *([variable.get("name", "")] if variable is not None else [])]
        return tuple(name.strip() for name in names if name.strip())

    def check_names(self, required: Iterable[Element], element: Element) -> None:
        """Two requirements under one name would hide each other."""
        names: dict[str, Element] = {}
        for each in required:
            variable = self.source.child(each, "variable")
            name = (variable.get("name") or "").strip() if variable is not None else ""
            if names.setdefault(name or _name(each), each) is not each:
                self.source.report("duplicate_name", element, "error", name=name or _name(each))

    def version_tag(self, element: Element) -> str | None:
        found = element.find(f"{{{self.source.dmn}}}extensionElements/{{{ZEEBE}}}versionTag")
        return None if found is None else found.get("value")


def _name(element: Element) -> str:
    return (element.get("name") or "").strip() or element.get("id", "")
