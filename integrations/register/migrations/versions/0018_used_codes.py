"""Each code of an operator that was used, so that a clock that was once ahead bars none that was not."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the last code that each operator used is known already."""
    op.create_table(
        "used_code",
        sa.Column("operator", sa.String(length=200), sa.ForeignKey("operator.name"), primary_key=True),
        sa.Column("step", sa.BigInteger(), primary_key=True, autoincrement=False),
    )
