"""All tables together: importing this module makes `metadata` complete, for Alembic and for a fresh database."""

from __future__ import annotations

from engine.tables import definitions, instances, jobs, people, reference, settings, tasks
from engine.tables.types import Base

metadata = Base.metadata
SUBJECTS = (definitions, instances, jobs, people, reference, settings, tasks)
