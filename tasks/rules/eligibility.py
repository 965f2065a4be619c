"""Whether the requester's identity is proven well enough for the right that is exercised (Art. 12(6); law 4).

Which ways of checking are enough is the controller's policy, right by right: the least that removes reasonable doubt,
never more as a matter of course (EDPB 01/2022, 3.3).
"""

from data_contracts.company import Policy
from data_contracts.errors import SettingsInvalid
from data_contracts.vocabulary import Right


def accepted_methods(policy: Policy, right: Right) -> tuple[str, ...]:
    """Ways of checking identity that are enough for ``right``, in the policy's order: the least intrusive first.

    Raises:
        SettingsInvalid: when the policy names none. Silence is an error, never a yes.
    """
    methods = tuple(policy.identity_methods.get(right, ()))
    if not methods:
        raise SettingsInvalid(
            f"the policy names no way of checking identity for {right.value}",
            where="policy.yaml: identity_methods",
            remedy="list at least one method for the right",
        )
    return methods


def is_enough(policy: Policy, right: Right, *, method: str) -> bool:
    """Whether a check by ``method`` is enough for ``right``.

    Raises:
        SettingsInvalid: when the policy names no method for the right.
    """
    return method in accepted_methods(policy, right)
