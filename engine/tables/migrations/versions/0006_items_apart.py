"""Items of parallel multi-instance activities have rows of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Instances that are running keep their items in their state until the next step takes them out."""
    instance = ["instance_id"], ["process_instance.id"]
    op.create_table(
        "multi_instance_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_multi_instance_item"),
        sa.ForeignKeyConstraint(*instance, name="fk_multi_instance_item_instance_id_process_instance"),
    )
    op.create_index("ix_multi_instance_item_of_instance", "multi_instance_item", ["instance_id", "due_at"])
    op.create_table(
        "output_element",
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("body", "position", name="pk_output_element"),
        sa.ForeignKeyConstraint(*instance, name="fk_output_element_instance_id_process_instance"),
    )
    op.create_index("ix_output_element_of_instance", "output_element", ["instance_id"])


def downgrade() -> None:
    raise RuntimeError("an older version cannot read states that are kept in parts: restore a backup instead")
