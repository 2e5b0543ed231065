"""Reference tables that process owners keep as CSV under `workflows/reference/`: what a row must hold, what is wrong, and FEEL's way to them.

A table is known by its file name. A known table has typed columns; columns it does not know are kept as text. Any other file is a table
of texts, and its first column is its key. Values are JSON: texts, numbers, booleans, days as ISO text, null for an empty cell.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from engine.core.bpmn.timers import is_cycle
from engine.core.problems import Problem
from engine.feel import Function, Json, Null, Run

FUNCTION_NAME = "reference"
Type = Literal["text", "flag", "number", "day", "cycle"]
Row = dict[str, Json]
Key = tuple[Json, ...]


@dataclass(frozen=True)
class Column:
    """`choices`: the texts that may stand in it; empty: any."""

    name: str
    type: Type = "text"
    required: bool = False
    choices: tuple[str, ...] = ()

    def read(self, cell: str) -> Json:
        """The value of a cell that is not empty. Raises ValueError."""
        if self.choices and cell not in self.choices:
            raise ValueError(cell)
        return _READERS[self.type](cell)


@dataclass(frozen=True)
class Schema:
    """The columns of a table in order. `key`: the columns that together tell one row from another."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def key_of(self, row: Mapping[str, Json]) -> Key:
        return tuple(row.get(name) for name in self.key)


@dataclass(frozen=True)
class Table:
    """`name` is the file's name without `.csv`."""

    name: str
    schema: Schema
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Difference:
    """What becomes of a table: keys of rows that are new, changed and gone."""

    added: tuple[Key, ...] = ()
    changed: tuple[Key, ...] = ()
    removed: tuple[Key, ...] = ()

    def __len__(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)


def _cycle(cell: str) -> str:
    """When something begins again and again: as a timer's cycle may be written."""
    if not is_cycle(cell):
        raise ValueError(cell)
    return cell


def _flag(cell: str) -> bool:
    if cell.lower() not in ("true", "false"):
        raise ValueError(cell)
    return cell.lower() == "true"


def _number(cell: str) -> int | float:
    number = float(cell) if set(cell) & set(".eE") else int(cell)
    if not math.isfinite(number) or "_" in cell:
        raise ValueError(cell)
    return number


_READERS: Mapping[Type, Callable[[str], Json]] = {
    "text": str, "flag": _flag, "number": _number, "day": lambda cell: date.fromisoformat(cell).isoformat(), "cycle": _cycle,
}  # fmt: skip


def _schema(key: int, *columns: str) -> Schema:
    """`name`, `name!` (required), `name:type`, `name:a|b` (choices). The first `key` columns are the key."""
    found = []
    for words in columns:
        name, _, type_ = words.removesuffix("!").partition(":")
        choices = tuple(type_.split("|")) if "|" in type_ else ()
        found.append(Column(name, "text" if choices or not type_ else type_, words.endswith("!"), choices))  # type: ignore[arg-type]
    return Schema(tuple(found), tuple(column.name for column in found[:key]))


KNOWN: Mapping[str, Schema] = {
    "departments": _schema(1, "id!", "name!", "phone", "duties"),
    "holidays": _schema(1, "day:day!", "is_workday:flag!", "name"),
    "posts": _schema(1, "id!", "name!", "department_id", "duties"),
    "policies": _schema(
        1, "id!", "title!", "level", "year:number", "kind", "industries", "scale", "benefit", "conditions", "url", "valid_until:day"
    ),
    "materials": _schema(2, "list!", "id!", "name!", "required:flag!", "note"),
    "public_services": _schema(1, "id!", "name!", "department_id", "limit_days:number"),
    "questionnaire": _schema(2, "questionnaire!", "id!", "text!", "indicator"),
    "schedules": _schema(1, "id!", "name!", "cycle:cycle!", "note"),
    "visit_intervals": _schema(1, "id!", "name!", "days:number!", "note"),
    "channels": _schema(1, "id!", "name!", "handles!", "phone", "hours", "address", "url", "note"),
    "legal_topics": _schema(1, "id!", "title!", "text"),
    "clauses": _schema(1, "id!", "level:应|宜|可!", "text!"),
}  # fmt: skip
COLUMNS = 60
ROWS = 20_000


def table_name(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".csv")


def schema_for(name: str, header: Sequence[str] = ()) -> Schema:
    """The columns of a table whose file has this header: the known ones, and every other as text."""
    known = KNOWN.get(name, Schema((), ()))
    columns = (*known.columns, *(Column(name) for name in header if name not in known.names))
    if not known.key and columns:
        columns = (Column(columns[0].name, required=True), *columns[1:])
    return Schema(columns, known.key or tuple(column.name for column in columns[:1]))


def read(content: bytes, file: str) -> tuple[Table, list[Problem]]:
    """The table in a file, UTF-8 with or without BOM, and everything wrong with it."""
    name = table_name(file)
    empty = Table(name, schema_for(name))
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [cell.strip() for cell in next(reader, [])]
        schema = schema_for(name, header)
        problems = list(_header_problems(header, schema, file))
        if problems:
            return empty, problems
        rows, problems = _rows(reader, header, schema, file)
        return Table(name, schema, tuple(rows)), problems
    except (UnicodeDecodeError, csv.Error) as error:
        return empty, [Problem("reference_unreadable", file, facts={"reason": str(error)})]


