"""Whether the requester's identity is proven well enough for the right that is exercised (Art. 12(6); law 4).

Which ways of checking are enough is the controller's policy, right by right: the least that removes reasonable doubt,
never more as a matter of course (EDPB 01/2022, 3.3).
"""

from datetime import date

from data_contracts.company.company import Policy
from data_contracts.errors import AnswerRefused, SettingsInvalid
from data_contracts.vocabulary import Requester, Right, Sensitivity
from tasks.rules.people.assurance import assurance_needed, makes_sure


def accepted_methods(
    policy: Policy,
    right: Right,
    requester: Requester = Requester.SUBJECT,
    *,
    sensitivity: Sensitivity = Sensitivity.PUBLIC,
) -> tuple[str, ...]:
    """Ways of checking identity that are enough for ``right``, in the policy's order: the least intrusive first.

    Ways that lead to the data subject (a call to the number we hold) say nothing about somebody else who asks. Data of
    that ``sensitivity`` may ask for more assurance than some of the ways give.

    Raises:
        SettingsInvalid: when the policy names none. Silence is an error, never a yes.
    """
    needed = assurance_needed(policy, right, sensitivity)
    methods = tuple(m for m in policy.identity_methods.get(right, ()) if makes_sure(policy, m, needed))
    if requester is not Requester.SUBJECT:
        methods = tuple(method for method in methods if method in policy.requester_identity_methods)
    if not methods:
        raise SettingsInvalid(
            f"the policy names no way of checking identity for {right.value}",
            where="policy.yaml: identity_methods",
            remedy="list at least one method for the right",
        )
    return methods


_CAME = " received "


def reference_of(method: str, came_on: str = "") -> str:
    """How identity was checked, as the reference of an answer; with the day the proof came, where one is given.

    >>> reference_of("id_document", "2027-03-18")
    'id_document received 2027-03-18'
    """
    return f"{method.strip()}{_CAME}{came_on.strip()}" if came_on.strip() else method.strip()


def method_of(reference: str) -> str:
    """The way of checking that a reference names."""
    return reference.partition(_CAME)[0].strip()


def proof_came_on(reference: str) -> date | None:
    """The day on which the proof came, None where the reference gives none.

    Raises:
        AnswerRefused: when what is given is no date.
    """
    day = reference.partition(_CAME)[2].strip()
    if not day:
        return None
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise AnswerRefused(
            "the day the proof came is not a date", where="received", remedy="write it as YYYY-MM-DD"
        ) from None


def check_proof_came(came_on: date | None, *, asked_on: date | None, today: date) -> None:
    """That a proof can have come on that day: it was asked for by then, and the day is not still to come.

    Raises:
        AnswerRefused: when it cannot.
    """
    if came_on is None:
        return
    if asked_on is None:
        raise AnswerRefused("no proof was asked for, so none has a day", where="received", remedy="leave the day out")
    if not asked_on <= came_on <= today:
        raise AnswerRefused(
            "the proof came before it was asked for, or in the future",
            where="received",
            remedy=f"give a day from {asked_on} to {today}",
        )
