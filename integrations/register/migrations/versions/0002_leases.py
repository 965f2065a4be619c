"""One process carries a case at a time: who, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of leases."""
    op.create_table(
        "lease",
        sa.Column("case_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), primary_key=True),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
