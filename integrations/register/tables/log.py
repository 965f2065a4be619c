"""The tables of the log of all cases; see :mod:`integrations.register.tables.tables`."""

import sqlalchemy as sa

from integrations.register.tables.tables import BIG_ID, DIGEST_CHARS, UtcTime, metadata

log_origin = sa.Table("log_origin", metadata, sa.Column("origin", sa.String(60), primary_key=True))
"""One row: the name of this register's log. Who gives leaves their places locks it."""

log_leaves = sa.Table(
    "log_leaf",
    metadata,
    sa.Column("leaf_id", BIG_ID, primary_key=True, autoincrement=True),
    # No foreign keys: a leaf outlives what it names.
    sa.Column("case_id", sa.String(40), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("record", sa.String(DIGEST_CHARS), nullable=False),
    sa.Column("position", sa.BigInteger, unique=True),
    sa.UniqueConstraint("case_id", "seq", name="one_leaf_a_record"),
)
"""The log of all cases; triggers let a leaf get a place once, and refuse everything else (docs/adr/0016)."""

_IS_WAITING = log_leaves.c.position.is_(None)
sa.Index("log_leaf_waiting", log_leaves.c.leaf_id, sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING)

log_parts = sa.Table(
    "log_part",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.String(DIGEST_CHARS), nullable=False),
)
"""Complete parts of the tree, so that a root reads a few hundred rows; triggers as above."""

log_checkpoints = sa.Table(
    "log_checkpoint",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
)
"""Signed checkpoints; triggers as above."""

log_stamps = sa.Table(
    "log_stamp",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reply", sa.LargeBinary, nullable=False),
    sa.Column("nonce", sa.String(50), nullable=False),
    sa.Column("stamped_at", UtcTime, nullable=False),
)
"""Time stamps of checkpoints; triggers as above (docs/adr/0023)."""

log_stamp_trouble = sa.Table(
    "log_stamp_trouble",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("last_try", UtcTime, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("why", sa.String(40), nullable=False),
)
"""One row while no stamp can be had."""
