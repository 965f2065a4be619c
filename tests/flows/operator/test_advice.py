"""Charter 7a, Art. 39(1): the DPO's advice is part of the case: sealed, proven, read by whoever decides."""

import json
from base64 import b64decode
from datetime import timedelta

import pytest

from data_contracts.errors import AnswerRefused, CaseUnknown, RequestInvalid
from data_contracts.vocabulary import Gate, Right
from flows.doors.desk import OperatorsDoor
from flows.runs.gate_forms import description_of
from tasks.officer.advice import advice_of, give_advice, has_advice
from tests.flows.company import House

_SAID = "Erase the notes too: they say nothing that a claim could need."


def advised(house: House) -> str:
    """A case that the DPO advised on."""
    case_id = house.open(Right.ERASURE)
    house.until(Gate.APPROVAL, case_id)
    house.clock.advance(timedelta(minutes=2))
    give_advice(case_id, _SAID, operator="claire", code=house.code("claire"))
    return case_id


def test_advice_is_sealed_and_in_evidence(house: House) -> None:
    """The words in the vault; in evidence who, when and their digest."""
    case_id = advised(house)

    (text,) = advice_of(case_id)
    assert text.endswith(_SAID)
    assert "claire" in text
    envelopes, _ = house.installation.register.evidence(case_id)
    said = [json.loads(b64decode(str(one["payload"]))) for one in envelopes]
    assert "advice" in json.dumps(said)
    assert "claim could need" not in json.dumps(said)
    assert house.installation.verify_case(case_id).is_whole


def test_who_decides_is_told_of_it(house: House) -> None:
    """At the gate without the words, at the desk with them, where every look is remembered."""
    case_id = advised(house)
    entry = house.gate(case_id, Gate.APPROVAL)

    assert "The DPO has advised" in description_of(entry)
    assert _SAID not in description_of(entry)
    door = OperatorsDoor(house.installation)
    assert door.case(case_id).has_advice
    assert _SAID in door.advice(case_id, "marc")[0]
    with pytest.raises(AnswerRefused):
        door.advice(case_id, "zoe")


def test_only_the_officer_advises(house: House) -> None:
    """With a code of their own, on a case that there is, and in words."""
    case_id = house.open(Right.ACCESS)

    for who in ("marc", "zoe"):
        with pytest.raises(AnswerRefused):
            give_advice(case_id, _SAID, operator=who, code=house.code(who))
    with pytest.raises(RequestInvalid, match="no advice"):
        give_advice(case_id, "  ", operator="claire", code=house.code("claire"))
    with pytest.raises(CaseUnknown):
        give_advice("C-NONE", _SAID, operator="claire", code=house.code("claire"))
    assert not has_advice(case_id)
