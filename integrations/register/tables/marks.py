"""Tables of marks of keys, and of codes that were used; made by migrations 0017 and 0018."""

import sqlalchemy as sa

from integrations.register.tables.tables import DIGEST_CHARS, UtcTime, metadata

key_marks = sa.Table(
    "key_mark",
    metadata,
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("retired_at", UtcTime),
)

used_codes = sa.Table(
    "used_code",
    metadata,
    sa.Column("operator", sa.String(200), sa.ForeignKey("operator.name"), primary_key=True),
    sa.Column("step", sa.BigInteger, primary_key=True, autoincrement=False),
)
"""Time steps whose code an operator used."""
