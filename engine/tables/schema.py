"""All tables together: importing this module makes `metadata` complete, for Alembic and for a fresh database."""

from __future__ import annotations

from engine.tables import definitions, instances, jobs, people, reference, settings, tasks
from engine.tables.types import Base

metadata = Base.metadata
SUBJECTS = (definitions, instances, jobs, people, reference, settings, tasks)
TEXT_INDEX = "instance_pieces"


def is_described(name: str | None, kind: str, parents: object) -> bool:
    """For Alembic's comparisons: not the text index, which is another thing on each kind of database and made by its revision only."""
    return name is None or not name.startswith(TEXT_INDEX)
