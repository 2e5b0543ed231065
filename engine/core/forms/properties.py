"""The properties of one component read by the rules of `kinds`: checked, and compiled where they hold FEEL or a pattern."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from engine import feel
from engine.core.bpmn.words import Words
from engine.core.forms import patterns, templates
from engine.core.forms.kinds import Kind, Property
from engine.core.forms.located import child
from engine.core.forms.model import Formula, Json, Template
from engine.feel import Expression

TEXT = 50_000  # characters of one text property
COLUMNS = 16
EXPONENT = 4_000  # Python writes out whole numbers of 4 300 digits at most


class Values:
    """The properties of one component; problems go to `report(code, pointer, element, **facts)`."""

    def __init__(self, report: Callable[..., None], kind: str, element: str) -> None:
        self.report = report
        self.kind = kind
        self.element = element
        self.found: dict[str, object] = {}

    def problem(self, code: str, pointer: str, /, **facts: object) -> None:
        self.report(code, pointer, self.element, **facts)

    def read(self, source: dict[str, Json], allowed: Mapping[str, Property], pointer: str, known: Iterable[str] = ()) -> None:
        """Fill `found` with every allowed property of `source`; anything neither allowed nor `known` is a problem."""
        for name, value in source.items():
            if name in known or name.startswith("_"):  # form-js keeps private notes of the editor under _names
                continue
            spec = allowed.get(name)
            if spec is None:
                self.problem("unknown_property", child(pointer, name), property=name, type=self.kind)
            elif value is not None and spec.check != "ignored":
                self.found[name] = self.convert(spec, name, value, child(pointer, name))

    def convert(self, spec: Property, name: str, value: Json, pointer: str) -> object:
        """The compiled property, or None after reporting why not."""
        formula = isinstance(value, str) and value.startswith("=")
        if spec.check.endswith("_formula"):
            if isinstance(value, str) and formula:
                return Formula(None, self.compile(value[1:], pointer))
            fixed = self.convert(Property(spec.check.removesuffix("_formula"), low=spec.low, high=spec.high), name, value, pointer)
            return Formula(fixed)  # type: ignore[arg-type]
        if spec.check == "any":
            return value
        if spec.check in ("template", "text") and isinstance(value, str) and len(value) <= TEXT:
            return self.template(value, pointer) if spec.check == "template" else value
        if spec.check == "feel" and isinstance(value, str) and formula:
            return self.compile(value[1:], pointer)
        if spec.check == "flag" and isinstance(value, bool):
            return value
        if spec.check == "choice" and value in spec.choices:
            return value
        if spec.check in ("number", "integer"):
            return self.number(spec, name, value, pointer)
        if spec.check == "pattern" and isinstance(value, str):
            return self.pattern(value, pointer)
        if spec.check == "columns":
            return self.columns(value, pointer)
        self.problem(f"expected_{spec.check}", pointer, property=name, value=_short(value), choices="、".join(spec.choices))
        return None

    def number(self, spec: Property, name: str, value: Json, pointer: str) -> object:
        number = as_number(value)
        if number is None or (spec.check == "integer" and number != number.to_integral_value()):
            self.problem(f"expected_{spec.check}", pointer, property=name, value=_short(value))
            return None
        if (spec.low is not None and number < spec.low) or (spec.high is not None and number > spec.high):
            self.problem("property_out_of_range", pointer, property=name, value=_short(value), low=spec.low, high=spec.high)
            return None
        return int(number) if spec.check == "integer" else number

    def template(self, text: str, pointer: str) -> Template:
        try:
            return templates.parse_template(text)
        except templates.TemplateInvalid as error:
            self.problem(error.code, pointer, **error.facts)
        except feel.FeelSyntaxError as error:
            self.feel_problem(error, pointer, 1 if text.startswith("=") else 0)
        except RecursionError:
            self.problem("expression_too_long", pointer, limit=TEXT)
        return Template()

    def compile(self, text: str, pointer: str) -> Expression | None:
        if len(text) > TEXT:
            self.problem("expression_too_long", pointer, limit=TEXT)
            return None
        try:
            return feel.parse(text)
        except feel.FeelSyntaxError as error:
            self.feel_problem(error, pointer, 1)  # the leading = is ours
        except RecursionError:
            self.problem("expression_too_long", pointer, limit=TEXT)
        return None

    def feel_problem(self, error: feel.FeelSyntaxError, pointer: str, before: int = 0) -> None:
        column = error.column + before if error.line == 1 else error.column
        reason = Words(f"feel.{error.code}", **error.facts)
        self.problem("feel", pointer, row=error.line, column=column, reason=reason)

    def pattern(self, text: str, pointer: str) -> object:
        try:
            return patterns.compile_pattern(text)
        except patterns.PatternInvalid as error:
            self.problem("pattern_invalid", pointer, pattern=_short(text), reason=error.reason)
            return None

    def columns(self, value: Json, pointer: str) -> tuple[tuple[str, str], ...] | None:
        """Key and label of each table column."""
        columns: list[tuple[str, str]] = []
        for item in value if isinstance(value, list) else [None]:
            key = item.get("key") if isinstance(item, dict) else None
            label = item.get("label") if isinstance(item, dict) else None
            if not isinstance(key, str) or not key or not isinstance(label, str | None):
                self.problem("table_columns", pointer)
                return None
            columns.append((key, label or key))
        return tuple(columns)

    def read_rules(self, source: Json, spec: Kind, pointer: str) -> dict[str, object]:
        """The members of "validate"."""
        if not isinstance(source, dict):
            self.problem("expected_object", pointer, property="validate", value=_short(source))
            return {}
        rules = Values(self.report, self.kind, self.element)
        rules.read(source, spec.rules, pointer)
        for low, high in (("min", "max"), ("minLength", "maxLength")):
            smallest, largest = rules.found.get(low), rules.found.get(high)
            if isinstance(smallest, Formula) and isinstance(largest, Formula):
                self.order(smallest.value, largest.value, low, high, pointer)
        return rules.found

    def order(self, smallest: Json, largest: Json, low: str, high: str, pointer: str) -> None:
        if smallest is not None and largest is not None and smallest > largest:  # type: ignore[operator]
            self.problem("limits_crossed", pointer, low=low, high=high, smallest=str(smallest), largest=str(largest))

    def read_appearance(self, source: Json, spec: Kind, pointer: str) -> dict[str, object]:
        adorners = Values(self.report, self.kind, self.element)
        allowed = {name: Property("template") for name in ("prefixAdorner", "suffixAdorner")} if spec.adorned else {}
        adorners.read(source if isinstance(source, dict) else {"appearance": source}, allowed, pointer)
        return adorners.found

    def read_layout(self, source: Json, pointer: str) -> tuple[str | None, int | None]:
        """Row name and width in sixteenths."""
        if source is None:
            return None, None
        row = source.get("row") if isinstance(source, dict) else None
        columns = source.get("columns") if isinstance(source, dict) else None
        fits = isinstance(columns, int | None) and not isinstance(columns, bool) and 1 <= (columns or 1) <= COLUMNS
        if not isinstance(source, dict) or set(source) - {"row", "columns"} or not isinstance(row, str | None) or not fits:
            self.problem("layout_invalid", pointer, columns=COLUMNS)
            return None, None
        return row, columns  # type: ignore[return-value]

    def read_condition(self, source: Json, pointer: str) -> Expression | None:
        if source in ({}, None):
            return None
        hide = source.get("hide") if isinstance(source, dict) else None
        if not isinstance(source, dict) or set(source) - {"hide"} or not isinstance(hide, str | None):
            self.problem("condition_invalid", pointer)
            return None
        if not hide:
            return None
        if not hide.startswith("="):
            self.problem("condition_not_feel", child(pointer, "hide"), value=_short(hide))
            return None
        return self.compile(hide[1:], child(pointer, "hide"))

    def read_own(self, source: Json, pointer: str) -> dict[str, Json]:
        if not isinstance(source, dict):
            self.problem("expected_object", pointer, property="properties", value=_short(source))
            return {}
        return source


def as_number(value: Json) -> Decimal | None:
    """A JSON number, or its text as form-js also writes it; None for anything else, and for what no page could write out."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= EXPONENT else None


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
