"""JUEL, the `${…}` expressions of Camunda 7, Flowable and Activiti, as FEEL with the same meaning, or the reason why not.

Where the languages differ, the FEEL says what JUEL meant: `!x` is true for a missing x, `%` keeps the sign of the dividend, lists count
from 0, `empty` holds for null, "", [] and {}, and the text "true" equals the boolean. What calls a bean or a service is not converted.
Source: JSR 341 (Expression Language 3.0) §1, DMN 1.4 §10.3.
"""

from __future__ import annotations

from engine.core.bpmn.reading import MAX_EXPRESSION, feel_problem
from engine.core.importing import juel_calls
from engine.core.importing.juel_lexer import Token, tokens
from engine.core.importing.pieces import ADDITION, AND, COMPARISON, IF, MULTIPLICATION, OR, PATH, SIGN, NotConvertible, Piece, quoted, variable

_DEPTH = 30  # of brackets and calls in each other; FEEL accepts 40
_EQUAL = {"==": "=", "eq": "=", "===": "=", "!=": "!=", "ne": "!=", "!==": "!="}
_ORDER = {"<": "<", "lt": "<", ">": ">", "gt": ">", "<=": "<=", "le": "<=", ">=": ">=", "ge": ">="}
_STARTS = frozenset({"name", "number", "text"})


def expression(text: str, *, script: bool = False) -> str:
    """The FEEL, without `=`, of what stands between the braces. Raises NotConvertible.

    A `script` is one expression of Groovy or JavaScript: there `+` also joins texts.
    """
    if len(text) > MAX_EXPRESSION:
        raise NotConvertible("too_long", limit=MAX_EXPRESSION)
    reader = _Reader(tokens(text), script)
    piece = reader.ternary()
    reader.end()
    feel = piece.final()
    if feel_problem("=" + feel) is not None:
        raise NotConvertible("no_feel", feel=feel)
    return feel


