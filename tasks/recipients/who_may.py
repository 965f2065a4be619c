"""Who may receive personal data today, by vocabulary, registers and policy; every transmission asks here (law 11)."""

from datetime import date

from data_contracts.company.company import Party
from data_contracts.officer.entries import RegisterName
from tasks.case.clock import today
from tasks.rules.others import recipients as rule
from tasks.services import services


def recipients() -> rule.Recipients:
    """Everything that says who may receive, as it is now."""
    provided = services()
    return rule.Recipients(
        provided.contracts.vocabulary,
        provided.policy.attestations_required,
        provided.register.entries(RegisterName.PROCESSORS),
        provided.register.entries(RegisterName.RECIPIENTS),
    )


def refusal_today(key: str, day: date | None = None) -> str:
    """The code of why nothing may go to the party of that key today, or on another local day; empty when it may."""
    return rule.refusal_of(recipients(), key, day or today())


def receiving_today(key: str) -> Party:
    """The party of that key, which may receive data today.

    Raises:
        RecipientRefused: when it may not.
    """
    return rule.receiving_party(recipients(), key, today())
