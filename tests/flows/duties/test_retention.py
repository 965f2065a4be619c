"""Art. 5(1)(e), charter 4.1 and 4.2: what is over its period is erased, whoever's it is, and it is proven."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from data_contracts.case.request import Statement
from data_contracts.company.contract import Reference
from data_contracts.connectors.keys import Order
from data_contracts.errors import AnswerRefused, SettingsInvalid, SystemUnavailable
from data_contracts.vocabulary import Duty, Follow, Gate, RestrictionGround, Right
from flows.duties.retention import Retained, carry_out
from tasks.search.holds import lift_hold, set_hold
from tasks.services import services, use
from tests.flows.company import House, Passing, Recording, Rows, lost

OVER = {
    "crm.subscription": "SELECT * FROM subscription WHERE ended_on < '2024-03-31'",
    "crm.interaction": "SELECT * FROM interaction WHERE occurred_at < '2024-03-31'",
    "billing.invoice": "SELECT * FROM invoice WHERE issued_on < '2016-01-01'",
    "billing.call_record": "SELECT * FROM call_record WHERE started_at < '2025-03-31'",
    "billing.roaming": "SELECT * FROM roaming WHERE started_at < '2025-03-31'",
    "marketing.mailing": "SELECT * FROM mailing WHERE sent_at < '2025-02-28'",
    "marketing.consent": "SELECT * FROM consent WHERE given_at < '2023-03-31'",
}
"""What the contracts say is over on the day of these tests, asked of the databases by hand."""


def erase(house: House, system: str = "", who: str = "claire") -> Retained:
    """A run by a proven person."""
    house.clock.advance(timedelta(minutes=2))  # each code is good for once
    return carry_out(system, who, house.code(who))


def aged(house: House) -> Counter[tuple[object, ...]]:
    """The subject's call records, made older than their period together with what was added to their price abroad."""
    number = house.company.subject.customer_no
    accounts = "SELECT account_id FROM account WHERE customer_no = ?"
    for table in ("call_record", "roaming"):
        old = f"UPDATE {table} SET started_at = '2024-12-24 18:00:00.000000' WHERE account_id IN ({accounts})"  # noqa: S608  # our own words
        house.ask("billing", old, number)
    found = Counter(house.ask("billing", f"SELECT * FROM call_record WHERE account_id IN ({accounts})", number))  # noqa: S608  # as above
    assert found
    return found


def over(house: House) -> Rows:
    """Rows over their period, of tables without date traps, by table."""
    found: Rows = {}
    for place, query in OVER.items():
        with closing(sqlite3.connect(house.database(place.partition(".")[0]))) as connection:
            found[place] = Counter(connection.execute(query).fetchall())
    return found


def test_dry_run_counts_and_changes_nothing(house: House) -> None:
    """Counts by table and rule are what the databases say, and every row is as it was."""
    before = house.rows()

    counted = carry_out()

    due = {f"{line.system}.{line.table}": line.due for line in counted.lines if line.erases == "rows"}
    assert {place: due[place] for place in OVER} == {place: rows.total() for place, rows in over(house).items()}
    assert (counted.run, counted.outcome, counted.failed) == ("", "counted", {})
    assert house.rows() == before


def test_what_is_over_goes_and_nothing_else(house: House) -> None:
    """Rows over their period are gone; of tables where rows go, every other row is as it was."""
    before, due = house.rows(), over(house)
    assert sum(rows.total() for rows in due.values())

    done = erase(house)

    after = house.rows()
    assert (done.outcome, done.failed) == ("proven", {})
    assert {place: before[place] - after[place] for place in OVER} == due
    assert {place: after[place] - before[place] for place in OVER} == {place: Counter() for place in OVER}


def test_what_is_over_is_over_once(house: House) -> None:
    """Run again on the same day, nothing is due and nothing changes, pseudonyms included."""
    erase(house)
    before = house.rows()

    again = erase(house)

    assert sum(line.due - line.left for line in again.lines) == 0
    assert house.rows() == before


def test_proof_is_in_evidence(house: House) -> None:
    """The run's chain verifies and says who had it done, on which day, and what each rule found."""
    done = erase(house)

    verified = house.installation.verify_case(done.run)
    run = services().register.step(done.run, "retention", "billing")
    assert verified.is_whole
    assert [found.outcome for found in services().register.runs(Duty.RETENTION)] == ["proven"]
    assert run is not None
    assert {line["rule"] for line in run.receipt["lines"]} >= {"keep_traffic", "keep_invoices"}  # type: ignore[attr-defined]  # JSON


