"""On which ground a request may be refused at a gate, and how many people that takes (Art. 12(4), 12(5)).

A request that is said to be manifestly unfounded or excessive is refused by two different people, each with a written
justification: the burden of showing it is the controller's (Art. 12(5), third sentence).
"""

from collections.abc import Sequence

from data_contracts.case.rights import FACTS_OF
from data_contracts.errors import AnswerRefused
from data_contracts.gates.gates import GateAnswer
from data_contracts.grounds import RefusalGround
from data_contracts.vocabulary import Decision, Duty, Gate, Right

_G = RefusalGround
PEOPLE_FOR_12_5 = 2
_BY_TWO = frozenset({_G.MANIFESTLY_UNFOUNDED, _G.EXCESSIVE})
_ANY_RIGHT = (_G.REFUSED_BY_PERSON, _G.MANIFESTLY_UNFOUNDED, _G.EXCESSIVE, _G.RIGHTS_OF_OTHERS)

REFUSING_GATES = frozenset(
    {Gate.IDENTITY, Gate.REQUESTER, Gate.STATEMENT, Gate.SUBJECTS, Gate.APPROVAL, Gate.CONTACT_CHANGE}
)
"""Gates at which a refusal refuses the request; at others it refuses a part, or more time."""
_WITH_GROUND = frozenset({Gate.STATEMENT, Gate.SUBJECTS, Gate.APPROVAL, Gate.CONTACT_CHANGE})


def grounds_at(gate: Gate, matter: Right | Duty) -> tuple[RefusalGround, ...]:
    """Grounds that a refusal at this gate may name; none where the gate itself says the ground, or nobody asked."""
    if isinstance(matter, Duty) or gate not in _WITH_GROUND:
        return ()
    own = (_G.STOPPED_AT_OLD_CONTACT,) if gate is Gate.CONTACT_CHANGE else ()
    return (*own, *_ANY_RIGHT, *FACTS_OF[matter].grounds)


def check_ground(gate: Gate, matter: Right | Duty, *, decision: Decision, ground: str) -> None:
    """That a refusal names a ground that it may; none named is allowed, the reason says it then.

    Raises:
        AnswerRefused: when it does not.
    """
    known = grounds_at(gate, matter)
    if decision is Decision.REFUSE and known and ground and ground not in known:
        raise AnswerRefused(
            "that is no ground for a refusal here", where=gate.value, remedy=f"name one of: {', '.join(known)}, or none"
        )


def ground_of(gate: Gate, reference: str) -> RefusalGround:
    """The ground of a refusal that a gate decided."""
    if gate is Gate.IDENTITY:
        return _G.IDENTITY_FAILED
    return RefusalGround(reference) if reference in set(RefusalGround) else _G.REFUSED_BY_PERSON


def refuses(answers: Sequence[GateAnswer]) -> bool:
    """Whether the last answer, which is a refusal, decides: at once, or by two people under Art. 12(5)."""
    last = answers[-1]
    if last.reference not in _BY_TWO:
        return True
    agreeing = {a.operator for a in answers if a.decision is Decision.REFUSE and a.reference == last.reference}
    return len(agreeing) >= PEOPLE_FOR_12_5


def asks_second(answers: Sequence[GateAnswer]) -> bool:
    """Whether the last answer refuses under Art. 12(5) and a second person has to say the same."""
    return bool(answers) and answers[-1].decision is Decision.REFUSE and not refuses(answers)
