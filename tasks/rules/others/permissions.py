"""May data be used for a purpose, or shared with a recipient for it (charter 2.4, Art. 7, 18, 21)?

Pure; silence is never a yes. What is asked, in this order, and the first *no* ends it:

1. sharing: is the recipient entered and authorised that day (law 11)?
2. Art. 18(2): is a restriction in force, and is the use none of those that it lets through?
3. Art. 21: does an objection stand? It counts against every purpose but those of a contract, a legal obligation or
   vital interests; against direct marketing always; against going to a partner also where a contract is the basis.
4. Art. 6(1)(a): does a consent stand, where it is the basis?
5. sharing with a partner: was the person told of it, or consented to this recipient or to all (charter 2.4)? Where
   consent is the basis, only the latter counts: a consent to our own use names no sharing.

A processor acts for us (Art. 4(8), 28): what goes to it is asked as our own processing, and must be authorised.

What is said later takes the place of what was said before where it is as wide or narrower: to agree to one thing does
not take back an objection to another, nor to all. Of two things said at the same moment the stricter one counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from data_contracts.case.permissions import (
    ALL_MARKETING,
    ALL_PARTNERS,
    ANY,
    RestrictedUse,
    Restriction,
    Stance,
    StanceEntry,
)
from data_contracts.company.company import Party, Purpose, Vocabulary
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import LegalBasis, PartyRole
from tasks.rules.others.recipients import Recipients, refusal_of

CONSENTED: Final = "consented"
NO_OBJECTION: Final = "no_objection"
NECESSARY: Final = "necessary"
RESTRICTED: Final = "restricted"
OBJECTED: Final = "objected"
NO_CONSENT: Final = "no_consent"
WITHDRAWN: Final = "consent_withdrawn"
NOT_INFORMED: Final = "not_informed"
KEY_INVALID: Final = "key_invalid"

_NOT_OBJECTABLE = frozenset({LegalBasis.CONTRACT, LegalBasis.LEGAL_OBLIGATION, LegalBasis.VITAL_INTEREST})
_PERMITTING = frozenset({Stance.CONSENTED, Stance.OBJECTION_ENDED})
_MARKETING_USE = "marketing"


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and the code of why."""

    may: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked; made by :func:`processing` or :func:`sharing`, which know the vocabulary.

    Attributes:
        at: the moment of use, aware, in the organisation's zone; what was said later does not count.
        recipient: key of a party; empty where nobody receives anything.
        use: which of the uses of Art. 18(2) it is; None: none of them.
        refused: the code of why nothing may go to the recipient; empty when it may.
    """

    purpose: str
    purpose_facts: Purpose = field(repr=False)
    at: datetime
    recipient: str = ANY
    party: Party | None = field(default=None, repr=False)
    use: RestrictedUse | None = None
    refused: str = ""

    @property
    def is_sharing(self) -> bool:
        """Whether somebody shall receive the data."""
        return self.recipient != ANY

    @property
    def purposes(self) -> tuple[str, ...]:
        """Purposes of stances that can concern it, from wide to narrow."""
        return (ANY, ALL_MARKETING, self.purpose) if is_marketing(self.purpose_facts) else (ANY, self.purpose)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Recipients of stances that can concern it, from wide to narrow."""
        if not self.is_sharing:
            return (ANY,)
        return (ANY, ALL_PARTNERS, self.recipient) if self.is_to_partner else (ANY, self.recipient)

    @property
    def is_to_partner(self) -> bool:
        """Whether the recipient decides for itself what it does with the data."""
        return self.party is not None and self.party.role is not PartyRole.PROCESSOR


def processing(vocabulary: Vocabulary, purpose: str, at: datetime, use: RestrictedUse | None = None) -> Asked:
    """The question whether data may be processed for a purpose.

    Raises:
        RequestInvalid: when the vocabulary has no such purpose.
    """
    return Asked(purpose, _purpose(vocabulary, purpose), at, use=use)


def sharing(
    recipients: Recipients, purpose: str, recipient: str, at: datetime, use: RestrictedUse | None = None
) -> Asked:
    """The question whether data may go to a recipient for a purpose.

    Raises:
        RequestInvalid: when the vocabulary has no such purpose or party.
    """
    vocabulary = recipients.vocabulary
    found = _purpose(vocabulary, purpose)
    if recipient not in vocabulary.parties:
        known = ", ".join(sorted(vocabulary.parties))
        raise RequestInvalid("no such recipient", where="recipient", remedy=f"use one of: {known}")
    refused = refusal_of(recipients, recipient, at.date())
    return Asked(purpose, found, at, recipient, vocabulary.parties[recipient], use, refused)


