"""The elements of dynamic outputs, kept with the steps that gave them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new column, NULL in every row that is there: no step has had dynamic outputs so far."""
    op.add_column("steps", sa.Column("expansions", sa.Text()))


def downgrade() -> None:
    """Without it."""
    op.drop_column("steps", "expansions")
