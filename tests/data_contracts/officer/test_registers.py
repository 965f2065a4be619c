"""What may stand in a register: dates that are days, in order, and no fact that nobody reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import RequestInvalid
from data_contracts.officer.entries import RegisterName
from data_contracts.officer.registers import FACTS, checked, ends_on, fact_names, written

_P, _T, _D, _R = RegisterName.PROCESSORS, RegisterName.TRAINING, RegisterName.DPIAS, RegisterName.RECIPIENTS
_RIGHT = {
    _P: {"kind": "dpa", "reference": "DPA-7", "valid_from": "2026-01-01", "valid_until": "2026-01-01"},
    _T: {"course": "GDPR basics", "done_on": "2026-01-01", "valid_until": "2027-01-01"},
    _D: {
        "reference": "DPIA-1",
        "done_on": "2026-01-01",
        "review_on": "2028-01-01",
        "risk": "low",
        "advice_by": "claire",
    },
    _R: {
        "authorised_from": "2026-01-01",
        "authorised_until": "2026-12-31",
        "withdrawn": "2026-06-01",
        "reason": "breach",
    },
}


@pytest.mark.parametrize("register", list(RegisterName))
def test_every_fact_is_kept_as_typed(register: RegisterName) -> None:
    """What is right is kept, all of it, in reading order; what is empty is left out."""
    kept = written(checked(register, {**_RIGHT[register], ends_on(register): " "}, where=""))

    assert written(checked(register, _RIGHT[register], where="")) == _RIGHT[register]
    assert tuple(_RIGHT[register]) == fact_names(register)
    assert set(_RIGHT[register]) - set(kept) == {ends_on(register)}


def test_every_register_has_a_model() -> None:
    """No register takes whatever it is given."""
    assert set(FACTS) == set(RegisterName)


@pytest.mark.parametrize(
    ("register", "said", "wrong"),
    [
        (_P, {"valid_until": "2025-12-31"}, "valid_until is before valid_from"),
        (_P, {"valid_until": "1798675200"}, "valid_until is no day; write it as YYYY-MM-DD"),
        (_P, {"valid_until": "2026-02-30"}, "valid_until day is out of range for month"),
        (_P, {"valid_to": "2026-02-03"}, "`valid_to` is no fact of this register"),
        (_P, {"a b": "2026-02-03"}, "a fact has no name"),
        (_P, {"reference": ""}, "reference is missing"),
        (_P, {"kind": "Sub processor"}, "kind holds a character that it cannot"),
        (_P, {"reference": "x" * 201}, "reference is longer than 200 characters"),
        (_D, {"risk": "huge"}, "risk is none of 'low', 'medium' or 'high'"),
        (_R, {"reason": ""}, "withdrawn needs its reason"),
        (_R, {"authorised_from": "", "authorised_until": "", "withdrawn": ""}, "says nothing"),
    ],
)
def test_what_is_wrong_is_told(register: RegisterName, said: dict[str, str], wrong: str) -> None:
    """Each fault by the fact it is about, and the facts that there are."""
    with pytest.raises(RequestInvalid) as refused:
        checked(register, {**_RIGHT[register], **said}, where="processors printco/dpa")

    assert wrong in refused.value.what
    assert ", ".join(fact_names(register)) in refused.value.remedy


@given(st.dates(), st.dates())
def test_days_are_kept_and_in_order(first: object, last: object) -> None:
    """Any two days of the calendar, the last not before the first."""
    said = {"course": "GDPR", "done_on": str(first), "valid_until": str(last)}

    if str(last) < str(first):
        with pytest.raises(RequestInvalid, match="before done_on"):
            checked(_T, said, where="")
    else:
        assert written(checked(_T, said, where="")) == said
