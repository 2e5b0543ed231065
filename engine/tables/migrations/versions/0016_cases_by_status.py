"""The few instances that have a rare status are found along an index."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_process_instance_by_status", "process_instance", ["status", "started_at"])


def downgrade() -> None:
    op.drop_index("ix_process_instance_by_status", "process_instance")
