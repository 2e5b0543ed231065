"""Attribute and element texts of the old engines: fixed words, one expression, or words with expressions among them."""

from __future__ import annotations

from engine.core.importing.juel import expression
from engine.core.importing.pieces import NotConvertible, quoted

_OPENERS = ("${", "#{")
Part = tuple[bool, str]  # whether it is an expression, and its text


def has_expression(text: str) -> bool:
    return any(opener in text for opener in _OPENERS)


def formula(text: str) -> str:
    """The text as our dialect writes it: fixed words as they are, anything else as FEEL behind `=`. Raises NotConvertible."""
    text = text.strip()
    if not has_expression(text):
        return f"={quoted(text)}" if text.startswith("=") else text
    return "=" + value(text)


def value(text: str) -> str:
    """The text as a FEEL expression, without `=`; fixed words become a literal. Raises NotConvertible."""
    parts = split(text)
    if len(parts) == 1 and parts[0][0]:
        return expression(parts[0][1])
    if not parts:
        return quoted("")
    joined = [f"string({expression(words)})" if computed else quoted(words) for computed, words in parts]
    return " + ".join(joined)


def listed(text: str) -> str:
    """A text with commas, as FEEL list or fixed text. Raises NotConvertible."""
    if not has_expression(text):
        return text.strip()
    items = [item.strip() for item in _split_at_commas(text) if item.strip()]
    if len(items) == 1:
        return "=" + value(items[0])
    return f"=[{', '.join(value(item) for item in items)}]"


def split(text: str) -> list[Part]:
    """The fixed and the computed parts in order. Raises NotConvertible for an expression without its closing brace."""
    parts: list[Part] = []
    fixed, position = "", 0
    while position < len(text):
        if text.startswith(_OPENERS, position):
            end = _closing(text, position + 2)
            if fixed:
                parts.append((False, fixed))
            parts.append((True, text[position + 2 : end]))
            fixed, position = "", end + 1
        else:
            # A backslash before the brace makes it plain text.
            escaped = text[position] == "\\" and text.startswith(_OPENERS, position + 1)
            fixed += text[position + 1 : position + 3] if escaped else text[position]
            position += 3 if escaped else 1
    return [*parts, (False, fixed)] if fixed else parts


def _closing(text: str, start: int) -> int:
    """The position of the brace that ends the expression begun before `start`; braces in its texts do not count."""
    depth, quote, position = 0, "", start
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth == 0:
                return position
            depth -= 1
        position += 1
    raise NotConvertible("unclosed")


def _split_at_commas(text: str) -> list[str]:
    """At the commas outside expressions."""
    items = [""]
    for computed, words in split(text):
        if computed:
            items[-1] += f"${{{words}}}"
        else:
            first, *others = words.split(",")
            items[-1] += first
            items += others
    return items
