"""The names of user tasks stand together once, where a search looks first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.core.xml import parse

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def upgrade() -> None:
    table = op.create_table("task_name", sa.Column("name", sa.String(), nullable=False), sa.PrimaryKeyConstraint("name", name="pk_task_name"))
    if names := _deployed():
        op.bulk_insert(table, [{"name": name} for name in sorted(names)])


def _deployed() -> set[str]:
    """The names in all diagrams there are."""
    contents = sa.text("SELECT content FROM content WHERE sha256 IN (SELECT sha256 FROM process_definition)")
    return {name for (content,) in op.get_bind().execute(contents) for name in _names(bytes(content))}


def _names(content: bytes) -> set[str]:
    """What the user tasks of a diagram are called; one without a name by its id."""
    root, _ = parse(content, "")
    return {element.get("name") or element.get("id") for element in root.iter(BPMN + "userTask", BPMN + "globalUserTask")} if root is not None else set()


def downgrade() -> None:
    op.drop_table("task_name")
