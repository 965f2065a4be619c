"""Copies of what was erased, each sealed under a key of its own until its last day is over."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "recovery_copy",
        sa.Column("case_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), primary_key=True),
        sa.Column("until", sa.Date(), nullable=False, index=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
