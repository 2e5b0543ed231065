"""instances are found by an index of two-character pieces of their labels; the name of a task is searched along its offers."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BATCH = 1_000
# The full-text index reads its text from instance_text; whatever changes there is told to it by the triggers, as FTS5 asks for.
SQLITE = (
    "CREATE VIRTUAL TABLE instance_pieces USING fts5(pieces, content='instance_text', content_rowid='id', tokenize='ascii', prefix='4')",
    "CREATE TRIGGER instance_text_added AFTER INSERT ON instance_text BEGIN "
    "INSERT INTO instance_pieces(rowid, pieces) VALUES (new.id, new.pieces); END",
    "CREATE TRIGGER instance_text_removed AFTER DELETE ON instance_text BEGIN "
    "INSERT INTO instance_pieces(instance_pieces, rowid, pieces) VALUES ('delete', old.id, old.pieces); END",
    "CREATE TRIGGER instance_text_changed AFTER UPDATE OF pieces ON instance_text BEGIN "
    "INSERT INTO instance_pieces(instance_pieces, rowid, pieces) VALUES ('delete', old.id, old.pieces); "
    "INSERT INTO instance_pieces(rowid, pieces) VALUES (new.id, new.pieces); END",
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "instance_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("pieces", sa.Text() if is_sqlite else TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_instance_text_instance_id_process_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_instance_text"),
        sa.UniqueConstraint("instance_id", name="uq_instance_text_instance_id"),
    )
    for statement in SQLITE if is_sqlite else ("CREATE INDEX instance_pieces ON instance_text USING gin (pieces)",):
        op.execute(statement)
    _fill()
    op.add_column("task_candidate", sa.Column("name", sa.String()))
    op.execute("UPDATE task_candidate SET name = (SELECT t.name FROM user_task t WHERE t.id = task_candidate.task_id)")
    op.drop_index("ix_task_candidate_offered", "task_candidate")
    columns = ["kind", "value", "is_free", "urgent_at", "created_at", "task_id", "name"]
    still = {"sqlite_where": sa.text("is_open = 1"), "postgresql_where": sa.text("is_open")}
    op.create_index("ix_task_candidate_offered", "task_candidate", columns, **still)


def _fill() -> None:
    """The instances there are, in the order in which they were started."""
    bind = op.get_bind()
    labels = "business_key, title, enterprise_name"
    rows = bind.execute(sa.text(f"SELECT id, started_at, {labels} FROM process_instance ORDER BY started_at, id")).all()
    insert = sa.text("INSERT INTO instance_text (instance_id, started_at, words, pieces) VALUES (:id, :at, :words, :pieces)")
    if bind.dialect.name == "postgresql":
        insert = sa.text("INSERT INTO instance_text (instance_id, started_at, words, pieces) VALUES (:id, :at, :words, CAST(:pieces AS tsvector))")
    for begin in range(0, len(rows), BATCH):
        bind.execute(insert, [{"id": id_, "at": at, **_indexed(texts)} for id_, at, *texts in rows[begin : begin + BATCH]])


def _indexed(labels: list[str | None]) -> dict[str, str]:
    """As the search wrote them when this revision was made."""
    words = "\n".join(unicodedata.normalize("NFKC", label).casefold() for label in labels if label)
    units = words.encode("utf-16-be", "replace").hex()
    return {"words": words, "pieces": " ".join(units[i : i + 8] for i in range(0, len(units), 4))}


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS instance_pieces") if op.get_bind().dialect.name == "sqlite" else None
    op.drop_table("instance_text")
    op.drop_index("ix_task_candidate_offered", "task_candidate")
    op.drop_column("task_candidate", "name")
    still = {"sqlite_where": sa.text("is_open = 1"), "postgresql_where": sa.text("is_open")}
    op.create_index("ix_task_candidate_offered", "task_candidate", ["kind", "value", "is_free", "urgent_at", "created_at", "task_id"], **still)
