"""Marks of the keys that a register was made with."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; keys that are there are marked when the register is opened next."""
    op.create_table(
        "key_mark",
        sa.Column("kind", sa.String(length=40), primary_key=True),
        sa.Column("digest", sa.String(length=64), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
    )
