"""Charter 1.1, 1.3, 3.4: what is not as declared is found, owned, told, and closed once gone; no value is told."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from data_contracts.areas import Severity
from data_contracts.connectors.connecting import LiveSchema
from data_contracts.errors import AnswerRefused, CaseUnknown, RequestInvalid, SettingsInvalid, SystemUnavailable
from data_contracts.officer.entries import RegisterName
from data_contracts.officer.findings import Finding, FindingKind, FindingMove, FindingState
from data_contracts.vocabulary import OperatorRole, Right
from flows.duties.audit import Audited, audit_report, audited, carry_out
from flows.runs.report_markdown import markdown
from integrations.register.tables.tables import evidence as evidence_table
from tasks.officer import audit_sizes
from tasks.officer.findings import accept, assign, close, tell_late_findings
from tasks.services import services, use
from tests.flows.company import House, Passing, Recording

K = FindingKind
PLANTED = "xq-planted-value-7"


def kinds(done: Audited, *wanted: FindingKind) -> list[tuple[str, str]]:
    """Kind and place of what was found, of those kinds alone where some are named."""
    found = [(one.kind, one.place) for one in done.shown.findings]
    return sorted((kind.value, place) for kind, place in found if not wanted or kind in wanted)


def one_of(house: House, kind: FindingKind) -> Finding:
    """The finding of that kind, as the register has it."""
    return next(one for one in house.installation.register.findings() if one.kind is kind)


def moves(house: House, finding: Finding) -> list[FindingMove]:
    """What became of a finding."""
    return [event.what for event in house.installation.register.finding_events(finding.finding_id)]


def who(house: House, name: str = "claire") -> dict[str, str]:
    """A person and their next code."""
    house.clock.advance(timedelta(minutes=2))
    return {"operator": name, "code": house.code(name)}


@pytest.mark.usefixtures("house")
def test_company_as_declared_has_no_faults_in_its_systems() -> None:
    """The demo company's schemas and values are as declared; what is missing is what nobody entered."""
    done = carry_out()

    assert done.shown.outcome == "complete"
    assert {one.system for one in done.shown.systems if one.is_complete} == set(services().contracts.systems)
    assert sum(one.checks for one in done.shown.systems) > 50
    missing = {"dpia_missing", "training_missing", "retention_overdue"}
    assert {kind for kind, _ in kinds(done)} <= missing