def test_rows_of_an_open_case_stay(house: House) -> None:
    """What a plan speaks of is not taken away under the people who decide about it; everybody else's goes."""
    theirs = aged(house)
    house.until(Gate.APPROVAL, house.open(Right.ACCESS))

    erase(house)

    assert over(house)["billing.call_record"] == theirs


def test_art_18_2_restricted_rows_stay(house: House) -> None:
    """Retention stops at a restriction: the rows stay while it lasts, and go when it was lifted."""
    theirs = aged(house)
    house.walk(house.open(Right.RESTRICTION, statement=Statement(restriction_ground=RestrictionGround.ACCURACY)))

    done = erase(house)

    assert over(house)["billing.call_record"] == theirs
    assert {line.table: line.spared for line in done.lines if line.system == "billing"}["call_record"] == theirs.total()
    assert done.outcome == "proven"


def test_art_18_1_d_rows_stay_while_an_objection_is_weighed(house: House) -> None:
    """The case has not searched yet: the data subject's rows stay all the same, and everybody else's go."""
    theirs = aged(house)
    house.until(Gate.APPROVAL, house.open(Right.OBJECTION, statement=Statement(purposes=["churn"])))

    done = erase(house)

    assert (done.outcome, done.failed) == ("proven", {})
    assert over(house)["billing.call_record"] == theirs


def test_objection_that_cannot_be_read_stops_retention(house: House) -> None:
    """Law 6: whose rows are restricted is not known, so none are erased."""
    case_id = house.open(Right.OBJECTION, statement=Statement(purposes=["churn"]))
    house.until(Gate.APPROVAL, case_id)
    services().vault.destroy(case_id)

    done = erase(house, "billing")

    assert list(done.failed) == ["billing"]
    assert over(house)["billing.call_record"]


def test_art_17_3_e_held_rows_stay_until_the_hold_is_lifted(house: House) -> None:
    """Retention stops at a litigation hold, which is set by a key and reaches what that key leads to."""
    theirs = aged(house)
    hold = set_hold(
        {"email": [house.company.subject.email]}, "CLAIM-7", ["billing"], operator="marc", code=house.code("marc")
    )

    held = erase(house)
    house.clock.advance(timedelta(minutes=2))
    lift_hold(hold.hold_id, operator="marc", code=house.code("marc"))
    kept = over(house)["billing.call_record"]
    lifted = erase(house)

    assert (held.outcome, lifted.outcome) == ("proven", "proven")
    assert kept == theirs
    assert not over(house)["billing.call_record"]
    assert services().vault.names(hold.hold_id) == []


def test_hold_that_cannot_be_read_stops_what_it_covers(house: House) -> None:
    """Law 6: whose rows must be kept is not known, so none are erased there."""
    hold = set_hold({"email": ["x@y.example"]}, "CLAIM-7", ["billing"], operator="marc", code=house.code("marc"))
    services().vault.destroy(hold.hold_id)

    done = erase(house)

    assert list(done.failed) == ["billing"]
    assert over(house)["billing.call_record"]


def test_what_another_row_refers_to_goes_after_it(house: House) -> None:
    """A call stays while what was added to its price is not over, and is told as left; the database breaks nothing."""
    aged(house)
    added = "UPDATE roaming SET started_at = '2026-01-01 08:00:00.000000' WHERE account_id IN (SELECT account_id"
    house.ask("billing", f"{added} FROM account WHERE customer_no = ?)", house.company.subject.customer_no)

    done = erase(house, "billing")

    left = {line.table: line.left for line in done.lines}["call_record"]
    assert left
    assert (done.outcome, left) == ("proven", over(house)["billing.call_record"].total())


