"""What was deployed: files, and the process, decision and form definitions in them. Rows here are written once and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.tables.types import Base, Hash, Id, Json


class Deployment(Base):
    """One act of deploying: all its files came into force together. `number` orders deployments."""

    __tablename__ = "deployment"

    id: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    source: Mapped[str]  # files, studio, api
    created_at: Mapped[datetime]
    created_by: Mapped[Id]


class Content(Base):
    """The bytes of a file, once per content."""

    __tablename__ = "content"

    sha256: Mapped[Hash] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Resource(Base):
    """A file of a deployment."""

    __tablename__ = "resource"

    deployment_id: Mapped[Id] = mapped_column(ForeignKey("deployment.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[Hash] = mapped_column(ForeignKey("content.sha256"))


class FileOrigin(Base):
    """What a file on disk contained when it was last deployed from there: an unchanged file never overwrites anything newer."""

    __tablename__ = "file_origin"

    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[Hash]
    deployed_at: Mapped[datetime]


class ProcessDefinition(Base):
    """A version of a process. `id` is `<key>:<version>`.

    `pins` are the exact versions of what it refers to: {"forms": {form id: form definition id}, "decisions": {…}, "processes": {…}}.
    `fingerprint` is a hash over the contents of the diagram and everything pinned: the same fingerprint is the same version.
    """

    __tablename__ = "process_definition"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        ForeignKeyConstraint(["deployment_id", "resource"], ["resource.deployment_id", "resource.name"]),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    key: Mapped[Id]
    version: Mapped[int]
    name: Mapped[str]
    deployment_id: Mapped[Id]
    resource: Mapped[str]
    sha256: Mapped[Hash] = mapped_column(ForeignKey("content.sha256"))
    fingerprint: Mapped[Hash]
    pins: Mapped[dict[str, Any]] = mapped_column(Json)
    version_tag: Mapped[str | None]
    category: Mapped[str | None]
    icon: Mapped[str | None]
    description: Mapped[str]
    start_form_id: Mapped[str | None]
    starters: Mapped[list[Any]] = mapped_column(Json)  # groups that may start it by hand
    created_at: Mapped[datetime]


class DecisionDefinition(Base):
    """A version of a decision; several may share a file. `id` is `<key>:<version>`."""

    __tablename__ = "decision_definition"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        ForeignKeyConstraint(["deployment_id", "resource"], ["resource.deployment_id", "resource.name"]),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    key: Mapped[Id]
    version: Mapped[int]
    name: Mapped[str]
    deployment_id: Mapped[Id]
    resource: Mapped[str]
    sha256: Mapped[Hash] = mapped_column(ForeignKey("content.sha256"))
    version_tag: Mapped[str | None]
    created_at: Mapped[datetime]


class FormDefinition(Base):
    """A version of a form. `id` is `<key>:<version>`."""

    __tablename__ = "form_definition"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        ForeignKeyConstraint(["deployment_id", "resource"], ["resource.deployment_id", "resource.name"]),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    key: Mapped[Id]
    version: Mapped[int]
    deployment_id: Mapped[Id]
    resource: Mapped[str]
    sha256: Mapped[Hash] = mapped_column(ForeignKey("content.sha256"))
    created_at: Mapped[datetime]
    version_tag: Mapped[str | None]


class StartSubscription(Base):
    """A message, signal or conditional start event of the latest version of a process. Timer start events are jobs."""

    __tablename__ = "start_subscription"
    __table_args__ = (Index("ix_start_subscription_by_name", "kind", "name"), Index("ix_start_subscription_by_process", "process_key"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str]  # message, signal, condition
    name: Mapped[str]  # empty for a condition: it stands in the diagram
    process_key: Mapped[Id]
    definition_id: Mapped[Id] = mapped_column(ForeignKey("process_definition.id"))
    node: Mapped[str]
