"""Who may receive personal data on a day: the register of recipients is the vocabulary's ``parties`` (law 11).

Pure. A party that nobody entered is refused, and so is one whose time has not come or is over (charter 2.3, 3.5).
"""

from datetime import date

from data_contracts.company import Party, Vocabulary
from data_contracts.errors import RecipientRefused

UNKNOWN = "recipient_unknown"
NOT_YET = "recipient_not_yet_authorised"
NO_LONGER = "recipient_no_longer_authorised"


def may_receive(party: Party | None, day: date) -> bool:
    """Whether data may go to ``party`` on that local day; its first and its last day count."""
    return not refusal_of(party, day)


def refusal_of(party: Party | None, day: date) -> str:
    """The code of why nothing may go to ``party`` on that day, empty when it may; None is a party nobody entered."""
    if party is None:
        return UNKNOWN
    # ISO dates compare as text.
    if party.authorised_from and day.isoformat() < party.authorised_from:
        return NOT_YET
    if party.authorised_until and day.isoformat() > party.authorised_until:
        return NO_LONGER
    return ""


def receiving_party(vocabulary: Vocabulary, key: str, day: date) -> Party:
    """The party of that key, which may receive data on that day.

    Raises:
        RecipientRefused: when it is not in the register of recipients, or not in force that day.
    """
    party = vocabulary.parties.get(key)
    refusal = refusal_of(party, day)
    if party is None or refusal:
        raise RecipientRefused(
            f"nothing may go to this recipient on {day.isoformat()} ({refusal})",
            # A key of the vocabulary is no personal data; what is not one of them may be anything and is not repeated.
            where=key if party else "recipient",
            remedy="name a party of vocabulary.yaml whose authorised_from and authorised_until take in the day",
        )
    return party
