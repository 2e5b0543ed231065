"""Searching texts as people type them: what is found *contains* the words, whatever the case of Latin letters or their width.

An instance's labels are searched by an index of pieces, each two characters long (Chinese has no blanks between words): a text that
contains "永昌恒" has the pieces 永昌 and 昌恒 one after the other. SQLite's FTS5 and PostgreSQL's GIN keep such pieces, written as the
characters' UTF-16 numbers, because both would drop or change signs that they take for punctuation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import CTE, Boolean, ColumnElement, Integer, Select, String, and_, exists, func, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from engine.tables.instances import InstanceText
from engine.tables.tasks import TaskName
from engine.tables.types import storable

_ESCAPE = "\\"
MANY = 10_000  # instances found: beyond so many, walking a list and looking at each text comes to its first rows sooner


def printable(text: str) -> str:
    """Without control characters and halves of characters, which no database takes."""
    return "".join(sign for sign in text if sign.isprintable())


def asked(words: str) -> str:
    """What is really searched for; empty if that is nothing."""
    return printable(words).strip()


def contains(column: Any, words: str) -> ColumnElement[bool]:
    """`column` contains the words as typed, or with full-width letters made plain. % and _ are no wildcards here."""
    typed = asked(words)
    folded = fold(typed).strip()
    forms = (folded,) if typed.isascii() else dict.fromkeys((typed, folded))  # the case of Latin letters makes no difference to `_Like`
    return or_(*(_Like(column, _pattern(form)) for form in forms))


def named(column: Any, words: str) -> ColumnElement[bool]:
    """`column`, the name of a user task, contains the words. There are few names and many tasks: the names are searched, once.

    If none fits, no row is looked at.
    """
    fitting = select(TaskName.name).where(contains(TaskName.name, words))
    return and_(exists(fitting.subquery().select()), column.in_(fitting))


# ------------------------------------------------------------------------------------------------------ labels of instances


def fold(text: str) -> str:
    """A text as it is compared: without case, full-width letters and digits as plain ones."""
    return unicodedata.normalize("NFKC", text).casefold()


def indexed(labels: Iterable[str | None]) -> dict[str, str]:
    """The columns `words` and `pieces` of `instance_text` for these labels."""
    words = storable("\n".join(fold(label) for label in labels if label)) or ""
    units = _units(words)
    return {"words": words, "pieces": " ".join(units[i : i + 8] for i in range(0, len(units), 4))}


def found(words: str) -> CTE:
    """Instances whose labels contain the words: instance_id, started_at; of very many the first MANY + 1."""
    text = _folded(words)
    query = select(InstanceText.instance_id, InstanceText.started_at).where(_has_pieces(text), labelled(words))
    return limited(query)


def limited(query: Select[Any]) -> CTE:
    """A select of instances, of very many the first MANY + 1."""
    return query.limit(MANY + 1).cte("found")


def is_much(hits: CTE) -> ColumnElement[bool]:
    """Whether `limited` has cut them off."""
    return select(func.count()).select_from(hits).scalar_subquery() > MANY


def of_instance(instance_id: Any, words: str) -> ColumnElement[bool]:
    """The labels of the instance with this id contain the words, looked up for each row."""
    return exists().where(InstanceText.instance_id == instance_id, labelled(words))


def labelled(words: str) -> ColumnElement[bool]:
    """Over InstanceText: the labels contain the words."""
    return InstanceText.words.like(_pattern(_folded(words)), escape=_ESCAPE)


def _folded(words: str) -> str:
    return storable(fold(asked(words)).strip()) or ""


def _units(text: str) -> str:
    """Four hexadecimal digits for each unit of UTF-16."""
    return text.encode("utf-16-be").hex()


def _pattern(words: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        words = words.replace(sign, _ESCAPE + sign)
    return f"%{words}%"


def _has_pieces(text: str) -> ColumnElement[bool]:
    units = _units(text)
    pieces = [units[i : i + 8] for i in range(0, len(units) - 4, 4)]
    if not pieces:  # one sign: every piece that begins with it
        kind = _Key if text.isascii() else _Pieces
        return kind(InstanceText.id, InstanceText.pieces, literal(f'"{units}"*', String), literal(f"{units}:*", String), literal(MANY + 1, Integer))
    phrase, words = f'"{" ".join(pieces)}"', " & ".join(dict.fromkeys(pieces))
    return _Pieces(InstanceText.id, InstanceText.pieces, literal(phrase, String), literal(words, String), literal(MANY + 1, Integer))


# ------------------------------------------------------------------------------------------------------------- as SQL says it


class _Like(FunctionElement[bool]):
    """`column LIKE pattern` without regard to the case of Latin letters. SQLite's LIKE is that by itself; its lower() is slow."""

    type = Boolean()
    inherit_cache = True
    # Else SQLite is asked whether it equals 1, and no index can answer that. SQLAlchemy's own comparisons say so by this flag; it has no
    # public one for an element of one's own.
    _is_implicitly_boolean = True


@compiles(_Like, "sqlite")
def _like_on_sqlite(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    return _like(element, compiler, "LIKE", options)


@compiles(_Like)
def _like_elsewhere(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    return _like(element, compiler, "ILIKE", options)


def _like(element: _Like, compiler: SQLCompiler, operator: str, options: dict[str, Any]) -> str:
    column, pattern = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} {operator} {pattern} ESCAPE '{_ESCAPE}'"


class _Pieces(FunctionElement[bool]):
    """Over InstanceText: has these pieces. Its parts: id, pieces, the question for FTS5, the question for a tsvector, the limit."""

    type = Boolean()
    inherit_cache = True
    _is_implicitly_boolean = True  # else SQLite is asked whether it equals 1, and no index can answer that


@compiles(_Pieces, "sqlite")
def _pieces_on_sqlite(element: _Pieces, compiler: SQLCompiler, **options: Any) -> str:
    id_, _, question, _, limit = (lambda part=part: compiler.process(part, **options) for part in element.clauses)
    return f"{id_()} IN (SELECT rowid FROM instance_pieces WHERE instance_pieces MATCH {question()} LIMIT {limit()})"


@compiles(_Pieces)
def _pieces_elsewhere(element: _Pieces, compiler: SQLCompiler, **options: Any) -> str:
    _, pieces, _, question, _ = (lambda part=part: compiler.process(part, **options) for part in element.clauses)
    return f"{pieces()} @@ CAST({question()} AS tsquery)"


class _Key(_Pieces):
    """The same for one sign of a keyboard."""

    inherit_cache = True


@compiles(_Key, "sqlite")
def _key_on_sqlite(element: _Key, compiler: SQLCompiler, **options: Any) -> str:
    return _pieces_on_sqlite(element, compiler, **options)


@compiles(_Key)
def _key_elsewhere(element: _Key, compiler: SQLCompiler, **options: Any) -> str:
    # Such a sign begins a hundred pieces, each in very many rows, and GIN would gather them all: reading texts until there are enough is quicker.
    return "TRUE"
