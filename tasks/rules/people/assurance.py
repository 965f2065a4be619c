"""How sure we must be of who asks, and what a proof proves (Art. 12(6); law 4; charter 3.1).

In proportion: the policy names the ways that are enough for a right, from the least intrusive on, and how sure each
makes us; sensitive data that a right would show or change ask for more.

What reading a mailbox proves is that mailbox, and keys for which we hold that address. Anything else that the request
named may be somebody else's: an own address beside a stranger's customer number would otherwise open that one's data.

>>> mailbox_to_prove({"email": ["Ana@Example.org"]}, {}).address
'ana@example.org'
>>> held = {("customer_no", "LM1"): frozenset({"owner@example.org"})}
>>> proven = mailbox_to_prove({"email": ["thief@example.org"], "customer_no": ["LM1"]}, held)
>>> proven.address, proven.identity, proven.dropped
('owner@example.org', {'customer_no': ['LM1']}, ['email'])
"""

from collections.abc import Iterable, Mapping
from typing import Final

from data_contracts.case.request import ProvenSubject
from data_contracts.case.rights import FACTS_OF
from data_contracts.company.company import Policy
from data_contracts.text.normal_form import normal_form
from data_contracts.vocabulary import Assurance, Right, Sensitivity

EMAIL: Final = "email"
_LEVELS: Final = list(Assurance)
_SENSITIVITIES: Final = list(Sensitivity)

Held = Mapping[tuple[str, str], frozenset[str]]
"""E-mail addresses that we hold, in normal form, by kind and value of the key that leads to them."""


def highest(sensitivities: Iterable[Sensitivity]) -> Sensitivity:
    """The most sensitive of them; public for none."""
    return max(sensitivities, key=_SENSITIVITIES.index, default=Sensitivity.PUBLIC)


def assurance_needed(policy: Policy, right: Right, sensitivity: Sensitivity) -> Assurance:
    """How sure we must be at least, where a right reaches data of that sensitivity.

    Sensitivities below it count as well: what confidential data ask for, restricted data ask for too.
    """
    if not shows_or_changes(right):
        return Assurance.LOW
    reached = _SENSITIVITIES[: _SENSITIVITIES.index(sensitivity) + 1]
    asked = [policy.assurance_when[one] for one in reached if one in policy.assurance_when]
    return max(asked, key=_LEVELS.index, default=Assurance.LOW)


def makes_sure(policy: Policy, method: str, needed: Assurance) -> bool:
    """Whether a way of checking makes us as sure as is needed; one that the policy does not grade makes little sure."""
    return _LEVELS.index(policy.identity_assurance.get(method, Assurance.LOW)) >= _LEVELS.index(needed)


def mailbox_to_prove(typed: Mapping[str, list[str]], held: Held) -> ProvenSubject | None:
    """Which mailbox a link goes to, and which of the typed keys its reader is then proven to be.

    Args:
        typed: keys by kind, as the request named them.
        held: addresses that we hold for the typed keys other than addresses.

    Returns:
        None where no address is held, or several that the request does not tell apart.
    """
    addresses = list(dict.fromkeys(normal_form(EMAIL, value, "") for value in typed.get(EMAIL, ())))
    others = [(kind, value) for kind, values in typed.items() if kind != EMAIL for value in values]
    address = _address([one for one in addresses if one], held, has_others=bool(others))
    if not address:
        return None
    proven: dict[str, list[str]] = {EMAIL: [address]} if address in addresses else {}
    for kind, value in others:
        if address in held.get((kind, value), frozenset()):
            proven.setdefault(kind, []).append(value)
    return ProvenSubject(address=address, identity=proven, dropped=sorted(set(typed) - set(proven)))


def account_to_prove(
    typed: Mapping[str, list[str]], keys: Mapping[str, list[str]], held: Held, *, verified_address: str
) -> ProvenSubject | None:
    """Who somebody is that signed in, whatever their request named.

    Args:
        typed: keys by kind, as the request named them.
        keys: of the account.
        held: addresses that we hold for them.
        verified_address: that the account proved; empty for none.

    Returns:
        None where the account has no key, or neither it nor we know one address of its owner.

    >>> held = {("customer_no", "LM1"): frozenset({"ana@example.org"})}
    >>> account = {"customer_no": ["LM1"]}
    >>> account_to_prove({"customer_no": ["LM2"]}, account, held, verified_address="").identity
    {'customer_no': ['LM1']}
    """
    ours = frozenset[str]().union(*held.values()) if held else frozenset()
    address = normal_form(EMAIL, verified_address, "") or (next(iter(ours)) if len(ours) == 1 else "")
    if not keys or not address:
        return None
    dropped = [kind for kind, values in typed.items() if set(values) - set(keys.get(kind, ()))]
    return ProvenSubject(address=address, identity={k: list(v) for k, v in keys.items()}, dropped=sorted(dropped))


def mailbox_known_by(known: Iterable[tuple[str, str]], held: Held, *, named: str) -> str:
    """The address that answers go to, where knowledge proved some keys; empty where there is none.

    An address among the proven keys, or the one that we hold for them; one that the request named is taken only where
    the answer shows nothing.
    """
    addresses = {form for kind, value in known if kind == EMAIL and (form := normal_form(EMAIL, value, ""))}
    addresses |= frozenset[str]().union(*held.values()) if held else frozenset()
    return next(iter(addresses)) if len(addresses) == 1 else normal_form(EMAIL, named, "")


def shows_or_changes(right: Right) -> bool:
    """Whether somebody could learn, falsify or destroy a stranger's data by that right."""
    return not FACTS_OF[right].is_stranger_safe


def _address(typed: list[str], held: Held, *, has_others: bool) -> str:
    if not has_others:
        return typed[0] if len(typed) == 1 else ""
    ours = frozenset[str]().union(*held.values())
    named = [address for address in typed if address in ours]
    if len(named) == 1:
        return named[0]
    return next(iter(ours)) if len(ours) == 1 and not named else ""
