"""Keys under which somebody was known before they were put right."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "former_key",
        sa.Column("account", sa.String(length=64), primary_key=True),
        sa.Column("account_kind", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), primary_key=True, index=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, index=True),
    )
