"""What the worker does later, and the messages and signals that instances wait for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.tables.types import Base, Id, Json


class Job(Base):
    """Something to do at `due_at` (null: while a clock stands still, or after the last retry). Done jobs are deleted; history keeps them.

    Kinds: `service` (a handler of `type`), `timer` (fire the wait of the same id), `timer_start` (start the process of
    `definition_id` at `node`), `message` (publish `payload`), `signal` (deliver `payload` to the instance, or start
    `definition_id` at `node`), `continue` (go on with an unfinished step). `locked_by` is the worker that works on it until `locked_until`.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "due_at", "id", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_job_of_type", "type", "due_at"),
        Index("ix_job_of_instance", "instance_id"),
        Index("ix_job_start_timers", "process_key", sqlite_where=text("kind = 'timer_start'"), postgresql_where=text("kind = 'timer_start'")),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str]
    type: Mapped[str | None]
    instance_id: Mapped[Id | None] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[Id | None]
    process_key: Mapped[Id | None]
    node: Mapped[str | None]
    scope: Mapped[Id | None]
    due_at: Mapped[datetime | None]
    retries: Mapped[int] = mapped_column(default=3)
    attempts: Mapped[int] = mapped_column(default=0)
    headers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    message: Mapped[str | None]  # of the last failure
    locked_by: Mapped[str | None]
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Subscription(Base):
    """An instance waits for a message (by name and correlation key) or a signal (by name)."""

    __tablename__ = "subscription"
    __table_args__ = (
        Index("ix_subscription_by_name", "kind", "name", "correlation_key"),
        Index("ix_subscription_of_instance", "instance_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str]  # message, signal
    name: Mapped[str]
    correlation_key: Mapped[str | None]
    instance_id: Mapped[Id] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[Id]
    process_key: Mapped[Id]  # of the diagram that holds the node
    node: Mapped[str]
    node_name: Mapped[str]
    interrupting: Mapped[bool]
    created_at: Mapped[datetime]


class Message(Base):
    """A published message until it expires: a subscription that opens later takes it, once per process. `message_id` refuses doubles."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_by_name", "name", "correlation_key", "created_at"),
        Index("ix_message_expiry", "expires_at"),
        Index("uq_message_message_id", "name", "correlation_key", "message_id", unique=True),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str]
    correlation_key: Mapped[str]
    message_id: Mapped[str | None]
    variables: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class MessageReceipt(Base):
    """A process has had this message: the key forbids a second receiver. `instance_id` is the id of a `partial_start` until that begins one."""

    __tablename__ = "message_receipt"

    message_id: Mapped[Id] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    process_key: Mapped[Id] = mapped_column(primary_key=True)
    instance_id: Mapped[Id]


class PartialStart(Base):
    """One event of a parallel multiple start event that has occurred and waits for the others. Of a message until `expires_at`."""

    __tablename__ = "partial_start"
    __table_args__ = (Index("ix_partial_start_by_node", "process_key", "node", "created_at"), Index("ix_partial_start_expiry", "expires_at"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    process_key: Mapped[Id]
    node: Mapped[str]
    slot: Mapped[str]  # which event definition of the node
    correlation_key: Mapped[str | None]  # of a message
    variables: Mapped[dict[str, Any]] = mapped_column(Json)
    brought_by: Mapped[str | None]  # the message or the request key
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
