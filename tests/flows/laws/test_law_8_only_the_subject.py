"""Law 8: only the subject's data; several people behind one key, shared rows, everybody else's rows."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from flows.wiring.packages import unpack_package
from tests.flows.company import House, Rows, lost

_HER_TICKETS = (
    "SELECT ticket_id FROM ticket WHERE customer_no = ? OR lower(requester_email) = ? "
    "OR replace(requester_phone, '.', '') = ?"
)
_HER_ACCOUNT = "SELECT account_id FROM account WHERE customer_no = ?"
_BY_PHONE = "SELECT customer_no, email FROM customer WHERE phone = ? AND customer_no <> ?"


@pytest.fixture
def other(house: House) -> tuple[str, str]:
    """Customer number and e-mail of the customer who gave the relative's telephone number too."""
    relative = house.company.relative
    ((number, email),) = house.ask("crm", _BY_PHONE, relative.phone, relative.customer_no)
    return number, email


def _subjects_gate(house: House, right: Right = Right.ACCESS, **identity: list[str]) -> GateEntry:
    relative = house.company.relative
    case_id = house.open(right, identity={"phone": [relative.phone], **identity}, reply_to=relative.email)
    return house.until(Gate.SUBJECTS, case_id)


def _package(house: House, case_id: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows by name of the package's JSON files."""
    with house.installation.services.vault.read(case_id, "package.zip") as blob:
        files = unpack_package(blob, folder)
    rows = {f"{file.parent.name}.{file.stem}": json.loads(file.read_text()) for file in files if file.suffix == ".json"}
    return {name: found for name, found in rows.items() if isinstance(found, list)}


def _sealed(house: House, case_id: str, *, but: tuple[str, ...] = ()) -> bytes:
    """Everything that lies in the case's vault, opened; ``but`` for blobs whose names begin so."""
    vault = house.installation.services.vault
    texts = []
    for name in (name for name in vault.names(case_id) if not name.startswith(but)):
        with vault.read(case_id, name) as blob:
            texts.append(blob.read())
    return b"\n".join(texts)


def test_one_number_of_two_people_stops_the_search(house: House) -> None:
    """Two customer numbers behind one telephone number: a person is asked, with counts and no names."""
    entry = _subjects_gate(house)

    assert "reached **2 accounts**" in entry.description
    assert entry.options[0] is Decision.REFUSE
    assert house.company.relative.phone not in entry.description
    assert house.states(entry.case_id)[-1] == "identity_verified"


def test_nothing_is_staged_while_people_think(house: House) -> None:
    """Neither rows nor a plan are there before it is known whose data these are."""
    entry = _subjects_gate(house)

    names = house.installation.services.vault.names(entry.case_id)

    assert not [name for name in names if name.startswith(("rows.", "package", "located"))]
    assert house.installation.register.step(entry.case_id, "plan") is None


def test_named_follows_only_what_the_subject_gave(house: House, other: tuple[str, str], tmp_path: Path) -> None:
    """With the own customer number given, no account of the other person is staged or disclosed.

    Tickets are whoever's proved the telephone in them.
    """
    entry = _subjects_gate(house, customer_no=[house.company.relative.customer_no])

    house.answer(entry, Decision.NAMED)
    house.until(Gate.APPROVAL, entry.case_id)

    staged = _sealed(house, entry.case_id, but=("subjects.", "search.", "rows.support"))
    assert house.company.relative.email.encode() in staged
    assert not any(mark.encode() in staged for mark in other)
    assert house.walk(entry.case_id) == "granted"
    assert [row["customer_no"] for row in _package(house, entry.case_id, tmp_path / "p")["crm.customer"]] == [
        house.company.relative.customer_no
    ]


def test_named_that_does_not_tell_them_apart_enters_neither_account(house: House) -> None:
    """A telephone number alone names both people: the question is closed, and neither customer is shown."""
    entry = _subjects_gate(house)

    house.answer(entry, Decision.NAMED)

    assert house.run(entry.case_id) is None  # nothing is left to be done, so that nobody is asked to approve it
    assert house.outcome(entry.case_id) == "nothing_found"
    assert not any(line["rows"] for line in house.plan(entry.case_id))


def test_all_takes_both_records(house: House, other: tuple[str, str], tmp_path: Path) -> None:
    """A person made sure that both records are one data subject's: both are disclosed."""
    entry = _subjects_gate(house)

    house.answer(entry, Decision.ALL)

    assert house.walk(entry.case_id) == "granted"
    found = {row["customer_no"] for row in _package(house, entry.case_id, tmp_path / "p")["crm.customer"]}
    assert found == {house.company.relative.customer_no, other[0]}


def test_refused_because_nobody_can_tell(house: House) -> None:
    """When it cannot be told whose data these are, the data subject reads why and nothing is disclosed."""
    entry = _subjects_gate(house)

    house.answer(entry, Decision.REFUSE, reason="Two people use this number; send us your customer number.")

    assert house.walk(entry.case_id) == "refused"
    assert "send us your customer number" in house.mails()[-1]
    assert house.installation.services.vault.names(entry.case_id) == []


def test_named_erasure_leaves_the_other_person_alone(house: House, other: tuple[str, str]) -> None:
    """Every row that is gone or changed was the relative's; the other customer's are identical to the bit."""
    before = house.rows()
    entry = _subjects_gate(house, Right.ERASURE, customer_no=[house.company.relative.customer_no])

    house.answer(entry, Decision.NAMED)

    assert house.walk(entry.case_id).startswith("granted")
    gone = lost(before, house.rows())
    assert "crm.customer" in gone
    assert not [row for rows in gone.values() for row in rows if set(row) & set(other)]


def test_of_the_shared_household_the_address_alone_is_disclosed(house: House, tmp_path: Path) -> None:
    """The row is another customer's too: the subject reads the address, and that the rest was left out."""
    case_id = house.open(Right.ACCESS)

    house.walk(case_id)

    package = _package(house, case_id, tmp_path / "p")
    assert "crm.household" not in package
    assert [set(row) for row in package["crm.household_shared"]] == [{"street", "postal_code", "city", "country"}]
    lines = [line for line in house.plan(case_id) if line["table"] == "household+shared"]
    left_out = {line["columns"][0]: line["note"] for line in lines if line["action"] == "leave_out"}
    assert left_out == {"household_id": "shared", "vacated_on": "shared"}


def _rows_of_the_subject(house: House) -> Rows:
    """The demo subject's rows, found by queries of the test's own, without any code of ours."""
    subject = house.company.subject
    number: set[object] = {subject.customer_no}
    cookie: set[object] = {subject.cookie_id}
    account: set[object] = set(
        *house.ask("billing", "SELECT account_id FROM account WHERE customer_no = ?", subject.customer_no)
    )
    profile: set[object] = set(*house.ask("marketing", "SELECT profile_id FROM profile WHERE email = ?", subject.email))
    invoices = {no for (no,) in house.ask("billing", "SELECT invoice_no FROM invoice WHERE account_id = ?", *account)}
    digits = "0" + subject.phone.removeprefix("+33")
    tickets = house.ask("support", _HER_TICKETS, subject.customer_no, subject.email, digits)
    systems = {"crm": number, "marketing": profile, "support": {t for (t,) in tickets}, "adtech": cookie}
    marks = systems | {"billing": account | invoices, "weblogs": number | cookie}
    mine = {path: _marked(rows, marks[path.split(".")[0]]) for path, rows in house.rows().items()}
    # Another customer's row names the subject who recommended us; the household has a second inhabitant.
    own = {row: n for row, n in mine["crm.customer"].items() if row[0] == subject.customer_no}
    return mine | {"crm.customer": Counter(own), "crm.household": Counter()}


def _marked(rows: Counter[tuple[Any, ...]], marks: set[Any]) -> Counter[tuple[Any, ...]]:
    return Counter({row: times for row, times in rows.items() if set(row) & marks})


def test_erasure_touches_the_subjects_rows_alone(house: House) -> None:
    """Rows that are gone or changed are among those that queries of our own call the subject's; nobody else's are."""
    before, mine = house.rows(), _rows_of_the_subject(house)

    house.walk(house.open(Right.ERASURE))

    gone = lost(before, house.rows())
    assert not [(path, row) for path, rows in gone.items() for row in rows - mine[path]]
    assert "crm.household" not in gone


def test_erasure_takes_all_of_the_subjects_rows_but_those_held(house: House) -> None:
    """All of the subject's is gone or emptied, but what the law keeps for ten years, and what is a partner's."""
    mine, before, subject = _rows_of_the_subject(house), house.rows(), house.company.subject
    proven = {"email": subject.email, "customer_no": subject.customer_no, "phone": subject.phone}
    proven |= {"cookie_id": subject.cookie_id}

    # Tickets hold what somebody typed: only a key that was itself proven leads there.
    house.walk(house.open(Right.ERASURE, identity={kind: [value] for kind, value in proven.items()}))

    gone = lost(before, house.rows())
    left = {path for path, rows in mine.items() if rows - gone.get(path, Counter())}
    assert left == {"billing.invoice", "billing.invoice_line", "billing.payment", "crm.energy_contract"}


def _second_customer_with_her_address(house: House) -> None:
    """Another customer turns up with the subject's e-mail address."""
    other = house.company.relative.customer_no
    house.ask("crm", "UPDATE customer SET email = ? WHERE customer_no = ?", house.company.subject.email, other)


def test_somebody_else_who_turns_up_after_approval_stops_the_erasure(house: House) -> None:
    """The look before acting reaches two people: a person is asked, and nothing is touched."""
    entry = house.until(Gate.APPROVAL, house.open(Right.ERASURE))
    house.agree(house.agree(entry))
    _second_customer_with_her_address(house)
    before = house.rows()

    waiting = house.run(entry.case_id)

    assert waiting is not None
    assert waiting.gate is Gate.SUBJECTS
    assert house.rows() == before


def test_erasure_can_still_be_refused_then(house: House) -> None:
    """When it cannot be told any more whose data these are, the approved erasure is refused and told."""
    entry = house.until(Gate.APPROVAL, house.open(Right.ERASURE))
    house.agree(house.agree(entry))
    _second_customer_with_her_address(house)

    house.answer(house.until(Gate.SUBJECTS, entry.case_id), Decision.REFUSE, reason="Two customers have this address.")

    assert house.walk(entry.case_id) == "refused"
    assert "Two customers have this address." in house.mails()[-1]


def test_refusal_stands_however_often_the_case_is_run(house: House) -> None:
    """Run again after its end, a refused case tells nobody anything and keeps its outcome."""
    entry = _subjects_gate(house)
    house.answer(entry, Decision.REFUSE, reason="Two people use this number.")
    house.walk(entry.case_id)
    mails = len(house.mails())

    assert house.walk(entry.case_id) == "refused"
    assert len(house.mails()) == mails
