"""What is searched along the offers stands in their index whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = ["kind", "value", "is_free", "urgent_at", "created_at", "task_id", "name"]
STILL = {"sqlite_where": sa.text("is_open = 1"), "postgresql_where": sa.text("is_open")}


def upgrade() -> None:
    # SQLite answers from an index alone only if the column of the index's own condition stands in it too.
    op.drop_index("ix_task_candidate_offered", "task_candidate")
    op.create_index("ix_task_candidate_offered", "task_candidate", [*COLUMNS, "is_open"], **STILL)


def downgrade() -> None:
    op.drop_index("ix_task_candidate_offered", "task_candidate")
    op.create_index("ix_task_candidate_offered", "task_candidate", COLUMNS, **STILL)
