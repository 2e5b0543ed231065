"""Data objects, data stores, properties, data inputs and outputs: what the standard's own data flow means for variables.

A data object or property is a variable of the container that declares it, a data store one of the process. A data association is
an input or output mapping. What no association touches is only drawn. Source: BPMN 2.0.2 §10.4.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.core.bpmn.model import Formula, Interface, IoMapping
from engine.core.bpmn.names import is_variable
from engine.core.bpmn.reading import Reading
from engine.core.bpmn.vocabulary import BPMN, Element, bpmn_children, local

_ITEMS = ("dataObject", "dataObjectReference", "dataStoreReference", "property", "dataInput", "dataOutput")
_PLACEHOLDER = "__targetRef_placeholder"  # modelling tools draw an association to a task by inventing this property


@dataclass
class Data:
    """The data flow of one flow node. A loop takes what it is about out of `sources` and `targets`; the rest become mappings."""

    inputs: list[IoMapping] = field(default_factory=list)
    outputs: list[IoMapping] = field(default_factory=list)
    sources: dict[str, Formula] = field(default_factory=dict)  # data input → what a plain association brings
    targets: dict[str, tuple[Formula, str]] = field(default_factory=dict)  # data output → itself, where a plain association takes it

    def mappings(self) -> tuple[tuple[IoMapping, ...], tuple[IoMapping, ...]]:
        """What the loop has left, as input and output mappings."""
        inputs = [*self.inputs, *(IoMapping(source, name, source.line) for name, source in self.sources.items())]
        return tuple(inputs), (*self.outputs, *(IoMapping(source, target, source.line) for source, target in self.targets.values()))


def read_data(reading: Reading, node: Element) -> Data:
    """What the data associations of a flow node bring in and take out."""
    data = Data()
    for association in bpmn_children(node, "dataInputAssociation"):
        _read_association(reading, association, data, incoming=True)
    for association in bpmn_children(node, "dataOutputAssociation"):
        _read_association(reading, association, data, incoming=False)
    for holder in bpmn_children(node, "property"):
        name = (holder.get("id") or "") in reading.used_data and variable(reading, holder)
        if name and local(node) not in ("subProcess", "transaction", "adHocSubProcess"):
            null = reading.formula(holder, "=null")
            assert null is not None
            data.inputs.insert(0, IoMapping(null, name, null.line))
    return data


def variable(reading: Reading, element: Element) -> str:
    """The variable that a data element stands for: its name if it can be one, else its id."""
    referred = None
    if local(element) == "dataObjectReference":
        referred = reading.resolve(element, "dataObjectRef", "dataObject")
    elif local(element) == "dataStoreReference":
        referred = reading.resolve(element, "dataStoreRef", "dataStore")
    target = element if referred is None else referred
    identifier = target.get("id") or ""
    reading.used_data.add(identifier)
    names = ((target.get("name") or "").strip(), _reference_names(reading).get(identifier, ""), identifier)
    return next((name for name in names if is_variable(name)), identifier)


def declared(reading: Reading, container: Element) -> tuple[str, ...]:
    """The variables that a container declares: its data objects and properties that some association touches."""
    holders = bpmn_children(container, "dataObject", "property")
    if local(container) == "process":
        root = container.getparent()
        holders += bpmn_children(root, "dataStore") if root is not None else []
    names = [variable(reading, holder) for holder in holders if holder.get("id") in reading.used_data]
    interface = read_interface(reading, container)
    names += interface.inputs + interface.outputs if interface is not None and local(container) == "process" else ()
    return tuple(dict.fromkeys(names))


def read_interface(reading: Reading, element: Element) -> Interface | None:
    """The data inputs and outputs that a process or a global task declares; None: it takes and gives whatever there is."""
    for specification in bpmn_children(element, "ioSpecification"):
        inputs, outputs = (
            {holder.get("id"): variable(reading, holder) for holder in bpmn_children(specification, tag)} for tag in ("dataInput", "dataOutput")
        )
        sets = [
            {(one.text or "").strip() for one in bpmn_children(set_, "dataInputRefs")}
            - {(one.text or "").strip() for one in bpmn_children(set_, "optionalInputRefs")}
            for set_ in bpmn_children(specification, "inputSet")
        ]
        required = tuple(tuple(name for id_, name in inputs.items() if id_ in wanted) for wanted in sets)
        return Interface(tuple(inputs.values()), tuple(outputs.values()), required)
    return None


def _read_association(reading: Reading, association: Element, data: Data, *, incoming: bool) -> None:
    sources = [found for child in bpmn_children(association, "sourceRef") if (found := reading.resolve_text(child, *_ITEMS)) is not None]
    targets = [found for child in bpmn_children(association, "targetRef") if (found := reading.resolve_text(child, *_ITEMS)) is not None]
    if not targets or targets[0].get("name") == _PLACEHOLDER:
        return  # only drawn
    mappings = data.inputs if incoming else data.outputs
    assignments = bpmn_children(association, "assignment")
    for assignment in assignments:
        source, target = _expression(reading, assignment, "from"), _expression(reading, assignment, "to")
        if source is None or target is None:
            reading.report("association_incomplete", association)
        else:
            mappings.append(IoMapping(source, target.text.removeprefix("=").strip(), association.sourceline or 0))
    name = variable(reading, targets[0])
    transformation = _expression(reading, association, "transformation")
    if transformation is not None:
        for source_element in sources:
            variable(reading, source_element)
        mappings.append(IoMapping(transformation, name, association.sourceline or 0))
    elif not assignments and len(sources) > 1:
        reading.report("association_incomplete", association)
    elif not assignments and sources:
        _read_plain(reading, association, data, variable(reading, sources[0]), name, incoming=incoming)


def _read_plain(reading: Reading, association: Element, data: Data, source: str, target: str, *, incoming: bool) -> None:
    formula = reading.formula(association, f"={source}")
    if formula is not None and incoming:
        data.sources[target] = formula
    elif formula is not None:
        data.targets[source] = formula, target


def _expression(reading: Reading, element: Element, name: str) -> Formula | None:
    found = bpmn_children(element, name)
    formula = reading.expression(found[0]) if found else None
    if formula is not None and name != "to" and not formula.text.startswith("="):
        reading.report("expression_without_equals", found[0], text=formula.text)
    return formula


def _reference_names(reading: Reading) -> dict[str, str]:
    if reading.data_names is None:
        reading.data_names = {}
        for element in reading.elements.values():
            if element.tag in (f"{{{BPMN}}}dataObjectReference", f"{{{BPMN}}}dataStoreReference"):
                target = element.get("dataObjectRef") or element.get("dataStoreRef") or ""
                name = (element.get("name") or "").strip()
                if is_variable(name):
                    reading.data_names.setdefault(target.rpartition(":")[2], name)
    return reading.data_names
