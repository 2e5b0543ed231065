"""User tasks and what people put into them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, text, true
from sqlalchemy.orm import Mapped, mapped_column

from engine.tables.types import Base, Hash, Id, Json


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


# On SQLite word for word as statements say it: a partial index is used only where the condition stands in the statement.
_CANDIDATE_OPEN = {"sqlite_where": text("is_open = 1"), "postgresql_where": text("is_open")}
_OF_ENTERPRISE = {name: text(f"{condition} AND enterprise_id IS NOT NULL") for name, condition in _CANDIDATE_OPEN.items()}


class UserTask(Base):
    """Work for a person. The facts of its instance that an inbox shows or searches are repeated here and kept in step by `apply`.

    `urgent_at` is `due_at`, or the far future without one: it sorts an inbox along an index. `form_definition_id` is the pinned
    version. `assignee` is the row's own after opening (claim, release); the rest follows the wait of the same id. `started_at` is
    its instance's: the instances that a person has held a task of are listed along an index, newest first.
    """

    __tablename__ = "user_task"
    __table_args__ = (
        Index("ix_user_task_mine", "assignee", "urgent_at", "created_at", **_only("closed_at IS NULL AND assignee IS NOT NULL")),
        Index("ix_user_task_of_enterprise", "enterprise_id", "urgent_at", **_only("closed_at IS NULL AND enterprise_id IS NOT NULL")),
        Index("ix_user_task_done", "closed_by", "closed_at", **_only("closed_at IS NOT NULL")),
        Index("ix_user_task_held", "assignee", "started_at", "instance_id", **_only("assignee IS NOT NULL")),
        Index("ix_user_task_of_instance", "instance_id", "created_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    instance_id: Mapped[Id] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[Id]
    node: Mapped[str]
    name: Mapped[str]
    scope: Mapped[Id]
    lane: Mapped[str | None]
    form_id: Mapped[str | None]
    form_definition_id: Mapped[Id | None]
    assignee: Mapped[Id | None]
    claimed_at: Mapped[datetime | None]
    priority: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    urgent_at: Mapped[datetime]
    follow_up_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[Id | None]
    outcome: Mapped[str | None]  # completed, cancelled
    process_key: Mapped[Id]
    process_name: Mapped[str]
    business_key: Mapped[str | None]
    title: Mapped[str | None]
    enterprise_id: Mapped[Id | None]
    enterprise_name: Mapped[str | None]
    zone_id: Mapped[Id | None]
    started_at: Mapped[datetime | None]


class TaskCandidate(Base):
    """A person or group that may take a task. Kept after it closed (they may still see the instance), then with `is_open` false.

    `is_free`: open and assigned to nobody. `name`, `urgent_at` and `created_at` are the task's, `started_at` its instance's: what a
    group is offered, and which cases it has been offered, are read and searched along an index in the order of the list. `enterprise_id`
    is the task's where the offer is to the cadres of its enterprise, else none: so each enterprise has a range of its own.
    """

    __tablename__ = "task_candidate"
    __table_args__ = (
        Index("ix_task_candidate_offered", "kind", "value", "is_free", "urgent_at", "created_at", "task_id", "name", "is_open", **_CANDIDATE_OPEN),
        Index(
            "ix_task_candidate_of_enterprise", "enterprise_id", "is_free", "urgent_at", "created_at", "task_id", "name", "is_open",
            **_OF_ENTERPRISE,
        ),
        Index("ix_task_candidate_held", "kind", "value", "started_at", "instance_id"),
        {"sqlite_with_rowid": False},
    )

    task_id: Mapped[Id] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # user, group
    value: Mapped[Id] = mapped_column(primary_key=True)
    instance_id: Mapped[Id]
    is_open: Mapped[bool] = mapped_column(default=True)
    urgent_at: Mapped[datetime]
    is_free: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    name: Mapped[str | None]
    enterprise_id: Mapped[Id | None]


class TaskName(Base):
    """What user tasks are called in any diagram that was ever deployed: a search looks here first whether a name fits at all."""

    __tablename__ = "task_name"

    name: Mapped[str] = mapped_column(primary_key=True)


class Draft(Base):
    """What a person has typed and not yet submitted. `subject`: a task's id, or `start:<process key>`. `raw`: field name → texts."""

    __tablename__ = "draft"

    subject: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("person.id"), primary_key=True)
    raw: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_at: Mapped[datetime]


class Attachment(Base):
    """A file that a person handed in. Before a start it belongs to a `request_key`, later to the instance."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_of_instance", "instance_id"),
        Index("ix_attachment_of_task", "task_id"),
        Index("ix_attachment_of_request", "request_key"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    instance_id: Mapped[Id | None] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[Id | None] = mapped_column(ForeignKey("user_task.id"))
    request_key: Mapped[str | None]
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]  # bytes
    sha256: Mapped[Hash]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_by: Mapped[Id]
    uploaded_at: Mapped[datetime]


class RequestKey(Base):
    """The answer to a request that may arrive twice: the second gets the first one's instance."""

    __tablename__ = "request_key"

    key: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(primary_key=True)
    instance_id: Mapped[Id | None]
    created_at: Mapped[datetime]
