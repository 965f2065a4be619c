"""Sums of how long steps took, so that figures read the steps of the last hour, and not every step there ever was."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the sums, none yet, and what finds the steps that are not in them; the watch adds up what was done before."""
    op.create_table(
        "step_tally",
        sa.Column("step", sa.String(length=200), primary_key=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("within", sa.JSON(), nullable=False),
    )
    op.create_table(
        "tally_mark",
        sa.Column("one", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("step_changed", "step", ["changed_at"])
    again = sa.text("attempts > 1")
    op.create_index("step_again", "step", ["system", "attempts"], sqlite_where=again, postgresql_where=again)
