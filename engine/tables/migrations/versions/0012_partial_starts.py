"""What has occurred for a parallel multiple start event waits for the rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "partial_start",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("correlation_key", sa.String(), nullable=True),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("brought_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_partial_start"),
    )
    op.create_index("ix_partial_start_by_node", "partial_start", ["process_key", "node", "created_at"])
    op.create_index("ix_partial_start_expiry", "partial_start", ["expires_at"])


def downgrade() -> None:
    op.drop_table("partial_start")
