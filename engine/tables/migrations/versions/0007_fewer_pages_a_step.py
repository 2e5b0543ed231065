"""Indexes hold only rows that somebody looks for there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name, table in (
        ("ix_user_task_mine", "user_task"), ("ix_user_task_of_enterprise", "user_task"), ("ix_user_task_held", "user_task"), ("ix_event_newest", "event"),
    ):  # fmt: skip
        op.drop_index(name, table)
    mine, own = _only("closed_at IS NULL AND assignee IS NOT NULL"), _only("closed_at IS NULL AND enterprise_id IS NOT NULL")
    op.create_index("ix_user_task_mine", "user_task", ["assignee", "urgent_at", "created_at"], **mine)
    op.create_index("ix_user_task_of_enterprise", "user_task", ["enterprise_id", "urgent_at"], **own)
    op.create_index("ix_user_task_held", "user_task", ["assignee", "started_at", "instance_id"], **_only("assignee IS NOT NULL"))
    op.create_index("ix_event_acts", "event", ["at"], **_only("kind IN ('action_performed', 'deadline_moved')"))
    if op.get_bind().dialect.name == "sqlite":
        _candidates_by_key()


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _candidates_by_key() -> None:
    """The table becomes the index of its own key."""
    op.drop_index("ix_task_candidate_held", "task_candidate")
    op.drop_index("ix_task_candidate_offered", "task_candidate")
    op.rename_table("task_candidate", "task_candidate_before")
    op.create_table(
        "task_candidate",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("urgent_at", MOMENT, nullable=False),
        sa.Column("is_free", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("created_at", MOMENT),
        sa.Column("started_at", MOMENT),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name="fk_task_candidate_task_id_user_task"),
        sa.PrimaryKeyConstraint("task_id", "kind", "value", name="pk_task_candidate"),
        sqlite_with_rowid=False,
    )
    names = "task_id, kind, value, instance_id, is_open, urgent_at, is_free, created_at, started_at"
    op.execute(f"INSERT INTO task_candidate ({names}) SELECT {names} FROM task_candidate_before")
    op.drop_table("task_candidate_before")
    op.create_index("ix_task_candidate_held", "task_candidate", ["kind", "value", "started_at", "instance_id"])
    offered = ["kind", "value", "is_free", "urgent_at", "created_at", "task_id"]
    op.create_index("ix_task_candidate_offered", "task_candidate", offered, **_only("is_open = 1"))


def downgrade() -> None:
    for name, table in (
        ("ix_user_task_mine", "user_task"), ("ix_user_task_of_enterprise", "user_task"), ("ix_user_task_held", "user_task"), ("ix_event_acts", "event"),
    ):  # fmt: skip
        op.drop_index(name, table)
    op.create_index("ix_user_task_mine", "user_task", ["assignee", "urgent_at", "created_at"], **_only("closed_at IS NULL"))
    op.create_index("ix_user_task_of_enterprise", "user_task", ["enterprise_id", "urgent_at"], **_only("closed_at IS NULL"))
    op.create_index("ix_user_task_held", "user_task", ["assignee", "started_at", "instance_id"])
    op.create_index("ix_event_newest", "event", ["at"])
