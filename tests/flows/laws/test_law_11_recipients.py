"""Law 11: nothing leaves to a recipient that is not in the register of recipients and in force that day."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from data_contracts.vocabulary import Right
from tasks.services import services, use
from tests.flows.company import House


@contextmanager
def party_is(key: str, **facts: Any) -> Iterator[None]:
    """The party of the vocabulary, with what the test says of it."""
    contracts = services().contracts
    parties = dict(contracts.vocabulary.parties)
    parties[key] = parties[key].model_copy(update=facts)
    vocabulary = contracts.vocabulary.model_copy(update={"parties": parties})
    with use(replace(services(), contracts=replace(contracts, vocabulary=vocabulary))):
        yield


@pytest.mark.parametrize("lapsed", [{"authorised_until": "2026-03-30"}, {"authorised_from": "2026-04-01"}])
def test_party_out_of_force_is_not_told(house: House, lapsed: dict[str, str]) -> None:
    """Yesterday was its last day, or tomorrow is its first: nothing leaves, it is recorded, and the notice says so."""
    case_id = house.open(Right.ERASURE)
    with party_is("helpdeskco", **lapsed):
        house.walk(case_id)

    step = house.installation.register.step(case_id, "notice.recipient.helpdeskco")
    assert step is not None
    assert step.receipt["state"] == "impossible"
    assert str(step.receipt["why"]).startswith("recipient_")
    assert not [name for name in house.outbox("eml") if "helpdeskco" in name]
    assert "Helpdesk Flandre SRL: could not be told" in house.mails()[-1]


def test_party_in_force_is_told(house: House) -> None:
    """Its last day counts."""
    case_id = house.open(Right.ERASURE)
    with party_is("helpdeskco", authorised_until="2026-03-31"):
        house.walk(case_id)

    assert [name for name in house.outbox("eml") if "helpdeskco" in name]


def test_party_that_knows_nobody_by_our_keys_cannot_be_told(house: House) -> None:
    """Art. 19: where it proves impossible, the data subject reads that."""
    case_id = house.open(Right.ERASURE)
    art19 = services().contracts.vocabulary.parties["helpdeskco"].art19
    assert art19 is not None
    with party_is("helpdeskco", art19=art19.model_copy(update={"keys": ["unheard_of"]})):
        house.walk(case_id)

    told = {n.party: n.state for n in house.installation.register.recipient_notices(case_id)}
    assert told["helpdeskco"] == "impossible"
