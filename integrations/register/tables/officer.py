"""Tables of the data protection officer's desk, beside those of cases (:mod:`integrations.register.tables.tables`)."""

import sqlalchemy as sa

from integrations.register.tables.tables import BIG_ID, DIGEST_CHARS, UtcTime, metadata

findings = sa.Table(
    "finding",
    metadata,
    sa.Column("finding_id", sa.String(40), primary_key=True),
    sa.Column("digest", sa.String(DIGEST_CHARS), nullable=False, unique=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("place", sa.String(200), nullable=False),
    sa.Column("severity", sa.String(20), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False, default=dict),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("first_run", sa.String(40), sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("last_run", sa.String(40), sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
)
"""What audits found; ``digest`` is of what it is about and where, so that the next audit recognises it."""

finding_events = sa.Table(
    "finding_event",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("finding_id", sa.String(40), sa.ForeignKey("finding.finding_id"), nullable=False, index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("what", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
"""What became of findings; the migration adds triggers that refuse to change or delete a row."""

register_entries = sa.Table(
    "register_entry",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("register", sa.String(40), nullable=False),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("is_removed", sa.Boolean, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Index("entry_of_register", "register", "key", "seq"),
)
"""Registers of the DPO, the newest row of a key in force; triggers refuse to change or delete a row."""

incidents = sa.Table(
    "incident",
    metadata,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("aware_at", UtcTime, nullable=False),
    sa.Column("risk", sa.String(20), nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("authority_told_at", UtcTime),
    sa.Column("authority_reference", sa.String(200), nullable=False),
    sa.Column("people_told_at", UtcTime),
    sa.Column("closed_at", UtcTime),
)

sendings = sa.Table(
    "sending",
    metadata,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(DIGEST_CHARS), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.UniqueConstraint("run_id", "digest", name="each_told_once"),
    sa.Index("sending_state", "run_id", "state", "number"),
)
"""Who is told by a run, as keyed digests; addresses lie sealed in the vault."""

approved_rules = sa.Table(
    "approved_rule",
    metadata,
    sa.Column("digest", sa.String(DIGEST_CHARS), primary_key=True),
    sa.Column("run_id", sa.String(40), sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("place", sa.String(200), nullable=False),
    sa.Column("approved_by", sa.String(200), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
"""Rules of retention that a person let erase for the first time."""
