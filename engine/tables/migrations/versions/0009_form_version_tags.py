"""forms bound by version tag."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("form_definition", sa.Column("version_tag", sa.String()))


def downgrade() -> None:
    op.drop_column("form_definition", "version_tag")
