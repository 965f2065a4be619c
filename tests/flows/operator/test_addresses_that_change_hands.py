"""After an address was put right: what keeps the old one is told with its reason, and whose it was is remembered."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from data_contracts.case.request import FieldChange, Statement
from data_contracts.case.subjects import SubjectKey
from data_contracts.vocabulary import Decision, Gate, Right
from flows.watch.outbox import forget_old
from integrations.demo import DemoCompany
from tasks.case.subject_keys import subject_keys_of
from tasks.search.remembered_keys import former_keys_of, other_owner_of
from tests.flows.company import House, a_house
from tests.flows.vouching import Said, contracts_saying

_NEW = "b@example.org"


@contextmanager
def a_house_saying(seeded: tuple[Path, DemoCompany], tmp_path: Path, columns: Said) -> Iterator[House]:
    """A house whose contracts say that of their columns."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    with contextmanager(a_house)(tmp_path, company, contracts_saying(tmp_path / "contracts", columns)) as (house, _):
        yield house


def put_right(house: House, **typed: object) -> str:
    """A case that put the subject's address right."""
    statement = Statement(changes=[FieldChange(field="user.contact.email", value=_NEW)])
    case_id = house.open(Right.RECTIFICATION, statement=statement, **typed)
    house.walk(case_id)
    return case_id


_TYPED = {"rectify": None, "assertion": "self_asserted"}
_KEPT = {
    "typed into a ticket": ({"support.ticket.requester_email": _TYPED}, "support", "ticket", "This value was typed in"),
    "of another category": (
        {"support.ticket.requester_email": {**_TYPED, "category": "user.account.username"}},
        "support",
        "ticket",
        "This value was typed in",
    ),
    "received from somebody else": (
        {"marketing.profile.email": {"rectify": None, "source": "third_party"}},
        "marketing",
        "profile",
        "We received this value from somebody else",
    ),
    "worked out": (
        {"marketing.profile.email": {"rectify": None, "source": "derived"}},
        "marketing",
        "profile",
        "recorded by us or worked out by us",
    ),
}


@pytest.mark.parametrize("case", _KEPT)
def test_column_that_keeps_the_old_address_is_told_with_its_reason(
    case: str, seeded: tuple[Path, DemoCompany], tmp_path: Path
) -> None:
    """In the plan that people approve, and in the letter; the case is granted in part."""
    columns, system, table, reason = _KEPT[case]

    with a_house_saying(seeded, tmp_path, columns) as house:
        case_id = put_right(house)

        kept = [line for line in house.plan(case_id) if line["action"] == "keep" and line["rows"]]
        assert [(line["system"], line["table"]) for line in kept] == [(system, table)]
        assert house.outcome(case_id) == "granted_in_part"
        told = house.mails()[-1]
        assert reason in told
        assert "write to us and a person will look at it" not in told or "somebody else" in reason or "worked" in reason


def test_column_that_holds_the_right_address_already_is_not_told(
    seeded: tuple[Path, DemoCompany], tmp_path: Path
) -> None:
    """What is right there needs no reason."""
    typed = {"support.ticket.requester_email": {**_TYPED, "category": "user.account.username"}}

    with a_house_saying(seeded, tmp_path, typed) as house:
        subject = house.company.subject
        own = "UPDATE ticket SET requester_email = ? WHERE customer_no = ? OR lower(trim(requester_email)) = ?"
        house.ask("support", own, _NEW.upper(), subject.customer_no, subject.email)
        case_id = put_right(house)

        assert house.outcome(case_id) == "granted"
        assert not [line for line in house.plan(case_id) if line["action"] == "keep" and line["rows"]]


def _account(number: str) -> list[SubjectKey]:
    return subject_keys_of({"customer_no": [number]})


def test_former_address_is_remembered_for_its_account(house: House) -> None:
    """The account's, sealed, until the moment it was put right; nobody else's."""
    subject, other = house.company.subject, house.company.others[0]

    put_right(house)

    (former,) = former_keys_of(_account(subject.customer_no))
    assert (former.kind, former.value.lower(), former.until) == ("email", subject.email, house.clock())
    assert former_keys_of(_account(other.customer_no)) == []


def test_register_holds_no_former_address_in_clear_text(house: House) -> None:
    """Law 1 of our own register: digests and what is sealed."""
    put_right(house)

    raw = b"".join(file.read_bytes() for file in house.installation.settings.state.glob("register.db*"))
    assert house.company.subject.email.encode() not in raw.lower()


def test_later_owner_is_told_apart(house: House) -> None:
    """Whoever proves the old address today is not its former owner; however it is spelt."""
    subject, other = house.company.subject, house.company.others[0]
    put_right(house)
    theirs = _account(other.customer_no)

    assert other_owner_of("email", f" {subject.email.upper()} ", theirs) == house.clock()
    assert other_owner_of("email", subject.email, _account(subject.customer_no)) is None
    assert other_owner_of("email", other.email, theirs) is None
    assert other_owner_of("email", "no address", theirs) is None


def test_address_that_comes_back_is_no_former_one(house: House) -> None:
    """a@ → b@ → a@: what is remembered is b@ alone."""
    subject = house.company.subject
    put_right(house)
    back = Statement(changes=[FieldChange(field="user.contact.email", value=subject.email)])
    house.walk(house.open(Right.RECTIFICATION, statement=back, identity={"email": [_NEW]}))

    assert [one.value for one in former_keys_of(_account(subject.customer_no))] == [_NEW]


def test_former_address_is_forgotten_in_time(house: House) -> None:
    """After the years of the policy, by the same sweep that forgets tries."""
    put_right(house)

    house.clock.advance(timedelta(days=3 * 365 + 1))

    assert forget_old() >= 1
    assert former_keys_of(_account(house.company.subject.customer_no)) == []


def test_request_that_is_refused_is_not_remembered(house: House) -> None:
    """Nothing was put right."""
    statement = Statement(changes=[FieldChange(field="user.contact.email", value=_NEW)])
    case_id = house.open(Right.RECTIFICATION, statement=statement)
    house.answer(house.until(Gate.APPROVAL, case_id), Decision.REFUSE, reason="no")
    house.walk(case_id)

    assert former_keys_of(_account(house.company.subject.customer_no)) == []
