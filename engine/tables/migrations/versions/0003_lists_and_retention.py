"""lists along indexes; archives of ended instances."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _lists()
    _retention()


def _lists() -> None:
    op.add_column("user_task", sa.Column("started_at", MOMENT))
    op.add_column("task_candidate", sa.Column("is_free", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("task_candidate", sa.Column("created_at", MOMENT))
    op.add_column("task_candidate", sa.Column("started_at", MOMENT))
    op.execute("UPDATE user_task SET started_at = (SELECT started_at FROM process_instance i WHERE i.id = user_task.instance_id)")
    op.execute(
        "UPDATE task_candidate SET "
        "created_at = (SELECT t.created_at FROM user_task t WHERE t.id = task_candidate.task_id), "
        "started_at = (SELECT t.started_at FROM user_task t WHERE t.id = task_candidate.task_id), "
        "is_free = (SELECT t.closed_at IS NULL AND t.assignee IS NULL FROM user_task t WHERE t.id = task_candidate.task_id)"
    )
    for name, table in (
        ("ix_user_task_overdue", "user_task"), ("ix_user_task_done", "user_task"), ("ix_user_task_held", "user_task"), ("ix_task_candidate_offered", "task_candidate"),
        ("ix_task_candidate_held", "task_candidate"), ("ix_task_candidate_of_instance", "task_candidate"), ("ix_event_by_actor", "event"),
        ("ix_process_instance_by_zone", "process_instance"),
    ):  # fmt: skip
        op.drop_index(name, table)
    still = {"sqlite_where": sa.text("is_open = 1"), "postgresql_where": sa.text("is_open")}
    closed = sa.text("closed_at IS NOT NULL")
    op.create_index("ix_user_task_done", "user_task", ["closed_by", "closed_at"], sqlite_where=closed, postgresql_where=closed)
    op.create_index("ix_user_task_held", "user_task", ["assignee", "started_at", "instance_id"])
    op.create_index("ix_task_candidate_held", "task_candidate", ["kind", "value", "started_at", "instance_id"])
    op.create_index(
        "ix_task_candidate_offered", "task_candidate", ["kind", "value", "is_free", "urgent_at", "created_at", "task_id"], **still
    )
    op.create_index("ix_process_instance_by_zone", "process_instance", ["zone_id", "started_at"])


def _retention() -> None:
    op.add_column("process_instance", sa.Column("expires_at", MOMENT))
    op.add_column("process_instance", sa.Column("hold_reason", sa.String()))
    some = sa.text("expires_at IS NOT NULL")
    op.create_index("ix_process_instance_expired", "process_instance", ["expires_at"], sqlite_where=some, postgresql_where=some)
    op.create_table(
        "archive",
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("business_key", sa.String()),
        sa.Column("title", sa.String()),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", name="pk_archive"),
    )
    op.create_index("ix_archive_by_business_key", "archive", ["business_key"])


def downgrade() -> None:
    raise RuntimeError("an older version cannot read what has been archived: restore a backup instead")
