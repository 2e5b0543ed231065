"""Column types and the base of all tables: aware UTC datetimes, JSON as compact text, words as strings."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

import orjson
from sqlalchemy import DateTime, Dialect, MetaData, String, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

# A stored text that begins so holds a number that only the exact reader gets right. To JSON it is white space.
_EXACT = " "
FAR_FUTURE = datetime(9999, 12, 31, tzinfo=UTC)


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime in and out. A naive value is refused: nobody could say which hour was meant."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@lru_cache(maxsize=256)  # one step writes the same few moments many times
def sqlite_moment(value: datetime | None) -> str | None:
    """A moment as `Utc` stores it on SQLite."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class Json(TypeDecorator[Any]):
    """Any JSON value as compact text; SQL NULL is JSON null where the column may be null, and never else."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return str(value) if type(value) is Encoded else encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else decode(value)


class Words(TypeDecorator[str]):
    """Text without what databases cannot store: NUL characters and halves of surrogate pairs, which JSON can carry, are replaced."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return storable(value)


def storable(value: str | None) -> str | None:
    """Text as `Words` stores it."""
    if value is None or value.isascii() and "\x00" not in value:
        return value
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\N{REPLACEMENT CHARACTER}")


class Pieces(TypeDecorator[str]):
    """Short pieces of a text with blanks between: PostgreSQL keeps them as words of a `tsvector`, SQLite's full-text index splits them."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())


class Encoded(str):
    """JSON text that has been encoded already."""


def encode(value: Any) -> str:
    """Compact JSON text. Whole numbers beyond 64 bits and decimals beyond a double keep every digit."""
    try:
        return orjson.dumps(value, default=_near).decode()
    except TypeError:
        return _EXACT + _written(value)


def decode(text: str) -> Any:
    """The value that `encode` wrote, digit for digit: a Decimal where no double stands for the number."""
    if text.startswith(_EXACT):
        return decode_exactly(text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return decode_exactly(text)  # half a surrogate pair, which only the standard reader takes


def decode_exactly(text: str) -> Any:
    """The value of JSON from elsewhere, digit for digit. Raises ValueError, also for NaN and Infinity, which are no JSON."""
    return json.loads(text, parse_float=_number, parse_constant=_no_number)


def _no_number(text: str) -> None:
    raise ValueError(text)


def readable(value: Any) -> str:
    """JSON for people, indented, digit for digit."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=lambda number: f"\0{_number(str(number))}\0")
    return re.sub(r'"\\u0000([^"]*)\\u0000"', r"\1", text)


def canonical(value: Any) -> bytes:
    """The one JSON text of a value, keys in order, for hashes: the same before it is stored and after it is read back."""
    try:
        return orjson.dumps(value, default=_near, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return _written(value, in_order=True).encode()


def _number(text: str) -> float | Decimal:
    near, exact = float(text), Decimal(text)
    return near if Decimal(repr(near)) == exact else exact


def _near(value: object) -> float:
    """The double that stands for a decimal. Raises TypeError when there is none, or for what has no JSON."""
    number = _number(str(value)) if isinstance(value, Decimal) else None
    if isinstance(number, float):
        return number
    raise TypeError(type(value).__name__)


def _written(value: Any, *, in_order: bool = False) -> str:
    """JSON of what orjson refuses: whole numbers beyond 64 bits, decimals beyond a double, halves of surrogate pairs."""
    if isinstance(value, dict):
        entries = sorted(value.items()) if in_order else value.items()
        return "{" + ",".join(f"{json.dumps(str(key))}:{_written(item, in_order=in_order)}" for key, item in entries) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(item, in_order=in_order) for item in value) + "]"
    if isinstance(value, Decimal):
        return str(_number(str(value)))
    return json.dumps(value, allow_nan=False)


class Base(DeclarativeBase):
    """Tables are described by typed models and read and written by Core statements: no objects are tracked on hot paths."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Utc, str: Words, dict[str, Any]: Json, list[Any]: Json}


Id = Annotated[str, mapped_column(Words())]  # opaque; ids of diagrams are as long as their owners like
Hash = Annotated[str, mapped_column(String(64))]
