"""What owners set: days of the calendar, named settings; and the running numbers of business keys."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from engine.tables.types import Base, Json


class Holiday(Base):
    """A day that differs from the built-in calendar: True a working day, False a day off."""

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    name: Mapped[str | None]


class Setting(Base):
    """A named value."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


class Counter(Base):
    """The last running number given under a name: the pattern of a business key with its dates filled in."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
