"""Pipelines as they are published, and the workers that serve them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INSTANT = sa.BigInteger()


def upgrade() -> None:
    """Three new tables."""
    op.create_table(
        "pipelines",
        sa.Column("name", _KEY, nullable=False),
        sa.Column("snapshot_id", _KEY, nullable=False),
        sa.Column("published_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshots.id"], name="fk_pipelines_snapshot_id"),
        sa.PrimaryKeyConstraint("name", name="pk_pipelines"),
    )
    op.create_table(
        "workers",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("executor", sa.Text(), nullable=False),
        sa.Column("code_location", sa.Text(), nullable=False),
        sa.Column("pipeline_snapshots", sa.Text(), nullable=False),
        sa.Column("loaded_snapshot_ids", sa.Text(), nullable=False),
        sa.Column("load_error", sa.Text()),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("last_heartbeat_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_index("ix_workers_expires_at", "workers", ["expires_at"])
    op.create_table(
        "served_snapshots",
        sa.Column("snapshot_id", _KEY, nullable=False),
        sa.Column("last_served_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshots.id"], name="fk_served_snapshots_snapshot_id"),
        sa.PrimaryKeyConstraint("snapshot_id", name="pk_served_snapshots"),
    )


def downgrade() -> None:
    """Without them; what they held comes back when workers publish anew."""
    op.drop_table("served_snapshots")
    op.drop_index("ix_workers_expires_at", table_name="workers")
    op.drop_table("workers")
    op.drop_table("pipelines")
