"""Searching texts as people type them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

_ESCAPE = "\\"


def contains(column: Any, words: str) -> ColumnElement[bool]:
    """`column` contains the words literally, whatever the case of Latin letters: % and _ are no wildcards here."""
    literal = printable(words).strip()
    for sign in (_ESCAPE, "%", "_"):
        literal = literal.replace(sign, _ESCAPE + sign)
    return column.ilike(f"%{literal}%", escape=_ESCAPE)


def printable(text: str) -> str:
    """Without control characters and halves of characters, which no database takes."""
    return "".join(sign for sign in text if sign.isprintable())
