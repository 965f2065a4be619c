"""Who may receive personal data on a day (law 11; charter 2.3, 3.5). Pure, and the one place that says it.

A recipient may receive data when all of these say so; the first that does not is the refusal:

1. it is a party of the vocabulary;
2. it was not withdrawn in the register of recipients;
3. the day lies within the days of the vocabulary and within those of the register: the stricter one counts;
4. every attestation that the policy asks of its role is in force that day (Art. 28(1)): one that was never entered
   counts as little as one that has lapsed.

Days are the organisation's local days; first and last day count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from data_contracts.company.company import Party, Vocabulary
from data_contracts.errors import RecipientRefused
from data_contracts.officer.entries import Entry
from data_contracts.vocabulary import PartyRole

UNKNOWN: Final = "recipient_unknown"
WITHDRAWN: Final = "recipient_withdrawn"
NOT_YET: Final = "recipient_not_yet_authorised"
NO_LONGER: Final = "recipient_no_longer_authorised"
UNATTESTED: Final = "recipient_attestation_missing"
LAPSED: Final = "recipient_attestation_lapsed"

_REMEDIES: Final[Mapping[str, str]] = {
    UNKNOWN: "name a party of vocabulary.yaml",
    WITHDRAWN: "see why with 'rightsflow register history recipients'",
    UNATTESTED: "enter the attestation with 'rightsflow register set processors PARTY/KIND'",
    LAPSED: "enter the new one with 'rightsflow register set processors PARTY/KIND'",
}
_OTHER_REMEDY: Final = (
    "its days stand in vocabulary.yaml (authorised_from, authorised_until) and in the register of recipients"
)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Everything that says who may receive.

    Attributes:
        required: kinds of attestations that are asked for, by role.
        attestations: rows in force of the register of processors; a key is ``party/kind``.
        authorisations: rows in force of the register of recipients; a key is a party's.
    """

    vocabulary: Vocabulary = field(repr=False)
    required: Mapping[PartyRole, Iterable[str]] = field(default_factory=dict, repr=False)
    attestations: Iterable[Entry] = field(default=(), repr=False)
    authorisations: Iterable[Entry] = field(default=(), repr=False)


def may_receive(recipients: Recipients, key: str, day: date) -> bool:
    """Whether data may go to the party of that key on that local day."""
    return not refusal_of(recipients, key, day)


def refusal_of(recipients: Recipients, key: str, day: date) -> str:
    """The code of why nothing may go to the party of that key on that day; empty when it may."""
    party = recipients.vocabulary.parties.get(key)
    if party is None:
        return UNKNOWN
    entered = next((dict(entry.facts) for entry in recipients.authorisations if entry.key == key), {})
    # ISO dates compare as text.
    on = day.isoformat()
    if _has_begun(entered.get("withdrawn"), on):
        return WITHDRAWN
    firsts = (party.authorised_from, entered.get("authorised_from"))
    lasts = (party.authorised_until, entered.get("authorised_until"))
    if any(first and on < str(first) for first in firsts):
        return NOT_YET
    if any(last and on > str(last) for last in lasts):
        return NO_LONGER
    return _unattested(recipients, key, party, on)


def receiving_party(recipients: Recipients, key: str, day: date) -> Party:
    """The party of that key, which may receive data on that day.

    Raises:
        RecipientRefused: when it may not; see the module.
    """
    party = recipients.vocabulary.parties.get(key)
    refusal = refusal_of(recipients, key, day)
    if party is None or refusal:
        raise RecipientRefused(
            f"nothing may go to this recipient on {day.isoformat()} ({refusal})",
            # A key of the vocabulary is no personal data; what is not one of them may be anything and is not repeated.
            where=key if party else "recipient",
            remedy=_REMEDIES.get(refusal, _OTHER_REMEDY),
        )
    return party


def _unattested(recipients: Recipients, key: str, party: Party, on: str) -> str:
    """Art. 28(1): only processors that give sufficient guarantees."""
    entered = {entry.key: entry.facts for entry in recipients.attestations}
    for kind in recipients.required.get(party.role, ()):
        facts = entered.get(f"{key}/{kind}")
        if facts is None or not _has_begun(facts.get("valid_from", "0"), on):
            return UNATTESTED
        last = facts.get("valid_until")
        if last and on > str(last):
            return LAPSED
    return ""


def _has_begun(first: object, on: str) -> bool:
    return bool(first) and str(first) <= on
