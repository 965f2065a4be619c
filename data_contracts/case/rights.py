"""One table of rights: what the house needs to know of each, whoever asks (Art. 15 to 21 GDPR).

A right that is added to :class:`~data_contracts.vocabulary.Right` gets a row here; the flow that carries it out stands
in :mod:`flows.rights.which`. Modules that treat rights differently read this table and keep none of their own.

>>> FACTS_OF[Right.ERASURE].article
'17'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from data_contracts.case.plan import Action
from data_contracts.grounds import RefusalGround
from data_contracts.vocabulary import Gate, HeirPurpose, Right


@dataclass(frozen=True, slots=True, kw_only=True)
class RightFacts:
    """What differs from right to right.

    Attributes:
        article: the article of the Regulation that grants it.
        names: a regular expression of its names in the Regulation's own languages.
        place: which right is carried out first where a data subject exercises several at once, the lowest first.
        gates: gates that its flow can open; the policy must say who answers each.
        asks: fields of the request's statement that belong to it.
        is_stranger_safe: whether it only stops a use of data; by others somebody could learn, falsify or destroy a
            stranger's data.
        makes_package: whether the data subject is given a package.
        restricts: whether its cases put a restriction on the list.
        heirs: what heirs may ask for by it (LIL Art. 85 II); empty: they have no such right.
        grounds: on which it may be refused, beside those of every right.
        acts: what counts as done with data; empty: it changes nothing.
        recipients_are_asked: what recipients are asked to do (Art. 19); None: they are told nothing.
    """

    article: str
    names: str
    place: int
    gates: tuple[Gate, ...]
    asks: frozenset[str] = frozenset()
    is_stranger_safe: bool = False
    makes_package: bool = False
    restricts: bool = False
    heirs: tuple[HeirPurpose, ...] = ()
    grounds: tuple[RefusalGround, ...] = ()
    acts: frozenset[Action] = frozenset()
    recipients_are_asked: Literal["erase", "rectify", "restrict", "stop"] | None = None


GATES_OF_ALL: Final = (
    Gate.IDENTITY, Gate.REQUESTER, Gate.TURN, Gate.APPROVAL, Gate.SUBJECTS, Gate.OUTAGE, Gate.UNCERTAIN_MAIL,
    Gate.EXTENSION, Gate.POSTING,
)  # fmt: skip
"""Gates that the flow of every right can open."""
_CHANGES: Final = (*GATES_OF_ALL, Gate.MISMATCH, Gate.RECIPIENT)
_G: Final = RefusalGround

FACTS_OF: Final[Mapping[Right, RightFacts]] = {
    Right.ACCESS: RightFacts(
        article="15",
        names=r"right of access|subject access request|droit d.accès|recht (op|van) inzage|inzagerecht",
        place=0,
        gates=(*GATES_OF_ALL, Gate.REVIEW),
        makes_package=True,
        heirs=(HeirPurpose.ESTATE, HeirPurpose.GOODS_AND_MEMORIES, HeirPurpose.ACCOUNTS),
    ),
    Right.RECTIFICATION: RightFacts(
        article="16",
        names=r"right to rectification|droit (de|à la) rectification|recht op rectificatie",
        place=2,
        gates=(*_CHANGES, Gate.STATEMENT, Gate.PROOF, Gate.CONTACT_CHANGE),
        asks=frozenset({"changes", "supplement"}),
        heirs=(HeirPurpose.ACCOUNTS,),
        acts=frozenset({"rectify"}),
        recipients_are_asked="rectify",
    ),
    Right.ERASURE: RightFacts(
        article="17",
        names=r"right to (erasure|be forgotten)|droit à l.(effacement|oubli)|recht op (gegevenswissing|vergetelheid)",
        place=5,
        gates=(*_CHANGES, Gate.COOLING_OFF),
        asks=frozenset({"erasure_ground"}),
        heirs=(HeirPurpose.ACCOUNTS,),
        grounds=(_G.LEGAL_OBLIGATION, _G.LEGAL_CLAIMS),
        acts=frozenset({"delete", "clear", "mask", "pseudonymise", "shred"}),
        recipients_are_asked="erase",
    ),
    Right.RESTRICTION: RightFacts(
        article="18",
        names=r"right to restriction|droit à la limitation|recht op beperking",
        place=3,
        gates=_CHANGES,
        asks=frozenset({"restriction_ground", "fields"}),
        is_stranger_safe=True,
        restricts=True,
        acts=frozenset({"restrict"}),
        recipients_are_asked="restrict",
    ),
    Right.PORTABILITY: RightFacts(
        article="20",
        names=r"right to (data )?portability|droit à la portabilité|recht op (gegevens)?overdraagbaarheid",
        place=1,
        gates=(*GATES_OF_ALL, Gate.REVIEW, Gate.RECIPIENT),
        asks=frozenset({"send_to"}),
        makes_package=True,
        grounds=(_G.NOT_PORTABLE,),
    ),
    Right.OBJECTION: RightFacts(
        article="21",
        names=r"right to object|droit d.opposition|recht van bezwaar",
        place=4,
        gates=_CHANGES,
        asks=frozenset({"direct_marketing", "sharing", "purposes", "situation"}),
        is_stranger_safe=True,
        restricts=True,
        heirs=(HeirPurpose.ACCOUNTS,),
        grounds=(_G.COMPELLING_GROUNDS, _G.LEGAL_CLAIMS),
        # Art. 19 does not name the objection; Art. 21(3) is worth nothing while others go on with the data.
        acts=frozenset({"stop"}),
        recipients_are_asked="stop",
    ),
}
