"""Art. 12(6) GDPR: identity is proven well enough, as the policy says for the right."""

import pytest

from data_contracts.company import Policy
from data_contracts.errors import SettingsInvalid
from data_contracts.vocabulary import Right
from tasks.rules.eligibility import accepted_methods, is_enough

POLICY = Policy(gates={}, identity_methods={Right.ACCESS: ["client_space", "call_back"], Right.ERASURE: []})


def test_method_of_the_policy_is_enough() -> None:
    """A way of checking that the policy lists for the right is enough, in the policy's order."""
    assert accepted_methods(POLICY, Right.ACCESS) == ("client_space", "call_back")
    assert is_enough(POLICY, Right.ACCESS, method="call_back")


@pytest.mark.parametrize("method", ["typed_name", "", "Call_Back"])
def test_other_method_is_not_enough(method: str) -> None:
    """A way of checking that the policy does not list proves nothing."""
    assert not is_enough(POLICY, Right.ACCESS, method=method)


@pytest.mark.parametrize("right", [Right.ERASURE, Right.OBJECTION])
def test_silent_policy_is_an_error(right: Right) -> None:
    """A policy that lists no method for a right never says yes, and says so."""
    with pytest.raises(SettingsInvalid, match=right.value):
        is_enough(POLICY, right, method="client_space")
