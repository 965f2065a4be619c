"""The data protection officer's desk: findings of audits, registers, incidents and who was told, rules of retention."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_APPEND_ONLY = {"finding_event": "what became of findings", "register_entry": "the registers"}


def upgrade() -> None:
    """Add tables, and the triggers of those that are append-only."""
    _make_audit_tables()
    _make_registers()
    _make_incident_tables()
    _make_retention_tables()
    op.add_column("step", sa.Column("claimed_at", _TIME))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, what in _APPEND_ONLY.items():
        for statement in (_sqlite_triggers if is_sqlite else _postgres_triggers)(table, what):
            op.execute(statement)


def _make_audit_tables() -> None:
    op.create_table(
        "finding",
        sa.Column("finding_id", sa.String(length=40), primary_key=True),
        # What it is about and where: the next audit recognises it by this.
        sa.Column("digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False, index=True),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("first_run", sa.String(length=40), sa.ForeignKey("case_file.case_id"), nullable=False),
        sa.Column("last_run", sa.String(length=40), sa.ForeignKey("case_file.case_id"), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
    )
    op.create_table(
        "finding_event",
        sa.Column("seq", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("finding_id", sa.String(length=40), sa.ForeignKey("finding.finding_id"), nullable=False, index=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )


def _make_registers() -> None:
    op.create_table(
        "register_entry",
        sa.Column("seq", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("register", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
    )
    op.create_index("entry_of_register", "register_entry", ["register", "key", "seq"])


def _make_incident_tables() -> None:
    op.create_table(
        "incident",
        sa.Column("run_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), primary_key=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("aware_at", _TIME, nullable=False),
        sa.Column("risk", sa.String(length=20), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("authority_told_at", _TIME),
        sa.Column("authority_reference", sa.String(length=200), nullable=False),
        sa.Column("people_told_at", _TIME),
        sa.Column("closed_at", _TIME),
    )
    op.create_table(
        "sending",
        sa.Column("run_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        # Whom: a keyed digest; the address lies sealed in the vault.
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.UniqueConstraint("run_id", "digest", name="each_told_once"),
    )
    op.create_index("sending_state", "sending", ["run_id", "state", "number"])


def _make_retention_tables() -> None:
    op.create_table(
        "approved_rule",
        sa.Column("digest", sa.String(length=64), primary_key=True),
        sa.Column("run_id", sa.String(length=40), sa.ForeignKey("case_file.case_id"), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )


def _sqlite_triggers(table: str, what: str) -> list[str]:
    raised = f"BEGIN SELECT RAISE(ABORT, '{what} are append-only'); END"
    return [
        f"CREATE TRIGGER {table}_no_{change} BEFORE {change} ON {table} {raised}" for change in ("update", "delete")
    ]


def _postgres_triggers(table: str, what: str) -> list[str]:
    name = f"{table}_append_only"
    raised = f"RAISE EXCEPTION '{what} are append-only' USING ERRCODE = 'restrict_violation'"
    each, all_rows = f"FOR EACH ROW EXECUTE FUNCTION {name}()", f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raised}; END $$",
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} {each}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {all_rows}",
    ]
