"""Law 11, charter 2.3 and 3.5: nothing leaves to a recipient that is not entered, in force and attested that day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.company.company import Party
from data_contracts.errors import RecipientRefused
from data_contracts.officer.entries import Entry, RegisterName
from data_contracts.vocabulary import PartyRole
from tasks.rules.others.recipients import (
    LAPSED,
    NO_LONGER,
    NOT_YET,
    UNATTESTED,
    UNKNOWN,
    WITHDRAWN,
    Recipients,
    may_receive,
    receiving_party,
    refusal_of,
)
from tests.tasks.rules.examples import contracts_of

_DAY = date(2026, 3, 31)
_BROKER = Party(
    role=PartyRole.RECIPIENT,
    name="Broker SA",
    country="FR",
    authorised_from="2026-01-01",
    authorised_until="2026-12-31",
)
_HOST = Party(role=PartyRole.PROCESSOR, name="Host SAS", country="FR")
_VOCABULARY = contracts_of().vocabulary.model_copy(update={"parties": {"broker": _BROKER, "host": _HOST}})
_ASKED = {PartyRole.PROCESSOR: ["dpa"]}


def entered(register: RegisterName, key: str, **facts: str) -> Entry:
    """A row in force."""
    return Entry(register, key, facts, datetime(2026, 1, 1, tzinfo=UTC), "claire")


def recipients(**facts: Any) -> Recipients:
    """A broker that is a recipient, and a host that is a processor."""
    return Recipients(_VOCABULARY, **facts)


def attested(**facts: str) -> Recipients:
    """The same; processors need a contract, and the host's says that."""
    return recipients(required=_ASKED, attestations=[entered(RegisterName.PROCESSORS, "host/dpa", kind="dpa", **facts)])


def authorised(**facts: str) -> Recipients:
    """The same; the register of recipients says that of the broker."""
    return recipients(authorisations=[entered(RegisterName.RECIPIENTS, "broker", **facts)])


@pytest.mark.parametrize(
    ("day", "refusal"),
    [
        (date(2025, 12, 31), NOT_YET),
        (date(2026, 1, 1), ""),
        (date(2026, 12, 31), ""),
        (date(2027, 1, 1), NO_LONGER),
    ],
)
def test_first_and_last_day_count(day: date, refusal: str) -> None:
    """A recipient is in force from its first to its last day."""
    assert refusal_of(recipients(), "broker", day) == refusal
    assert may_receive(recipients(), "broker", day) is (refusal == "")


def test_party_without_days_is_always_in_force() -> None:
    """A contract without an end has no last day."""
    assert may_receive(recipients(), "host", _DAY)


def test_party_that_nobody_entered_is_refused() -> None:
    """Silence is never a yes."""
    assert refusal_of(recipients(), "nobody", _DAY) == UNKNOWN


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"authorised_from": "2026-03-31"}, ""),
        ({"authorised_from": "2026-04-01"}, NOT_YET),
        ({"authorised_until": "2026-03-31"}, ""),
        ({"authorised_until": "2026-03-30"}, NO_LONGER),
        ({"withdrawn": "2026-03-31", "reason": "breach"}, WITHDRAWN),
        ({"withdrawn": "2026-04-01", "reason": "end of contract"}, ""),
    ],
)
def test_register_of_recipients_is_heard(facts: dict[str, str], refusal: str) -> None:
    """Charter 2.3: what was entered counts beside the vocabulary, from its first to its last day."""
    assert refusal_of(authorised(**facts), "broker", _DAY) == refusal


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_register_never_widens_the_vocabulary(last: date, day: date) -> None:
    """The stricter one counts, whatever is entered."""
    wide = authorised(authorised_from="2000-01-01", authorised_until=last.isoformat())

    assert not may_receive(wide, "broker", day) or may_receive(recipients(), "broker", day)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"valid_from": "2026-03-31", "valid_until": "2026-03-31"}, ""),
        ({"valid_from": "2026-01-01"}, ""),
        ({}, ""),
        ({"valid_from": "2026-01-01", "valid_until": "2026-03-30"}, LAPSED),
        ({"valid_from": "2026-04-01"}, UNATTESTED),
    ],
)
def test_processor_needs_what_the_policy_asks(facts: dict[str, str], refusal: str) -> None:
    """Charter 3.5: a processor whose attestation has lapsed is no longer authorised."""
    assert refusal_of(attested(**facts), "host", _DAY) == refusal


def test_attestation_that_was_never_entered_is_none() -> None:
    """Nor is one of another kind or party; roles that the policy asks nothing of need none."""
    other = [entered(RegisterName.PROCESSORS, key) for key in ("host/iso27001", "broker/dpa")]

    assert refusal_of(recipients(required=_ASKED, attestations=other), "host", _DAY) == UNATTESTED
    assert refusal_of(recipients(required=_ASKED), "broker", _DAY) == ""


def test_party_in_force_is_given() -> None:
    """Who sends something asks for the party by its key."""
    assert receiving_party(recipients(), "broker", _DAY) is _BROKER


@pytest.mark.parametrize(("key", "why"), [("broker", NO_LONGER), ("marie@example.org", UNKNOWN)])
def test_refusal_says_why_and_repeats_nothing_typed(key: str, why: str) -> None:
    """The error ends in Prefect's database, so it holds codes and keys of the vocabulary alone (law 1)."""
    with pytest.raises(RecipientRefused, match=why) as refused:
        receiving_party(recipients(), key, date(2027, 1, 1))

    assert "marie" not in str(refused.value)
