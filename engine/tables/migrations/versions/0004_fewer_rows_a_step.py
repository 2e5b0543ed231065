"""What happened stands in the record alone."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Every beginning and end that it held stands in `event` too, in rows written long ago as in those written from now on.
    op.drop_table("activity")


def downgrade() -> None:
    raise RuntimeError("an older version cannot read the record as it is written now: restore a backup instead")
