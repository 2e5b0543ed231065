"""Tokens → abstract syntax: precedence climbing over the grammar of DMN 1.4 §10.3.1.2."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation, Overflow

from . import syntax
from .budget import Position
from .errors import FeelSyntaxError
from .lexer import FULL_WIDTH, NameTable, Token, position, tokens_of, unescape
from .syntax import Node, Type
from .temporal import parse_any
from .types import TYPE_NAMES
from .values import DECIMAL128

TEXT_LIMIT = 50_000
DEPTH_LIMIT = 40
KEYWORDS = frozenset("and or in between then else return satisfies instance if for some every".split())
COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}
OR, AND, COMPARE, ADD, MULTIPLY, POWER = range(1, 7)
OPERATORS = {"or": OR, "and": AND, "in": COMPARE, "between": COMPARE, **dict.fromkeys(COMPARISONS, COMPARE),
             "+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}
_FOREIGN = {"==": "=", "&&": "and", "||": "or", "!": "not(…)", "%": "modulo(…)", "'": '"', **FULL_WIDTH}


class Parser:
    """One reading of one text: the tokens, where we are, which names are known, and whether `?` was met."""

    def __init__(self, text: str, names: Iterable[str], functions: NameTable) -> None:
        if len(text) > TEXT_LIMIT:
            raise FeelSyntaxError("too_long", 1, 1, limit=TEXT_LIMIT)
        self.text = text
        self.tokens = tokens_of(text)
        self.index = 0
        self.depth = 0
        self.names = NameTable(names)
        self.functions = functions
        self.asks = False

    # Tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def at(self, token: Token | None = None) -> Position:
        return position(self.text, (token or self.token).start)

    def sees(self, *texts: str) -> bool:
        token = self.tokens[self.index]
        return token.text in texts and token.kind in ("sign", "word")

    def take(self, text: str) -> bool:
        if self.sees(text):
            self.index += 1
            return True
        return False

    def expect(self, *texts: str) -> Token:
        token = self.token
        if not self.sees(*texts):
            raise self.unexpected(" ".join(texts))
        self.index += 1
        return token

    def unexpected(self, expected: str) -> FeelSyntaxError:
        """The error for the token we are at, as helpful as we can be about it."""
        token = self.token
        if token.kind == "end":
            return FeelSyntaxError("unexpected_end", *self.at(), expected=expected)
        instead = _FOREIGN.get(token.text)
        if instead is not None:
            code = "full_width" if token.text in FULL_WIDTH else "foreign_operator"
            return FeelSyntaxError(code, *self.at(), found=token.text, instead=instead)
        return FeelSyntaxError("unexpected_token", *self.at(), found=token.text[:40], expected=expected)

    def end(self) -> None:
        if self.token.kind != "end":
            raise self.unexpected("operator")

    # Expressions

    def expression(self) -> Node:
        return self.binary(OR)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise FeelSyntaxError("nested_too_deep", *self.at(), limit=DEPTH_LIMIT)

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
        return syntax.Comparison(at, sign, left, self.binary(ADD))

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
            raise FeelSyntaxError("unexpected_token", *at, found="---", expected="value")
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
            if links > DEPTH_LIMIT:
                raise FeelSyntaxError("nested_too_deep", *at, limit=DEPTH_LIMIT)

    def starts_value(self, index: int) -> bool:
        """Whether a value can start at a token: `]1..2[` ends with a bracket that opens no filter."""
        token = self.tokens[index]
        if token.kind == "word":
            return token.text not in KEYWORDS or token.text in ("if", "for", "some", "every")
        return token.kind in ("number", "string") or token.text in ("(", "[", "{", "-", "@")

    def entry_name(self) -> str:
        """The name behind a dot: a known one, or the words up to the next operator (`time offset`)."""
        known = self.names.match(self.tokens, self.index)
        if known:
            self.index = known[1]
            return known[0]
        if self.token.kind != "word":
            raise self.unexpected("name")
        words = [self.token.text]
        self.index += 1
        while self.token.kind == "word" and self.token.text not in KEYWORDS:
            words.append(self.token.text)
            self.index += 1
        return " ".join(words)

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
            arguments.append(self.expression())
            if not self.take(","):
                break
        self.expect(")")
        return syntax.Call(at, function, tuple(arguments), tuple(names) if names else None)

    def argument_name(self) -> str | None:
        """`name:` in front of an argument, if there is one."""
        end = self.index
        while self.tokens[end].kind in ("word", "number"):
            end += 1
        if end == self.index or self.tokens[end].text != ":":
            return None
        words = self.source(self.index, end)
        self.index = end + 1
        return words

    def source(self, start: int, end: int) -> str:
        """The text of some tokens with single spaces."""
        return " ".join(self.text[self.tokens[start].start:self.tokens[end - 1].end].split())

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

    def known_name(self) -> str | None:
        """A known name of several tokens. Built-in functions only where they are called, so that `date and time` can be two variables."""
        own = self.names.match(self.tokens, self.index)
        built_in = self.functions.match(self.tokens, self.index)
        if built_in and self.tokens[built_in[1]].text == "(" and (not own or own[1] < built_in[1]):
            own = built_in
        if own is None:
            return None
        self.index = own[1]
        return own[0]

    def number(self) -> Node:
        at, token = self.at(), self.token
        self.index += 1
        try:
            return syntax.Literal(at, DECIMAL128.create_decimal(token.text))
        except (Overflow, InvalidOperation) as cause:
            raise FeelSyntaxError("invalid_literal", *at, found=token.text[:40]) from cause

    def string(self) -> str:
        token = self.token
        value = unescape(token.text)
        if value is None:
            raise FeelSyntaxError("invalid_escape", *self.at(), found=token.text[:40])
        self.index += 1
        return value

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
            items.append(self.expression())
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
        if self.sees("<", "<=", ">", ">="):
            sign = self.token.text
            self.index += 1
            end = self.binary(ADD)
            self.expect(")")
            return half_open(at, sign, end)
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

    def context_key(self) -> str:
        if self.token.kind == "string":
            return self.string()
        return self.declared_name(":")

    def declared_name(self, *ends: str) -> str:
        """A name where it is introduced: everything up to one of `ends`."""
        start = self.index
        while not self.sees(*ends) and self.token.kind != "end":
            if self.token.text in ("(", ")", "[", "]", "{", "}", ",", ":", '"', "=", "<", ">"):
                break
            self.index += 1
        if start == self.index or self.tokens[start].kind == "number":
            raise self.unexpected("name")
        return self.source(start, self.index)

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

    # Types and unary tests

    def type(self) -> Type:
        at, found = self.at(), self.token.text
        for words, name in TYPE_NAMES.items():
            end = self.index + len(words)
            if tuple(token.text for token in self.tokens[self.index:end]) == words:
                self.index = end
                return self.type_parts(name)
        if self.token.kind != "word":
            raise self.unexpected("type")
        raise FeelSyntaxError("unknown_type", *at, found=found)

    def type_parts(self, name: str) -> Type:
        self.deeper()
        items: list[Type] = []
        keys: list[str] = []
        if name in ("list", "range", "context", "function") and self.take("<"):
            while not self.sees(">"):
                if name == "context":
                    keys.append(self.context_key())
                    self.expect(":")
                items.append(self.type())
                if not self.take(","):
                    break
            self.expect(">")
            if name == "function":
                self.expect("->")
                items.insert(0, self.type())
        self.depth -= 1
        return Type(name, tuple(items), tuple(keys))

    def test(self) -> syntax.Test:
        """One unary test. Source: DMN 1.4 §10.3.1.2, rules 7 and 14."""
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
    """The range that `(< 10)` stands for. Source: DMN 1.4 Table 55."""
    if sign[0] == "<":
        return syntax.RangeOf(at, None, end, False, sign == "<=")
    return syntax.RangeOf(at, end, None, sign == ">=", False)


_FORMS: dict[str, Callable[[Parser], Node]] = {
    "if": Parser.if_, "for": Parser.for_, "some": Parser.quantified, "every": Parser.quantified, "function": Parser.function,
}
_BRACKETS: dict[str, Callable[[Parser], Node]] = {
    "[": Parser.bracket, "(": Parser.parenthesis, "]": Parser.open_bracket, "{": Parser.context, "@": Parser.temporal,
}
