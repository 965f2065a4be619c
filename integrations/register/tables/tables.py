"""The register's tables, the same on SQLite and PostgreSQL.

Times are kept in UTC and given back aware. A row of ``case`` also carries the ends of its two lists (how many moves and
evidence records there are, last digest, signed head), so that locking that one row is enough to add to either.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

DIGEST_CHARS = 64
"""SHA-256 in hex."""


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware instant, kept in UTC; SQLite has no time zones, so there it is kept without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC; a time without zone is a mistake of ours and refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "the register keeps aware times only"
            raise ValueError(message)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the base class's signature
        """The instant, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData()

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself in INTEGER keys only

cases = sa.Table(
    "case_file",
    metadata,
    sa.Column("case_id", sa.String(40), primary_key=True),
    sa.Column("right", sa.String(20), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("state", sa.String(30), nullable=False, index=True),
    sa.Column("outcome", sa.String(40), nullable=False, default=""),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("response_due", sa.Date, nullable=False, index=True),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    # A request key may be made from what a data subject sent, so only its digest is kept.
    sa.Column("request_digest", sa.String(DIGEST_CHARS), nullable=False, unique=True),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("last_record", sa.String(DIGEST_CHARS), nullable=False),
    sa.Column("head", sa.Text),
    sa.Column("is_extended", sa.Boolean, nullable=False, default=False),
    sa.Column("linked_to", sa.String(40), nullable=False, default=""),
    sa.Index("case_ended", "state", "closed_at"),
    sa.Index("case_closed", "closed_at"),
    sa.Index("case_received", "received_at"),
    sa.Index("case_of_right", "right", "state"),
)

moves = sa.Table(
    "case_move",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("origin", sa.String(30)),
    sa.Column("to_state", sa.String(30), nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Index("move_to_state", "to_state", "at"),
)

steps = sa.Table(
    "step",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("step", sa.String(200), primary_key=True),
    sa.Column("system", sa.String(200), primary_key=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("receipt", sa.JSON, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("claimed_at", UtcTime),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("envelope", sa.Text, nullable=False),
)
"""DSSE envelopes; the migration adds triggers that refuse to change or delete a row."""

leases = sa.Table(
    "lease",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("until", UtcTime, nullable=False),
)

gates = sa.Table(
    "gate",
    metadata,
    sa.Column("gate_id", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("gate", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("digest", sa.String(200), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("outcome", sa.String(40)),
    sa.Column("reference", sa.Text, nullable=False, default=""),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("is_newest", sa.Boolean, nullable=False),
    sa.Index("gate_of_case", "case_id", "gate", "subject"),
)

gate_answers = sa.Table(
    "gate_answer",
    metadata,
    sa.Column("gate_id", BIG_ID, sa.ForeignKey("gate.gate_id"), primary_key=True, autoincrement=False),
    # Law 5: two answers at one gate are two people's.
    sa.Column("operator", sa.String(200), primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("decision", sa.String(40), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("proof", sa.String(40), nullable=False),
    sa.Column("reason_digest", sa.String(DIGEST_CHARS), nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
)

operators = sa.Table(
    "operator",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("valid_until", UtcTime),
    sa.Column("training_until", UtcTime),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("locked_until", UtcTime),
    sa.Column("last_step", sa.BigInteger, nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("password", sa.String(200), nullable=False, default=""),
    sa.Column("oidc_subject", sa.String(200), nullable=False, default=""),
)

data_keys = sa.Table(
    "data_key",
    metadata,
    sa.Column("case_id", sa.String(200), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("destroyed_at", UtcTime),
)

credentials = sa.Table(
    "credential",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("set_at", UtcTime, nullable=False),
    sa.Column("set_by", sa.String(200), nullable=False),
)

# --- what outlives a case: who is meant is kept as keyed digests alone ------------------------------------------------

subject_keys = sa.Table(
    "subject_key",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True, index=True),
    sa.Column("kind", sa.String(60), nullable=False),
)

former_keys = sa.Table(
    "former_key",
    metadata,
    sa.Column("account", sa.String(DIGEST_CHARS), primary_key=True),
    sa.Column("account_kind", sa.String(60), nullable=False),
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True, index=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("until", UtcTime, nullable=False, index=True),
)

erased_keys = sa.Table(
    "erased_key",
    metadata,
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True),
    sa.Column("case_id", sa.String(40), primary_key=True, index=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("erased_at", UtcTime, nullable=False, index=True),
    sa.Column("stays", sa.Text, nullable=False),
)

recoveries = sa.Table(
    "recovery_copy",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("until", sa.Date, nullable=False, index=True),
    sa.Column("made_at", UtcTime, nullable=False),
)

stances = sa.Table(
    "stance",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("digest", sa.String(DIGEST_CHARS), nullable=False),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("purpose", sa.String(60), nullable=False),
    sa.Column("recipient", sa.String(60), nullable=False),
    sa.Column("stance", sa.String(20), nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("notice_version", sa.String(60), nullable=False),
    sa.Column("entry_key", sa.String(DIGEST_CHARS), nullable=False, unique=True),
    sa.Index("stance_of_subject", "digest", "purpose", "recipient", "seq"),
)
"""The consent and objection ledger; the migration adds triggers that refuse to change or delete a row."""

restrictions = sa.Table(
    "restriction",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True, index=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("ground", sa.String(10), nullable=False),
    sa.Column("purposes", sa.JSON, nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("lifted_at", UtcTime),
)

litigation_holds = sa.Table(
    "litigation_hold",
    metadata,
    sa.Column("hold_id", sa.String(40), primary_key=True),
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True, index=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("systems", sa.JSON, nullable=False),
    sa.Column("reference", sa.String(60), nullable=False),
    sa.Column("set_by", sa.String(200), nullable=False),
    sa.Column("set_at", UtcTime, nullable=False),
    sa.Column("lifted_by", sa.String(200), nullable=False, default=""),
    sa.Column("lifted_at", UtcTime),
)

recipient_notices = sa.Table(
    "recipient_notice",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("party", sa.String(60), primary_key=True),
    sa.Column("via", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("sent_at", UtcTime),
    sa.Column("acknowledged_at", UtcTime),
    sa.Column("reference", sa.String(200), nullable=False, default=""),
    sa.Column("chased", sa.Integer, nullable=False, default=0),
    sa.Column("chased_at", UtcTime),
)

disclosures = sa.Table(
    "disclosure",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("digest", sa.String(DIGEST_CHARS), nullable=False, index=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("recipient", sa.String(60), nullable=False),
    sa.Column("purpose", sa.String(60), nullable=False),
    sa.Column("places", sa.JSON, nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("entry_key", sa.String(DIGEST_CHARS), nullable=False, unique=True),
)

api_keys = sa.Table(
    "api_key",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("digest", sa.String(DIGEST_CHARS), nullable=False, unique=True),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("valid_until", UtcTime),
    sa.Column("is_active", sa.Boolean, nullable=False),
)

# --- doors: who comes in, and what goes out because of it -------------------------------------------------------------

links = sa.Table(
    "link",
    metadata,
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True),
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
    sa.Index("link_of_case", "case_id", "purpose"),
)

call_counts = sa.Table(
    "call_count",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("window_start", UtcTime, primary_key=True),
    sa.Column("window_end", UtcTime, nullable=False, index=True),
    sa.Column("calls", sa.Integer, nullable=False),
)

incoming = sa.Table(
    "incoming",
    metadata,
    sa.Column("incoming_id", sa.String(40), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("response_due", sa.Date, nullable=False),
    sa.Column("message_digest", sa.String(DIGEST_CHARS), nullable=False, unique=True),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("settled_by", sa.String(200), nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Column("note", sa.String(200), nullable=False),
)

outgoing = sa.Table(
    "outgoing",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("target", sa.String(200), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", UtcTime, nullable=False),
    sa.Column("done_at", UtcTime),
    sa.Column("note", sa.Text, nullable=False),
    sa.UniqueConstraint("case_id", "kind", "target", "number", name="outgoing_once"),
    sa.Index("outgoing_due", "done_at", "next_at"),
)

case_origins = sa.Table(
    "case_origin",
    metadata,
    sa.Column("case_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("client", sa.String(200), nullable=False),
    sa.Column("protocol", sa.String(20), nullable=False),
    sa.Column("external_id", sa.String(200), nullable=False),
    sa.Column("callback", sa.Text, nullable=False),
    sa.UniqueConstraint("client", "external_id", name="one_case_a_name"),
)

agents = sa.Table(
    "agent",
    metadata,
    sa.Column("agent_id", sa.String(200), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("verify_key", sa.String(200), nullable=False),
    sa.Column("token_digest", sa.String(DIGEST_CHARS), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
)

webhooks = sa.Table(
    "webhook",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("client", sa.String(200), nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("states", sa.JSON, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
)

operator_uses = sa.Table(
    "operator_use",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("operator", sa.String(200), nullable=False, index=True),
    sa.Column("what", sa.String(200), nullable=False),
    sa.Column("where", sa.String(200), nullable=False),
    sa.Column("proof", sa.String(200), nullable=False),
    sa.Column("is_accepted", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
"""What operators did; the migration adds triggers that refuse to change or delete a row."""
