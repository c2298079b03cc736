"""Priorities in the queue, and runs that are being deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INSTANT = sa.BigInteger()


def upgrade() -> None:
    """Runs that are there have priority 0; the rows of steps may outlive their run while it is deleted."""
    # Without a default of the database's own, which the declared tables do not have.
    op.add_column("runs", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("runs") as runs:
        runs.alter_column("priority", server_default=None)
    op.create_index("ix_runs_queue", "runs", ["status", sa.text("priority DESC"), "run_id"])
    op.create_index("ix_runs_snapshot_id", "runs", ["snapshot_id"])
    op.create_index("ix_bulk_runs_run_id", "bulk_runs", ["run_id"])
    op.create_index("ix_bulk_runs_new_run_id", "bulk_runs", ["new_run_id"])
    with op.batch_alter_table("steps", table_kwargs={"sqlite_with_rowid": False}) as steps:
        steps.drop_constraint("fk_steps_run_id", type_="foreignkey")
    op.create_table(
        "pruned_runs",
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("pruned_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_pruned_runs"),
    )


def downgrade() -> None:
    """Without them; runs that are being deleted are to be deleted before."""
    op.drop_table("pruned_runs")
    with op.batch_alter_table("steps", table_kwargs={"sqlite_with_rowid": False}) as steps:
        steps.create_foreign_key("fk_steps_run_id", "runs", ["run_id"], ["run_id"])
    op.drop_index("ix_bulk_runs_new_run_id", table_name="bulk_runs")
    op.drop_index("ix_bulk_runs_run_id", table_name="bulk_runs")
    op.drop_index("ix_runs_snapshot_id", table_name="runs")
    op.drop_index("ix_runs_queue", table_name="runs")
    op.drop_column("runs", "priority")
