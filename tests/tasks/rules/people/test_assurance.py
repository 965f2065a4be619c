"""Art. 12(6): how sure we must be, and what reading a mailbox proves."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import data_contracts
from data_contracts.company.company import Policy
from data_contracts.odcs.reading.company_files import load_policy
from data_contracts.vocabulary import Assurance, Right, Sensitivity
from tasks.rules.people.assurance import (
    account_to_prove,
    assurance_needed,
    highest,
    mailbox_known_by,
    mailbox_to_prove,
    makes_sure,
)
from tasks.rules.people.eligibility import accepted_methods

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


def test_highest_is_by_sensitivity_and_not_by_name() -> None:
    """Restricted is more than confidential, whatever the alphabet says."""
    assert highest([Sensitivity.PUBLIC, Sensitivity.INTERNAL]) is Sensitivity.INTERNAL
    assert highest([Sensitivity.INTERNAL, Sensitivity.CONFIDENTIAL]) is Sensitivity.CONFIDENTIAL


def test_key_of_which_no_address_is_known_is_not_proven() -> None:
    """Law 8: an own mailbox beside a number that we know nothing of proves the mailbox's numbers alone."""
    proven = mailbox_to_prove(
        {"email": [_OWNER], "customer_no": ["1", "2"], "cookie_id": ["c"]}, {("customer_no", "1"): frozenset({_OWNER})}
    )

    assert proven is not None
    assert proven.identity == {"email": [_OWNER], "customer_no": ["1"]}
    assert proven.dropped == ["cookie_id"]


_KEYS = {"customer_no": ["1"]}


@pytest.mark.parametrize(
    ("held", "verified", "address"),
    [
        ({("customer_no", "1"): frozenset({_OWNER})}, "", _OWNER),
        (
            {("customer_no", "1"): frozenset({_OWNER})},
            f" {_OTHER.upper()} ",
            _OTHER,
        ),  # the account's own proof goes first
        ({}, _OTHER, _OTHER),
        ({("customer_no", "1"): frozenset({_OWNER}), ("cookie_id", "c"): frozenset({_OWNER})}, "", _OWNER),
    ],
)
def test_account_is_written_to_at_its_own_address(
    held: dict[tuple[str, str], frozenset[str]], verified: str, address: str
) -> None:
    """The one that it proved, in normal form; else the one that we hold."""
    proven = account_to_prove({}, _KEYS, held, verified_address=verified)

    assert proven is not None
    assert (proven.address, proven.identity, proven.dropped) == (address, _KEYS, [])


@pytest.mark.parametrize(
    ("keys", "held", "verified"),
    [
        (_KEYS, {}, ""),
        (_KEYS, {("customer_no", "1"): frozenset({_OWNER, _OTHER})}, ""),
        (_KEYS, {("customer_no", "1"): frozenset[str]()}, ""),
        (_KEYS, {}, "no address"),
        ({}, {("customer_no", "1"): frozenset({_OWNER})}, _OWNER),
    ],
    ids=["none known", "two known", "none held", "no address", "no key"],
)
def test_account_without_key_or_address_proves_nobody(
    keys: dict[str, list[str]], held: dict[tuple[str, str], frozenset[str]], verified: str
) -> None:
    """Who cannot be written to, or has no key of ours, is asked for another proof."""
    assert account_to_prove({}, keys, held, verified_address=verified) is None


def test_what_a_request_named_beyond_the_account_is_dropped_by_kind() -> None:
    """A stranger's number, or a kind that the account does not have; what the account has too stays."""
    typed = {"phone": ["+33 1"], "customer_no": ["1", "2"], "email": [_OWNER]}

    proven = account_to_prove(typed, {"customer_no": ["1"], "email": [_OWNER]}, {}, verified_address=_OWNER)

    assert proven is not None
    assert proven.dropped == ["customer_no", "phone"]


@pytest.mark.parametrize(
    ("known", "held", "named", "address"),
    [
        ([("email", " A@Example.org ")], {}, _OTHER, "a@example.org"),
        ([("customer_no", "1")], {("customer_no", "1"): frozenset({_OWNER})}, _OTHER, _OWNER),
        ([("email", _OWNER)], {("customer_no", "1"): frozenset({_OWNER})}, _OTHER, _OWNER),
        ([("email", _OWNER)], {("customer_no", "1"): frozenset({"third@example.org"})}, f" {_OTHER.upper()}", _OTHER),
        ([("customer_no", "1")], {}, _OTHER, _OTHER),
        ([("email", "no address")], {}, "no address", ""),
        ([], {}, "", ""),
    ],
)
def test_answers_go_to_the_one_address_that_knowledge_proved(
    known: list[tuple[str, str]], held: dict[tuple[str, str], frozenset[str]], named: str, address: str
) -> None:
    """Among the proven keys or held for them; the one that the request named only where there is no single other."""
    assert mailbox_known_by(known, held, named=named) == address
