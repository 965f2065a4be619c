"""Who else may exercise which right, with what proof, and how far (LIL Art. 84 and 85; decree 2019-536 Art. 124).

* An **agent** has a special mandate of the data subject and may exercise every right.
* Rights end at death (LIL Art. 84). A **trusted third party** carries out the directives that the data subject left,
  general ones with a certified third party or particular ones with the controller (Art. 85 I). Directives may reach
  every right; a person reads how far they do.
* **Heirs**, where no directives say otherwise, may settle the estate, receive digital goods and family memories, and
  have the death taken into account (Art. 85 II): narrower than Art. 15 GDPR, and neither portability nor restriction.

A capacity is written at the gate as its proofs and, for heirs, the purpose, in words of the policy:
``acte_de_notoriete death_certificate estate``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data_contracts.case.rights import FACTS_OF
from data_contracts.company.company import Policy
from data_contracts.company.contract import Table
from data_contracts.errors import AnswerRefused, SettingsInvalid
from data_contracts.gates.gates import GateAnswer
from data_contracts.told.notices import LeftOut
from data_contracts.vocabulary import Decision, HeirPurpose, Requester, Right
from tasks.rules.act.redaction import Disclosure, Showing, Texts

_AFTER_DEATH: Final = frozenset({Requester.HEIR, Requester.TRUSTED_THIRD_PARTY})

_SCOPES: Final[Mapping[HeirPurpose, tuple[str, ...]]] = {
    HeirPurpose.ESTATE: ("user.account", "user.financial", "user.payment"),
    HeirPurpose.GOODS_AND_MEMORIES: ("user.content",),
    HeirPurpose.ACCOUNTS: ("user.account", "user.contact", "user.government_id", "user.name"),
}
"""Branches of the taxonomy that serve a purpose: what heirs are shown, and nothing else."""
_NAMING: Final = ("user.unique_id",)

ENDS_AT_DEATH: Final = "ends_at_death"
"""The reason's code, in notices and in evidence."""
BEYOND_SCOPE: Final = "requester_scope"
"""The code of why heirs are not shown a value."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """In what capacity somebody acts for the data subject, as it was shown."""

    proofs: tuple[str, ...]
    purpose: HeirPurpose | None = None


def requester_at(subject: str) -> Requester:
    """Who a gate is about, from its subject ``heir:0``: who asks, and how often they were asked for proof before."""
    return Requester(subject.partition(":")[0])


def why_not(requester: Requester, right: Right) -> str:
    """The code of why the requester can never exercise the right; empty when they can."""
    return ENDS_AT_DEATH if requester is Requester.HEIR and not FACTS_OF[right].heirs else ""


def accepted_capacities(policy: Policy, requester: Requester, right: Right) -> tuple[str, ...]:
    """Every capacity that is enough, as it is written at the gate; never empty.

    Raises:
        SettingsInvalid: when the policy names no proof for the requester. Silence is an error, never a yes.
    """
    return tuple(_capacities(policy, requester, right))


def check_capacity(
    policy: Policy, requester: Requester, right: Right, reference: str, *, before: Sequence[GateAnswer] = ()
) -> Capacity:
    """The capacity that ``reference`` names, in whatever order its words stand.

    Args:
        policy: what proves which capacity.
        requester: who acts.
        right: which right.
        reference: as typed at the gate.
        before: answers given already; who approves after others approves the same.

    Raises:
        AnswerRefused: when it is not one that the policy accepts, or not the one that others approved.
        SettingsInvalid: when the policy names no proof for the requester.
    """
    accepted = _capacities(policy, requester, right)
    found = next((name for name in accepted if set(name.split()) == set(reference.split())), "")
    if not found:
        raise AnswerRefused(
            "what was shown is not enough to act for the data subject",
            where="reference",
            remedy=f"name one of: {', '.join(accepted)}",
        )
    approved = [set(given.reference.split()) for given in before if given.decision is Decision.APPROVE]
    if any(words != set(found.split()) for words in approved):
        raise AnswerRefused(
            "somebody approved another capacity", where="reference", remedy="approve the same, or refuse with a reason"
        )
    return accepted[found]


def narrowed(showing: Showing, purpose: HeirPurpose | None) -> Showing:
    """How a right shows tables to heirs for their purpose; without one, as it shows them to the data subject."""
    if purpose is None:
        return showing

    def own(table: Table, rows: int, texts: Texts) -> Disclosure:
        return _within_scope(showing.own(table, rows, texts), table, rows, purpose)

    def shared(table: Table, rows: int) -> Disclosure:
        return _within_scope(showing.shared(table, rows), table, rows, purpose)

    return Showing(own, shared)


def _capacities(policy: Policy, requester: Requester, right: Right) -> dict[str, Capacity]:
    proofs = policy.requester_proofs.get(requester)
    if not proofs:
        raise SettingsInvalid(
            f"the policy names nothing that shows that {requester.value} may act",
            where="policy.yaml: requester_proofs",
            remedy="list at least one proof",
        )
    deaths = [(death,) for death in policy.death_proofs] if requester in _AFTER_DEATH else [()]
    purposes = FACTS_OF[right].heirs if requester is Requester.HEIR else (None,)
    found = [Capacity((proof, *death), purpose) for proof in proofs for death in deaths for purpose in purposes]
    return {" ".join((*one.proofs, *((one.purpose.value,) if one.purpose else ()))): one for one in found}


def _within_scope(shown: Disclosure, table: Table, rows: int, purpose: HeirPurpose) -> Disclosure:
    """What remains of a disclosure for the purpose of heirs; the rest is left out, and said to be.

    A key or a number that only names says nothing by itself: it is shown where something else is.
    """
    serving = {column.name for column in table.columns if _is_within(column.category, _SCOPES[purpose])}
    naming = {column.name for column in table.columns if not column.category or _is_within(column.category, _NAMING)}
    columns = tuple(name for name in shown.columns if name in serving | naming)
    if not serving & set(shown.columns) - shown.masked:
        return Disclosure((), frozenset(), (LeftOut(table.system, table.name, "", BEYOND_SCOPE, rows),) if rows else ())
    beyond = [name for name in shown.columns if name not in columns]
    left_out = (item for item in shown.left_out if item.column not in beyond)
    more = (LeftOut(table.system, table.name, name, BEYOND_SCOPE, rows) for name in beyond if rows)
    return Disclosure(columns, shown.masked & set(columns), (*left_out, *more))


def _is_within(category: str, branches: Sequence[str]) -> bool:
    return any(category == branch or category.startswith(f"{branch}.") for branch in branches)
