"""Time stamps of checkpoints, and mails that were filed with a case."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SQLITE_TRIGGERS = tuple(
    f"""CREATE TRIGGER log_stamp_no_{what.lower()} BEFORE {what} ON log_stamp
        BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"""
    for what in ("UPDATE", "DELETE")
)
_POSTGRES_TRIGGERS = (
    """CREATE TRIGGER log_stamp_append_only BEFORE UPDATE OR DELETE ON log_stamp
       FOR EACH ROW EXECUTE FUNCTION log_append_only()""",
    """CREATE TRIGGER log_stamp_no_truncate BEFORE TRUNCATE ON log_stamp
       FOR EACH STATEMENT EXECUTE FUNCTION log_append_only()""",
)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "log_stamp",
        sa.Column("size", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.String(length=50), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "log_stamp_trouble",
        sa.Column("one", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_try", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
    )
    for statement in _SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else _POSTGRES_TRIGGERS:
        op.execute(statement)
