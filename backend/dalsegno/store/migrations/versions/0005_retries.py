"""When steps are tried again, and which failed runs are re-executed without anybody asking."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """A step that waits to be tried again now is so at once; no run that has ended so far is re-executed."""
    op.add_column("steps", sa.Column("retry_at", sa.BigInteger()))
    op.create_table(
        "automatic_retries",
        sa.Column("parent_run_id", _KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False),
        sa.Column("run_id", _KEY),
        sa.Column("refusal", sa.Text()),
        sa.ForeignKeyConstraint(["parent_run_id"], ["runs.run_id"], name="fk_automatic_retries_parent_run_id"),
        sa.PrimaryKeyConstraint("parent_run_id", name="pk_automatic_retries"),
    )
    op.create_index(
        "ix_automatic_retries_is_settled_parent_run_id", "automatic_retries", ["is_settled", "parent_run_id"]
    )


def downgrade() -> None:
    """Without both."""
    op.drop_table("automatic_retries")
    op.drop_column("steps", "retry_at")
