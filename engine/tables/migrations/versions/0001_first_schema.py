"""first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_content"),
    )

    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )

    op.create_table(
        "deployment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
        sa.UniqueConstraint("number", name="uq_deployment_number"),
    )

    op.create_table(
        "event",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=True),
        sa.Column("node", sa.String(), nullable=True),
        sa.Column("node_kind", sa.String(), nullable=True),
        sa.Column("node_name", sa.String(), nullable=True),
        sa.Column("activation", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name="pk_event"),
    )
    op.create_index("ix_event_by_actor", "event", ["actor_id", "at"])
    op.create_index("ix_event_newest", "event", ["at"])

    op.create_table(
        "file_origin",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_file_origin"),
    )

    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("day", name="pk_holiday"),
    )

    op.create_table(
        "message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("correlation_key", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_by_name", "message", ["name", "correlation_key", "created_at"])
    op.create_index("ix_message_expiry", "message", ["expires_at"])
    op.create_index("uq_message_message_id", "message", ["name", "correlation_key", "message_id"], unique=True)

    op.create_table(
        "request_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "person_id", name="pk_request_key"),
    )

    op.create_table(
        "setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_setting"),
    )

    op.create_table(
        "stream",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("history_head", sa.String(length=64), nullable=False),
        sa.Column("history_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stream"),
    )

    op.create_table(
        "zone",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_zone"),
        sa.UniqueConstraint("name", name="uq_zone_name"),
    )

    op.create_table(
        "department",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("zone_id", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("duties", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name="fk_department_zone_id_zone"),
        sa.PrimaryKeyConstraint("id", name="pk_department"),
        sa.UniqueConstraint("name", name="uq_department_name"),
    )

    op.create_table(
        "enterprise",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("zone_id", sa.String(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name="fk_enterprise_zone_id_zone"),
        sa.PrimaryKeyConstraint("id", name="pk_enterprise"),
        sa.UniqueConstraint("uscc", name="uq_enterprise_uscc"),
    )
    op.create_index("ix_enterprise_by_name", "enterprise", ["name"])
    op.create_index("ix_enterprise_of_zone", "enterprise", ["zone_id"])

    op.create_table(
        "message_receipt",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_receipt_message_id_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "process_key", name="pk_message_receipt"),
    )

    op.create_table(
        "resource",
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name="fk_resource_deployment_id_deployment"),
        sa.ForeignKeyConstraint(["sha256"], ["content.sha256"], name="fk_resource_sha256_content"),
        sa.PrimaryKeyConstraint("deployment_id", "name", name="pk_resource"),
    )

    op.create_table(
        "decision_definition",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version_tag", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id", "resource"], ["resource.deployment_id", "resource.name"], name="fk_decision_definition_deployment_id_resource_resource"),
        sa.ForeignKeyConstraint(["sha256"], ["content.sha256"], name="fk_decision_definition_sha256_content"),
        sa.PrimaryKeyConstraint("id", name="pk_decision_definition"),
        sa.UniqueConstraint("key", "version", name="uq_decision_definition_key_version"),
    )

    op.create_table(
        "form_definition",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id", "resource"], ["resource.deployment_id", "resource.name"], name="fk_form_definition_deployment_id_resource_resource"),
        sa.ForeignKeyConstraint(["sha256"], ["content.sha256"], name="fk_form_definition_sha256_content"),
        sa.PrimaryKeyConstraint("id", name="pk_form_definition"),
        sa.UniqueConstraint("key", "version", name="uq_form_definition_key_version"),
    )

    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.String(), nullable=True),
        sa.Column("department_id", sa.String(), nullable=True),
        sa.Column("zone_id", sa.String(), nullable=True),
        sa.Column("position", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("password_stamp", sa.String(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_person_department_id_department"),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name="fk_person_enterprise_id_enterprise"),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name="fk_person_zone_id_zone"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("username", name="uq_person_username"),
    )
    op.create_index("ix_person_of_department", "person", ["department_id"])
    op.create_index("ix_person_of_enterprise", "person", ["enterprise_id"])

    op.create_table(
        "process_definition",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("pins", sa.Text(), nullable=False),
        sa.Column("version_tag", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("icon", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("start_form_id", sa.String(), nullable=True),
        sa.Column("starters", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id", "resource"], ["resource.deployment_id", "resource.name"], name="fk_process_definition_deployment_id_resource_resource"),
        sa.ForeignKeyConstraint(["sha256"], ["content.sha256"], name="fk_process_definition_sha256_content"),
        sa.PrimaryKeyConstraint("id", name="pk_process_definition"),
        sa.UniqueConstraint("key", "version", name="uq_process_definition_key_version"),
    )

    op.create_table(
        "cadre_assignment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name="fk_cadre_assignment_enterprise_id_enterprise"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_cadre_assignment_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_cadre_assignment"),
        sa.UniqueConstraint("enterprise_id", "person_id", "valid_from", name="uq_cadre_assignment_enterprise_id_person_id_valid_from"),
    )
    op.create_index("ix_cadre_assignment_of_person", "cadre_assignment", ["person_id", "enterprise_id"])

    op.create_table(
        "draft",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_draft_person_id_person"),
        sa.PrimaryKeyConstraint("subject", "person_id", name="pk_draft"),
    )

    op.create_table(
        "membership",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_membership_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", "group", name="pk_membership"),
    )
    op.create_index("ix_membership_of_group", "membership", ["group"])

    op.create_table(
        "process_instance",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("process_name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("business_key", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("enterprise_id", sa.String(), nullable=True),
        sa.Column("enterprise_name", sa.String(), nullable=True),
        sa.Column("zone_id", sa.String(), nullable=True),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("started_by_name", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.Column("incident_count", sa.Integer(), nullable=False),
        sa.Column("is_unfinished", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("history_head", sa.String(length=64), nullable=False),
        sa.Column("history_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name="fk_process_instance_definition_id_process_definition"),
        sa.PrimaryKeyConstraint("id", name="pk_process_instance"),
    )
    op.create_index("ix_process_instance_by_business_key", "process_instance", ["business_key"])
    op.create_index("ix_process_instance_by_definition", "process_instance", ["definition_id", "status"])
    op.create_index("ix_process_instance_by_process", "process_instance", ["process_key", "status", "started_at"])
    op.create_index("ix_process_instance_by_zone", "process_instance", ["zone_id", "status", "started_at"])
    op.create_index("ix_process_instance_newest", "process_instance", ["started_at"])
    op.create_index("ix_process_instance_of_enterprise", "process_instance", ["enterprise_id", "started_at"])
    op.create_index("ix_process_instance_overdue", "process_instance", ["due_at"], sqlite_where=sa.text("due_at IS NOT NULL"), postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("ix_process_instance_with_incidents", "process_instance", ["incident_count"], sqlite_where=sa.text("incident_count > 0"), postgresql_where=sa.text("incident_count > 0"))

    op.create_table(
        "start_subscription",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name="fk_start_subscription_definition_id_process_definition"),
        sa.PrimaryKeyConstraint("id", name="pk_start_subscription"),
    )
    op.create_index("ix_start_subscription_by_name", "start_subscription", ["kind", "name"])
    op.create_index("ix_start_subscription_by_process", "start_subscription", ["process_key"])

    op.create_table(
        "activity",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("node_kind", sa.String(), nullable=False),
        sa.Column("node_name", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_activity_instance_id_process_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
    )
    op.create_index("ix_activity_by_node", "activity", ["process_key", "node", "started_at"])
    op.create_index("ix_activity_of_instance", "activity", ["instance_id", "started_at"])

    op.create_table(
        "incident",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("node_name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_incident_instance_id_process_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_of_instance", "incident", ["instance_id"])
    op.create_index("ix_incident_open", "incident", ["created_at"], sqlite_where=sa.text("resolved_at IS NULL"), postgresql_where=sa.text("resolved_at IS NULL"))

    op.create_table(
        "job",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=True),
        sa.Column("instance_id", sa.String(), nullable=True),
        sa.Column("definition_id", sa.String(), nullable=True),
        sa.Column("process_key", sa.String(), nullable=True),
        sa.Column("node", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("locked_by", sa.String(), nullable=True),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_job_instance_id_process_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_due", "job", ["due_at"], sqlite_where=sa.text("due_at IS NOT NULL"), postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("ix_job_of_instance", "job", ["instance_id"])
    op.create_index("ix_job_of_type", "job", ["type", "due_at"])
    op.create_index("ix_job_start_timers", "job", ["process_key"], sqlite_where=sa.text("kind = 'timer_start'"), postgresql_where=sa.text("kind = 'timer_start'"))

    op.create_table(
        "notification",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_notification_instance_id_process_instance"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_notification_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("person_id", "cause", name="uq_notification_person_id_cause"),
    )
    op.create_index("ix_notification_of_person", "notification", ["person_id", "created_at"])
    op.create_index("ix_notification_unread", "notification", ["person_id", "created_at"], sqlite_where=sa.text("read_at IS NULL"), postgresql_where=sa.text("read_at IS NULL"))

    op.create_table(
        "subscription",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("correlation_key", sa.String(), nullable=True),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("node_name", sa.String(), nullable=False),
        sa.Column("interrupting", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_subscription_instance_id_process_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
    )
    op.create_index("ix_subscription_by_name", "subscription", ["kind", "name", "correlation_key"])
    op.create_index("ix_subscription_of_instance", "subscription", ["instance_id"])

    op.create_table(
        "user_task",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=True),
        sa.Column("form_id", sa.String(), nullable=True),
        sa.Column("form_definition_id", sa.String(), nullable=True),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("urgent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("follow_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("process_key", sa.String(), nullable=False),
        sa.Column("process_name", sa.String(), nullable=False),
        sa.Column("business_key", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("enterprise_id", sa.String(), nullable=True),
        sa.Column("enterprise_name", sa.String(), nullable=True),
        sa.Column("zone_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_user_task_instance_id_process_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_user_task"),
    )
    op.create_index("ix_user_task_done", "user_task", ["closed_by", "closed_at"])
    op.create_index("ix_user_task_held", "user_task", ["assignee", "instance_id"])
    op.create_index("ix_user_task_mine", "user_task", ["assignee", "urgent_at", "created_at"], sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_user_task_of_enterprise", "user_task", ["enterprise_id", "urgent_at"], sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_user_task_of_instance", "user_task", ["instance_id", "created_at"])
    op.create_index("ix_user_task_overdue", "user_task", ["due_at"], sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"))

    op.create_table(
        "variable",
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_variable_instance_id_process_instance"),
        sa.PrimaryKeyConstraint("instance_id", "scope", "name", name="pk_variable"),
    )

    op.create_table(
        "attachment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_attachment_instance_id_process_instance"),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name="fk_attachment_task_id_user_task"),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
    )
    op.create_index("ix_attachment_of_instance", "attachment", ["instance_id"])
    op.create_index("ix_attachment_of_request", "attachment", ["request_key"])
    op.create_index("ix_attachment_of_task", "attachment", ["task_id"])

    op.create_table(
        "task_candidate",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("urgent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name="fk_task_candidate_task_id_user_task"),
        sa.PrimaryKeyConstraint("task_id", "kind", "value", name="pk_task_candidate"),
    )
    op.create_index("ix_task_candidate_held", "task_candidate", ["kind", "value", "instance_id"])
    op.create_index("ix_task_candidate_of_instance", "task_candidate", ["instance_id"])
    op.create_index("ix_task_candidate_offered", "task_candidate", ["kind", "value", "urgent_at", "task_id"], sqlite_where=sa.text("is_open"), postgresql_where=sa.text("is_open"))


def downgrade() -> None:
    op.drop_table("task_candidate")
    op.drop_table("attachment")
    op.drop_table("variable")
    op.drop_table("user_task")
    op.drop_table("subscription")
    op.drop_table("notification")
    op.drop_table("job")
    op.drop_table("incident")
    op.drop_table("activity")
    op.drop_table("start_subscription")
    op.drop_table("process_instance")
    op.drop_table("membership")
    op.drop_table("draft")
    op.drop_table("cadre_assignment")
    op.drop_table("process_definition")
    op.drop_table("person")
    op.drop_table("form_definition")
    op.drop_table("decision_definition")
    op.drop_table("resource")
    op.drop_table("message_receipt")
    op.drop_table("enterprise")
    op.drop_table("department")
    op.drop_table("zone")
    op.drop_table("stream")
    op.drop_table("setting")
    op.drop_table("request_key")
    op.drop_table("message")
    op.drop_table("holiday")
    op.drop_table("file_origin")
    op.drop_table("event")
    op.drop_table("deployment")
    op.drop_table("counter")
    op.drop_table("content")
