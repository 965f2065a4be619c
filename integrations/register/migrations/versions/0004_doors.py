"""Doors: links, limits, an outbox, arrivals, programs and agents that make requests, what operators did."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SQLITE_TRIGGERS = (
    """CREATE TRIGGER operator_use_no_update BEFORE UPDATE ON operator_use
       BEGIN SELECT RAISE(ABORT, 'what operators did is append-only'); END""",
    """CREATE TRIGGER operator_use_no_delete BEFORE DELETE ON operator_use
       BEGIN SELECT RAISE(ABORT, 'what operators did is append-only'); END""",
)
_POSTGRES_TRIGGERS = (
    """CREATE FUNCTION operator_use_append_only() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN RAISE EXCEPTION 'what operators did is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER operator_use_append_only BEFORE UPDATE OR DELETE ON operator_use
       FOR EACH ROW EXECUTE FUNCTION operator_use_append_only()""",
    """CREATE TRIGGER operator_use_no_truncate BEFORE TRUNCATE ON operator_use
       FOR EACH STATEMENT EXECUTE FUNCTION operator_use_append_only()""",
)


def upgrade() -> None:
    """Add tables and columns, and the triggers of the operators' log."""
    _make_public_tables()
    _make_program_tables()
    _make_operator_tables()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if is_sqlite else _POSTGRES_TRIGGERS:
        op.execute(statement)


def _make_public_tables() -> None:
    op.create_table(
        "link",
        sa.Column("digest", sa.String(length=64), primary_key=True),
        sa.Column("case_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME),
    )
    op.create_index("link_of_case", "link", ["case_id", "purpose"])
    op.create_table(
        "call_count",
        sa.Column("key", sa.String(length=200), primary_key=True),
        sa.Column("window_start", _TIME, primary_key=True),
        sa.Column("window_end", _TIME, nullable=False, index=True),
        sa.Column("calls", sa.Integer(), nullable=False),
    )
    op.create_table(
        "incoming",
        sa.Column("incoming_id", sa.String(length=40), primary_key=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("response_due", sa.Date(), nullable=False),
        sa.Column("message_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("state", sa.String(length=20), nullable=False, index=True),
        sa.Column("settled_by", sa.String(length=200), nullable=False),
        sa.Column("settled_at", _TIME),
        sa.Column("note", sa.String(length=200), nullable=False),
    )


def _make_program_tables() -> None:
    op.create_table(
        "outgoing",
        sa.Column("seq", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("done_at", _TIME),
        sa.Column("note", sa.Text(), nullable=False),
        sa.UniqueConstraint("case_id", "kind", "target", "number", name="outgoing_once"),
    )
    op.create_index("outgoing_due", "outgoing", ["done_at", "next_at"])
    op.create_table(
        "case_origin",
        sa.Column("case_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), primary_key=True),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.Column("protocol", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.UniqueConstraint("client", "external_id", name="one_case_a_name"),
    )
    op.create_table(
        "agent",
        sa.Column("agent_id", sa.String(length=200), primary_key=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("verify_key", sa.String(length=200), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "webhook",
        sa.Column("name", sa.String(length=60), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("states", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
    )


def _make_operator_tables() -> None:
    with op.batch_alter_table("operator") as operators:
        operators.add_column(sa.Column("password", sa.String(length=200), nullable=False, server_default=""))
        operators.add_column(sa.Column("oidc_subject", sa.String(length=200), nullable=False, server_default=""))
    op.create_table(
        "operator_use",
        sa.Column("seq", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("operator", sa.String(length=200), nullable=False, index=True),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("where", sa.String(length=200), nullable=False),
        sa.Column("proof", sa.String(length=200), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
