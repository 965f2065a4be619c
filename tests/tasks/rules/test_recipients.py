"""Law 11, charter 2.3 and 3.5: nothing leaves to a recipient that is not entered and in force that day."""

from datetime import date

import pytest

from data_contracts.company import Party
from data_contracts.errors import RecipientRefused
from data_contracts.vocabulary import PartyRole
from tasks.rules.recipients import NO_LONGER, NOT_YET, UNKNOWN, may_receive, receiving_party, refusal_of
from tests.tasks.rules.examples import contracts_of

_BROKER = Party(
    role=PartyRole.RECIPIENT,
    name="Broker SA",
    country="FR",
    authorised_from="2026-01-01",
    authorised_until="2026-12-31",
)
_VOCABULARY = contracts_of().vocabulary.model_copy(update={"parties": {"broker": _BROKER}})


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
    assert refusal_of(_BROKER, day) == refusal
    assert may_receive(_BROKER, day) is (refusal == "")


def test_party_without_days_is_always_in_force() -> None:
    """A contract without an end has no last day."""
    party = Party(role=PartyRole.PROCESSOR, name="Host SAS", country="FR")

    assert may_receive(party, date(2026, 3, 31))


def test_party_that_nobody_entered_is_refused() -> None:
    """Silence is never a yes."""
    assert refusal_of(None, date(2026, 3, 31)) == UNKNOWN


def test_party_in_force_is_given() -> None:
    """Who sends something asks for the party by its key."""
    assert receiving_party(_VOCABULARY, "broker", date(2026, 3, 31)) is _BROKER


@pytest.mark.parametrize(("key", "why"), [("broker", NO_LONGER), ("marie@example.org", UNKNOWN)])
def test_refusal_says_why_and_repeats_nothing_typed(key: str, why: str) -> None:
    """The error ends in Prefect's database, so it holds codes and keys of the vocabulary alone (law 1)."""
    with pytest.raises(RecipientRefused, match=why) as refused:
        receiving_party(_VOCABULARY, key, date(2027, 1, 1))

    assert "marie" not in str(refused.value)
