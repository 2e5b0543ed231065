"""Making a decision: its requirements first, then its logic. Pure, and bounded in work. Source: DMN 1.4 §8.3, §10.4."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from engine.core.dmn import boxed, policies
from engine.core.dmn.cells import Cell
from engine.core.dmn.failure import DecisionFailed
from engine.core.dmn.model import (
    Decision,
    DecisionModel,
    DecisionService,
    DecisionTable,
    Formula,
    FunctionDefinition,
    Given,
    KnowledgeModel,
    Logic,
    Output,
    Parameter,
    Rule,
)
from engine.core.dmn.record import DecisionResult, Evaluation, InputValue, MatchedRule, Remark, brief
from engine.core.dmn.types import ANY, Allows, Mismatch, Type, convert
from engine.feel import Budget, BudgetExceeded, Function, Null, host_function
from engine.feel import Run as FeelRun
from engine.feel import Warning as FeelWarning
from engine.feel.loops import elements

MAX_EVALUATIONS = 20_000  # FEEL evaluations in one decision; constant cells cost nothing
MAX_CALLS = 30  # functions of the model inside one another
MAX_REMARKS = 100
CELL_BUDGET = Budget(steps=20_000)
NO_SIBLINGS: Mapping[str, object] = {}
Scope = dict[str, object]


def evaluate(
    model: DecisionModel,
    decision_id: str,
    variables: Mapping[str, object],
    *,
    now: datetime,
    functions: Mapping[str, object] | None = None,
) -> DecisionResult:
    """Make the decision (or run the decision service or knowledge model) with this id; `now` is aware, `functions` are host functions.

    All of `variables` is visible to all decisions, as in Camunda 8; typed input data are converted. No matching rule and no
    default: the value is null. A value that is not of its declared type becomes null too, and the result says so: ask for
    `trusted()` where null must not pass for an answer. Raises DecisionFailed. Source: DMN 1.4 §10.3.2.9.4.
    """
    run = Run(model, now, {**(functions or {})})
    try:
        value = run.start(decision_id, dict(variables))
    except BudgetExceeded as exceeded:
        raise DecisionFailed("budget_exceeded", decision=run.place.name, **exceeded.facts) from exceeded
    except RecursionError:
        raise DecisionFailed("too_deep", decision=run.place.name, limit=MAX_CALLS) from None
    return DecisionResult(value, tuple(run.evaluations), tuple(run.remarks), run.mismatch)


@dataclass(frozen=True)
class Place:
    """Whose logic is at work: the decision or knowledge model."""

    id: str
    name: str


class Run:
    """One evaluation: what it may still cost, and what it has recorded."""

    def __init__(self, model: DecisionModel, now: datetime, functions: Scope) -> None:
        self.model = model
        self.now = now
        self.functions = functions
        self.evaluations: list[Evaluation] = []
        self.remarks: list[Remark] = []
        self.mismatch: DecisionFailed | None = None  # the first one
        self.left = MAX_EVALUATIONS
        self.calls = 0
        self.place = Place("", "")
        self.made: dict[str, Function] = {}  # knowledge models and services as FEEL functions, by id

    def start(self, decision_id: str, variables: Scope) -> object:
        self.place = Place(decision_id, decision_id)
        if decision_id in self.model.services:
            service = self.model.services[decision_id]
            given = self.inputs(service.inputs, variables)
            for required in service.input_decisions:
                name = self.model.decisions[required].variable.name
                given[required] = self.variable(variables.get(name), self.model.decisions[required].variable.type, name)
            return self.serve(service, given, variables)
        if decision_id in self.model.knowledge:
            known = self.model.knowledge[decision_id]
            parameters = known.function.parameters
            return self.apply(known, [self.variable(variables.get(each.name), each.type, each.name) for each in parameters])
        if decision_id not in self.model.decisions:
            raise DecisionFailed("unknown_decision", decision=decision_id, file=self.model.file, known=", ".join(self.model.decisions))
        return self.decide(decision_id, {}, variables)

    # ------------------------------------------------------------------------------------------------------ the graph

    def decide(self, decision_id: str, results: Scope, variables: Scope) -> object:
        """The value of a decision; `results` holds what is known already, by id, and receives what is found out."""
        needed = self.needed(decision_id, results)
        for required in (*(each for each in self.model.order[decision_id] if each in needed), decision_id):
            if required not in results:
                decision = self.model.decisions[required]
                results[required] = self.one(decision, self.scope(decision, results, variables))
        return results[decision_id]

    def needed(self, decision_id: str, results: Scope) -> set[str]:
        """What lies behind a result that was handed in (an input decision of a service) is not asked."""
        needed: set[str] = set()
        stack = [decision_id]
        while stack:
            current = stack.pop()
            if current not in needed and current not in results:
                needed.add(current)
                stack.extend(self.model.decisions[current].decisions)
        return needed

    def scope(self, decision: Decision, results: Scope, variables: Scope) -> Scope:
        scope: Scope = {**self.functions, **variables}
        for identifier in decision.inputs:
            given = results if identifier in results else self.inputs((identifier,), variables)
            if identifier in given:
                source = self.model.inputs[identifier]
                scope[source.name] = scope[source.variable.name] = given[identifier]
        for identifier in decision.decisions:
            required = self.model.decisions[identifier]
            scope[required.id] = scope[required.name] = results[identifier]
            scope[required.variable.name] = results[identifier]
        return self.with_knowledge(decision.knowledge, scope)

    def inputs(self, identifiers: Sequence[str], variables: Scope) -> Scope:
        """The values of input data, by id. One that the process does not have stays out, so that FEEL can say it is unknown."""
        found: Scope = {}
        for identifier in identifiers:
            source = self.model.inputs[identifier]
            for name in (source.variable.name, source.name):
                if name in variables:
                    found[identifier] = self.variable(variables[name], source.variable.type, name)
                    break
        return found

    def one(self, decision: Decision, scope: Scope) -> object:
        outer, self.place = self.place, Place(decision.id, decision.name)
        if isinstance(decision.logic, Given):
            value = self.given(decision, scope)
        else:
            value = self.value(self.logic(decision.logic, scope), decision.variable.type)
        if not isinstance(decision.logic, DecisionTable):
            self.evaluations.append(Evaluation(decision.id, decision.name, (), (), value))
        self.place = outer
        return value

    def given(self, decision: Decision, scope: Scope) -> object:
        """The value of a decision that is made elsewhere."""
        for name in (decision.variable.name, decision.name, decision.id):
            if name in scope:
                return self.variable(scope[name], decision.variable.type, name)
        return self.refuse(DecisionFailed("value_missing", decision=decision.name, column=decision.variable.name))

    def serve(self, service: DecisionService, given: Scope, variables: Scope) -> object:
        values = {each: self.decide(each, given, variables) for each in service.outputs}
        result = {self.model.decisions[each].variable.name: value for each, value in values.items()}
        return self.value(next(iter(values.values())) if len(values) == 1 else result, service.variable.type.result)

    def with_knowledge(self, identifiers: Sequence[str], scope: Scope) -> Scope:
        for identifier in identifiers:
            known = self.model.knowledge.get(identifier) or self.model.services[identifier]
            scope[known.id] = scope[known.name] = scope[known.variable.name] = self.known(identifier)
        return scope

    def known(self, identifier: str) -> Function:
        """A knowledge model or service as a FEEL function."""
        if identifier not in self.made:
            if identifier in self.model.services:
                self.made[identifier] = self.service_function(self.model.services[identifier])
            else:
                known = self.model.knowledge[identifier]
                parameters = [parameter.name for parameter in known.function.parameters]
                self.made[identifier] = host_function(parameters, lambda *arguments: self.apply(known, arguments))
        return self.made[identifier]

    def apply(self, known: KnowledgeModel, arguments: Sequence[object]) -> object:
        """What a knowledge model gives for these arguments, in the order of its parameters."""
        scope = self.with_knowledge(known.knowledge, {**self.functions})
        value = self.call(known.function, arguments, scope, Place(known.id, known.name))
        return self.value(value, known.variable.type.result)

    def call(self, definition: FunctionDefinition, arguments: Sequence[object], scope: Scope, place: Place | None = None) -> object:
        values = self.arguments(arguments, definition.parameters)
        if values is None:
            return None
        inner = {**scope, **{parameter.name: value for parameter, value in zip(definition.parameters, values, strict=True)}}
        return self.inside(lambda: self.value(self.logic(definition.body, inner), definition.result), place)

    def service_function(self, service: DecisionService) -> Function:
        identifiers = (*service.inputs, *service.input_decisions)
        variables = [(self.model.inputs.get(each) or self.model.decisions[each]).variable for each in identifiers]

        def call(*arguments: object) -> object:
            values = self.arguments(arguments, variables)
            if values is None:
                return None
            return self.inside(lambda: self.serve(service, dict(zip(identifiers, values, strict=True)), {}))

        return host_function([variable.name for variable in variables], call)

    def function(self, definition: FunctionDefinition, scope: Scope) -> Function:
        return host_function([each.name for each in definition.parameters], lambda *arguments: self.call(definition, arguments, scope))

    def inside(self, work: Callable[[], object], place: Place | None = None) -> object:
        """Run the body of a function of the model."""
        if self.calls >= MAX_CALLS:
            raise DecisionFailed("too_deep", decision=self.place.name, limit=MAX_CALLS)
        outer, self.place = self.place, place or self.place
        self.calls += 1
        try:
            return work()
        finally:
            self.calls -= 1
            self.place = outer

    # ---------------------------------------------------------------------------------------------------------- logic

    def logic(self, logic: Logic, scope: Scope) -> object:
        if isinstance(logic, Formula):
            return self.formula(logic, scope)
        if isinstance(logic, DecisionTable):
            return self.table(logic, scope)
        if isinstance(logic, FunctionDefinition):
            return self.function(logic, scope)
        return boxed.EVALUATORS[type(logic)](self, logic, scope)

    def formula(self, formula: Formula, scope: Scope, rule: int | None = None) -> object:
        if formula.constant is not None:
            value = formula.constant[0]
        else:
            self.spend()
            budget = CELL_BUDGET if rule is not None or self.calls else None
            assert formula.expression is not None
            value, warnings = formula.expression.evaluate(scope, now=self.now, budget=budget)
            if warnings:
                self.remark(warnings, formula.id, rule)
        if formula.type is ANY or rule is not None:
            return value
        return self.value(value, formula.type)

    def items(self, source: object) -> list[object]:
        """What a boxed iteration goes through. Raises Null, which is remarked, for null and for ranges that cannot be counted."""
        try:
            return list(islice(elements(source, FeelRun({}, self.now, CELL_BUDGET)), self.left + 1))
        except Null as problem:
            self.remark([FeelWarning(problem.code, 1, 1, problem.facts)], None, None)
            raise

    def table(self, table: DecisionTable, scope: Scope) -> object:
        place = self.place
        values = [self.input(table, at, scope) for at in range(len(table.inputs))]
        inputs = tuple(InputValue(column.label, value, column.id) for column, value in zip(table.inputs, values, strict=True))
        matches = []
        for rule, tests in zip(table.rules, table.tests, strict=True):
            for at, cell in tests:
                fast = cell.fast
                value = values[at]
                if fast is not None and type(value) is fast[0]:
                    if not fast[1](value):
                        break
                elif not self.accepts(cell, value, scope, rule.index):
                    break
            else:
                matches.append(policies.Match(rule, self.outputs(table, rule, scope)))
                if table.hit_policy in policies.FIRST_MATCH_DECIDES:
                    break
        value = policies.result(table, matches, place.name) if matches else self.default(table, scope)
        value = self.value(value, table.type)
        fired = tuple(MatchedRule(match.rule.index, match.rule.id, match.values) for match in matches)
        self.evaluations.append(Evaluation(place.id, place.name, inputs, fired, value))
        return value

    def input(self, table: DecisionTable, at: int, scope: Scope) -> object:
        column = table.inputs[at]
        value = self.formula(column.expression, scope, rule=0)
        value = self.convert(value, column.type, scope, "input_type", "input_not_allowed", column.label)
        if column.allowed is not None and column.allowed is not column.type.allowed and not self.allows(scope)(column.allowed, value, NO_SIBLINGS):
            return self.refuse(self.failed("input_not_allowed", value, column.allowed.text, column.label))
        return value

    def outputs(self, table: DecisionTable, rule: Rule, scope: Scope) -> tuple[object, ...]:
        return tuple(
            self.output(column, self.formula(formula, scope, rule.index), scope)
            for column, formula in zip(table.outputs, rule.outputs, strict=True)
        )

    def output(self, column: Output, value: object, scope: Scope) -> object:
        value = self.convert(value, column.type, scope, "output_type", "output_not_allowed", column.label)
        if column.allowed is not None and column.allowed is not column.type.allowed and not self.allows(scope)(column.allowed, value, NO_SIBLINGS):
            return self.refuse(self.failed("output_not_allowed", value, column.allowed.text, column.label))
        return value

    def default(self, table: DecisionTable, scope: Scope) -> object:
        """What a table without a matching rule gives: the default output, not wrapped in a list; else null."""
        if not any(column.default for column in table.outputs):
            return None
        values = [self.output(each, self.formula(each.default, scope, 0), scope) if each.default else None for each in table.outputs]
        return policies.shape(table, values)

    # ----------------------------------------------------------------------------------------------------- small parts

    def accepts(self, cell: Cell, value: object, scope: Scope, rule: int | None) -> bool:
        """Whether FEEL finds a cell true for a value; undecided is not true."""
        if cell.unary is None:
            return True
        constant = cell.constant
        if constant is not None and value is None:
            return constant.accepts_null
        if constant is not None and constant.kind is bool and type(value) is not bool:
            # DMN lets a test that is true by itself hold for anything; a literal `true` in a cell means "is true", always.
            return constant.negated
        self.spend()
        found, warnings = cell.unary.evaluate(value, scope, now=self.now, budget=CELL_BUDGET)
        if warnings:
            self.remark(warnings, cell.id, rule)
        return found is True

    def allows(self, scope: Scope) -> Allows:
        """Null is not judged: every type has it."""

        def allowed(cell: Cell, value: object, siblings: Mapping[str, object]) -> bool:
            fast = cell.fast
            if value is None:
                return True
            if fast is not None and type(value) is fast[0]:
                return fast[1](value)
            return self.accepts(cell, value, {**scope, **siblings}, None)

        return allowed

    def variable(self, value: object, wanted: Type, name: str) -> object:
        """A process variable as its declared type."""
        return self.convert(value, wanted, {}, "variable_type", "variable_not_allowed", name, partial=True)

    def arguments(self, values: Sequence[object], parameters: Sequence[Parameter]) -> list[object] | None:
        """Arguments as the types of their parameters; None, and a remark, if one is not: then the call gives null. Source: Table 63."""
        given = []
        for value, each in zip(values, parameters, strict=True):
            given.append(self.convert(value, each.type, {}, "variable_type", "variable_not_allowed", each.name))
            if given[-1] is None and value is not None:
                return None
        return given

    def value(self, value: object, wanted: Type, name: str = "") -> object:
        """The value of an expression as its declared type."""
        return self.convert(value, wanted, {}, "value_type", "value_not_allowed", name)

    def convert(
        self, value: object, wanted: Type, scope: Scope, code: str, not_allowed: str, column: str = "", *, partial: bool = False
    ) -> object:
        if wanted is ANY:
            return value
        try:
            return convert(value, wanted, self.allows(scope), partial=partial)
        except Mismatch as mismatch:
            label = ".".join(part for part in (column, mismatch.path) if part)
            if mismatch.allowed:
                return self.refuse(self.failed(not_allowed, mismatch.value, mismatch.allowed, label))
            return self.refuse(self.failed(code, mismatch.value, mismatch.expected, label))

    def refuse(self, mismatch: DecisionFailed) -> object:
        """Go on with null, as the standard says, and remember why."""
        self.mismatch = self.mismatch or mismatch
        if len(self.remarks) < MAX_REMARKS:
            self.remarks.append(Remark(self.place.id, None, None, mismatch.code, 1, 1, mismatch.facts, "dmn"))
        return None

    def failed(self, code: str, value: object, expected: str, column: str) -> DecisionFailed:
        return DecisionFailed(code, decision=self.place.name, column=column, value=brief(value), expected=expected)

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise DecisionFailed("budget_exceeded", decision=self.place.name, resource="evaluations", limit=MAX_EVALUATIONS)

    def remark(self, warnings: Sequence[FeelWarning], element: str | None, rule: int | None) -> None:
        for warning in warnings:
            if len(self.remarks) < MAX_REMARKS:
                self.remarks.append(Remark(self.place.id, element, rule or None, warning.code, warning.line, warning.column, warning.facts))