def test_search_without_an_index_is_found_where_the_table_is_large(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is read in no time needs none: the same column is a finding once its table has more rows."""
    ((rows,),) = house.ask("crm", "SELECT count(*) FROM customer")
    monkeypatch.setattr(audit_sizes, "_READ_EACH_TIME", rows)
    assert "crm.customer.email" not in [place for _, place in kinds(carry_out("crm"), K.SEARCH_UNINDEXED)]

    monkeypatch.setattr(audit_sizes, "_READ_EACH_TIME", rows - 1)

    assert ("search_unindexed", "crm.customer.email") in kinds(carry_out("crm"), K.SEARCH_UNINDEXED)


def test_planted_faults_are_found_in_their_places(house: House) -> None:
    """Charter 1.3: a wrong address, an undeclared column, an undeclared table."""
    house.ask("crm", "ALTER TABLE customer ADD COLUMN shoe_size TEXT")
    house.ask("crm", "CREATE TABLE stray (id INTEGER PRIMARY KEY, note TEXT)")
    house.ask("crm", "UPDATE customer SET email = ? WHERE customer_no = ?", PLANTED, house.company.subject.customer_no)

    done = carry_out("crm")

    wanted = (K.COLUMN_UNDECLARED, K.TABLE_UNDECLARED, K.VALUE_FORMAT)
    assert kinds(done, *wanted) == [
        ("column_undeclared", "crm.customer.shoe_size"),
        ("table_undeclared", "crm.stray"),
        ("value_format", "crm.customer.email"),
    ]
    assert one_of(house, K.VALUE_FORMAT).facts == {"rows": 1, "rule": "email"}


def test_law_1_no_planted_value_is_told(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Report, Markdown, facts, evidence, findings, ledger and logs hold counts, and no value."""
    caplog.set_level("DEBUG")
    for system, table, column in (("crm", "customer", "email"), ("crm", "customer", "language")):
        house.ask(system, f"UPDATE {table} SET {column} = ?", PLANTED)  # noqa: S608  # our own words

    done = carry_out()

    told = [json.dumps(done.facts(), default=str), markdown(audit_report(done, "fr")), markdown(audit_report(done))]
    assert K.VALUE_FORMAT.value in told[0]
    assert not [text for text in (*told, caplog.text, everything_kept(house)) if PLANTED in text]


def everything_kept(house: House) -> str:
    """Every row of the register's database, as text, payloads of evidence in clear."""
    register = house.installation.register
    rows = [
        str(row) for table in sa.inspect(register._database._engine).get_table_names() for row in _rows(house, table)
    ]
    envelopes = [envelope for name in register.evidence_cases() for envelope in register.evidence(name)[0]]
    return "".join(rows) + "".join(base64.b64decode(str(one["payload"])).decode() for one in envelopes)


def _rows(house: House, table: str) -> Sequence[Any]:
    with house.installation.register._database.read() as connection:
        return connection.execute(sa.text(f'SELECT * FROM "{table}"')).fetchall()  # noqa: S608  # names from the catalogue


def test_rows_kept_too_long_are_found(house: House) -> None:
    """Charter 4.2: what should have gone more than the grace ago is counted."""
    done = carry_out("marketing")

    (found,) = [one for one in done.shown.findings if one.place == "marketing.mailing: keep_mailings"]
    (row,) = house.ask("marketing", "SELECT count(*) FROM mailing WHERE sent_at < '2025-02-24'")
    assert (found.kind, found.facts["rows"]) == (K.RETENTION_OVERDUE, row[0])


def test_dry_run_keeps_nothing(house: House) -> None:
    """It looks, tells and forgets."""
    done = carry_out(dry_run=True)

    assert done.shown.findings
    assert house.installation.register.findings() == []
    assert house.installation.register.evidence_cases() == []
    assert "nothing was kept" in done.said


def test_found_again_is_the_same_finding(house: House) -> None:
    """A second audit recognises it, and notes its own name."""
    house.ask("crm", "CREATE TABLE stray (id INTEGER PRIMARY KEY)")
    carry_out()
    first = one_of(house, K.TABLE_UNDECLARED)

    again = carry_out()

    now = one_of(house, K.TABLE_UNDECLARED)
    assert (now.finding_id, now.first_run, now.last_run) == (first.finding_id, first.first_run, again.shown.run)
    assert moves(house, now) == [FindingMove.OPENED]
    assert (now.owner, now.due) == ("dpo", date(2026, 4, 14))


def test_gone_is_closed_and_found_again_is_opened_again(house: House) -> None:
    """What a complete look finds no longer is closed; when it is back it is opened again."""
    house.ask("crm", "CREATE TABLE stray (id INTEGER PRIMARY KEY)")
    carry_out()
    house.ask("crm", "DROP TABLE stray")
    gone = carry_out()
    closed = one_of(house, K.TABLE_UNDECLARED)
    house.ask("crm", "CREATE TABLE stray (id INTEGER PRIMARY KEY)")
    carry_out("crm")

    assert gone.shown.gone == ((K.TABLE_UNDECLARED, "crm.stray"),)
    assert closed.state is FindingState.CLOSED
    assert closed.closed_at is not None
    assert moves(house, closed) == [FindingMove.OPENED, FindingMove.GONE, FindingMove.REOPENED]
    assert one_of(house, K.TABLE_UNDECLARED).state is FindingState.OPEN


def test_law_6_system_that_is_down_is_a_finding_and_closes_nothing(house: House, systems: Recording) -> None:
    """Could not look is not nothing found: the run is incomplete, and what was found there before stays open."""
    house.ask("crm", "CREATE TABLE stray (id INTEGER PRIMARY KEY)")
    carry_out()

    class Down(Passing):
        def describe(self) -> LiveSchema:
            raise SystemUnavailable("down", where=self.system, remedy="start it")

    systems.instead["crm"] = Down
    done = carry_out()

    assert (done.shown.outcome, list(done.failed)) == ("incomplete", ["crm"])
    assert kinds(done, K.COULD_NOT_LOOK) == [("could_not_look", "crm")]
    assert one_of(house, K.TABLE_UNDECLARED).state is FindingState.OPEN
    assert house.installation.register.run(done.shown.run).outcome == "incomplete"
    del systems.instead["crm"]
    assert carry_out().shown.outcome == "complete"
    assert one_of(house, K.COULD_NOT_LOOK).state is FindingState.CLOSED


@pytest.mark.usefixtures("house")
def test_law_6_values_that_cannot_be_asked_are_a_finding() -> None:
    """A system whose schema can be seen and whose values cannot is not looked at completely."""

    class Deaf:
        def check(self, system: str, _checks: object) -> list[Any]:
            raise SystemUnavailable("broke off", where=system, remedy="try again")

    with use(replace(services(), values=Deaf())):
        done = carry_out("crm")

    assert done.shown.outcome == "incomplete"
    assert kinds(done, K.COULD_NOT_CHECK) == [("could_not_check", "crm")]


def test_missing_table_keeps_retention_from_being_counted(house: House) -> None:
    """What cannot be counted is told as such, beside what is missing."""
    house.ask("support", "ALTER TABLE note RENAME TO remark")

    done = carry_out("support")

    wanted = (K.TABLE_MISSING, K.TABLE_UNDECLARED, K.COULD_NOT_COUNT)
    assert kinds(done, *wanted) == [
        ("could_not_count", "support"),
        ("table_missing", "support.note"),
        ("table_undeclared", "support.remark"),
    ]
    assert not done.is_complete


def test_broken_chain_is_the_worst_finding(house: House) -> None:
    """Law 9: evidence that does not verify is on top of everything."""
    case_id = house.open(Right.ACCESS)
    house.run(case_id)
    with house.installation.register._database.write() as connection:
        for name in ("evidence_no_update", "evidence_no_delete"):
            connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(
            sa.delete(evidence_table).where(evidence_table.c.case_id == case_id, evidence_table.c.seq == 1)
        )

    done = carry_out()

    worst = done.shown.findings[0]
    assert (worst.kind, worst.place, worst.severity) == (K.EVIDENCE_BROKEN, case_id, Severity.CRITICAL)


def test_registers_are_looked_at(house: House) -> None:
    """Charter 3.3, 3.5, 7c: an attestation that lapsed, an assessment to review, a training that ended."""
    register = house.installation.register
    lapsed = {"kind": "dpa", "reference": "DPA-1", "valid_until": "2026-03-30"}
    register.put_entry(RegisterName.PROCESSORS, "mailer/dpa", lapsed, actor="test")
    register.put_entry(RegisterName.DPIAS, "crm", {"reference": "D-1", "review_on": "2026-03-30"}, actor="test")
    house.hire("luc", OperatorRole.AGENT, training_until=house.clock() - timedelta(days=1))
    register.remove_entry(RegisterName.PROCESSORS, "cloudlog/dpa", actor="test")

    done = carry_out()

    wanted = (K.ATTESTATION_LAPSED, K.ATTESTATION_MISSING, K.DPIA_REVIEW_DUE, K.TRAINING_LAPSED)
    assert kinds(done, *wanted) == [
        ("attestation_lapsed", "mailer"),
        ("attestation_missing", "cloudlog"),
        ("dpia_review_due", "crm"),
        ("training_lapsed", "luc"),
    ]
    assert ("dpia_missing", "crm") not in kinds(done)


def test_cases_that_are_late_and_gates_that_wait_are_found(house: House) -> None:
    """Art. 12(3): an answer past its day, and a gate nobody answers."""
    case_id = house.open(Right.ACCESS)
    house.run(case_id)
    house.clock.advance(timedelta(days=40))

    done = carry_out()

    assert kinds(done, K.CASE_OVERDUE) == [("case_overdue", case_id)]
    assert kinds(done, K.GATE_WAITING) == [("gate_waiting", f"{case_id} identity attempt:0")]


def test_people_move_findings_and_it_stays_written(house: House) -> None:
    """Art. 24(1): who took it, who accepted the risk until when and why; an audit respects it until that day."""
    house.ask("crm", "CREATE TABLE stray (id INTEGER PRIMARY KEY)")
    carry_out()
    name = one_of(house, K.TABLE_UNDECLARED).finding_id

    assign(name, "marc", **who(house))
    accept(name, date(2026, 6, 30), "goes with the migration", **who(house))
    carry_out()
    kept = one_of(house, K.TABLE_UNDECLARED)
    house.clock.advance(timedelta(days=120))
    carry_out()

    assert (kept.state, kept.owner, kept.due) == (FindingState.ACCEPTED, "marc", date(2026, 6, 30))
    assert one_of(house, K.TABLE_UNDECLARED).state is FindingState.OPEN
    events = house.installation.register.finding_events(name)
    assert [(event.what.value, event.actor) for event in events if event.what is not FindingMove.TOLD] == [
        ("opened", "rightsflow"),
        ("assigned", "claire"),
        ("accepted", "claire"),
        ("reopened", "rightsflow"),
    ]


def test_only_who_may_moves_a_finding(house: House) -> None:
    """Law 5: the role and the code are asked for; a risk is the DPO's to accept."""
    carry_out()
    name = house.installation.register.findings()[0].finding_id

    with pytest.raises(AnswerRefused, match="role"):
        close(name, "done", **who(house, "zoe"))
    with pytest.raises(AnswerRefused, match="role"):
        accept(name, date(2026, 6, 30), "no", **who(house, "marc"))
    with pytest.raises(AnswerRefused, match="wrong"):
        close(name, "done", operator="claire", code="000000")
    with pytest.raises(RequestInvalid, match="reason"):
        close(name, " ", **who(house))
    with pytest.raises(CaseUnknown):
        close("F-XXXX", "done", **who(house))
    close(name, "asked the owner", **who(house, "marc"))
    assert house.installation.register.finding(name).state is FindingState.CLOSED


def test_late_findings_are_told_to_the_officer_once(house: House) -> None:
    """Charter 7b: one mail when their day has passed, and no second one."""
    carry_out()
    house.clock.advance(timedelta(days=15))

    told, again = tell_late_findings(), tell_late_findings()

    (mail,) = [mail for mail in house.mails() if "past their day" in mail]
    assert (told > 0, again) == (True, 0)
    assert "dpia_missing" in mail
    assert "zoe" not in mail


@pytest.mark.usefixtures("house")
def test_run_that_was_cut_off_looks_on_where_it_was(systems: Recording) -> None:
    """Law 2: the same run started again keeps what was seen, and finds nothing twice."""
    first = carry_out(key="monday")
    asked = len(systems.asked)

    again = carry_out(key="monday")

    assert again.shown.run == first.shown.run
    assert len(systems.asked) == asked
    assert kinds(again) == kinds(first)


def test_evidence_of_an_audit_verifies(house: House) -> None:
    """Law 9: each look is a signed record, chained."""
    done = carry_out()

    verification = house.installation.verify_case(done.shown.run)
    assert verification.is_whole
    assert verification.records == 2 + len(services().contracts.systems) + 1 + 1


@pytest.mark.usefixtures("house")
def test_report_is_made_again_from_the_register() -> None:
    """What a run found can be printed later; a run that is none is an error."""
    done = carry_out()

    assert kinds(audited()) == kinds(done)
    assert audited(done.shown.run).shown.chains == done.shown.chains
    with pytest.raises(CaseUnknown):
        audited("R-20260101-XXXX")


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Rapport d’audit"), ("en", "Audit report"), ("nl", "Auditverslag")]
)
@pytest.mark.usefixtures("house")
def test_report_speaks_each_language(language: str, title: str) -> None:
    """It prints in each language, with what was found in its words."""
    report = audit_report(carry_out(dry_run=True), language)

    assert report.title == title
    assert services().reports.pdf(report).startswith(b"%PDF")


@pytest.mark.usefixtures("house")
def test_system_that_no_contract_has() -> None:
    """A typing mistake is no audit."""
    with pytest.raises(SettingsInvalid):
        carry_out("elsewhere")
