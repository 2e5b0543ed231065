"""What is offered to the cadres of an enterprise is found by the enterprise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OFFERS = ["enterprise_id", "is_free", "urgent_at", "created_at", "task_id", "name", "is_open"]
NARROW = ["enterprise_id", "urgent_at"]
WIDE = [*NARROW, "created_at", "id", "assignee", "closed_at"]


def upgrade() -> None:
    op.add_column("task_candidate", sa.Column("enterprise_id", sa.String()))
    op.execute(
        "UPDATE task_candidate SET enterprise_id = (SELECT t.enterprise_id FROM user_task t WHERE t.id = task_candidate.task_id) "
        "WHERE kind = 'group' AND value = 'cadre-of-enterprise'"
    )
    op.create_index(
        "ix_task_candidate_of_enterprise", "task_candidate", OFFERS,
        sqlite_where=sa.text("is_open = 1 AND enterprise_id IS NOT NULL"), postgresql_where=sa.text("is_open AND enterprise_id IS NOT NULL"),
    )  # fmt: skip
    _make_anew(NARROW)  # only the lists of cadres read an enterprise's open tasks from the index alone


def downgrade() -> None:
    _make_anew(WIDE)
    op.drop_index("ix_task_candidate_of_enterprise", "task_candidate")
    op.drop_column("task_candidate", "enterprise_id")


def _make_anew(columns: list[str]) -> None:
    open_ones = sa.text("closed_at IS NULL AND enterprise_id IS NOT NULL")
    op.drop_index("ix_user_task_of_enterprise", "user_task")
    op.create_index("ix_user_task_of_enterprise", "user_task", columns, sqlite_where=open_ones, postgresql_where=open_ones)
