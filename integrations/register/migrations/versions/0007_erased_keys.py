"""The list of erasures: keyed digests of what was erased, to find it where a backup or an import brings it back."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "erased_key",
        sa.Column("digest", sa.String(length=64), primary_key=True),
        sa.Column("case_id", sa.String(length=40), primary_key=True, index=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("stays", sa.Text(), nullable=False),
    )