def _header_problems(header: Sequence[str], schema: Schema, file: str) -> Iterator[Problem]:
    missing = [column.name for column in schema.columns if column.required and column.name not in header]
    if missing or not header:
        yield Problem("reference_column_missing", file, 1, facts={"columns": ", ".join(missing) or "id"})
    for name in sorted(set(header)):
        if not name or header.count(name) > 1:
            yield Problem("reference_header", file, 1, facts={"column": name})
    if len(schema.columns) > COLUMNS:
        yield Problem("reference_too_large", file, 1, facts={"rows": ROWS, "columns": COLUMNS})


def _rows(reader: Iterable[list[str]], header: Sequence[str], schema: Schema, file: str) -> tuple[list[Row], list[Problem]]:
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: set[Key] = set()
    for cells in reader:
        line = reader.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            problems.append(Problem("reference_cells", file, line, facts={"found": len(cells), "expected": len(header)}))
            continue
        row, faults = read_row(schema, dict(zip(header, cells, strict=False)))
        problems += [Problem(f"reference_{code}", file, line, facts=facts) for code, facts in faults.values()]
        key = schema.key_of(row)
        if key in seen and not faults:
            facts = {"column": ", ".join(schema.key), "value": key_text(key)}
            problems.append(Problem("reference_twice", file, line, facts=facts))
        seen.add(key)
        rows.append(row)
        if len(rows) > ROWS:
            problems.append(Problem("reference_too_large", file, line, facts={"rows": ROWS, "columns": COLUMNS}))
            break
    return rows, problems


Fault = tuple[str, dict[str, object]]


def read_row(schema: Schema, cells: Mapping[str, str | None]) -> tuple[Row, dict[str, Fault]]:
    """A row of texts as values; by column what is wrong with it: a code of `problem.reference_<code>` and its facts."""
    row: Row = {}
    faults: dict[str, Fault] = {}
    for column in schema.columns:
        cell = (cells.get(column.name) or "").strip()
        row[column.name] = None
        if cell:
            try:
                row[column.name] = column.read(cell)
            except ValueError:
                code = "choice" if column.choices else column.type
                faults[column.name] = (code, {"column": column.name, "value": cell[:80], "known": "、".join(column.choices)})
        elif column.required:
            faults[column.name] = ("empty", {"column": column.name})
    return row, faults


def write(schema: Schema, rows: Iterable[Mapping[str, Json]]) -> str:
    """The table as CSV text with a header; `read` gives the same rows back."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(schema.names)
    writer.writerows([cell_text(row.get(name)) for name in schema.names] for row in rows)
    return out.getvalue()


def cell_text(value: Json) -> str:
    """A value as it is written in a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def key_text(key: Key) -> str:
    return " / ".join(cell_text(part) for part in key)


def difference(schema: Schema, old: Iterable[Row], new: Iterable[Row]) -> Difference:
    """What changes when the rows `new` take the place of `old`, by key. The order of rows does not count."""
    before = {schema.key_of(row): _filled(row) for row in old}
    after = {schema.key_of(row): _filled(row) for row in new}
    return Difference(
        tuple(key for key in after if key not in before),
        tuple(key for key, row in after.items() if key in before and before[key] != row),
        tuple(key for key in before if key not in after),
    )


def _filled(row: Row) -> Row:
    """A column that was added and is empty changes nothing."""
    return {name: value for name, value in row.items() if value is not None}


# ------------------------------------------------------------------------------------------------------------- in FEEL


@dataclass
class Rows:
    """The rows of one table as FEEL values, made once. FEEL changes no value, so every evaluation may share them."""

    rows: Sequence[Row]
    values: list[dict[str, object]] = field(init=False)

    def __post_init__(self) -> None:
        self.values = [{name: _value(value) for name, value in row.items()} for row in self.rows]


def _value(value: Json) -> object:
    return value if isinstance(value, bool) or not isinstance(value, int | float) else Decimal(str(value))


def function(table: Callable[[str], Rows | None]) -> Function:
    """`reference(name)`: the rows of the table's newest version as a list of contexts; null, with a warning, if there is no such table."""

    def call(run: Run, arguments: list[object]) -> object:
        name = arguments[0]
        found = table(name) if isinstance(name, str) else None
        if found is None:
            raise Null("reference_unknown", name=name if isinstance(name, str) else "")
        run.grow(len(found.values))
        return list(found.values)

    return Function(("name",), call, "function(name) external")


_CALL = re.compile(rb'\breference\(\s*(?:\\?"|&quot;|&#34;)([^"&\\]{1,120})')


def tables_named(content: bytes) -> Iterator[tuple[int, str]]:
    """(line, name) of every table that a file's expressions call by a literal name, whatever kind of file it is."""
    for match in _CALL.finditer(content):
        yield content.count(b"\n", 0, match.start()) + 1, match.group(1).decode("utf-8", "replace")


def in_memory(tables: Iterable[Table]) -> Callable[[str], Rows | None]:
    """What `function` asks, over tables read from files."""
    by_name = {table.name: Rows(table.rows) for table in tables}
    return by_name.get


def own_days(tables: Iterable[Table]) -> dict[date, bool]:
    """What the table `holidays` says: the days that are worked (True) or free, whatever the yearly notices say."""
    return {
        date.fromisoformat(str(row["day"])): bool(row["is_workday"]) for table in tables if table.name == "holidays" for row in table.rows
    }
