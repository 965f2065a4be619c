"""Charter 3.3, 3.5, 7c: what an entry is about, how it stands on a day, and of what the DPO is told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.company.company import Party, Purpose
from data_contracts.errors import RequestInvalid
from data_contracts.officer.entries import Entry, RegisterName
from data_contracts.vocabulary import LegalBasis, PartyRole
from tasks.rules.officer.registers import Ending, check_done, check_key, endings, standing, trained_until, with_kind
from tests.tasks.rules.examples import a_table, contracts_of

_P, _T, _D, _R = RegisterName.PROCESSORS, RegisterName.TRAINING, RegisterName.DPIAS, RegisterName.RECIPIENTS
_DAY = date(2026, 3, 31)
_SOON = [60, 14]
_MADE = contracts_of(a_table("customer"))
_VOCABULARY = _MADE.vocabulary.model_copy(
    update={
        "parties": {"host": Party(role=PartyRole.PROCESSOR, name="Host SAS", country="FR")},
        "purposes": {"contract": Purpose(use="essential.service", basis=LegalBasis.CONTRACT)},
    }
)
_CONTRACTS = type(_MADE)(_MADE.systems, _VOCABULARY)


def an_entry(register: RegisterName, key: str = "host/dpa", **facts: str) -> Entry:
    """A row in force."""
    return Entry(register, key, facts, datetime(2026, 1, 1, tzinfo=UTC), "claire")


@pytest.mark.parametrize(
    ("register", "key"),
    [(_P, "host/dpa"), (_P, "host/iso27001"), (_T, "ana@telco"), (_D, "crm"), (_D, "crm/contract"), (_R, "host")],
)
def test_key_names_what_is_known(register: RegisterName, key: str) -> None:
    """Parties, systems and purposes of the contracts; people are known to us by name alone."""
    check_key(register, key, _CONTRACTS)


@pytest.mark.parametrize(
    ("register", "key", "wrong"),
    [
        (_P, "host", "not written"),
        (_P, "host/", "not written"),
        (_P, "nobody/dpa", "no such system or party"),
        (_T, "Ana Example", "not written"),
        (_T, "ana/gdpr", "not written"),
        (_T, "a" * 201, "not written"),
        (_D, "erp", "no such system or party"),
        (_D, "crm/", "not written"),
        (_D, "crm/nothing", "no such purpose"),
        (_R, "host/dpa", "not written"),
        (_R, "nobody", "no such system or party"),
    ],
)
def test_key_that_names_nothing_is_refused(register: RegisterName, key: str, wrong: str) -> None:
    """An entry about nothing would be relied on by nobody, and would look as if it were."""
    with pytest.raises(RequestInvalid, match=wrong) as refused:
        check_key(register, key, _CONTRACTS)

    assert refused.value.where == f"register {register.value}"


def test_kind_is_that_of_the_key() -> None:
    """One truth: it is named in the key."""
    assert with_kind(_P, "host/dpa", {"reference": "7"}) == {"kind": "dpa", "reference": "7"}
    assert with_kind(_T, "ana", {"course": "GDPR"}) == {"course": "GDPR"}
    with pytest.raises(RequestInvalid, match="not the kind"):
        with_kind(_P, "host/dpa", {"kind": "soc2"})


def test_nothing_is_done_tomorrow() -> None:
    """What is planned is not done; facts without such a day are not asked."""
    check_done({"done_on": "2026-03-31"}, _DAY, where="training ana")
    check_done({}, _DAY, where="training ana")
    with pytest.raises(RequestInvalid, match="in the future"):
        check_done({"done_on": "2026-04-01"}, _DAY, where="training ana")


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({}, ""),
        ({"valid_until": "2026-05-31"}, ""),
        ({"valid_until": "2026-05-30"}, "60"),
        ({"valid_until": "2026-04-14"}, "14"),
        ({"valid_until": "2026-03-31"}, "14"),
        ({"valid_until": "2026-03-30"}, "overdue"),
    ],
)
def test_officer_is_told_before_and_after_the_end(facts: dict[str, str], level: str) -> None:
    """At each of the policy's days, and when it is over; its last day still counts."""
    found = list(endings([an_entry(_P, **facts)], _DAY, _SOON))

    assert [one.level for one in found] == ([level] if level else [])


def test_nothing_is_told_of_what_was_taken_out() -> None:
    """Nobody renews it."""
    gone = replace(an_entry(_P, valid_until="2026-03-30"), is_removed=True)

    assert list(endings([gone], _DAY, _SOON)) == []
    assert next(endings([an_entry(_D, "crm", review_on="2026-04-01")], _DAY, _SOON)) == Ending(
        _D, "crm", date(2026, 4, 1), "14"
    )


@pytest.mark.parametrize(
    ("register", "facts", "stands"),
    [
        (_P, {"valid_from": "2026-03-31"}, "in_force"),
        (_P, {"valid_from": "2026-04-01"}, "not_yet"),
        (_P, {"valid_until": "2026-04-30"}, "ends_soon"),
        (_P, {"valid_until": "2026-03-30"}, "ended"),
        (_R, {"authorised_from": "2026-04-01"}, "not_yet"),
        (_R, {"withdrawn": "2026-04-01"}, "in_force"),
        (_R, {"withdrawn": "2026-03-31"}, "ended"),
    ],
)
def test_entry_stands_as_its_days_say(register: RegisterName, facts: dict[str, str], stands: str) -> None:
    """First and last day count."""
    assert standing(an_entry(register, **facts), _DAY, _SOON) == stands


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["Europe/Paris", "UTC", "America/Cayenne"]))
def test_training_counts_to_the_end_of_its_last_day(last: date, zone: str) -> None:
    """In local time; and without a last day for ever."""
    moment = trained_until(last.isoformat(), zone)

    assert moment is not None
    assert timedelta(hours=10) < moment - datetime.combine(last, datetime.min.time(), UTC) < timedelta(hours=28)
    assert trained_until("", zone) is None
