"""What a cadre of many enterprises is offered, and which cases are overdue, is read from an index alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Index, table, columns before, columns now, which rows.
WIDER = (
    ("ix_user_task_of_enterprise", "user_task", ["enterprise_id", "urgent_at"],
     ["enterprise_id", "urgent_at", "created_at", "id", "assignee", "closed_at"], "closed_at IS NULL AND enterprise_id IS NOT NULL"),
    ("ix_process_instance_overdue", "process_instance", ["due_at"], ["due_at", "started_at", "id"], "due_at IS NOT NULL"),
)  # fmt: skip


def upgrade() -> None:
    for name, table, _, now, rows in WIDER:
        _make_anew(name, table, now, rows)


def downgrade() -> None:
    for name, table, before, _, rows in WIDER:
        _make_anew(name, table, before, rows)


def _make_anew(name: str, table: str, columns: list[str], rows: str) -> None:
    op.drop_index(name, table)
    op.create_index(name, table, columns, sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))
