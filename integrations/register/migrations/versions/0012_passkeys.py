"""Passkeys of operators, challenges that wait for one, and where operators get mail."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "passkey",
        sa.Column("credential", sa.String(length=1400), primary_key=True),
        sa.Column("operator", sa.String(length=200), sa.ForeignKey("operator.name"), nullable=False, index=True),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge", sa.String(length=64), primary_key=True),
        sa.Column("statement", sa.JSON(), nullable=False),
        sa.Column("visit", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.create_table(
        "operator_mail",
        sa.Column("operator", sa.String(length=200), sa.ForeignKey("operator.name"), primary_key=True),
        sa.Column("address", sa.String(length=254), nullable=False),
    )
