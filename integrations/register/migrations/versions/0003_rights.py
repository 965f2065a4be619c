"""What the rights need beside cases: moving clocks, who is meant as digests, stances, restrictions, recipients."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SQLITE_TRIGGERS = (
    """CREATE TRIGGER stance_no_update BEFORE UPDATE ON stance
       BEGIN SELECT RAISE(ABORT, 'the ledger of stances is append-only'); END""",
    """CREATE TRIGGER stance_no_delete BEFORE DELETE ON stance
       BEGIN SELECT RAISE(ABORT, 'the ledger of stances is append-only'); END""",
)
_POSTGRES_TRIGGERS = (
    """CREATE FUNCTION stance_append_only() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN RAISE EXCEPTION 'stances are append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER stance_append_only BEFORE UPDATE OR DELETE ON stance
       FOR EACH ROW EXECUTE FUNCTION stance_append_only()""",
    """CREATE TRIGGER stance_no_truncate BEFORE TRUNCATE ON stance
       FOR EACH STATEMENT EXECUTE FUNCTION stance_append_only()""",
)


def upgrade() -> None:
    """Add columns and tables, and the triggers of the append-only ledger."""
    # Not in a batch: SQLite would make the table anew, and refuse to let go of one that other rows refer to.
    op.add_column("case_file", sa.Column("is_extended", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("case_file", sa.Column("linked_to", sa.String(length=40), nullable=False, server_default=""))
    _make_subject_tables()
    _make_stance_tables()
    _make_recipient_tables()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if is_sqlite else _POSTGRES_TRIGGERS:
        op.execute(statement)


def _make_subject_tables() -> None:
    op.create_table(
        "subject_key",
        sa.Column("case_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), primary_key=True),
        sa.Column("digest", sa.String(length=64), primary_key=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
    )
    op.create_index("ix_subject_key_digest", "subject_key", ["digest"])


def _make_stance_tables() -> None:
    op.create_table(
        "stance",
        sa.Column("seq", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("recipient", sa.String(length=60), nullable=False),
        sa.Column("stance", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("notice_version", sa.String(length=60), nullable=False),
        sa.Column("entry_key", sa.String(length=64), nullable=False, unique=True),
    )
    op.create_index("stance_of_subject", "stance", ["digest", "purpose", "recipient", "seq"])
    op.create_table(
        "restriction",
        sa.Column("case_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), primary_key=True),
        sa.Column("digest", sa.String(length=64), primary_key=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("ground", sa.String(length=10), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("lifted_at", _TIME),
    )
    op.create_index("ix_restriction_digest", "restriction", ["digest"])
    op.create_table(
        "litigation_hold",
        sa.Column("hold_id", sa.String(length=40), primary_key=True),
        sa.Column("digest", sa.String(length=64), primary_key=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("systems", sa.JSON(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.Column("set_at", _TIME, nullable=False),
        sa.Column("lifted_by", sa.String(length=200), nullable=False),
        sa.Column("lifted_at", _TIME),
    )
    op.create_index("ix_litigation_hold_digest", "litigation_hold", ["digest"])


def _make_recipient_tables() -> None:
    op.create_table(
        "recipient_notice",
        sa.Column("case_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), primary_key=True),
        sa.Column("party", sa.String(length=60), primary_key=True),
        sa.Column("via", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sent_at", _TIME),
        sa.Column("acknowledged_at", _TIME),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("chased", sa.Integer(), nullable=False),
        sa.Column("chased_at", _TIME),
    )
    op.create_table(
        "disclosure",
        sa.Column("seq", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("recipient", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("entry_key", sa.String(length=64), nullable=False, unique=True),
    )
    op.create_index("ix_disclosure_digest", "disclosure", ["digest"])
    op.create_table(
        "api_key",
        sa.Column("name", sa.String(length=60), primary_key=True),
        sa.Column("digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("valid_until", _TIME),
        sa.Column("is_active", sa.Boolean(), nullable=False),
    )