@pytest.mark.parametrize(
    ("columns", "to_table", "to_columns"),
    [
        (("method",), "invoice", ("invoice_no",)),
        (("method", "amount_cents"), "invoice_line", ("invoice_no", "line_no")),
    ],
)
def test_lines_stay_with_their_invoice(
    house: House, columns: tuple[str, ...], to_table: str, to_columns: tuple[str, ...]
) -> None:
    """Lines without a date of their own stay while something refers to their invoice, or to one of them; others go."""
    ((number, line, count),) = house.ask(
        "billing",
        "SELECT invoice_no, min(line_no), count(*) FROM invoice_line WHERE invoice_no IN (SELECT invoice_no FROM "
        "invoice WHERE issued_on < '2016-01-01') GROUP BY invoice_no HAVING count(*) > 1 LIMIT 1",
    )
    newest = "SELECT payment_id FROM payment WHERE paid_on > '2020-01-01' LIMIT 1"
    house.ask("billing", f"UPDATE payment SET method = ?, amount_cents = ? WHERE payment_id = ({newest})", number, line)  # noqa: S608  # our own words
    refers = Reference(columns, "billing", to_table, to_columns, frozenset({Follow.FROM}))

    with changed("payment", references=(refers,)), changed("invoice_line", retentions=()):
        done = erase(house, "billing")

    left = {one.table: one.left for one in done.lines}
    old = (
        "SELECT invoice_no FROM {} WHERE invoice_no IN (SELECT invoice_no FROM invoice WHERE issued_on < '2016-01-01')"
    )
    assert (done.outcome, left["invoice"], left["invoice_line"]) == ("proven", 1, count)
    assert house.ask("billing", old.format("invoice")) == [(number,)]
    assert house.ask("billing", old.format("invoice_line")) == [(number,)] * count


@contextmanager
def changed(name: str, **facts: Any) -> Iterator[None]:
    """A table of billing whose contract says other things; of ``references``, more."""
    contracts = services().contracts
    contract = contracts.systems["billing"]
    own = contracts.table("billing", name)
    references = (*own.references, *facts.pop("references", ()))
    tables = tuple(replace(own, references=references, **facts) if one is own else one for one in contract.tables)
    systems = {**contracts.systems, "billing": replace(contract, tables=tables)}
    with use(replace(services(), contracts=replace(contracts, systems=systems))):
        yield


def test_values_go_where_rows_stay(house: House) -> None:
    """Who left more than five years ago has no name left, a login made of chance, and the number that invoices name."""
    number = house.company.subject.customer_no
    house.ask("crm", "UPDATE customer SET contract_ended_on = '2021-03-30' WHERE customer_no = ?", number)
    others = house.ask("crm", "SELECT * FROM customer WHERE customer_no <> ? AND contract_ended_on IS NULL", number)

    erase(house, "crm")

    what = "SELECT customer_no, first_name, last_name, email, length(portal_login) FROM customer WHERE customer_no = ?"
    assert house.ask("crm", what, number) == [(number, None, "***", None, 16)]
    assert house.ask("crm", "SELECT * FROM customer WHERE contract_ended_on IS NULL") == others


def test_system_that_is_not_as_declared_is_left_alone(house: House) -> None:
    """Where the live schema has drifted nothing can be proven, so nothing is erased there."""
    house.ask("support", "ALTER TABLE note RENAME TO remark")
    before = house.rows()

    done = erase(house, "support")

    assert "note" in done.failed["support"]
    assert house.rows() == before


def test_law_6_system_that_is_down_is_told_and_others_go_on(house: House, systems: Recording) -> None:
    """A run is incomplete where a system could not be looked at, and says which."""

    class Down(Passing):
        def carry_out(self, _orders: list[Order]) -> list[int]:
            raise SystemUnavailable("down", where=self.system, remedy="start it")

    systems.instead["billing"] = Down

    done = erase(house)

    assert (done.outcome, list(done.failed)) == ("incomplete", ["billing"])
    assert over(house)["billing.call_record"]
    assert not over(house)["crm.interaction"]


def test_law_7_what_remains_is_no_success(house: House, systems: Recording) -> None:
    """A system that says it erased and did not is found out by counting again."""

    class Lazy(Passing):
        def carry_out(self, orders: list[Order]) -> list[int]:
            return [0 for _ in orders]

    systems.instead["marketing"] = Lazy

    done = erase(house)

    assert "keep_mailings" in done.failed["marketing"]
    assert done.outcome == "incomplete"


def test_law_5_only_a_proven_person_with_the_role(house: House) -> None:
    """Without the role or the code nothing is erased."""
    before = house.rows()

    with pytest.raises(AnswerRefused, match="role"):
        carry_out("", "zoe", house.code("zoe"))
    with pytest.raises(AnswerRefused, match="wrong"):
        carry_out("", "claire", "000000")

    assert house.rows() == before


def test_one_system_alone(house: House) -> None:
    """Only the system that is named is touched; one that no contract has is an error."""
    before = house.rows()

    erase(house, "marketing")

    assert {place.partition(".")[0] for place in lost(before, house.rows())} == {"marketing"}
    with pytest.raises(SettingsInvalid, match="no contract"):
        carry_out("elsewhere")
