"""Art. 12(6): how sure we must be, and what reading a mailbox proves."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import data_contracts
from data_contracts.company import Policy
from data_contracts.odcs import load_policy
from data_contracts.vocabulary import Assurance, Right, Sensitivity
from tasks.rules.assurance import assurance_needed, highest, mailbox_to_prove, makes_sure
from tasks.rules.eligibility import accepted_methods

_POLICY = load_policy(Path(data_contracts.__file__).parent)
_OWNER, _OTHER = "owner@example.org", "other@example.org"


def graded(**when: Assurance) -> Policy:
    """The shipped policy, with other demands of sensitive data."""
    return _POLICY.model_copy(update={"assurance_when": {Sensitivity(name): level for name, level in when.items()}})


@pytest.mark.parametrize(
    ("right", "sensitivity", "needed"),
    [
        (Right.ACCESS, Sensitivity.INTERNAL, Assurance.LOW),
        (Right.ACCESS, Sensitivity.CONFIDENTIAL, Assurance.SUBSTANTIAL),
        (Right.ERASURE, Sensitivity.RESTRICTED, Assurance.HIGH),
        (Right.OBJECTION, Sensitivity.RESTRICTED, Assurance.LOW),
    ],
)
def test_assurance_follows_right_and_sensitivity(right: Right, sensitivity: Sensitivity, needed: Assurance) -> None:
    """What is asked of confidential data is asked of restricted data at least; stopping a use asks for nothing more."""
    policy = graded(confidential=Assurance.SUBSTANTIAL, restricted=Assurance.HIGH)

    assert assurance_needed(policy, right, sensitivity) is needed


def test_way_that_is_not_graded_makes_little_sure() -> None:
    """Silence is never a yes."""
    assert makes_sure(_POLICY, "crystal_ball", Assurance.LOW)
    assert not makes_sure(_POLICY, "crystal_ball", Assurance.SUBSTANTIAL)


def test_sensitive_data_narrow_the_ways() -> None:
    """Of the ways that the policy names for the right, those that make sure enough."""
    ways = accepted_methods(graded(restricted=Assurance.HIGH), Right.ACCESS, sensitivity=Sensitivity.RESTRICTED)

    assert ways == ("eid", "id_document", "in_person")
    assert highest([Sensitivity.INTERNAL, Sensitivity.RESTRICTED]) is Sensitivity.RESTRICTED
    assert highest([]) is Sensitivity.PUBLIC


@pytest.mark.parametrize(
    ("typed", "held", "address", "proven"),
    [
        ({"email": [" A@Example.org "]}, {}, "a@example.org", {"email": ["a@example.org"]}),
        ({"email": ["a@example.org", "b@example.org"]}, {}, "", {}),
        ({"email": ["no address"]}, {}, "", {}),
        ({"customer_no": ["1"]}, {("customer_no", "1"): {_OWNER}}, _OWNER, {"customer_no": ["1"]}),
        ({"customer_no": ["1"]}, {("customer_no", "1"): {_OWNER, _OTHER}}, "", {}),
        ({"customer_no": ["1"]}, {("customer_no", "1"): set()}, "", {}),
        ({"email": [_OTHER], "customer_no": ["1"]}, {("customer_no", "1"): {_OWNER}}, _OWNER, {"customer_no": ["1"]}),
        (
            {"email": [_OWNER], "customer_no": ["1"]},
            {("customer_no", "1"): {_OWNER, _OTHER}},
            _OWNER,
            {"email": [_OWNER], "customer_no": ["1"]},
        ),
        (
            {"email": [_OWNER], "customer_no": ["1"], "phone": ["2"]},
            {("customer_no", "1"): {_OWNER}, ("phone", "2"): {_OTHER}},
            _OWNER,
            {"email": [_OWNER], "customer_no": ["1"]},
        ),
    ],
)
def test_mailbox_proves_what_we_hold_it_for(
    typed: dict[str, list[str]],
    held: dict[tuple[str, str], set[str]],
    address: str,
    proven: dict[str, list[str]],
) -> None:
    """A key is proven by the address that we hold for it, and by no other."""
    found = mailbox_to_prove(typed, {key: frozenset(values) for key, values in held.items()})

    assert (found.address if found else "") == address
    assert (found.identity if found else {}) == proven


_ADDRESSES = st.sampled_from([_OWNER, _OTHER, "thief@example.org"])


@given(typed=st.lists(_ADDRESSES, max_size=2), held=st.frozensets(_ADDRESSES, max_size=2))
def test_strangers_number_is_never_proven_by_an_own_mailbox(typed: list[str], held: frozenset[str]) -> None:
    """Whatever else was named, a customer number is proven by an address that we hold for it alone."""
    found = mailbox_to_prove({"email": typed, "customer_no": ["1"]}, {("customer_no", "1"): held})

    assert found is None or (found.address in held and found.identity.get("customer_no") == ["1"])
