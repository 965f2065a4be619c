"""The table of marks of keys; the shape is made by migration 0017."""

import sqlalchemy as sa

from integrations.register.tables import DIGEST_CHARS, UtcTime, metadata

key_marks = sa.Table(
    "key_mark",
    metadata,
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("retired_at", UtcTime),
)
