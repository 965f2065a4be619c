"""Looking at what is sealed: one rule, at the desk and on the command line (charter 3.2; law 5; Art. 5(2)).

1. Standing: in force, trained, with a role that may answer the gate for which it is looked at.
2. Proof: a code, or the desk's sign-in.
3. The operators' log: who looked, and who was refused.
4. The evidence of the case: who looked at what, written before anything is given out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from data_contracts.evidence.records import Facts, Record, canonical, digest
from data_contracts.vocabulary import Gate, OperatorRole
from tasks.gates.operators import prove_person, prove_session
from tasks.rules.people.gates import rule_for
from tasks.services import services
from tasks.steps.matters import matter_of

STEP: Final = "looked"
"""The step under which a look stands in register and evidence."""


class Sealed(StrEnum):
    """What an operator can look at."""

    LETTER = "letter"
    """What the data subject wrote."""
    SCAN = "scan"
    """A paper letter as it was scanned."""
    MAIL = "mail"
    """A mail that answers ours and was filed with the case."""
    PROOF = "proof"
    """Something that was shown to prove an identity, a capacity or a value."""
    TEXTS = "texts"
    """Free texts that are to be read before they go out."""
    VALUES = "values"
    """Old and new values of a rectification."""
    ADVICE = "advice"
    """What the DPO advised."""
    POST = "post"
    """Our own letters, to be printed."""


_GATES: Final[Mapping[Sealed, Gate]] = {
    Sealed.LETTER: Gate.IDENTITY,
    Sealed.SCAN: Gate.IDENTITY,
    Sealed.MAIL: Gate.IDENTITY,
    Sealed.PROOF: Gate.IDENTITY,
    Sealed.TEXTS: Gate.REVIEW,
    Sealed.VALUES: Gate.APPROVAL,
    Sealed.ADVICE: Gate.APPROVAL,
    Sealed.POST: Gate.POSTING,
}


@dataclass(frozen=True, slots=True)
class Looker:
    """Who wants to look.

    Attributes:
        name: an operator's.
        code: of the authenticator; None for somebody who is signed in at the desk.
    """

    name: str
    code: str | None = field(default=None, repr=False)


def let_look(case_id: str, what: Sealed, looker: Looker, *, at: Gate | None = None, facts: Facts | None = None) -> str:
    """The name of who may look now; remembered in log and evidence.

    Args:
        case_id: the case.
        what: what is looked at.
        looker: who wants to.
        at: the gate for which it is looked at, where it is not the usual one.
        facts: what evidence tells beside; no personal data.

    Raises:
        AnswerRefused: when they may not, or the code is not theirs.
        CaseUnknown: when there is no such case.
    """
    provided = services()
    roles = rule_for(provided.policy, matter_of(case_id), at or _GATES[what]).roles
    who, proof = prove_looker(looker, roles=roles, where=case_id, what=f"look at {what}")
    told: Facts = {"at": what.value, "by": who, "proof": proof, **(facts or {})}
    name = digest(canonical([told, provided.now().isoformat()]))[:16]
    provided.register.complete(case_id, STEP, name, receipt={}, record=Record(STEP, "", told, actor=who))
    return who


def prove_looker(looker: Looker, *, roles: Sequence[OperatorRole], where: str, what: str) -> tuple[str, str]:
    """The name of who may look at something that belongs to no case yet, and how we know; remembered in the log.

    Raises:
        AnswerRefused: when they may not, or the code is not theirs.
    """
    if looker.code is None:
        return prove_session(looker.name, roles=roles, where=where, what=what), "desk"
    return prove_person(looker.name, looker.code, roles=roles, where=where, what=what), "totp"
