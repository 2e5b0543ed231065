"""Alembic's entry: runs the revisions on the connection that `Store.migrate` hands over, inside its transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from engine.tables.schema import is_described, metadata
from engine.tables.types import Json, Utc, Words


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """A revision says what the database holds; our types are how today's code reads it, and may change."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Json):
        return "sa.Text()"
    if kind == "type" and isinstance(item, Words):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_described,
    render_item=render_item,
    render_as_batch=context.config.attributes.get("batch", True),
)
with context.begin_transaction():
    context.run_migrations()
