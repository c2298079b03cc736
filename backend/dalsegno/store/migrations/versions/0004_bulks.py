"""Many runs that are re-executed or cancelled together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INSTANT = sa.BigInteger()


def upgrade() -> None:
    """Two new tables; there has been no bulk so far."""
    op.create_table(
        "bulks",
        sa.Column("bulk_id", _KEY, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text()),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("launched_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("is_canceled", sa.Boolean(), nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_expires_at", _INSTANT),
        sa.Column("idempotency_scope", _KEY),
        sa.Column("idempotency_key", _KEY),
        sa.Column("idempotency_arguments", sa.Text()),
        sa.PrimaryKeyConstraint("bulk_id", name="pk_bulks"),
        sa.UniqueConstraint("idempotency_scope", "idempotency_key", name="uq_bulks_idempotency_scope_idempotency_key"),
    )
    op.create_table(
        "bulk_runs",
        sa.Column("bulk_id", _KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("new_run_id", _KEY),
        sa.Column("message", sa.Text()),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulks.bulk_id"], name="fk_bulk_runs_bulk_id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_bulk_runs_run_id"),
        sa.ForeignKeyConstraint(["new_run_id"], ["runs.run_id"], name="fk_bulk_runs_new_run_id"),
        sa.PrimaryKeyConstraint("bulk_id", "position", name="pk_bulk_runs"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bulk_runs_bulk_id_outcome_position", "bulk_runs", ["bulk_id", "outcome", "position"])


def downgrade() -> None:
    """Without them; the runs that bulks launched stay."""
    op.drop_index("ix_bulk_runs_bulk_id_outcome_position", table_name="bulk_runs")
    op.drop_table("bulk_runs")
    op.drop_table("bulks")
