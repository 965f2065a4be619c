"""What an audit concludes from what it saw."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data_contracts.areas import Area, Severity
from data_contracts.company.company import Company, Party, Policy, Purpose, Vocabulary
from data_contracts.company.contract import Column, Contracts, SystemContract, Table
from data_contracts.connectors.canaries import CanaryResult, CanaryStanding, CanaryState
from data_contracts.connectors.connecting import LiveColumn, LiveReference, LiveSchema
from data_contracts.connectors.hiding import Hides, Hiding
from data_contracts.connectors.quality import Checked, ValueCheck, ValueRule
from data_contracts.gates.gates import DecisionFault, GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.officer.entries import Entry, RegisterName
from data_contracts.officer.findings import BY_SYSTEM, FindingKind, Found, Looked, area_of
from data_contracts.officer.retaining import Counted
from data_contracts.vocabulary import Gate, LegalBasis, OperatorRole, PartyRole, Sensitivity, TableErasure
from tasks.rules.officer import audit
from tasks.rules.others.recipients import Recipients

K = FindingKind
NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
DAY = NOW.date()


def a_table(
    *columns: Column, notice: str = "", recipients: tuple[str, ...] = (), purposes: tuple[str, ...] = ()
) -> Table:
    """A table of crm with personal data."""
    own = columns or (Column("email", "string"),)
    return Table("crm", "customer", own, TableErasure.DELETE, purposes, notice=notice, recipients=recipients)


def a_contract(*tables: Table) -> SystemContract:
    """The contract of crm."""
    return SystemContract("crm", "CRM", "1", "us", tables)


def a_vocabulary(**purposes: Mapping[str, Any]) -> Vocabulary:
    """A vocabulary with purposes that say what is given."""
    made = {key: Purpose(use="essential", basis=LegalBasis.CONTRACT, **facts) for key, facts in purposes.items()}
    parties = {
        "mailer": Party(role=PartyRole.PROCESSOR, name="Mailer", country="FR"),
        "partner": Party(role=PartyRole.RECIPIENT, name="Partner", country="FR", authorised_until="2026-03-30"),
    }
    company = Company(key="us", name="Us", country="FR", dpo="dpo@us.example")
    return Vocabulary(company=company, parties=parties, purposes=made, holds={}, identities={})


def an_entry(key: str, **facts: str) -> Entry:
    """A row in force of a register."""
    return Entry(RegisterName.DPIAS, key, facts, NOW, "claire")


def told(found: list[Found]) -> list[tuple[str, str]]:
    """Kind and place of each."""
    return [(one.kind.value, one.place) for one in found]


def test_every_kind_has_an_area_and_a_severity() -> None:
    """Whatever is found is known to lie somewhere, and broken evidence is the worst."""
    assert {area_of(kind) for kind in K} == set(Area)
    assert [kind for kind in K if audit.severity_of(kind) is Severity.CRITICAL] == [
        K.EVIDENCE_BROKEN,
        K.DECISION_UNPROVEN,
    ]
    assert audit.severity_of(K.VALUE_FORMAT) is Severity.MEDIUM


def test_schema_that_differs_is_told_by_place() -> None:
    """A column, a table and a referrer that nobody declared."""
    column = LiveColumn("email", "TEXT", nullable=True)
    live = LiveSchema(
        {"customer": {"email": column, "size": column}},
        (
            LiveReference("stray", ("c",), "customer", ("email",)),
            LiveReference("other", ("c",), "customer", ("email",)),
        ),
    )

    found = audit.schema_findings(
        a_contract(a_table()), live, ["stray", "alembic_version"], ignored=["*.alembic_version"]
    )

    assert sorted(told(found)) == [
        ("column_undeclared", "crm.customer.size"),
        ("referrer_undeclared", "crm.customer ← other"),
        ("referrer_undeclared", "crm.customer ← stray"),
        ("table_undeclared", "crm.stray"),
    ]
    assert {one.facts["about"] for one in found if one.kind is K.REFERRER_UNDECLARED} == {"other", "stray"}


def test_what_hides_data_is_told_by_place() -> None:
    """A trigger and a view of one table are two findings, and so are two schemas that nobody looks into."""
    column = LiveColumn("email", "TEXT", nullable=True)
    hidings = (
        Hiding(Hides.TRIGGER_WRITES, "customer", about="log"),
        Hiding(Hides.TRIGGER_WRITES, "customer", about="old.log"),
        Hiding(Hides.ROWS_UNSEEN, "customer"),
    )
    live = LiveSchema({"customer": {"email": column}}, hidings=hidings)

    found = audit.schema_findings(a_contract(a_table()), live, [], ignored=[])
    found += audit.elsewhere_findings("crm", ["old", "tools"], ignored=["*.tools"])

    assert sorted(told(found)) == [
        ("copies_written", "crm.customer ← log"),
        ("copies_written", "crm.customer ← old.log"),
        ("rows_unseen", "crm.customer"),
        ("schema_undeclared", "crm.old"),
    ]
    assert {one.severity for one in found} == {Severity.HIGH, Severity.MEDIUM}


def test_values_that_break_a_rule_are_told_with_their_number() -> None:
    """A rule that holds is nothing; one that could not be evaluated is a finding of its own (law 6)."""
    form = ValueCheck("customer", "email", ValueRule.FORMAT, "email")
    length = ValueCheck("customer", "email", ValueRule.LENGTH, "0–5")

    found = audit.value_findings("crm", [Checked(form, 3), Checked(form, 0), Checked(length, 0, is_error=True)])

    assert told(found) == [
        ("value_format", "crm.customer.email"),
        ("could_not_check", "crm.customer.email: length"),
    ]
    assert found[0].facts == {"rows": 3, "rule": "email"}


def test_retention_is_a_finding_where_something_is_due() -> None:
    """What is spared is not kept too long."""
    due = Counted("crm", "customer", "keep", "rows", over=5, spared=2)
    spared = Counted("crm", "order", "keep", "rows", over=2, spared=2)

    (found,) = audit.retention_findings([due, spared], 7)

    assert (found.place, found.facts) == ("crm.customer: keep", {"rows": 3, "spared": 2, "days": 7})


def test_personal_data_without_a_notice() -> None:
    """Charter 1.1: nothing is collected without informing; a table without personal data need not."""
    key = Column("id", "integer", is_personal=False)

    assert told(audit.notice_findings(a_contract(a_table()))) == [("notice_missing", "crm.customer")]
    assert audit.notice_findings(a_contract(a_table(notice="https://us.example/privacy"))) == []
    assert audit.notice_findings(a_contract(a_table(key))) == []


def test_purpose_without_words_in_a_language() -> None:
    """Art. 12(1): a data subject is told in each language of the organisation."""
    vocabulary = a_vocabulary(contract={"label": {"fr": "Contrat", "en": "Contract"}}, news={"label": {"en": "News"}})

    (found,) = audit.purpose_findings(vocabulary, ["fr", "en"])

    assert (found.place, found.facts) == ("news", {"languages": "fr"})


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], ("dpia_missing", "restricted, scoring")),
        ([an_entry("crm", review_on="2027-01-01")], None),
        ([an_entry("crm")], None),
        ([an_entry("crm/scoring")], ("dpia_missing", "restricted")),
        ([an_entry("billing")], ("dpia_missing", "restricted, scoring")),
        ([an_entry("crm", review_on="2026-03-30")], ("dpia_review_due", "2026-03-30")),
        ([an_entry("crm", review_on="2026-03-31")], None),
    ],
)
def test_impact_assessment_where_the_risk_is_high(entries: list[Entry], expected: tuple[str, str] | None) -> None:
    """Art. 35(1), (11): restricted data and profiling need one, whose review is not over."""
    table = a_table(Column("note", "string", sensitivity=Sensitivity.RESTRICTED), purposes=("contract", "scoring"))
    vocabulary = a_vocabulary(contract={}, scoring={"profiling": True})

    found = audit.dpia_findings(a_contract(table), vocabulary, entries, DAY)

    assert [(one.kind.value, *one.facts.values()) for one in found] == ([expected] if expected else [])


def test_system_of_little_risk_needs_no_assessment() -> None:
    """Without restricted data, profiling, special categories or decisions by software nothing is asked."""
    assert audit.dpia_findings(a_contract(a_table(purposes=("contract",))), a_vocabulary(contract={}), [], DAY) == []


def test_recipients_that_may_receive_nothing() -> None:
    """Charter 2.3, 3.5: a recipient whose time is over, a processor without or with a lapsed attestation."""
    vocabulary = a_vocabulary()
    table = a_table(recipients=("mailer", "partner"))
    contracts = Contracts({"crm": a_contract(table)}, vocabulary)
    lapsed = Entry(
        RegisterName.PROCESSORS, "mailer/dpa", {"valid_from": "2020-01-01", "valid_until": "2026-03-30"}, NOW, "c"
    )
    valid = Entry(RegisterName.PROCESSORS, "mailer/dpa", {"valid_from": "2020-01-01"}, NOW, "c")

    def found(*entries: Entry) -> list[tuple[str, str]]:
        recipients = Recipients(vocabulary, {PartyRole.PROCESSOR: ["dpa"]}, entries)
        return told(audit.recipient_findings(recipients, contracts, DAY))

    assert found() == [("attestation_missing", "mailer"), ("recipient_lapsed", "partner")]
    assert found(lapsed) == [("attestation_lapsed", "mailer"), ("recipient_lapsed", "partner")]
    assert found(valid) == [("recipient_lapsed", "partner")]


@pytest.mark.parametrize(
    ("changes", "untrained", "expected"),
    [
        ({"training_until": NOW + timedelta(days=1)}, True, []),
        ({"training_until": NOW}, True, ["training_lapsed"]),
        ({}, True, ["training_missing"]),
        ({}, False, []),
        ({"is_active": False}, True, []),
        ({"valid_until": NOW}, True, []),
        ({"valid_until": NOW + timedelta(days=1)}, True, ["training_missing"]),
    ],
)
def test_operators_in_force_are_trained(changes: Mapping[str, object], untrained: bool, expected: list[str]) -> None:  # noqa: FBT001  # a column of the table
    """Charter 3.3: who is out of force decides nothing, trained or not."""
    facts: dict[str, object] = {"valid_until": None, "training_until": None, **changes}
    operator = Operator("zoe", (OperatorRole.AGENT,), **facts)  # type: ignore[arg-type]  # facts of the table

    assert [kind for kind, _ in told(audit.training_findings([operator], NOW, untrained=untrained))] == expected


def test_chains_cases_and_gates() -> None:
    """What does not verify, what is late, and what waits."""
    gate = GateEntry("C-1", Gate.OUTAGE, "crm", "d", "", (), (), 1, NOW - timedelta(days=7, hours=1), None, "")
    fresh = GateEntry("C-2", Gate.APPROVAL, "", "d", "", (), (), 1, NOW - timedelta(days=7), None, "")

    assert told(audit.evidence_findings({"C-1": 0, "C-2": 2})) == [("evidence_broken", "C-2")]
    forged = [DecisionFault("C-1", "outage crm", "was not signed")]
    assert told(audit.decision_findings(forged)) == [("decision_unproven", "C-1 outage crm")]
    overdue = audit.overdue_findings({"C-1": -3, "C-2": 0, "C-3": None})
    assert [(one.place, one.facts["days"]) for one in overdue] == [("C-1", 3)]
    assert told(audit.gate_findings([gate, fresh], NOW, days=7)) == [("gate_waiting", "C-1 outage crm")]


def test_what_could_not_be_looked_at_is_found() -> None:
    """Law 6."""
    found = audit.could_not(K.COULD_NOT_LOOK, "crm", "SystemUnavailable")

    assert (found.severity, found.facts) == (Severity.HIGH, {"error": "SystemUnavailable"})


def test_recognised_by_what_and_where() -> None:
    """More of the same is the same finding; elsewhere, or something else, is another."""
    one = Found(K.VALUE_FORMAT, "crm.a", Severity.LOW, {"rows": 1})

    assert one.digest == Found(K.VALUE_FORMAT, "crm.a", Severity.HIGH, {"rows": 9}).digest
    assert one.digest != Found(K.VALUE_FORMAT, "crm.b", Severity.LOW).digest
    assert one.digest != Found(K.VALUE_LENGTH, "crm.a", Severity.LOW).digest


@pytest.mark.parametrize(
    ("looked", "kind", "place", "covers"),
    [
        (Looked(frozenset({(Area.SCHEMA, "crm")})), K.TABLE_UNDECLARED, "crm.stray", True),
        (Looked(frozenset({(Area.SCHEMA, "crm")})), K.VALUE_FORMAT, "crm.a.b", False),
        (Looked(frozenset({(Area.SCHEMA, "crm")})), K.TABLE_UNDECLARED, "billing.stray", False),
        (Looked(frozenset({(Area.CASES, "")})), K.CASE_OVERDUE, "C-1", True),
        (Looked(frozenset({(Area.SCHEMA, "crm")})), K.CASE_OVERDUE, "C-1", False),
        (Looked(frozenset(), frozenset({"crm"})), K.TABLE_UNDECLARED, "gone.t", True),
        (Looked(frozenset(), frozenset({"crm"})), K.TABLE_UNDECLARED, "crm.t", False),
    ],
)
def test_only_a_complete_look_tells_that_something_is_gone(
    looked: Looked,
    kind: FindingKind,
    place: str,
    covers: bool,  # noqa: FBT001  # a column of the table
) -> None:
    """What was not looked at may still be there; what is said of a system that no contract has any more is over."""
    assert looked.covers(kind, place) is covers
    assert Area.SCHEMA in BY_SYSTEM


def test_policy_says_who_and_until_when() -> None:
    """The shipped policy's days; what it does not say goes to the DPO, in thirty days."""
    from tasks.rules.officer import findings as rules  # noqa: PLC0415  # only here

    policy = Policy(
        gates={}, identity_methods={}, audit_owners={Area.SCHEMA: "admin"}, audit_due_days={Severity.HIGH: 5}
    )
    high = Found(K.TABLE_UNDECLARED, "crm.t", Severity.HIGH)
    low = Found(K.VALUE_FORMAT, "crm.t.c", Severity.LOW)

    assert (rules.owner_of(high, policy), rules.owner_of(low, policy)) == ("admin", "dpo")
    assert (rules.due_of(high, policy, DAY), rules.due_of(low, policy, DAY)) == (date(2026, 4, 5), date(2026, 4, 30))


