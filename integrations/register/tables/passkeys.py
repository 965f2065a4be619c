"""Tables of operators' passkeys; the shape is made by migration 0012."""

import sqlalchemy as sa

from integrations.register.tables.tables import UtcTime, metadata

passkeys = sa.Table(
    "passkey",
    metadata,
    sa.Column("credential", sa.String(1400), primary_key=True),
    sa.Column("operator", sa.String(200), sa.ForeignKey("operator.name"), nullable=False, index=True),
    sa.Column("label", sa.String(60), nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
)

challenges = sa.Table(
    "passkey_challenge",
    metadata,
    sa.Column("challenge", sa.String(64), primary_key=True),
    sa.Column("statement", sa.JSON, nullable=False),
    sa.Column("visit", sa.String(64), nullable=False),
    sa.Column("until", UtcTime, nullable=False, index=True),
)

operator_mails = sa.Table(
    "operator_mail",
    metadata,
    sa.Column("operator", sa.String(200), sa.ForeignKey("operator.name"), primary_key=True),
    sa.Column("address", sa.String(254), nullable=False),
)
