"""Tokens → abstract syntax: precedence climbing over the grammar of DMN 1.4 §10.3.1.2."""
from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation, Overflow

from . import syntax
from .budget import Position
from .errors import FeelSyntaxError
from .reader import KEYWORDS, Reader
from .syntax import Node, Type
from .temporal import parse_any
from .values import DECIMAL128

# Paths, filters and calls on one value, each of which is a call deep.
LINK_LIMIT = 40
COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}
OR, AND, COMPARE, ADD, MULTIPLY, POWER = range(1, 7)
OPERATORS = {"or": OR, "and": AND, "in": COMPARE, "between": COMPARE, **dict.fromkeys(COMPARISONS, COMPARE),
             "+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}


class Parser(Reader):
    """The expressions of one text; `self.asks` tells whether `?` was met."""

    # Expressions

    def expression(self) -> Node:
        return self.binary(OR)

    def binary(self, floor: int) -> Node:
        """An expression whose operators bind at least as tightly as `floor`; operators of one level group from the left."""
        self.deeper()
        at = self.at()
        left = self.unary()
        while (level := self.operator()) and level >= floor:
            if level in (OR, AND):
                left = self.logic(left, level, at)
            elif level == COMPARE:
                left = self.comparison(left, at)
            else:
                left = self.chain(left, level, at)
        self.depth -= 1
        return left

    def operator(self) -> int:
        token = self.tokens[self.index]
        return OPERATORS.get(token.text, 0) if token.kind in ("sign", "word") else 0

    def logic(self, left: Node, level: int, at: Position) -> Node:
        word = self.token.text
        items = [left]
        while self.take(word):
            items.append(self.binary(level + 1))
        return syntax.Logic(at, word, tuple(items))  # type: ignore[arg-type]

    def chain(self, left: Node, level: int, at: Position) -> Node:
        steps = []
        while self.operator() == level:
            place, sign = self.at(), self.token.text
            self.index += 1
            steps.append((sign, self.binary(level + 1), place))
        return syntax.Chain(at, left, tuple(steps))

    def comparison(self, left: Node, at: Position) -> Node:
        if self.take("between"):
            low = self.binary(ADD)
            self.expect("and")
            return syntax.Between(at, left, low, self.binary(ADD))
        if self.take("in"):
            return syntax.In(at, left, self.tests_after_in())
        sign = self.token.text
        self.index += 1
        # Only equality makes sense for a range; `<>` and `= <` stay what they are, a slip.
        right = self.bare_range() if sign in ("=", "!=") else None
        return syntax.Comparison(at, sign, left, right or self.binary(ADD))

    def bare_range(self) -> Node | None:
        """`>= 2` where an operand is expected: the range of all such values. Source: DMN 1.4 §10.3.1.2, rules 2 and 7."""
        at = self.at()
        if not self.sees("<", "<=", ">", ">="):
            return None
        sign = self.token.text
        self.index += 1
        return half_open(at, sign, self.binary(ADD))

    def unary(self) -> Node:
        at = self.at()
        signs = 0
        while self.sees("-"):
            self.index += 1
            signs += 1
        node = self.postfix(self.primary())
        while self.sees("instance"):
            self.index += 1
            self.expect("of")
            node = syntax.InstanceOf(at, node, self.type())
        if signs > 2:
            raise FeelSyntaxError("expected_value", *at, found="-" * signs)
        for _ in range(signs):
            if isinstance(node, syntax.Literal) and isinstance(node.value, Decimal):
                node = syntax.Literal(at, node.value.copy_negate())
            else:
                node = syntax.Negation(at, node)
        return node

    def postfix(self, node: Node) -> Node:
        """Paths, filters and calls behind a value."""
        links = 0
        while True:
            at = self.at()
            if self.sees("."):
                self.index += 1
                node = syntax.Path(at, node, self.entry_name())
            elif self.sees("[") and self.starts_value(self.index + 1):
                self.index += 1
                condition = self.expression()
                self.expect("]")
                node = syntax.Filter(at, node, condition)
            elif self.sees("(") and not isinstance(node, syntax.Literal):
                node = self.call(node)
            else:
                return node
            links += 1
            if links > LINK_LIMIT:
                raise FeelSyntaxError("nested_too_deep", *at, limit=LINK_LIMIT)

    def starts_value(self, index: int) -> bool:
        """Whether a value can start at a token: `]1..2[` ends with a bracket that opens no filter."""
        token = self.tokens[index]
        if token.kind == "word":
            return token.text not in KEYWORDS or token.text in ("if", "for", "some", "every")
        return token.kind in ("number", "string") or token.text in ("(", "[", "{", "-", "@")

    def call(self, function: Node) -> Node:
        at = self.at()
        if isinstance(function, syntax.Name):
            at = function.at
        self.expect("(")
        arguments: list[Node] = []
        names: list[str] = []
        while not self.sees(")"):
            name = self.argument_name()
            if name is not None:
                names.append(name)
            if len(names) != (len(arguments) + 1 if names else 0):
                raise FeelSyntaxError("mixed_arguments", *self.at())
            arguments.append(self.bare_range() or self.expression())
            if not self.take(","):
                break
        self.expect(")")
        return syntax.Call(at, function, tuple(arguments), tuple(names) if names else None)

    # Primary expressions

    def primary(self) -> Node:
        token, at = self.token, self.at()
        name = self.known_name()
        if name is not None:
            return syntax.Name(at, name)
        if token.kind == "word":
            form = _FORMS.get(token.text)
            if form and (token.text != "function" or self.tokens[self.index + 1].text == "("):
                return form(self)
            if token.text in KEYWORDS:
                raise self.unexpected("value")
            self.index += 1
            if token.text in CONSTANTS:
                return syntax.Literal(at, CONSTANTS[token.text])
            if token.text == "?":
                self.asks = True
            return syntax.Name(at, token.text)
        if token.kind == "number":
            return self.number()
        if token.kind == "string":
            return syntax.Literal(at, self.string())
        form = _BRACKETS.get(token.text) if token.kind == "sign" else None
        if form is None:
            raise self.unexpected("value")
        return form(self)

    def number(self) -> Node:
        at, token = self.at(), self.token
        self.index += 1
        try:
            value = DECIMAL128.create_decimal(token.text)
        except (Overflow, InvalidOperation) as cause:
            raise FeelSyntaxError("invalid_literal", *at, found=token.text[:40]) from cause
        if not value and Decimal(token.text):
            raise FeelSyntaxError("invalid_literal", *at, found=token.text[:40])
        return syntax.Literal(at, value)

    def temporal(self) -> Node:
        at = self.at()
        self.expect("@")
        if self.token.kind != "string":
            raise self.unexpected('"…"')
        found = self.token.text
        value = parse_any(self.string())
        if value is None:
            raise FeelSyntaxError("invalid_literal", *at, found=f"@{found}"[:40])
        return syntax.Literal(at, value)

    def bracket(self) -> Node:
        """A list, or a range that includes its start."""
        at = self.at()
        self.expect("[")
        items: list[Node] = []
        while not self.sees("]"):
            items.append(self.bare_range() or self.expression())
            if len(items) == 1 and self.sees(".."):
                return self.range_from(at, items[0], True)
            if not self.take(","):
                break
        self.expect("]")
        return syntax.ListOf(at, tuple(items))

    def parenthesis(self) -> Node:
        """A grouped expression, or a range that excludes its start or has none."""
        at = self.at()
        self.expect("(")
        if range_ := self.bare_range():
            self.expect(")")
            return range_
        inner = self.expression()
        if self.sees(".."):
            return self.range_from(at, inner, False)
        self.expect(")")
        return inner

    def open_bracket(self) -> Node:
        at = self.at()
        self.expect("]")
        return self.range_from(at, self.binary(ADD), False)

    def range_from(self, at: Position, start: Node, included: bool) -> Node:
        self.expect("..")
        end = self.binary(ADD)
        return syntax.RangeOf(at, start, end, included, self.expect("]", ")", "[").text == "]")

    def context(self) -> Node:
        at = self.at()
        self.expect("{")
        entries: dict[str, Node] = {}
        added = []
        while not self.sees("}"):
            place = self.at()
            key = self.context_key()
            if key in entries:
                raise FeelSyntaxError("duplicate_key", *place, name=key)
            self.expect(":")
            entries[key] = self.expression()
            if self.names.add(key):
                added.append(key)
            if not self.take(","):
                break
        self.expect("}")
        for key in added:
            self.names.drop(key)
        return syntax.Context(at, tuple(entries.items()))

    # Textual expressions

    def if_(self) -> Node:
        at = self.at()
        branches = []
        while self.take("if"):
            condition = self.expression()
            self.expect("then")
            branches.append((condition, self.expression()))
            self.expect("else")
        return syntax.If(at, tuple(branches), self.expression())

    def for_(self) -> Node:
        at = self.at()
        self.expect("for")
        iterators, added = self.iterators()
        self.expect("return")
        body = self.expression()
        self.drop(added)
        return syntax.For(at, iterators, body)

    def quantified(self) -> Node:
        at = self.at()
        word = self.expect("some", "every").text
        iterators, added = self.iterators()
        self.expect("satisfies")
        condition = self.expression()
        self.drop(added)
        return syntax.Quantified(at, word, iterators, condition)  # type: ignore[arg-type]

    def drop(self, names: list[str]) -> None:
        for name in names:
            self.names.drop(name)

    def iterators(self) -> tuple[tuple[syntax.Iterator, ...], list[str]]:
        found, added = [], []
        while True:
            at = self.at()
            name = self.declared_name("in")
            self.expect("in")
            domain = self.expression()
            end = self.expression() if self.take("..") else None
            found.append(syntax.Iterator(at, name, domain, end))
            if self.names.add(name):
                added.append(name)
            if not self.take(","):
                return tuple(found), added

    def function(self) -> Node:
        at, start = self.at(), self.token.start
        self.expect("function")
        self.expect("(")
        parameters: dict[str, Type | None] = {}
        while not self.sees(")"):
            place = self.at()
            name = self.declared_name(":", ",", ")")
            if name in parameters:
                raise FeelSyntaxError("duplicate_key", *place, name=name)
            parameters[name] = self.type() if self.take(":") else None
            if not self.take(","):
                break
        self.expect(")")
        if self.sees("external"):
            raise FeelSyntaxError("external_function", *self.at())
        added = [name for name in parameters if self.names.add(name)]
        body = self.expression()
        self.drop(added)
        text = self.text[start:self.tokens[self.index - 1].end]
        return syntax.FunctionDefinition(at, tuple(parameters), tuple(parameters.values()), body, text)

    # Unary tests

    def test(self) -> syntax.Test:
        """One unary test. Source: DMN 1.4 §10.3.1.2, rules 7 and 13."""
        at = self.at()
        outer, self.asks = self.asks, False
        operator = self.expect(*COMPARISONS).text if self.sees(*COMPARISONS) else None
        operand = self.binary(ADD) if operator else self.expression()
        test = syntax.Test(at, operator, operand, self.asks)
        self.asks = outer or test.asks
        return test

    def tests(self) -> tuple[syntax.Test, ...]:
        found = [self.test()]
        while self.take(","):
            found.append(self.test())
        return tuple(found)

    def tests_after_in(self) -> tuple[syntax.Test, ...]:
        at = self.at()
        if self.sees(*COMPARISONS):
            return (self.test(),)
        if not self.take("("):
            return (syntax.Test(at, None, self.binary(ADD), False),)
        tests = self.tests()
        if self.sees("..") and len(tests) == 1 and tests[0].operator is None:
            return (syntax.Test(at, None, self.range_from(at, tests[0].operand, False), False),)
        self.expect(")")
        return tests

    def unary_tests(self) -> tuple[tuple[syntax.Test, ...], bool]:
        """All tests and whether they are negated; no test at all stands for `-`."""
        if self.sees("-") and self.tokens[self.index + 1].kind == "end":
            self.index += 1
            return (), False
        if self.sees("not") and self.tokens[self.index + 1].text == "(":
            start = self.index
            self.index += 2
            tests = self.tests()
            if self.take(")") and self.token.kind == "end":
                return tests, True
            self.index, self.asks = start, False
        return self.tests(), False


def half_open(at: Position, sign: str, end: Node) -> Node:
    """The range that `(< 10)` stands for. Source: DMN 1.4 §10.3.2.7, Table 42."""
    if sign[0] == "<":
        return syntax.RangeOf(at, None, end, False, sign == "<=")
    return syntax.RangeOf(at, end, None, sign == ">=", False)


_FORMS: dict[str, Callable[[Parser], Node]] = {
    "if": Parser.if_, "for": Parser.for_, "some": Parser.quantified, "every": Parser.quantified, "function": Parser.function,
}
_BRACKETS: dict[str, Callable[[Parser], Node]] = {
    "[": Parser.bracket, "(": Parser.parenthesis, "]": Parser.open_bracket, "{": Parser.context, "@": Parser.temporal,
}
