"""Who has asked for a run to be cancelled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of runs that were cancelled before it is not known."""
    op.add_column("runs", sa.Column("cancel_requested_by", sa.Text()))


def downgrade() -> None:
    """Without it."""
    op.drop_column("runs", "cancel_requested_by")
