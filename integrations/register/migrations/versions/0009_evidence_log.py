"""The log of all cases; the evidence that is there already becomes its first leaves."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PAGE = 1_000

_SQLITE_TRIGGERS = (
    """CREATE TRIGGER log_leaf_no_update BEFORE UPDATE ON log_leaf
       WHEN OLD.position IS NOT NULL OR NEW.leaf_id <> OLD.leaf_id OR NEW.case_id <> OLD.case_id
            OR NEW.seq <> OLD.seq OR NEW.record <> OLD.record
       BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    """CREATE TRIGGER log_leaf_no_delete BEFORE DELETE ON log_leaf
       BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    # INSERT OR REPLACE deletes without asking the trigger above.
    """CREATE TRIGGER log_leaf_no_replace BEFORE INSERT ON log_leaf
       WHEN EXISTS (SELECT 1 FROM log_leaf WHERE case_id = NEW.case_id AND seq = NEW.seq)
            OR EXISTS (SELECT 1 FROM log_leaf WHERE leaf_id = NEW.leaf_id)
       BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    *(
        f"""CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table}
            BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"""
        for table in ("log_part", "log_checkpoint", "log_origin")
        for what in ("UPDATE", "DELETE")
    ),
)
_POSTGRES_TRIGGERS = (
    """CREATE FUNCTION log_append_only() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE FUNCTION log_leaf_placed_once() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN
         IF OLD.position IS NOT NULL OR (NEW.leaf_id, NEW.case_id, NEW.seq, NEW.record)
            IS DISTINCT FROM (OLD.leaf_id, OLD.case_id, OLD.seq, OLD.record) THEN
           RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'restrict_violation';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER log_leaf_placed_once BEFORE UPDATE ON log_leaf
       FOR EACH ROW EXECUTE FUNCTION log_leaf_placed_once()""",
    """CREATE TRIGGER log_leaf_no_delete BEFORE DELETE ON log_leaf
       FOR EACH ROW EXECUTE FUNCTION log_append_only()""",
    *(
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION log_append_only()"""
        for table in ("log_part", "log_checkpoint", "log_origin")
    ),
    *(
        f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION log_append_only()"""
        for table in ("log_leaf", "log_part", "log_checkpoint", "log_origin")
    ),
)


def upgrade() -> None:
    """Make the tables, name the log, give each record its leaf; the first checkpoint gives leaves their places."""
    _make_tables()
    connection = op.get_bind()
    connection.execute(sa.text("INSERT INTO log_origin (origin) VALUES (:origin)"), {"origin": _new_origin()})
    add = sa.text("INSERT INTO log_leaf (case_id, seq, record) VALUES (:case_id, :seq, :record)")
    for leaves in _leaves(connection):
        connection.execute(add, leaves)
    for statement in _SQLITE_TRIGGERS if connection.dialect.name == "sqlite" else _POSTGRES_TRIGGERS:
        op.execute(statement)


def _make_tables() -> None:
    op.create_table("log_origin", sa.Column("origin", sa.String(length=60), primary_key=True))
    op.create_table(
        "log_leaf",
        sa.Column("leaf_id", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), unique=True),
        sa.UniqueConstraint("case_id", "seq", name="one_leaf_a_record"),
    )
    is_waiting = sa.text("position IS NULL")
    op.create_index("log_leaf_waiting", "log_leaf", ["leaf_id"], sqlite_where=is_waiting, postgresql_where=is_waiting)
    op.create_table(
        "log_part",
        sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )


def _new_origin() -> str:
    return f"rightsflow.log/{secrets.token_hex(8)}"


def _leaves(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """A leaf for each record that is kept, case by case as they were opened."""
    wanted = sa.text(
        "SELECT evidence.case_id, evidence.seq, evidence.envelope FROM evidence"
        " JOIN case_file ON case_file.case_id = evidence.case_id"
        " ORDER BY case_file.opened_at, evidence.case_id, evidence.seq"
    )
    with connection.execute(wanted, execution_options={"yield_per": _PAGE}) as rows:
        for page in rows.partitions():
            yield [{"case_id": row[0], "seq": row[1], "record": _digest(row[2])} for row in page]


def _digest(envelope: str) -> str:
    """The digest of a record's payload; of the text itself where somebody spoilt it, which a verification tells."""
    try:
        payload = base64.b64decode(json.loads(envelope)["payload"])
    except (ValueError, KeyError, TypeError):
        payload = envelope.encode()
    return hashlib.sha256(payload).hexdigest()
