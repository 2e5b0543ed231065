"""A decision table from XML, with what must be right about each column and cell before it can be deployed. Source: DMN 1.4 §8."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.core.bpmn.words import Words
from engine.core.dmn.cells import Cell, constant, literal, literals
from engine.core.dmn.model import Aggregation, DecisionTable, Formula, HitPolicy, Input, Output, Rule
from engine.core.dmn.source import Source, shorten
from engine.core.dmn.table_checks import check_table
from engine.core.dmn.types import ANY, Type
from engine.core.dmn.vocabulary import AGGREGATIONS, HIT_POLICIES, Element

MAX_RULES = 5_000
MAX_CELLS = 50_000
Names = tuple[str, ...]
TypeOf = Callable[[Element, str | None], Type]
Part = TypeVar("Part")


def read_table(source: Source, type_of: TypeOf, element: Element, names: Names) -> DecisionTable | None:
    """The table, or None when a part of it could not be read; everything found is reported."""
    before = len(source.problems)
    policy, aggregation = _policy(source, element)
    inputs = [_input(source, type_of, child, names, at) for at, child in enumerate(source.children(element, "input"), 1)]
    outputs = _outputs(source, type_of, element, names)
    headings = tuple((child.get("name") or "").strip() for child in source.children(element, "annotation"))
    rows = list(source.children(element, "rule"))
    if not _has_a_sane_size(source, element, inputs, outputs, rows):
        return None
    rules = [_rule(source, row, index, inputs, outputs, names) for index, row in enumerate(rows, 1)]
    columns, results, read = _all(inputs), _all(outputs), _all(rules)
    if any(problem.severity == "error" for problem in source.problems[before:]) or columns is None or results is None or read is None:
        return None
    type_ = type_of(element, element.get("typeRef"))
    table = DecisionTable(policy, aggregation, columns, results, read, headings, element.sourceline or 0, element.get("id"), type_)
    source.problems.extend(check_table(table, source.file, source.place))
    return table


def _all(parts: list[Part | None]) -> tuple[Part, ...] | None:
    """The parts, or None if one could not be read."""
    found = tuple(part for part in parts if part is not None)
    return found if len(found) == len(parts) else None


def _policy(source: Source, element: Element) -> tuple[HitPolicy, Aggregation | None]:
    policy = (element.get("hitPolicy") or "UNIQUE").strip()
    aggregation = (element.get("aggregation") or "").strip() or None
    if policy not in HIT_POLICIES:
        source.report("hit_policy", element, "error", policy=shorten(policy), known=", ".join(HIT_POLICIES))
    if aggregation is not None and aggregation not in AGGREGATIONS:
        source.report("aggregation", element, "error", aggregation=shorten(aggregation), known=", ".join(AGGREGATIONS))
    elif aggregation is not None and policy != "COLLECT":
        source.report("aggregation_without_collect", element, "error", aggregation=aggregation, policy=policy)
    return policy, aggregation  # type: ignore[return-value]


def _has_a_sane_size(
    source: Source, element: Element, inputs: list[Input | None], outputs: list[Output | None], rows: list[Element]
) -> bool:
    if not inputs:
        source.report("no_input", element)
    if not outputs:
        source.report("no_output", element)
    if not rows:
        source.report("no_rule", element)
    if len(rows) > MAX_RULES or len(rows) * (len(inputs) + len(outputs)) > MAX_CELLS:
        source.report("table_too_large", element, "error", rules=len(rows), limit=MAX_RULES, cells=MAX_CELLS)
        return False
    return bool(outputs and rows)


def _input(source: Source, type_of: TypeOf, element: Element, names: Names, at: int) -> Input | None:
    inner = source.child(element, "inputExpression")
    text = source.text(inner)
    label = (element.get("label") or "").strip() or text or str(at)
    if inner is None or not text:
        source.report("input_expression_missing", element, "error", column=label)
        return None
    expression = source.expression(inner, text, names, Words("dmn.where.input", column=label))
    if expression is None:
        return None
    wanted = type_of(inner, inner.get("typeRef"))
    formula = Formula(text, source.text_line(inner), expression, literal(text), wanted, inner.get("id"))
    return Input(label, formula, wanted, _allowed(source, element, "inputValues", names, label) or wanted.allowed, element.get("id"))


def _allowed(source: Source, element: Element, name: str, names: Names, label: str) -> Cell | None:
    """The allowed values of a column, None if every value is; modelling tools write an empty element for that."""
    values = source.child(element, name)
    return None if values is None else cell(source, values, names, Words("dmn.where.allowed", column=label))


def cell(source: Source, element: Element, names: Names, where: str) -> Cell | None:
    """A cell of unary tests; blank and `-` accept everything. None if its FEEL is wrong, which is then reported."""
    text = source.text(element)
    line = source.text_line(element)
    if text in ("", "-"):
        return Cell("-", line, id=element.get("id"))
    unary = source.unary_tests(element, text, names, where)
    return None if unary is None else Cell(text, line, unary, constant(text), element.get("id"))


def _outputs(source: Source, type_of: TypeOf, table: Element, names: Names) -> list[Output | None]:
    elements = list(source.children(table, "output"))
    found = [_output(source, type_of, element, names, len(elements) > 1) for element in elements]
    known = [output.name for output in found if output is not None]
    for name in sorted({name for name in known if name and known.count(name) > 1}):
        source.report("duplicate_name", table, "error", name=name)
    return found


def _output(source: Source, type_of: TypeOf, element: Element, names: Names, must_have_name: bool) -> Output | None:
    name = (element.get("name") or "").strip()
    label = (element.get("label") or "").strip() or name or _table_label(element)
    if must_have_name and not name:
        source.report("output_without_name", element, "error", column=label)
        return None
    wanted = type_of(element, element.get("typeRef"))
    allowed = _allowed(source, element, "outputValues", names, label)
    ranking = literals(allowed.text) if allowed is not None and allowed.unary is not None else None
    default_element = source.child(element, "defaultOutputEntry")
    default = None
    if default_element is not None and source.text(default_element):
        default = _formula(source, default_element, names, wanted, Words("dmn.where.default", column=label))
    limits = allowed if allowed is not None and allowed.unary is not None else wanted.allowed
    return Output(name, label, wanted, limits, ranking or (), default, element.get("id"))


def _table_label(output: Element) -> str:
    parent = output.getparent()
    return "" if parent is None else (parent.get("outputLabel") or "").strip()


def _formula(source: Source, element: Element, names: Names, wanted: Type, where: str) -> Formula | None:
    """An output cell; a blank one is null."""
    text = source.text(element)
    line = source.text_line(element)
    if text in ("", "-"):
        return Formula("", line, None, (None,), wanted, element.get("id"))
    expression = source.expression(element, text, names, where)
    if expression is None:
        return None
    return Formula(text, line, expression, literal(text), wanted, element.get("id"))


def _rule(source: Source, row: Element, index: int, inputs: list[Input | None], outputs: list[Output | None], names: Names) -> Rule | None:
    given, results = list(source.children(row, "inputEntry")), list(source.children(row, "outputEntry"))
    if len(given) != len(inputs) or len(results) != len(outputs):
        facts = {"inputs": len(given), "outputs": len(results), "expected_inputs": len(inputs), "expected_outputs": len(outputs)}
        source.report("rule_length", row, "error", rule=index, **facts)
        return None
    cells = [
        cell(source, entry, names, Words("dmn.where.cell", rule=index, column=column.label if column else at))
        for at, (entry, column) in enumerate(zip(given, inputs, strict=True), 1)
    ]
    values = [
        _formula(
            source, entry, names, column.type if column else ANY, Words("dmn.where.cell", rule=index, column=column.label if column else at)
        )
        for at, (entry, column) in enumerate(zip(results, outputs, strict=True), 1)
    ]
    if None in cells or None in values:
        return None
    return Rule(index, row.sourceline or 0, tuple(cells), tuple(values), _annotations(source, row), row.get("id"))  # type: ignore[arg-type]


def _annotations(source: Source, row: Element) -> tuple[str, ...]:
    """Annotation entries; the description of a rule, where older files and dmn-js keep the remark, comes first if there is one."""
    texts = [source.text(entry) for entry in source.children(row, "annotationEntry")]
    description = source.documentation(row)
    return tuple([description, *texts] if description else texts)