def test_canaries_are_judged_by_their_last_result() -> None:
    """Art. 32(1)(d): none where none is allowed; late, unfinished, failed and each place by name."""
    good = CanaryResult("R-1", "crm", NOW)
    bad = replace(good, failed="no", astray=("a",), missed=("b",), left=("old.c",))
    find = audit.canary_findings

    assert find(CanaryStanding("crm", CanaryState.NOT_ALLOWED), NOW, days=40) == []
    assert find(CanaryStanding("crm", CanaryState.CLEAN, NOW, good), NOW + timedelta(days=40), days=40) == []
    (late,) = find(CanaryStanding("crm", CanaryState.CLEAN, NOW, good), NOW + timedelta(days=41), days=40)
    assert (late.kind, late.facts) == (K.CANARY_LATE, {"since": "2026-03-31", "days": 40})
    never = find(CanaryStanding("crm", CanaryState.NEVER), NOW, days=40)
    assert [(one.kind, one.facts["since"]) for one in never] == [(K.CANARY_LATE, "–")]
    assert told(find(CanaryStanding("crm", CanaryState.UNFINISHED, NOW, good, "away"), NOW, days=40)) == [
        ("canary_unfinished", "crm")
    ]
    assert told(find(CanaryStanding("crm", CanaryState.FAILED, NOW, bad), NOW, days=40)) == [
        ("canary_failed", "crm"), ("canary_astray", "crm.a"), ("canary_missed", "crm.b"), ("canary_left", "crm.old.c"),
    ]  # fmt: skip
