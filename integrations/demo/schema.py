"""The databases behind the demo company's SQL systems, as SQLAlchemy tables for SQLite, PostgreSQL and MariaDB.

They are what ``data_contracts/systems/*.odcs.yaml`` says they are; a test compares the two. Identity and reference
columns have an index, references inside a system are foreign keys. Keys of another system have none, as in life.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
)

CRM = MetaData()
BILLING = MetaData()
MARKETING = MetaData()
SUPPORT = MetaData()

SQL_SYSTEMS = {"crm": CRM, "billing": BILLING, "marketing": MARKETING, "support": SUPPORT}
"""By system name."""

_ZONED = DateTime(timezone=True)

Table(
    "household",
    CRM,
    Column("household_id", BigInteger, primary_key=True, autoincrement=False),
    Column("street", String(160), nullable=False),
    Column("postal_code", String(10)),
    Column("city", String(80)),
    Column("country", String(2)),
    Column("vacated_on", Date),
)
Table(
    "customer",
    CRM,
    Column("customer_no", String(12), primary_key=True),
    Column("household_id", BigInteger, ForeignKey("household.household_id"), index=True),
    Column("civility", String(8)),
    Column("first_name", String(80)),
    Column("last_name", String(80), nullable=False),
    Column("birth_date", Date),
    Column("email", String(254), index=True),
    Column("phone", String(16), index=True),
    Column("postal_address", Text),
    Column("language", String(2)),
    Column("portal_login", String(64), nullable=False, unique=True),
    Column("health_priority", Boolean),
    Column("marketing_optin", Boolean, nullable=False),
    Column("churn_score", Numeric(4, 3)),
    Column("referred_by", String(12), ForeignKey("customer.customer_no", ondelete="SET NULL"), index=True),
    Column("restricted", Boolean, nullable=False),
    Column("contract_started_on", Date, nullable=False),
    Column("contract_ended_on", Date),
)
Table(
    "subscription",
    CRM,
    Column("subscription_id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_no", String(12), ForeignKey("customer.customer_no"), nullable=False, index=True),
    Column("line_number", String(16)),
    Column("plan", String(40), nullable=False),
    Column("started_on", Date, nullable=False),
    Column("ended_on", Date),
)
Table(
    "interaction",
    CRM,
    Column("interaction_id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_no", String(12), ForeignKey("customer.customer_no"), nullable=False, index=True),
    Column("occurred_at", _ZONED, nullable=False),
    Column("channel", String(12), nullable=False),
    Column("agent_login", String(40)),
    Column("note", Text),
)

Table(
    "energy_contract",
    CRM,
    Column("energy_contract_id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_no", String(12), ForeignKey("customer.customer_no"), nullable=False, index=True),
    Column("delivery_point", String(14), nullable=False),
    Column("tariff", String(24), nullable=False),
    Column("started_on", Date, nullable=False),
)

Table(
    "account",
    BILLING,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_no", String(12), nullable=False, unique=True),
    Column("billing_email", String(254), index=True),
    Column("iban", String(34)),
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("restricted", Boolean, nullable=False),
)
Table(
    "invoice",
    BILLING,
    Column("invoice_no", String(20), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("account.account_id"), nullable=False, index=True),
    Column("issued_on", Date, nullable=False),
    Column("bill_to_name", String(170)),
    Column("bill_to_address", Text),
    Column("amount_cents", BigInteger, nullable=False),
)
Table(
    "invoice_line",
    BILLING,
    Column("invoice_no", String(20), ForeignKey("invoice.invoice_no"), primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("billed_on", Date, nullable=False),
    Column("label", String(120), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
)
Table(
    "payment",
    BILLING,
    Column("payment_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account.account_id"), nullable=False, index=True),
    Column("paid_on", Date, nullable=False),
    Column("method", String(16), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
)
Table(
    "call_record",
    BILLING,
    Column("account_id", BigInteger, ForeignKey("account.account_id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("started_at", DateTime, nullable=False),
    Column("called_number", String(16)),
    Column("seconds", Integer, nullable=False),
)
Table(
    "roaming",
    BILLING,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("country", String(2), nullable=False),
    Column("network", String(40), nullable=False),
    Column("started_at", DateTime, nullable=False),
    ForeignKeyConstraint(["account_id", "seq"], ["call_record.account_id", "call_record.seq"]),
)

Table(
    "profile",
    MARKETING,
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("email", String(254), nullable=False, index=True),
    Column("customer_no", String(12), index=True),
    Column("cookie_id", String(36), index=True),
    Column("first_name", String(80)),
    Column("language", String(2)),
    Column("segment", String(40)),
    Column("opted_out", Boolean, nullable=False),
    Column("changed_on", Date, nullable=False),
    Column("restricted", Boolean, nullable=False),
)
Table(
    "consent",
    MARKETING,
    Column("profile_id", BigInteger, ForeignKey("profile.profile_id"), primary_key=True, autoincrement=False),
    Column("topic", String(24), primary_key=True),
    Column("given_at", DateTime, primary_key=True),
    Column("granted", Boolean, nullable=False),
    Column("ip_address", String(45)),
)
Table(
    "mailing",
    MARKETING,
    Column("mailing_id", BigInteger, primary_key=True, autoincrement=False),
    Column("profile_id", BigInteger, ForeignKey("profile.profile_id"), nullable=False, index=True),
    Column("campaign", String(60), nullable=False),
    Column("sent_at", DateTime, nullable=False),
    Column("opened_at", DateTime),
    Column("clicked", Boolean, nullable=False),
)

Table(
    "ticket",
    SUPPORT,
    Column("ticket_id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_no", String(12), index=True),
    Column("requester_name", String(170)),
    Column("requester_email", String(254), index=True),
    Column("requester_phone", String(24), index=True),
    Column("topic", String(120), nullable=False),
    Column("health_details", Text),
    Column("agent_login", String(40)),
    Column("opened_at", _ZONED, nullable=False),
    Column("closed_at", _ZONED),
)
Table(
    "message",
    SUPPORT,
    Column("ticket_id", BigInteger, ForeignKey("ticket.ticket_id"), primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("written_at", _ZONED, nullable=False),
    Column("author", String(12), nullable=False),
    Column("body", Text, nullable=False),
)
Table(
    "note",
    SUPPORT,
    Column("note_id", BigInteger, primary_key=True, autoincrement=False),
    Column("ticket_id", BigInteger, ForeignKey("ticket.ticket_id"), nullable=False, index=True),
    Column("agent_login", String(40), nullable=False),
    Column("noted_at", _ZONED, nullable=False),
    Column("remark", Text, nullable=False),
)