def answer(asked: Asked, stances: Iterable[StanceEntry], restrictions: Iterable[Restriction]) -> Answer:
    """Yes or no for one data subject.

    Args:
        asked: the question.
        stances: everything said by the data subject, about any purpose, in any order.
        restrictions: of the data subject, in force.
    """
    said = [entry for entry in stances if entry.at <= asked.at and _concerns(entry, asked)]
    standing = [one for one in restrictions if one.lifted_at is None and _covers(one, asked.purpose)]
    refusal = (
        asked.refused
        or _restricted(asked, said, standing)
        or _objected(asked, said)
        or _unconsented(asked, said)
        or _uninformed(asked, said)
    )
    return Answer(not refusal, refusal or _ground(asked))


def is_marketing(purpose: Purpose) -> bool:
    """Whether Art. 21(2) holds for it: direct marketing, and profiling for direct marketing."""
    return purpose.direct_marketing or purpose.use.partition(".")[0] == _MARKETING_USE


def may_be_objected_to(purpose: Purpose) -> bool:
    """Whether an objection counts: not where the data are needed for a contract, by law, or to save somebody."""
    return is_marketing(purpose) or purpose.basis not in _NOT_OBJECTABLE


def _purpose(vocabulary: Vocabulary, purpose: str) -> Purpose:
    if purpose not in vocabulary.purposes:
        known = ", ".join(sorted(vocabulary.purposes))
        raise RequestInvalid("no such purpose", where="purpose", remedy=f"use one of: {known}")
    return vocabulary.purposes[purpose]


def _concerns(entry: StanceEntry, asked: Asked) -> bool:
    return entry.purpose in asked.purposes and entry.recipient in asked.recipients


def _covers(restriction: Restriction, purpose: str) -> bool:
    return not restriction.purposes or purpose in restriction.purposes


def _restricted(asked: Asked, said: Sequence[StanceEntry], standing: Sequence[Restriction]) -> str:
    """Art. 18(2)."""
    if not standing:
        return ""
    if asked.use is not RestrictedUse.CONSENT:
        return "" if asked.use else RESTRICTED
    since = max(one.since for one in standing)
    consents = [entry for entry in said if _consents(entry, asked) and entry.at > since]
    return "" if any(_stands(consent, said) for consent in consents) else RESTRICTED


def _objected(asked: Asked, said: Sequence[StanceEntry]) -> str:
    """Art. 21, charter 2.4."""
    for objection in (entry for entry in said if entry.stance is Stance.OBJECTED):
        if _counts(objection, asked.purpose_facts) and not any(_takes_back(later, objection, asked) for later in said):
            return OBJECTED
    return ""


def _counts(objection: StanceEntry, purpose: Purpose) -> bool:
    names_recipient = objection.recipient != ANY
    return may_be_objected_to(purpose) or (names_recipient and purpose.basis is LegalBasis.CONTRACT)


def _unconsented(asked: Asked, said: Sequence[StanceEntry]) -> str:
    """Art. 6(1)(a), 7: a consent is to one purpose, never to all."""
    if asked.purpose_facts.basis is not LegalBasis.CONSENT:
        return ""
    consents = [entry for entry in said if entry.stance is Stance.CONSENTED and entry.purpose == asked.purpose]
    if any(_stands(consent, said) for consent in consents):
        return ""
    return WITHDRAWN if consents else NO_CONSENT


def _uninformed(asked: Asked, said: Sequence[StanceEntry]) -> str:
    """Charter 2.4: before data go to a partner the person consented to that, or was told and it rests on no consent."""
    if not asked.is_to_partner:
        return ""
    if any(_consents(entry, asked) and _stands(entry, said) for entry in said):
        return ""
    if not any(entry.stance is Stance.INFORMED and entry.notice_version for entry in said):
        return NOT_INFORMED
    # Art. 7: who was told of sharing has not consented to it.
    return NO_CONSENT if asked.purpose_facts.basis is LegalBasis.CONSENT else ""


def _consents(entry: StanceEntry, asked: Asked) -> bool:
    """Whether it is a consent to what is asked: one that names no recipient is to our own processing alone."""
    return entry.stance is Stance.CONSENTED and (entry.recipient != ANY or not asked.is_to_partner)


def _stands(consent: StanceEntry, said: Iterable[StanceEntry]) -> bool:
    """Whether nothing that concerns the same question withdrew it since."""
    return not any(entry.stance is Stance.WITHDRAWN and entry.at >= consent.at for entry in said)


def _takes_back(later: StanceEntry, objection: StanceEntry, asked: Asked) -> bool:
    if later.stance not in _PERMITTING or later.at <= objection.at:
        return False
    if later.stance is Stance.CONSENTED and not _consents(later, asked):
        return False
    wide = asked.purposes.index(objection.purpose) <= asked.purposes.index(later.purpose)
    return wide and asked.recipients.index(objection.recipient) <= asked.recipients.index(later.recipient)


def _ground(asked: Asked) -> str:
    if asked.purpose_facts.basis is LegalBasis.CONSENT:
        return CONSENTED
    return NO_OBJECTION if may_be_objected_to(asked.purpose_facts) else NECESSARY