class _Reader:
    """Recursive descent over the tokens; every method returns the FEEL of what it has read."""

    def __init__(self, found: list[Token], script: bool) -> None:
        self.tokens = found
        self.position = 0
        self.depth = 0
        self.script = script

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def accept(self, *words: str) -> str | None:
        """The next token if it is one of these signs or words."""
        token = self.token
        if token.text in words and token.kind in ("sign", "name"):
            self.position += 1
            return token.text
        return None

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.wrong()

    def wrong(self) -> NotConvertible:
        return NotConvertible("syntax", found=self.token.text or "…", column=self.token.column)

    def end(self) -> None:
        if self.token.kind != "end":
            raise self.wrong()

    def ternary(self) -> Piece:
        self.depth += 1
        if self.depth > _DEPTH:
            raise NotConvertible("nested", limit=_DEPTH)
        condition = self.disjunction()
        if self.accept("?"):
            then = self.ternary()
            self.expect(":")
            other = self.ternary()
            text = f"if {condition.final()} then {then.within(OR)} else {other.final()}"
            condition = Piece(text, IF, is_text=then.is_text and other.is_text)
        self.depth -= 1
        return condition

    def disjunction(self) -> Piece:
        left = self.conjunction()
        while self.accept("||", "or"):
            left = Piece(f"{left.within(OR)} or {self.conjunction().within(AND)}", OR)
        return left

    def conjunction(self) -> Piece:
        left = self.equality()
        while self.accept("&&", "and"):
            left = Piece(f"{left.within(AND)} and {self.equality().within(COMPARISON)}", AND)
        return left

    def equality(self) -> Piece:
        left = self.order()
        while sign := self.accept(*_EQUAL):
            left = equal(left, _EQUAL[sign], self.order())
        return left

    def order(self) -> Piece:
        left = self.sum()
        while sign := self.accept(*_ORDER):
            left = Piece(f"{left.within(ADDITION)} {_ORDER[sign]} {self.sum().within(ADDITION)}", COMPARISON)
        return left

    def sum(self) -> Piece:
        left = self.product()
        while sign := self.accept("+", "-"):
            left = self.added(left, sign, self.product())
        return left

    def added(self, left: Piece, sign: str, right: Piece) -> Piece:
        joined = sign == "+" and (left.is_text or right.is_text)
        if joined and not self.script:
            raise NotConvertible("adds_text")  # JUEL reads both sides as numbers; FEEL would join them
        if joined:
            left, right = left.as_text(), right.as_text()
        return Piece(f"{left.within(ADDITION)} {sign} {right.within(MULTIPLICATION)}", ADDITION, is_text=joined)

    def product(self) -> Piece:
        left = self.unary()
        while sign := self.accept("*", "/", "div", "%", "mod"):
            right = self.unary()
            if sign in ("%", "mod"):
                one, other = left.within(SIGN), right.within(SIGN)
                left = Piece(f"{one} - {other} * round down({one} / {other}, 0)", ADDITION)
            else:
                sign = "/" if sign == "div" else sign
                left = Piece(f"{left.within(MULTIPLICATION)} {sign} {right.within(SIGN)}", MULTIPLICATION)
        return left

    def unary(self) -> Piece:
        signs = []
        while sign := self.accept("!", "not", "-", "empty"):
            signs.append(sign)
            if len(signs) > _DEPTH:
                raise NotConvertible("nested", limit=_DEPTH)
        piece = self.postfix()
        for sign in reversed(signs):
            piece = Piece(f"-{piece.within(SIGN)}", SIGN) if sign == "-" else empty(piece) if sign == "empty" else negation(piece)
        return piece

    def postfix(self) -> Piece:
        piece = self.primary()
        while True:
            if self.accept("."):
                name = self.name()
                piece = juel_calls.method(piece, name, self.arguments()) if self.accept("(") else juel_calls.member(piece, name)
            elif self.accept("["):
                piece = self.element(piece)
            else:
                return piece

    def element(self, piece: Piece) -> Piece:
        token = self.token
        index = self.ternary()
        self.expect("]")
        if token.kind == "text" and index.text == quoted(token.text):
            return juel_calls.member(piece, token.text)
        if token.kind == "number" and index.text.isdigit():
            return Piece(f"{piece.within(PATH)}[{int(index.text) + 1}]", PATH)
        raise NotConvertible("index", index=index.text)  # a position counted from 0, or a key: only the old data knows

    def primary(self) -> Piece:
        token = self.token
        if self.accept("("):
            piece = self.ternary()
            self.expect(")")
            return piece
        if token.kind not in _STARTS:
            raise self.wrong()
        self.position += 1
        if token.kind == "text":
            return Piece(quoted(token.text), PATH, is_text=True, literal=token.text)
        if token.kind == "number":
            return Piece(token.text, PATH)
        if token.text in ("true", "false", "null"):
            return Piece(token.text, PATH)
        if self.accept("("):
            return juel_calls.function(token.text, self.arguments())
        return variable(token.text)

    def name(self) -> str:
        if self.token.kind != "name":
            raise self.wrong()
        self.position += 1
        return self.tokens[self.position - 1].text

    def arguments(self) -> list[Piece]:
        """What stands in the brackets of a call, the opening one already read."""
        found: list[Piece] = []
        while not self.accept(")"):
            if found:
                self.expect(",")
            found.append(self.ternary())
        return found


def equal(left: Piece, sign: str, right: Piece) -> Piece:
    """JUEL compares a text with a boolean or a number by what they say; so does the text of both."""
    for one in (left, right):
        if one.literal is not None and _says_more_than_text(one.literal):
            left, right = left.as_text(), right.as_text()
    return Piece(f"{left.within(ADDITION)} {sign} {right.within(ADDITION)}", COMPARISON)


def _says_more_than_text(text: str) -> bool:
    return text in ("true", "false") or text.removeprefix("-").replace(".", "", 1).isdigit()


def negation(piece: Piece) -> Piece:
    """`!x`: true unless x is true, also where x is missing (FEEL's `not` would give null)."""
    if piece.opposite is not None:
        return Piece(piece.opposite, PATH, opposite=piece.text)
    return Piece(f"{piece.within(ADDITION)} != true", COMPARISON)


def empty(piece: Piece) -> Piece:
    """`empty x`: null, an empty text, list or map."""
    held = f"list contains([null, \"\", [], {{}}], {piece.final()})"
    return Piece(held, PATH, opposite=f"not({held})")
