"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "attempts",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("step_key", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("code_version", sa.Text(), nullable=True),
        sa.Column("config_digest", sa.Text(), nullable=True),
        sa.Column("input_digests", sa.Text(), nullable=True),
        sa.Column("stdout", sa.Text(), nullable=True),
        sa.Column("stderr", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "step_key", "number", name=op.f("pk_attempts")),
        sa.UniqueConstraint("token", name=op.f("uq_attempts_token")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("step_key", KEY, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outputs",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("step_key", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("mapping_key", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("preview", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "step_key", "name", "mapping_key", name=op.f("pk_outputs")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_groups",
        sa.Column("root_run_id", KEY, nullable=False),
        sa.Column("pipeline_name", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("newest_run_id", KEY, nullable=False),
        sa.Column("run_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("root_run_id", name=op.f("pk_run_groups")),
    )
    op.create_index(op.f("ix_run_groups_newest_run_id"), "run_groups", ["newest_run_id"], unique=False)
    op.create_index(
        op.f("ix_run_groups_pipeline_name_newest_run_id"),
        "run_groups",
        ["pipeline_name", "newest_run_id"],
        unique=False,
    )
    op.create_index(op.f("ix_run_groups_status_newest_run_id"), "run_groups", ["status", "newest_run_id"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("id", KEY, nullable=False),
        sa.Column("pipeline_name", KEY, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
    )
    op.create_index(op.f("ix_snapshots_pipeline_name"), "snapshots", ["pipeline_name"], unique=False)
    op.create_table(
        "runs",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("root_run_id", KEY, nullable=False),
        sa.Column("parent_run_id", KEY, nullable=True),
        sa.Column("pipeline_name", KEY, nullable=False),
        sa.Column("snapshot_id", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("group_status", sa.Text(), nullable=True),
        sa.Column("last_event_number", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("cancel_requested_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_holder", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("idempotency_scope", KEY, nullable=True),
        sa.Column("idempotency_key", KEY, nullable=True),
        sa.Column("idempotency_arguments", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=True),
        sa.Column("rest_is_settled", sa.Boolean(), nullable=False),
        sa.Column("launched_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("code_location", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=True),
        sa.Column("run_config", sa.Text(), nullable=False),
        sa.Column("step_keys_to_execute", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["parent_run_id"], ["runs.run_id"], name=op.f("fk_runs_parent_run_id")),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshots.id"], name=op.f("fk_runs_snapshot_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
        sa.UniqueConstraint(
            "idempotency_scope", "idempotency_key", name=op.f("uq_runs_idempotency_scope_idempotency_key")
        ),
    )
    op.create_index(op.f("ix_runs_parent_run_id"), "runs", ["parent_run_id"], unique=False)
    op.create_index(op.f("ix_runs_pipeline_name_run_id"), "runs", ["pipeline_name", "run_id"], unique=False)
    op.create_index(op.f("ix_runs_root_run_id_run_id"), "runs", ["root_run_id", "run_id"], unique=False)
    op.create_index(op.f("ix_runs_status_run_id"), "runs", ["status", "run_id"], unique=False)
    op.create_table(
        "run_plans",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_run_plans_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_plans")),
    )
    op.create_table(
        "run_tags",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("value", KEY, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_run_tags_run_id")),
        sa.PrimaryKeyConstraint("run_id", "key", name=op.f("pk_run_tags")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_run_tags_key_value_run_id"), "run_tags", ["key", "value", "run_id"], unique=False)
    op.create_table(
        "steps",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("step_key", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at_event", sa.BigInteger(), nullable=False),
        sa.Column("cause_step_keys", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_steps_run_id")),
        sa.PrimaryKeyConstraint("run_id", "step_key", name=op.f("pk_steps")),
        sqlite_with_rowid=False,
    )
