"""The few business tables: zones, departments, enterprises, people and what binds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.tables.types import Base, Id, Json


class Zone(Base):
    """A district whose supervisors see everything that happens to its enterprises."""

    __tablename__ = "zone"

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Department(Base):
    """An office that handles work. Its people form the candidate group `dept:<id>`."""

    __tablename__ = "department"

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    zone_id: Mapped[Id | None] = mapped_column(ForeignKey("zone.id"))
    phone: Mapped[str | None]
    duties: Mapped[str | None]


class Enterprise(Base):
    """An enterprise that is served. `uscc` is its 统一社会信用代码. `attributes`: searchable labels by name, as JSON."""

    __tablename__ = "enterprise"
    __table_args__ = (Index("ix_enterprise_of_zone", "zone_id"), Index("ix_enterprise_by_name", "name"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    uscc: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    zone_id: Mapped[Id | None] = mapped_column(ForeignKey("zone.id"))
    contact: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime]


class Person(Base):
    """Someone who can sign in. `password_stamp` changes with the password, which ends every session made before.

    `demonstration` accounts have published passwords: a production start refuses while one exists.
    """

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_of_department", "department_id"), Index("ix_person_of_enterprise", "enterprise_id"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]  # enterprise, cadre, department, supervisor, designer, administrator
    enterprise_id: Mapped[Id | None] = mapped_column(ForeignKey("enterprise.id"))
    department_id: Mapped[Id | None] = mapped_column(ForeignKey("department.id"))
    zone_id: Mapped[Id | None] = mapped_column(ForeignKey("zone.id"))
    position: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    password_hash: Mapped[str | None]
    password_stamp: Mapped[str]
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    password_is_temporary: Mapped[bool] = mapped_column(default=False, server_default=false())  # set by an administrator, for one sign-in


class RefusedAddress(Base):
    """How many sign-ins from an address were refused in the span that began at `since`. All web processes count here."""

    __tablename__ = "refused_address"

    address: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    count: Mapped[int]


class Membership(Base):
    """A person belongs to a candidate group beyond the ones that follow from kind and department."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_of_group", "group"),)

    person_id: Mapped[Id] = mapped_column(ForeignKey("person.id"), primary_key=True)
    group: Mapped[Id] = mapped_column(primary_key=True)


class CadreAssignment(Base):
    """A cadre serves an enterprise from `valid_from` until before `valid_until` (null: until further notice)."""

    __tablename__ = "cadre_assignment"
    __table_args__ = (
        UniqueConstraint("enterprise_id", "person_id", "valid_from"),
        Index("ix_cadre_assignment_of_person", "person_id", "enterprise_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    enterprise_id: Mapped[Id] = mapped_column(ForeignKey("enterprise.id"))
    person_id: Mapped[Id] = mapped_column(ForeignKey("person.id"))
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    assigned_by: Mapped[Id | None]


class Notification(Base):
    """A note to one person, shown in the application. `cause` (a job's id) makes a repeated job harmless."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person_id", "cause"),
        Index("ix_notification_unread", "person_id", "created_at", sqlite_where=text("read_at IS NULL"), postgresql_where=text("read_at IS NULL")),
        Index("ix_notification_of_person", "person_id", "created_at"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("person.id"))
    subject: Mapped[str]
    body: Mapped[str]
    instance_id: Mapped[Id | None] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[Id | None]
    cause: Mapped[Id | None]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
