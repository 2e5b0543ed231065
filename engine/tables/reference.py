"""Reference tables of the process owners, every version of each whole. Rows here are written once and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from engine.tables.types import Base, Hash, Id, Json


class ReferenceVersion(Base):
    """One version of a table; the newest is in force.

    `columns` are names in order, `rows` contexts by column name. `sha256` is that of the rows' CSV, which names a content in caches.
    """

    __tablename__ = "reference_version"

    table: Mapped[Id] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    columns: Mapped[list[Any]] = mapped_column(Json)
    rows: Mapped[list[Any]] = mapped_column(Json)
    size: Mapped[int]  # how many rows
    sha256: Mapped[Hash]
    source: Mapped[str]  # files, page
    created_at: Mapped[datetime]
    created_by: Mapped[Id]
