"""Process instances: their state, variables, incidents, and what has happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.tables.types import Base, Hash, Id, Json, Pieces


class ProcessInstance(Base):
    """One case. `state` is what the core needs to go on; every other column is a fact that people search by or that guards a write.

    `revision` grows with every step and is checked when the next one is written. `history_head` and `history_count` are the last
    hash and the length of its event stream, so that a tail that was cut off is noticed.
    """

    __tablename__ = "process_instance"
    __table_args__ = (
        Index("ix_process_instance_newest", "started_at"),
        Index("ix_process_instance_by_process", "process_key", "status", "started_at"),
        Index("ix_process_instance_by_status", "status", "started_at"),
        Index("ix_process_instance_by_zone", "zone_id", "started_at"),
        Index("ix_process_instance_of_enterprise", "enterprise_id", "started_at"),
        Index("ix_process_instance_by_business_key", "business_key"),
        Index("ix_process_instance_by_definition", "definition_id", "status"),
        Index("ix_process_instance_overdue", "due_at", "started_at", "id", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_process_instance_expired", "expires_at", sqlite_where=text("expires_at IS NOT NULL"), postgresql_where=text("expires_at IS NOT NULL")),
        Index("ix_process_instance_with_incidents", "incident_count", sqlite_where=text("incident_count > 0"), postgresql_where=text("incident_count > 0")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    definition_id: Mapped[Id] = mapped_column(ForeignKey("process_definition.id"))
    process_key: Mapped[Id]
    process_name: Mapped[str]
    status: Mapped[str]  # active, completed, terminated, failed
    business_key: Mapped[str | None]
    title: Mapped[str | None]
    enterprise_id: Mapped[Id | None]
    enterprise_name: Mapped[str | None]
    zone_id: Mapped[Id | None]
    started_by: Mapped[Id]
    started_by_name: Mapped[str]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # the earliest of its open tasks
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    incident_count: Mapped[int] = mapped_column(default=0)
    is_unfinished: Mapped[bool] = mapped_column(default=False)  # a slice of automatic work is left: a `continue` job goes on
    revision: Mapped[int] = mapped_column(default=0)
    state: Mapped[list[Any]] = mapped_column(Json)
    history_head: Mapped[Hash]
    history_count: Mapped[int]
    expires_at: Mapped[datetime | None]  # when an ended one may be archived and removed; null: never
    hold_reason: Mapped[str | None]  # why it must be kept beyond that


class InstanceText(Base):
    """What an instance is searched by: its labels as `search.fold` compares them, a line each, and their pieces for the text index.

    `id` is the row's number in SQLite's full-text index `instance_pieces`, which triggers keep in step; PostgreSQL has a GIN index on
    `pieces`. Both are made by the migration: they are no tables of ours. `started_at` is the instance's.
    """

    __tablename__ = "instance_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[Id] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    started_at: Mapped[datetime]
    words: Mapped[str]
    pieces: Mapped[str] = mapped_column(Pieces)


class Variable(Base):
    """A process variable in the scope that owns it; the root scope's id is the instance id."""

    __tablename__ = "variable"

    instance_id: Mapped[Id] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    scope: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


class MultiInstanceItem(Base):
    """An item of a parallel multi-instance activity at rest: its part of the instance's state, its variables too. `id`: its activation."""

    __tablename__ = "multi_instance_item"
    __table_args__ = (Index("ix_multi_instance_item_of_instance", "instance_id", "due_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    instance_id: Mapped[Id] = mapped_column(ForeignKey("process_instance.id"))
    state: Mapped[list[Any]] = mapped_column(Json)
    due_at: Mapped[datetime | None]  # the earliest of its open tasks


class OutputElement(Base):
    """An element of the output collection of a multi-instance activity that still runs. `body`: the activation that holds the items."""

    __tablename__ = "output_element"
    __table_args__ = (Index("ix_output_element_of_instance", "instance_id"),)

    body: Mapped[Id] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)  # from 0
    instance_id: Mapped[Id] = mapped_column(ForeignKey("process_instance.id"))
    value: Mapped[Any] = mapped_column(Json)


class Incident(Base):
    """Where an instance stands still until a person acts. `id` is the wait's id. `facts` fill in the sentence `incident.<code>`."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_open", "created_at", sqlite_where=text("resolved_at IS NULL"), postgresql_where=text("resolved_at IS NULL")),
        Index("ix_incident_of_instance", "instance_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    instance_id: Mapped[Id] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[Id]
    process_key: Mapped[Id]
    node: Mapped[str]
    node_name: Mapped[str]
    code: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[Id | None]


ACTS = "kind IN ('action_performed', 'deadline_moved')"  # what is counted over all instances


class Event(Base):
    """A line of the append-only log. `hash` covers the row and the previous row's hash. `stream`: an instance's id, or `system`.

    `facts["lines"]` is what the instance then did by itself; see `verbs/history`.
    """

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_acts", "at", sqlite_where=text(ACTS), postgresql_where=text(ACTS)),)

    stream: Mapped[Id] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)  # from 1 without a gap
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[Id]
    actor_name: Mapped[str]
    definition_id: Mapped[Id | None]
    node: Mapped[str | None]
    node_kind: Mapped[str | None]
    node_name: Mapped[str | None]
    activation: Mapped[Id | None]
    scope: Mapped[Id | None]
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    hash: Mapped[Hash]


class Stream(Base):
    """Head of an event stream that belongs to no instance, such as `system`. Instances keep theirs in their own row."""

    __tablename__ = "stream"

    id: Mapped[Id] = mapped_column(primary_key=True)
    history_head: Mapped[Hash]
    history_count: Mapped[int]


class Archive(Base):
    """What is left here of an instance that has been archived and removed: where its pack is, and the head of its event stream.

    `head` and `count` are those of the stream, `sha256` the pack's; the `system` stream has them too, under its own chain.
    """

    __tablename__ = "archive"
    __table_args__ = (Index("ix_archive_by_business_key", "business_key"),)

    instance_id: Mapped[Id] = mapped_column(primary_key=True)
    process_key: Mapped[Id]
    business_key: Mapped[str | None]
    title: Mapped[str | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    archived_at: Mapped[datetime]
    file: Mapped[str]  # name in the archive folder
    sha256: Mapped[Hash]
    head: Mapped[Hash]
    count: Mapped[int]
