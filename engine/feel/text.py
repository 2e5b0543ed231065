"""Values → the text FEEL would write for them. Source: DMN 1.4 §10.3.4.1, Table 72, function string()."""
from __future__ import annotations

from decimal import Decimal

from .budget import Run
from .errors import BudgetExceeded
from .temporal import temporal_text
from .values import Function, Range


def number_text(value: Decimal) -> str:
    """A number in plain digits, without needless zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def text_of(value: object, run: Run | None = None) -> str:
    """The text of any value; strings inside lists and contexts keep their quotes. Charges `run` for its length."""
    parts: list[str] = []
    _write(value, parts, run, False)
    text = "".join(parts)
    if run:
        run.grow(len(text))
    return text


def _write(value: object, parts: list[str], run: Run | None, quoted: bool) -> None:
    if run:
        run.spend(1)
        if len(parts) > run.budget.size:
            raise BudgetExceeded("size", run.budget.size)
    if type(value) is str:
        parts.append(_quote(value) if quoted else value)
    elif type(value) is list:
        _join("[", value, "]", parts, run)
    elif type(value) is dict:
        _join("{", value, "}", parts, run)
    elif type(value) is Range:
        parts.append(range_text(value, run))
    else:
        parts.append(_scalar(value))
    if run:
        run.spend(len(parts[-1]) >> 4)


def _join(opening: str, value: list[object] | dict[str, object], closing: str, parts: list[str], run: Run | None) -> None:
    parts.append(opening)
    for index, key in enumerate(value):
        if index:
            parts.append(", ")
        if type(value) is dict:
            name = str(key)
            parts.append(f"{name if name.isidentifier() else _quote(name)}: ")
            _write(value[name], parts, run, True)
        else:
            _write(key, parts, run, True)
    parts.append(closing)


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is Decimal:
        return number_text(value)
    if isinstance(value, Function):
        return value.text
    return temporal_text(value)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def range_text(value: Range, run: Run | None = None) -> str:
    """A range as a literal: "[1..5)"; one open end as "(< 5)"."""
    if value.start is None:
        return f"(<{'=' if value.end_included else ''} {_end(value.end, run)})"
    if value.end is None:
        return f"(>{'=' if value.start_included else ''} {_end(value.start, run)})"
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{_end(value.start, run)}..{_end(value.end, run)}{closing}"


def _end(value: object, run: Run | None) -> str:
    if type(value) is str:
        return _quote(value)
    if type(value) in (list, dict, Decimal, bool) or value is None:
        return text_of(value, run)
    return f'@"{_scalar(value)}"'
