"""Reference tables that process owners keep as CSV under `workflows/reference/`: what a row must hold, and what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from engine.core.problems import Problem


@dataclass(frozen=True)
class Column:
    """`read` turns a cell into its value or raises ValueError; an empty cell of a column that is not required is None."""

    read: Callable[[str], object]
    required: bool = False


def _flag(cell: str) -> bool:
    if cell.lower() not in ("true", "false"):
        raise ValueError(cell)
    return cell.lower() == "true"


# file name → column → how to read it. The first column is the row's key.
TABLES: Mapping[str, Mapping[str, Column]] = {
    "departments.csv": {
        "id": Column(str, required=True), "name": Column(str, required=True), "phone": Column(str), "duties": Column(str),
    },
    "holidays.csv": {
        "day": Column(date.fromisoformat, required=True), "is_workday": Column(_flag, required=True), "name": Column(str),
    },
}  # fmt: skip
Row = dict[str, object]


def read(content: bytes, file: str) -> tuple[list[Row], list[Problem]]:
    """The rows of a known table (by its file name), UTF-8 with or without BOM, and everything wrong with them."""
    columns = TABLES.get(file.rpartition("/")[2])
    if columns is None:
        return [], [Problem("reference_unknown", file, facts={"known": ", ".join(TABLES)})]
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = [name for name, column in columns.items() if column.required and name not in (reader.fieldnames or ())]
        if missing:
            return [], [Problem("reference_column_missing", file, 1, facts={"columns": ", ".join(missing)})]
        return _rows(reader, columns, file)
    except (UnicodeDecodeError, csv.Error) as error:
        return [], [Problem("reference_unreadable", file, facts={"reason": str(error)})]


def _rows(reader: csv.DictReader[str], columns: Mapping[str, Column], file: str) -> tuple[list[Row], list[Problem]]:
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: set[object] = set()
    key = next(iter(columns))
    for cells in reader:
        row, found = {}, list(_cells(cells, columns, file, reader.line_num))
        for item in found:
            if isinstance(item, Problem):
                problems.append(item)
            else:
                row[item[0]] = item[1]
        if row.get(key) in seen:
            problems.append(Problem("reference_twice", file, reader.line_num, facts={"column": key, "value": row[key]}))
        seen.add(row.get(key))
        rows.append(row)
    return rows, problems


def _cells(cells: Mapping[str, str | None], columns: Mapping[str, Column], file: str, line: int) -> Iterator[Problem | tuple[str, object]]:
    for name, column in columns.items():
        cell = (cells.get(name) or "").strip()
        if not cell:
            if column.required:
                yield Problem("reference_empty", file, line, facts={"column": name})
            yield name, None
            continue
        try:
            yield name, column.read(cell)
        except ValueError:
            yield Problem("reference_value", file, line, facts={"column": name, "value": cell})
