"""Searching texts as people type them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_ESCAPE = "\\"


def contains(column: Any, words: str) -> ColumnElement[bool]:
    """`column` contains the words literally, whatever the case of Latin letters: % and _ are no wildcards here."""
    literal = printable(words).strip()
    for sign in (_ESCAPE, "%", "_"):
        literal = literal.replace(sign, _ESCAPE + sign)
    return _Like(column, f"%{literal}%")


class _Like(FunctionElement[bool]):
    """`column LIKE pattern` without regard to the case of Latin letters. SQLite's LIKE is that by itself; its lower() is slow."""

    type = Boolean()
    inherit_cache = True


@compiles(_Like, "sqlite")
def _on_sqlite(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    return _written(element, compiler, "LIKE", options)


@compiles(_Like)
def _elsewhere(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    return _written(element, compiler, "ILIKE", options)


def _written(element: _Like, compiler: SQLCompiler, operator: str, options: dict[str, Any]) -> str:
    column, pattern = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} {operator} {pattern} ESCAPE '{_ESCAPE}'"


def printable(text: str) -> str:
    """Without control characters and halves of characters, which no database takes."""
    return "".join(sign for sign in text if sign.isprintable())
